/* Recurrent layers on one processor core: a whole pass forward, or back, in a call.
 *
 * Rows are worked on from the longest to the shortest, so that those still alive at a step are the first ones: nothing is
 * computed past a row's end. What a step needs of all rows lies together ("packed"): row r of step t is at first[t] + r.
 * A step's drive is a row of `drive`: that of its token where `ids` are given, else its own.
 *
 *   rnn   y = act(x + W h)                                      act: tanh, relu or none
 *   lstm  i, f, g, o = x + W h;  c' = s(f) c + s(i) tanh(g);  h' = s(o) tanh(c')              (order as in torch.nn.LSTM)
 *   gru   r, z = s(x + W h);  n = tanh(x + r (W h + bias));  h' = n + z (h - n)                (order as in torch.nn.GRU)
 *
 * All matrices are row-major float32, all indices int64. Nothing here allocates: buffers are the caller's.
 */
#include "kernels.h"
#include "product.h"

enum { TANH, RELU, LINEAR, LSTM, GRU };

typedef struct {
    int64_t kind, rows, time, hidden, tokens;
    int64_t keep;              /* 0: nothing is kept for a way back, and every step works in the same place */
    const int64_t *length;     /* (rows,), or null: all rows are `time` long */
    const int64_t *ids;        /* (rows, time), or null */
    const float *drive;        /* (tokens, gates), or (rows, time, gates) where ids are null */
    const float *recurrent;    /* (gates, hidden) */
    const float *bias;         /* (hidden,): of a gru, what its reset gate damps besides W h */
    const float *state;        /* (parts, rows, hidden) */
    float *outputs;            /* (rows, time, hidden), zero past a row's end */
    float *final;              /* (parts, rows, hidden), at each row's end */
    float *gates;              /* (packed, gates): forward their values, on the way back their gradients */
    float *before;             /* (packed, hidden): h before each step */
    float *cell;               /* (packed, hidden): lstm, c before each step; gru, W h + bias of the content */
    float *squashed;           /* (packed, hidden): lstm, tanh of c after each step */
    int64_t *order, *first;    /* (rows,): the rows, the longest first; (time + 1,): where each step's rows begin */
    const float *grad_outputs; /* (rows, time, hidden) or null, and so on: the gradients of the above */
    const float *grad_final;
    float *grad_drive, *grad_recurrent, *grad_bias, *grad_state;
    float *dh, *dc;            /* (rows, hidden): gradients on their way from step to step */
    float *packed, *deep;      /* scratch: W as it is multiplied by, and what is packed for its gradient */
} recurrence_t;

static int64_t gates_of(const recurrence_t *s) { return s->kind == LSTM ? 4 : s->kind == GRU ? 3 : 1; }
static int64_t length_of(const recurrence_t *s, int64_t row)
{
    int64_t length = s->length ? s->length[row] : s->time;
    return length < 0 ? 0 : length > s->time ? s->time : length;
}
static int64_t alive(const recurrence_t *s, int64_t t) { return t < s->time ? s->first[t + 1] - s->first[t] : 0; }

/* Sort rows by length, rows of one length as they come, and find where each step's rows begin. */
static void plan(recurrence_t *s)
{
    int64_t *count = s->first; /* rows of at least each length, then where such rows go, then the steps' beginnings */
    memset(count, 0, (s->time + 1) * sizeof *count);
    for (int64_t row = 0; row < s->rows; row++)
        count[length_of(s, row)]++;
    int64_t longer = 0;
    for (int64_t length = s->time; length >= 0; length--) {
        int64_t these = count[length];
        count[length] = longer;
        longer += these;
    }
    for (int64_t row = 0; row < s->rows; row++)
        s->order[count[length_of(s, row)]++] = row;
    int64_t begin = 0; /* count[length] is now how many rows are at least that long */
    for (int64_t t = 0; t < s->time; t++) {
        int64_t rows = count[t + 1];
        count[t] = begin;
        begin += rows;
    }
    count[s->time] = begin;
}

static inline const float *drive_of(const recurrence_t *s, int64_t row, int64_t t, int64_t width)
{
    int64_t at = row * s->time + t;
    return s->drive + (s->ids ? s->ids[at] : at) * width;
}

static void rnn_row(int64_t kind, int64_t hidden, const float *restrict x, float *restrict y)
{
    if (kind == TANH)
        EACH y[j] = squash(y[j] + x[j]);
    else if (kind == RELU)
        EACH { float sum = y[j] + x[j]; y[j] = sum < 0 ? 0 : sum; }
    else
        EACH y[j] += x[j];
}

