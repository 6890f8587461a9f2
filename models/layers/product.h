/* Matrix products of small float32 matrices on one processor core, and the vectors that kernels work on. */
#include <stdint.h>

#ifdef __AVX512F__
enum { LANES = 16 }; /* numbers worked on at once: what a register holds, since larger vectors are compiled badly */
#elif defined __AVX__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float lanes_t __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float))));
typedef int32_t marks_t __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float))));

enum { LINE = 16 }; /* a multiple of LANES, whatever they are */

static inline int64_t padded(int64_t count) { return (count + LINE - 1) / LINE * LINE; }

/* Lay b (k, m), of any strides, out as `multiply` reads it: panel by panel of columns, zero past the last column.
 * `to` holds k numbers for each of m columns, padded to a multiple of 2 LINE. */
void pack(int64_t k, int64_t m, const float *b, int64_t b_row, int64_t b_column, float *to);

/* c (n, m) = a (n, k) b (k, m), or += where `add`: a of any strides, b packed. What a row of c is hangs on the same row of
 * a alone, to the bit. */
void multiply(int64_t n, int64_t m, int64_t k, const float *a, int64_t a_row, int64_t a_column, const float *packed,
              float *c, int64_t c_row, int add);

/* c (n, m) += a (n, k) b (k, m) for a long k, a part of k at a time; `packed` holds DEEP rows of b. */
enum { DEEP = 256 };
void gather(int64_t n, int64_t m, int64_t k, const float *a, int64_t a_row, int64_t a_column, const float *b, float *packed,
            float *c);
