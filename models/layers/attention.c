/* Attention of many queries to few keys, as small models have it, on one processor core: forward and back in a call each.
 *
 * Scaled dot product: for each row and head, p = softmax(scale q.k + bias) over the keys that are visible; out = p v.
 * Additive: for each row, p = softmax(w . tanh(q + k)) over the first keys; out = p m, where m is what the keys stand for.
 *
 * Tensors are float32 with their last axis dense; strides count numbers. Nothing here allocates.
 */
#include "kernels.h"

typedef struct {
    int64_t rows, heads, queries, keys, width;
    int64_t of_q[3], of_k[3], of_v[3];  /* strides by row, head and time */
    int64_t of_mask[3], of_bias[3];     /* strides by row, head and query */
    int64_t keep;                       /* 0: weights are scratch for one query */
    float scale;
    const float *q, *k, *v;
    const uint8_t *mask;                /* 1 where a query sees a key, or null */
    const float *bias;                  /* added to the scores, -inf for never, or null */
    float *out;                         /* (rows, queries, heads, width) */
    float *weights;                     /* (rows, heads, queries, keys) */
    float *turned;                      /* (width, keys) of scratch */
    const float *grad_out;              /* as out */
    float *grad_q, *grad_k, *grad_v;    /* (rows, time, heads, width), all zero */
} attention_t;

static void turn(const float *from, int64_t stride, int64_t keys, int64_t width, float *restrict to)
{
    for (int64_t key = 0; key < keys; key++)
        for (int64_t i = 0; i < width; i++)
            to[i * keys + key] = from[key * stride + i];
}

/* Where a query's visible keys begin and end: behind the last and before the first there is nothing to compute. */
static void visible(const uint8_t *mask, int64_t *from, int64_t *to)
{
    while (mask && *from < *to && !mask[*from])
        ++*from;
    while (mask && *from < *to && !mask[*to - 1])
        --*to;
}

/* The largest of a row of scores. */
static float largest(const float *scores, int64_t from, int64_t to)
{
    float most = -__builtin_inff();
    for (int64_t j = from; j < to; j++)
        most = scores[j] > most ? scores[j] : most;
    return most;
}

/* Scores to weights that sum to one; NaN stays NaN. All are 0 where nothing is visible. */
static void soften(float *restrict scores, int64_t from, int64_t to)
{
    float most = largest(scores, from, to), sum = 0;
    if (most == -__builtin_inff())
        most = 0;
    _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++)
        scores[j] = scores[j] == -__builtin_inff() ? 0 : exponential(scores[j] - most);
    for (int64_t j = from; j < to; j++)
        sum += scores[j];
    float share = sum == 0 ? 0 : 1 / sum;
    _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++)
        scores[j] *= share;
}

int attend_forward(const attention_t *a)
{
    const int64_t width = a->width, keys = a->keys;
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t head = 0; head < a->heads; head++) {
            turn(a->k + row * a->of_k[0] + head * a->of_k[1], a->of_k[2], keys, width, a->turned);
            const float *v = a->v + row * a->of_v[0] + head * a->of_v[1];
            for (int64_t t = 0; t < a->queries; t++) {
                const float *q = a->q + row * a->of_q[0] + head * a->of_q[1] + t * a->of_q[2];
                const uint8_t *mask = a->mask ? a->mask + row * a->of_mask[0] + head * a->of_mask[1] + t * a->of_mask[2] : 0;
                const float *bias = a->bias ? a->bias + row * a->of_bias[0] + head * a->of_bias[1] + t * a->of_bias[2] : 0;
                float *restrict scores = a->weights + a->keep * ((row * a->heads + head) * a->queries + t) * keys;
                float *restrict out = a->out + ((row * a->queries + t) * a->heads + head) * width;
                int64_t from = 0, to = keys;
                visible(mask, &from, &to);
                memset(scores, 0, keys * sizeof *scores);
                for (int64_t i = 0; i < width; i++) {
                    const float *restrict turned = a->turned + i * keys;
                    const float each = q[i] * a->scale;
                    _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++) scores[j] += each * turned[j];
                }
                for (int64_t j = from; bias && j < to; j++)
                    scores[j] += bias[j];
                for (int64_t j = from; mask && j < to; j++)
                    scores[j] = mask[j] ? scores[j] : -__builtin_inff();
                soften(scores, from, to);
                memset(out, 0, width * sizeof *out);
                for (int64_t key = from; key < to; key++) {
                    const float *restrict value = v + key * a->of_v[2];
                    const float share = scores[key];
                    EACH_OF(width) out[j] += share * value[j];
                }
            }
        }
    return 0;
}

int attend_backward(const attention_t *a)
{
    const int64_t width = a->width, keys = a->keys, step = a->heads * width;
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t head = 0; head < a->heads; head++) {
            turn(a->v + row * a->of_v[0] + head * a->of_v[1], a->of_v[2], keys, width, a->turned);
            const float *k = a->k + row * a->of_k[0] + head * a->of_k[1];
            float *grad_k = a->grad_k + (row * keys * a->heads + head) * width;
            float *grad_v = a->grad_v + (row * keys * a->heads + head) * width;
            for (int64_t t = 0; t < a->queries; t++) {
                const float *restrict q = a->q + row * a->of_q[0] + head * a->of_q[1] + t * a->of_q[2];
                const uint8_t *mask = a->mask ? a->mask + row * a->of_mask[0] + head * a->of_mask[1] + t * a->of_mask[2] : 0;
                const float *restrict weights = a->weights + ((row * a->heads + head) * a->queries + t) * keys;
                const int64_t at = ((row * a->queries + t) * a->heads + head) * width;
                const float *restrict arrives = a->grad_out + at;
                float *restrict grad_q = a->grad_q + at, *restrict pull = a->turned + width * keys, mean = 0;
                int64_t from = 0, to = keys;
                visible(mask, &from, &to);
                memset(pull, 0, keys * sizeof *pull);
                for (int64_t i = 0; i < width; i++) {
                    const float *restrict turned = a->turned + i * keys;
                    const float each = arrives[i];
                    _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++) pull[j] += each * turned[j];
                }
                for (int64_t j = from; j < to; j++)
                    mean += weights[j] * pull[j];
                _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++)
                    pull[j] = weights[j] * (pull[j] - mean) * a->scale;
                for (int64_t key = from; key < to; key++) {
                    const float *restrict of_key = k + key * a->of_k[2];
                    float *restrict to_key = grad_k + key * step, *restrict to_value = grad_v + key * step;
                    const float share = weights[key], pulled = pull[key];
                    EACH_OF(width) {
                        grad_q[j] += pulled * of_key[j];
                        to_key[j] += pulled * q[j];
                        to_value[j] += share * arrives[j];
                    }
                }
            }
        }
    return 0;
}

typedef struct {
    int64_t rows, queries, keys, hidden;
    const int64_t *length, *wanted;    /* (rows,): how many keys are real, and how many queries; the latter may be null */
    const float *q, *k, *memory, *w;   /* (rows, queries, hidden), (rows, keys, hidden) twice, (hidden,) */
    float *out, *weights;              /* (rows, queries, hidden), (rows, queries, keys): 0 where nothing is real */
    const float *grad_out;
    float *grad_q, *grad_k, *grad_memory, *grad_w; /* all zero */
    float *pull;                       /* (keys,) of scratch */
} additive_t;

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
            soften(weights, 0, keys);
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
