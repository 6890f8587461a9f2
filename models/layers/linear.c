/* A linear layer, forward and back: y = x W' + b.
 *
 * Tensors are dense float32. Nothing here allocates.
 */
#include "kernels.h"
#include "product.h"

typedef struct {
    int64_t rows, inputs, outputs;
    const float *x, *weight, *bias;    /* (rows, inputs), (outputs, inputs), (outputs,) or null */
    float *out;                        /* (rows, outputs) */
    float *packed;                     /* scratch: as much as the largest of what is packed */
    const float *grad_out;
    float *grad_x, *grad_weight, *grad_bias; /* null where it is not wanted; the last two come zeroed */
} linear_t;

int linear_forward(const linear_t *a)
{
    pack(a->inputs, a->outputs, a->weight, 1, a->inputs, a->packed);
    for (int64_t row = 0; a->bias && row < a->rows; row++)
        memcpy(a->out + row * a->outputs, a->bias, a->outputs * sizeof *a->out);
    multiply(a->rows, a->outputs, a->inputs, a->x, a->inputs, 1, a->packed, a->out, a->outputs, a->bias != 0);
    return 0;
}

int linear_backward(const linear_t *a)
{
    if (a->grad_x) {
        pack(a->outputs, a->inputs, a->weight, a->inputs, 1, a->packed);
        multiply(a->rows, a->inputs, a->outputs, a->grad_out, a->outputs, 1, a->packed, a->grad_x, a->inputs, 0);
    }
    if (a->grad_weight)
        gather(a->outputs, a->inputs, a->rows, a->grad_out, 1, a->outputs, a->x, a->packed, a->grad_weight);
    float *restrict sum = a->grad_bias;
    for (int64_t row = 0; sum && row < a->rows; row++) {
        const float *restrict each = a->grad_out + row * a->outputs;
        EACH_OF(a->outputs) sum[j] += each[j];
    }
    return 0;
}
