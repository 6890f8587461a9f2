/* Additive attention on one processor core, forward and back in a call each: for each row and query,
 * p = softmax(w . tanh(q + k)) over the row's real keys; out = p m, where m is what the keys stand for.
 *
 * Tensors are dense float32. Nothing here allocates.
 */
#include "kernels.h"

typedef struct {
    int64_t rows, queries, keys, hidden;
    const int64_t *length, *wanted;    /* (rows,): how many keys are real, and how many queries; the latter may be null */
    const float *q, *k, *memory, *w;   /* (rows, queries, hidden), (rows, keys, hidden) twice, (hidden,) */
    float *out, *weights;              /* (rows, queries, hidden), (rows, queries, keys): 0 where nothing is real */
    const float *grad_out;
    float *grad_q, *grad_k, *grad_memory, *grad_w; /* all zero */
    float *pull;                       /* (keys,) of scratch */
} additive_t;

/* Scores to weights that sum to one; NaN stays NaN. */
static void soften(float *restrict scores, int64_t count)
{
    float most = -__builtin_inff(), sum = 0;
    EACH_OF(count) most = scores[j] > most ? scores[j] : most;
    EACH_OF(count) scores[j] = exponential(scores[j] - most);
    EACH_OF(count) sum += scores[j];
    EACH_OF(count) scores[j] /= sum;
}

static int64_t at_most(const int64_t *length, int64_t row, int64_t most)
{
    return length && length[row] < most ? length[row] : most;
}

int add_forward(const additive_t *a)
{
    const int64_t hidden = a->hidden;
    for (int64_t row = 0; row < a->rows; row++) {
        const int64_t keys = at_most(a->length, row, a->keys), queries = at_most(a->wanted, row, a->queries);
        for (int64_t t = 0; t < a->queries; t++) {
            const float *restrict q = a->q + (row * a->queries + t) * hidden;
            float *restrict out = a->out + (row * a->queries + t) * hidden;
            float *restrict weights = a->weights + (row * a->queries + t) * a->keys;
            memset(weights, 0, a->keys * sizeof *weights);
            memset(out, 0, hidden * sizeof *out);
            if (t >= queries)
                continue;
            for (int64_t key = 0; key < keys; key++) {
                const float *restrict k = a->k + (row * a->keys + key) * hidden, *restrict w = a->w;
                float sum = 0;
                EACH sum += w[j] * squash(q[j] + k[j]);
                weights[key] = sum;
            }
            soften(weights, keys);
            for (int64_t key = 0; key < keys; key++) {
                const float *restrict each = a->memory + (row * a->keys + key) * hidden, share = weights[key];
                EACH out[j] += share * each[j];
            }
        }
    }
    return 0;
}

int add_backward(const additive_t *a)
{
    const int64_t hidden = a->hidden;
    for (int64_t row = 0; row < a->rows; row++) {
        const int64_t keys = at_most(a->length, row, a->keys), queries = at_most(a->wanted, row, a->queries);
        for (int64_t t = 0; t < queries; t++) {
            const float *restrict q = a->q + (row * a->queries + t) * hidden;
            const float *restrict arrives = a->grad_out + (row * a->queries + t) * hidden;
            const float *restrict weights = a->weights + (row * a->queries + t) * a->keys;
            float *restrict grad_q = a->grad_q + (row * a->queries + t) * hidden, mean = 0;
            for (int64_t key = 0; key < keys; key++) {
                const float *restrict each = a->memory + (row * a->keys + key) * hidden;
                float sum = 0;
                EACH sum += arrives[j] * each[j];
                a->pull[key] = sum;
                mean += sum * weights[key];
            }
            for (int64_t key = 0; key < keys; key++) {
                const int64_t at = (row * a->keys + key) * hidden;
                const float *restrict k = a->k + at, *restrict w = a->w;
                float *restrict grad_k = a->grad_k + at, *restrict grad_memory = a->grad_memory + at, *restrict grad_w = a->grad_w;
                const float share = weights[key], pulled = share * (a->pull[key] - mean);
                EACH {
                    float tanh = squash(q[j] + k[j]), through = pulled * w[j] * (1 - tanh * tanh);
                    grad_q[j] += through;
                    grad_k[j] += through;
                    grad_w[j] += pulled * tanh;
                    grad_memory[j] += share * arrives[j];
                }
            }
        }
    }
    return 0;
}
