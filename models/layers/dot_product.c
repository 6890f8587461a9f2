/* Scaled dot-product attention of many queries to few keys on one processor core, forward and back in a call each:
 * for each row and head, p = softmax(scale q.k + seen) over the keys; out = p v. The way back computes p anew, which takes
 * less time than keeping it.
 *
 * Tensors are float32 with their last axis dense; strides count numbers. Scores lie key by key, queries side by side, so
 * that sums over keys need no sums within a vector. Nothing here allocates.
 */
#include "kernels.h"
#include "product.h"

enum { ROWS = 6 }; /* rows of a product that are worked on at once */

typedef struct {
    int64_t rows, heads, queries, keys, width; /* width: a multiple of LINE */
    int64_t of_q[3], of_k[3], of_v[3], of_seen[3]; /* strides by row, head and time; seen's by row, head and key */
    float scale;
    const float *q, *k, *v;
    const float *seen;                 /* (rows, heads, keys, padded queries): added to the scores, -inf for never */
    float *out;                        /* (rows, queries, heads, width) */
    float *turned, *shares, *pull;     /* (width, padded queries), (keys, padded queries) twice: scratch */
    const float *grad_out;             /* as out */
    float *grad_q, *grad_k, *grad_v;   /* (rows, time, heads, width) */
} dot_product_t;

static lanes_t all(float value) { return value + (lanes_t){0}; }

static lanes_t chosen(marks_t which, lanes_t a, lanes_t b) { return (lanes_t)((which & (marks_t)a) | (~which & (marks_t)b)); }

/* e^x of x <= 0 as in `exponential`, a vector at a time. */
static lanes_t exponentials(lanes_t x)
{
    x = chosen(x < -87.0f, all(-87.0f), x);
    marks_t power = __builtin_convertvector(x * 1.44269504f + 127.5f, marks_t);
    lanes_t whole = __builtin_convertvector(power - 127, lanes_t);
    lanes_t rest = x - whole * 0.693145752f - whole * 1.42860677e-6f, sum = all(1.0f / 5040);
    sum = sum * rest + 1.0f / 720;
    sum = sum * rest + 1.0f / 120;
    sum = sum * rest + 1.0f / 24;
    sum = sum * rest + 1.0f / 6;
    sum = sum * rest + 0.5f;
    sum = sum * rest + 1.0f;
    sum = sum * rest + 1.0f;
    return sum * (lanes_t)(power << 23);
}

/* c (m, n) = scale a (m, k) b (k, n): n a multiple of LANES, a by any strides. */
static void product(int64_t m, int64_t k, int64_t n, float scale, const float *restrict a, int64_t a_row, int64_t a_column,
                    const float *restrict b, int64_t b_row, float *restrict c, int64_t c_row)
{
    for (int64_t column = 0; column < n; column += LANES)
        for (int64_t row = 0; row < m; row += ROWS) {
            const float *from[ROWS];
            lanes_t sum[ROWS];
            _Pragma("GCC unroll 6") for (int r = 0; r < ROWS; r++) {
                from[r] = a + (row + r < m ? row + r : m - 1) * a_row;
                sum[r] = all(0);
            }
            for (int64_t i = 0; i < k; i++) {
                const lanes_t line = *(const lanes_t *)(b + i * b_row + column);
                _Pragma("GCC unroll 6") for (int r = 0; r < ROWS; r++) sum[r] += from[r][i * a_column] * line;
            }
            _Pragma("GCC unroll 6") for (int r = 0; r < ROWS; r++)
                if (row + r < m)
                    *(lanes_t *)(c + (row + r) * c_row + column) = scale * sum[r];
        }
}

/* Lay out vectors (count, width) by feature: (width, padded count), zero behind the last. */
static void turn(const float *from, int64_t stride, int64_t count, int64_t width, float *restrict to)
{
    const int64_t line = padded(count);
    for (int64_t each = 0; each < count; each++)
        for (int64_t i = 0; i < width; i++)
            to[i * line + each] = from[each * stride + i];
    for (int64_t i = 0; i < width; i++)
        for (int64_t each = count; each < line; each++)
            to[i * line + each] = 0;
}