static void lstm_row(int64_t hidden, const float *restrict x, float *restrict gates, const float *cell,
                     float *restrict squashed, float *h_after, float *c_after)
{
    float *restrict write = gates, *restrict keep = write + hidden, *restrict content = keep + hidden,
          *restrict show = content + hidden;
    EACH write[j] = sigmoid(write[j] + x[j]);
    EACH keep[j] = sigmoid(keep[j] + x[hidden + j]);
    EACH content[j] = squash(content[j] + x[2 * hidden + j]);
    EACH show[j] = sigmoid(show[j] + x[3 * hidden + j]);
    EACH {
        float c = keep[j] * cell[j] + write[j] * content[j];
        float tanh_c = squash(c);
        c_after[j] = c;
        squashed[j] = tanh_c;
        h_after[j] = show[j] * tanh_c;
    }
}

static void gru_row(int64_t hidden, const float *restrict x, const float *restrict bias, float *restrict gates,
                    const float *h, float *restrict damped, float *h_after)
{
    float *restrict reset = gates, *restrict stay = reset + hidden, *restrict content = stay + hidden;
    EACH reset[j] = sigmoid(reset[j] + x[j]);
    EACH stay[j] = sigmoid(stay[j] + x[hidden + j]);
    EACH {
        float back = content[j] + bias[j];
        float n = squash(x[2 * hidden + j] + reset[j] * back);
        damped[j] = back;
        content[j] = n;
        h_after[j] = n + stay[j] * (h[j] - n);
    }
}

/* Whether every id names a row of the drive. */
static int ids_fit(const recurrence_t *s)
{
    for (int64_t row = 0; s->ids && row < s->rows; row++)
        for (int64_t t = 0, length = length_of(s, row); t < length; t++)
            if (s->ids[row * s->time + t] < 0 || s->ids[row * s->time + t] >= s->tokens)
                return 0;
    return 1;
}

/* Run through all steps: outputs, the states at each row's end and, where kept, what the way back needs.
 * Returns 0, or 1 where an id is out of range. */
int run_forward(recurrence_t *s)
{
    if (!ids_fit(s))
        return 1;
    plan(s);
    const int64_t hidden = s->hidden, width = gates_of(s) * hidden, part = s->rows * hidden;
    pack(hidden, width, s->recurrent, 1, hidden, s->packed);
    const size_t bytes = hidden * sizeof(float);
    for (int64_t r = 0; r < s->rows; r++) {
        int64_t row = s->order[r], length = length_of(s, row);
        float *h = length ? s->before + r * hidden : s->final + row * hidden;
        memcpy(h, s->state + row * hidden, bytes);
        if (s->kind == LSTM)
            memcpy(length ? s->cell + r * hidden : s->final + part + row * hidden, s->state + part + row * hidden, bytes);
        memset(s->outputs + (row * s->time + length) * hidden, 0, (s->time - length) * bytes);
    }
    for (int64_t t = 0; t < s->time; t++) {
        int64_t rows = alive(s, t), go_on = alive(s, t + 1);
        int64_t here = s->keep ? s->first[t] : 0, next = s->keep ? s->first[t + 1] : 0;
        float *gates = s->gates + here * width, *h = s->before + here * hidden;
        multiply(rows, width, hidden, h, hidden, 1, s->packed, gates, width, 0);
        for (int64_t r = 0; r < rows; r++) {
            int64_t row = s->order[r];
            const float *x = drive_of(s, row, t, width);
            float *mine = gates + r * width, *extra = s->cell + (here + r) * hidden;
            float *h_after = r < go_on ? s->before + (next + r) * hidden : s->final + row * hidden;
            if (s->kind == LSTM)
                lstm_row(hidden, x, mine, extra, s->squashed + (here + r) * hidden, h_after,
                         r < go_on ? s->cell + (next + r) * hidden : s->final + part + row * hidden);
            else if (s->kind == GRU)
                gru_row(hidden, x, s->bias, mine, h + r * hidden, extra, h_after);
            else {
                rnn_row(s->kind, hidden, x, mine);
                memcpy(h_after, mine, bytes);
            }
            memcpy(s->outputs + (row * s->time + t) * hidden, h_after, bytes);
        }
    }
    return 0;
}

static void rnn_row_back(int64_t kind, int64_t hidden, float *restrict gates, const float *restrict dh)
{
    if (kind == TANH)
        EACH gates[j] = dh[j] * (1 - gates[j] * gates[j]);
    else if (kind == RELU)
        EACH gates[j] = gates[j] > 0 ? dh[j] : 0;
    else
        EACH gates[j] = dh[j];
}

