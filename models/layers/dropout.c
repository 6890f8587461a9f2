/* Dropout in one pass, which torch takes several for: x where a number's draw says that it stays, times a factor.
 *
 * Tensors are dense float32. Nothing here allocates.
 */
#include "kernels.h"

typedef struct {
    int64_t count;
    const float *x;
    const int16_t *draws; /* one a number: it stays where its draw is not below `least` */
    int64_t least;
    float factor;
    float *out;
} drop_t;

int drop(const drop_t *a)
{
    const float *restrict x = a->x, factor = a->factor;
    const int16_t *restrict draws = a->draws, least = (int16_t)a->least;
    float *restrict out = a->out;
    if (a->least > INT16_MAX) /* all are dropped */
        EACH_OF(a->count) out[j] = 0 * x[j];
    else
        EACH_OF(a->count) out[j] = (draws[j] >= least ? factor : 0.0f) * x[j];
    return 0;
}