/* Scores (keys, line) to shares: over the keys they sum to one for each query; NaN stays NaN. */
static void soften(float *restrict scores, const float *restrict seen, int64_t keys, int64_t line)
{
    for (int64_t at = 0; at < line; at += LANES) {
        lanes_t most = all(-3e38f), sum = all(0);
        for (int64_t key = 0; key < keys; key++) {
            lanes_t *score = (lanes_t *)(scores + key * line + at);
            *score += *(const lanes_t *)(seen + key * line + at);
            most = chosen(*score > most, *score, most);
        }
        for (int64_t key = 0; key < keys; key++) {
            lanes_t *score = (lanes_t *)(scores + key * line + at);
            *score = exponentials(*score - most);
            sum += *score;
        }
        for (int64_t key = 0; key < keys; key++)
            *(lanes_t *)(scores + key * line + at) /= sum;
    }
}

/* Where a row and head of a strided tensor begins. */
static const float *part(const float *tensor, const int64_t *stride, int64_t row, int64_t head)
{
    return tensor + row * stride[0] + head * stride[1];
}

/* How the queries of a row and head share their attention out: (keys, padded queries). */
static void share_out(const dot_product_t *a, int64_t row, int64_t head)
{
    const int64_t line = padded(a->queries);
    turn(part(a->q, a->of_q, row, head), a->of_q[2], a->queries, a->width, a->turned);
    product(a->keys, a->width, line, a->scale, part(a->k, a->of_k, row, head), a->of_k[2], 1, a->turned, line, a->shares, line);
    soften(a->shares, part(a->seen, a->of_seen, row, head), a->keys, line);
}

int dot_forward(const dot_product_t *a)
{
    const int64_t width = a->width, step = a->heads * width, line = padded(a->queries);
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t head = 0; head < a->heads; head++) {
            share_out(a, row, head);
            product(a->queries, a->keys, width, 1, a->shares, 1, line, part(a->v, a->of_v, row, head), a->of_v[2],
                    a->out + row * a->queries * step + head * width, step);
        }
    return 0;
}

int dot_backward(const dot_product_t *a)
{
    const int64_t width = a->width, step = a->heads * width, keys = a->keys, queries = a->queries, line = padded(queries);
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t head = 0; head < a->heads; head++) {
            const float *q = part(a->q, a->of_q, row, head), *k = part(a->k, a->of_k, row, head);
            const int64_t of_keys = row * keys * step + head * width, of_queries = row * queries * step + head * width;
            share_out(a, row, head);
            turn(a->grad_out + of_queries, step, queries, width, a->turned);
            product(keys, width, line, 1, part(a->v, a->of_v, row, head), a->of_v[2], 1, a->turned, line, a->pull, line);
            for (int64_t at = 0; at < line; at += LANES) {
                const float *restrict share = a->shares + at;
                float *restrict pull = a->pull + at;
                lanes_t mean = all(0);
                for (int64_t j = 0; j < keys * line; j += line)
                    mean += *(const lanes_t *)(share + j) * *(lanes_t *)(pull + j);
                for (int64_t j = 0; j < keys * line; j += line)
                    *(lanes_t *)(pull + j) = a->scale * *(const lanes_t *)(share + j) * (*(lanes_t *)(pull + j) - mean);
            }
            product(queries, keys, width, 1, a->pull, 1, line, k, a->of_k[2], a->grad_q + of_queries, step);
            product(keys, queries, width, 1, a->pull, line, 1, q, a->of_q[2], a->grad_k + of_keys, step);
            product(keys, queries, width, 1, a->shares, line, 1, a->grad_out + of_queries, step, a->grad_v + of_keys, step);
        }
    return 0;
}
