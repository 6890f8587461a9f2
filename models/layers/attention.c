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
    int64_t keep;                       /* whether a way back may follow */
    float scale;
    const float *q, *k, *v;
    const uint8_t *mask;                /* 1 where a query sees a key, or null */
    const float *bias;                  /* added to the scores, -inf for never, or null */
    float *out;                         /* (rows, queries, heads, width) */
    float *weights;                     /* (rows, heads, queries, padded keys) where kept, else of one query */
    float *turned, *added;              /* (width + 1, padded keys), (queries, padded keys) of scratch */
    int64_t *seen;                      /* (queries, 2) of scratch */
    const float *grad_out;              /* as out */
    float *grad_q, *grad_k, *grad_v;    /* (rows, time, heads, width), all zero */
} attention_t;

enum { LANES = 16 }; /* numbers worked on at once: rows of scratch are padded to a multiple */
typedef float lanes_t __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float))));
#define lanes(at) (*(const lanes_t *)(at))

static int64_t padded(int64_t keys) { return (keys + LANES - 1) / LANES * LANES; }

/* Lay out vectors (keys, width) by feature: (width, padded keys), zero behind the last key. */
static void turn(const float *from, int64_t stride, int64_t keys, int64_t width, float *restrict to)
{
    const int64_t line = padded(keys);
    for (int64_t i = 0; i < width; i++) {
        for (int64_t key = 0; key < keys; key++)
            to[i * line + key] = from[key * stride + i];
        for (int64_t key = keys; key < line; key++)
            to[i * line + key] = 0;
    }
}

/* scale a.b of one vector with the turned ones, from one block of keys to another: (padded keys,) */
static void products(const float *restrict a, float scale, const float *restrict turned, int64_t width, int64_t line,
                     int64_t from, int64_t to, float *restrict found)
{
    for (int64_t key = from; key < to; key += LANES) {
        lanes_t sum = {0};
        for (int64_t i = 0; i < width; i++)
            sum += a[i] * lanes(turned + i * line + key);
        *(lanes_t *)(found + key) = scale * sum;
    }
}

/* Add vectors (keys, width) by their shares to one: (width,) */
static void mix(const float *restrict shares, const float *restrict vectors, int64_t stride, int64_t width, int64_t from,
                int64_t to, float *restrict found)
{
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
        lanes_t sum = {0};
        for (int64_t key = from; key < to; key++)
            sum += shares[key] * lanes(vectors + key * stride + i);
        *(lanes_t *)(found + i) = sum;
    }
    for (; i < width; i++) {
        float sum = 0;
        for (int64_t key = from; key < to; key++)
            sum += shares[key] * vectors[key * stride + i];
        found[i] = sum;
    }
}

/* The scores of some blocks to weights that sum to one, 0 where nothing is visible; NaN stays NaN. */
static void soften(float *restrict scores, int64_t count)
{
    float most = -__builtin_inff(), sum = 0;
    EACH_OF(count) most = scores[j] > most ? scores[j] : most;
    most = most == -__builtin_inff() ? 0 : most;
    EACH_OF(count) scores[j] = scores[j] == -__builtin_inff() ? 0 : exponential(scores[j] - most);
    EACH_OF(count) sum += scores[j];
    const float share = sum == 0 ? 0 : 1 / sum;
    EACH_OF(count) scores[j] *= share;
}

/* A query's place among the strided tensors. */
static const float *at(const float *tensor, const int64_t *stride, int64_t row, int64_t head, int64_t t)
{
    return tensor + row * stride[0] + head * stride[1] + t * stride[2];
}

/* What is added to the scores of a row's queries, -inf for never, and in which blocks there is anything to see. */
static void survey(const attention_t *a, int64_t row, int64_t head)
{
    const int64_t keys = a->keys, line = padded(keys);
    const int same_head = !(a->mask && a->of_mask[1]) && !(a->bias && a->of_bias[1]);
    const int same_row = !(a->mask && a->of_mask[0]) && !(a->bias && a->of_bias[0]);
    if ((head && same_head) || (row && same_head && same_row))
        return;
    for (int64_t t = 0; t < a->queries; t++) {
        const uint8_t *mask = a->mask ? a->mask + row * a->of_mask[0] + head * a->of_mask[1] + t * a->of_mask[2] : 0;
        const float *bias = a->bias ? at(a->bias, a->of_bias, row, head, t) : 0;
        float *added = a->added + t * line;
        int64_t from = 0, to = keys;
        for (int64_t j = 0; j < line; j++)
            added[j] = j >= keys || (mask && !mask[j]) ? -__builtin_inff() : bias ? bias[j] : 0;
        while (to > from && added[to - 1] == -__builtin_inff())
            to--;
        while (from < to && added[from] == -__builtin_inff())
            from++;
        a->seen[2 * t] = from / LANES * LANES;
        a->seen[2 * t + 1] = padded(to);
    }
}

int attend_forward(const attention_t *a)
{
    const int64_t width = a->width, keys = a->keys, line = padded(keys);
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t head = 0; head < a->heads; head++) {
            turn(at(a->k, a->of_k, row, head, 0), a->of_k[2], keys, width, a->turned);
            survey(a, row, head);
            for (int64_t t = 0; t < a->queries; t++) {
                const int64_t from = a->seen[2 * t], to = a->seen[2 * t + 1];
                const int64_t query = a->keep ? (row * a->heads + head) * a->queries + t : 0;
                float *restrict weights = a->weights + query * line;
                const float *restrict added = a->added + t * line;
                products(at(a->q, a->of_q, row, head, t), a->scale, a->turned, width, line, from, to, weights);
                _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++) weights[j] += added[j];
                soften(weights + from, to - from);
                mix(weights, at(a->v, a->of_v, row, head, 0), a->of_v[2], width, from, to < keys ? to : keys,
                    a->out + ((row * a->queries + t) * a->heads + head) * width);
            }
        }
    return 0;
}

int attend_backward(const attention_t *a)
{
    const int64_t width = a->width, keys = a->keys, line = padded(keys), step = a->heads * width;
    float *restrict pull = a->turned + width * line;
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t head = 0; head < a->heads; head++) {
            turn(at(a->v, a->of_v, row, head, 0), a->of_v[2], keys, width, a->turned);
            survey(a, row, head);
            float *grad_k = a->grad_k + (row * keys * a->heads + head) * width;
            float *grad_v = a->grad_v + (row * keys * a->heads + head) * width;
            for (int64_t t = 0; t < a->queries; t++) {
                const int64_t from = a->seen[2 * t], to = a->seen[2 * t + 1], last = to < keys ? to : keys;
                const float *restrict q = at(a->q, a->of_q, row, head, t);
                const float *restrict weights = a->weights + ((row * a->heads + head) * a->queries + t) * line;
                const int64_t here = ((row * a->queries + t) * a->heads + head) * width;
                const float *restrict arrives = a->grad_out + here;
                float mean = 0;
                products(arrives, 1.0f, a->turned, width, line, from, to, pull);
                _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++) mean += weights[j] * pull[j];
                _Pragma("GCC ivdep") for (int64_t j = from; j < to; j++)
                    pull[j] = weights[j] * (pull[j] - mean) * a->scale;
                mix(pull, at(a->k, a->of_k, row, head, 0), a->of_k[2], width, from, last, a->grad_q + here);
                for (int64_t key = from; key < last; key++) {
                    float *restrict to_key = grad_k + key * step, *restrict to_value = grad_v + key * step;
                    const float share = weights[key], pulled = pull[key];
                    EACH_OF(width) to_key[j] += pulled * q[j];
                    EACH_OF(width) to_value[j] += share * arrives[j];
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
