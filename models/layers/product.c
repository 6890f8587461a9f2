/* See product.h. A block of c is summed in registers: ROWS rows of a times a panel of b, a row of which is read once for all
 * of them (Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication"). For matrices as small as
 * these, and weights laid out once for many steps, this takes less time than the BLAS that torch brings. */
#include "product.h"

#ifdef __AVX512F__ /* 32 registers */
enum { ROWS = 12 };
#else /* 16 at least */
enum { ROWS = 6 };
#endif
enum { WIDE = 2, PANEL = WIDE * LANES, FEW = 4, NEAR = 20 * ROWS }; /* NEAR: rows of a that stay near while all of b passes */

void pack(int64_t k, int64_t m, const float *b, int64_t b_row, int64_t b_column, float *restrict to)
{
    for (int64_t column = 0; column < m; column += PANEL)
        for (int64_t i = 0; i < k; i++)
            for (int64_t j = 0; j < PANEL; j++)
                *to++ = column + j < m ? b[i * b_row + (column + j) * b_column] : 0;
}

/* A block of `rows` rows and one panel, of whose columns some count. */
static inline __attribute__((always_inline)) void block(const int rows, int64_t columns, int64_t k, const float *restrict a,
                                                        int64_t a_row, int64_t a_column, const float *restrict panel,
                                                        float *restrict c, int64_t c_row, int add)
{
    lanes_t sum[ROWS][WIDE] = {0};
    for (int64_t i = 0; i < k; i++, panel += PANEL) {
        lanes_t line[WIDE];
        for (int w = 0; w < WIDE; w++)
            line[w] = ((const lanes_t *)panel)[w];
        _Pragma("GCC unroll 12") for (int r = 0; r < rows; r++) {
            const float each = a[r * a_row + i * a_column];
            for (int w = 0; w < WIDE; w++)
                sum[r][w] += each * line[w];
        }
    }
    _Pragma("GCC unroll 12") for (int r = 0; r < rows; r++)
        for (int w = 0; w < WIDE; w++) {
            float *at = c + r * c_row + w * LANES;
            if (columns >= (w + 1) * LANES)
                *(lanes_t *)at = add ? *(lanes_t *)at + sum[r][w] : sum[r][w];
            else
                for (int64_t j = 0; j < columns - w * LANES; j++)
                    at[j] = add ? at[j] + sum[r][w][j] : sum[r][w][j];
        }
}

/* A panel of c. */
static void column_of(int64_t n, int64_t columns, int64_t k, const float *a, int64_t a_row, int64_t a_column,
                      const float *panel, float *c, int64_t c_row, int add)
{
    int64_t row = 0;
    for (; row + ROWS <= n; row += ROWS)
        block(ROWS, columns, k, a + row * a_row, a_row, a_column, panel, c + row * c_row, c_row, add);
    for (; row + FEW <= n; row += FEW)
        block(FEW, columns, k, a + row * a_row, a_row, a_column, panel, c + row * c_row, c_row, add);
    for (; row < n; row++)
        block(1, columns, k, a + row * a_row, a_row, a_column, panel, c + row * c_row, c_row, add);
}

void multiply(int64_t n, int64_t m, int64_t k, const float *a, int64_t a_row, int64_t a_column, const float *packed, float *c,
              int64_t c_row, int add)
{
    for (int64_t row = 0; row < n; row += NEAR)
        for (int64_t column = 0; column < m; column += PANEL)
            column_of(n - row < NEAR ? n - row : NEAR, m - column, k, a + row * a_row, a_row, a_column, packed + column * k,
                      c + row * c_row + column, c_row, add);
}

void gather(int64_t n, int64_t m, int64_t k, const float *a, int64_t a_row, int64_t a_column, const float *b, float *packed,
            float *c)
{
    for (int64_t i = 0; i < k; i += DEEP) {
        const int64_t these = k - i < DEEP ? k - i : DEEP;
        pack(these, m, b + i * m, m, 1, packed);
        multiply(n, m, these, a + i * a_column, a_row, a_column, packed, c, m, 1);
    }
}