static void lstm_row_back(int64_t hidden, float *restrict gates, const float *restrict cell,
                          const float *restrict squashed, const float *restrict dh, float *restrict dc)
{
    float *restrict write = gates, *restrict keep = write + hidden, *restrict content = keep + hidden,
          *restrict show = content + hidden;
    EACH {
        float i = write[j], f = keep[j], g = content[j], o = show[j], tanh_c = squashed[j];
        float d = dc[j] + dh[j] * o * (1 - tanh_c * tanh_c);
        write[j] = d * g * i * (1 - i);
        keep[j] = d * cell[j] * f * (1 - f);
        content[j] = d * i * (1 - g * g);
        show[j] = dh[j] * tanh_c * o * (1 - o);
        dc[j] = d * f;
    }
}

static void gru_row_back(int64_t hidden, float *restrict gates, const float *restrict h, const float *restrict damped,
                         float *restrict dh, float *restrict dx, int add, float *restrict grad_bias)
{
    float *restrict reset = gates, *restrict stay = reset + hidden, *restrict content = stay + hidden;
    EACH {
        float r = reset[j], z = stay[j], n = content[j];
        float dn = dh[j] * (1 - z) * (1 - n * n);
        float of_reset = dn * damped[j] * r * (1 - r), of_stay = dh[j] * (h[j] - n) * z * (1 - z);
        dx[j] = of_reset + (add ? dx[j] : 0);
        dx[hidden + j] = of_stay + (add ? dx[hidden + j] : 0);
        dx[2 * hidden + j] = dn + (add ? dx[2 * hidden + j] : 0);
        reset[j] = of_reset;
        stay[j] = of_stay;
        content[j] = dn * r;
        grad_bias[j] += dn * r;
        dh[j] *= z;
    }
}

/* What arrives at a row's end from its final state. */
static void enter(recurrence_t *s, int64_t r)
{
    const int64_t hidden = s->hidden, row = s->order[r], part = s->rows * hidden;
    for (int64_t j = 0; j < hidden; j++)
        s->dh[r * hidden + j] = s->grad_final ? s->grad_final[row * hidden + j] : 0;
    if (s->kind == LSTM)
        for (int64_t j = 0; j < hidden; j++)
            s->dc[r * hidden + j] = s->grad_final ? s->grad_final[part + row * hidden + j] : 0;
}

/* Run through the steps from last to first: the gradients of drive (where rows end early or ids are given), recurrent and
 * bias, which come zeroed, and of state. */
int run_backward(recurrence_t *s)
{
    const int64_t hidden = s->hidden, width = gates_of(s) * hidden, part = s->rows * hidden;
    int64_t done = s->first[s->time]; /* from where on the gradients are in that of the weights */
    pack(width, hidden, s->recurrent, hidden, 1, s->packed);
    for (int64_t r = alive(s, 0); r < s->rows; r++)
        enter(s, r);
    for (int64_t t = s->time - 1; t >= 0; t--) {
        int64_t rows = alive(s, t), here = s->first[t];
        for (int64_t r = alive(s, t + 1); r < rows; r++)
            enter(s, r);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = s->order[r] * s->time + t;
            float *restrict dh = s->dh + r * hidden, *mine = s->gates + (here + r) * width;
            float *restrict dx = s->grad_drive + (s->ids ? s->ids[at] : at) * width;
            if (s->grad_outputs) {
                const float *restrict arrives = s->grad_outputs + at * hidden;
                EACH dh[j] += arrives[j];
            }
            if (s->kind == GRU) {
                gru_row_back(hidden, mine, s->before + (here + r) * hidden, s->cell + (here + r) * hidden, dh, dx,
                             s->ids != 0, s->grad_bias);
                continue;
            }
            if (s->kind == LSTM)
                lstm_row_back(hidden, mine, s->cell + (here + r) * hidden, s->squashed + (here + r) * hidden, dh,
                              s->dc + r * hidden);
            else
                rnn_row_back(s->kind, hidden, mine, dh);
            if (s->ids)
                _Pragma("GCC ivdep") for (int64_t j = 0; j < width; j++) dx[j] += mine[j];
            else
                memcpy(dx, mine, width * sizeof(float));
        }
        multiply(rows, hidden, width, s->gates + here * width, width, 1, s->packed, s->dh, hidden, s->kind == GRU);
        if (done - here >= DEEP || t == 0) { /* while they are near */
            gather(width, hidden, done - here, s->gates + here * width, 1, width, s->before + here * hidden, s->deep,
                   s->grad_recurrent);
            done = here;
        }
    }
    for (int64_t r = 0; r < s->rows; r++) {
        memcpy(s->grad_state + s->order[r] * hidden, s->dh + r * hidden, hidden * sizeof(float));
        if (s->kind == LSTM)
            memcpy(s->grad_state + part + s->order[r] * hidden, s->dc + r * hidden, hidden * sizeof(float));
    }
    return 0;
}
