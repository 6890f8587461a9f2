/* What the kernels share: exponentials that vectorise, saturate and keep NaN. */
#include <stdint.h>
#include <string.h>

/* A loop over j without dependence from one pass to the next. */
#define EACH_OF(count) _Pragma("GCC ivdep") for (int64_t j = 0; j < (count); j++)
#define EACH EACH_OF(hidden)

/* e^x to about 1e-7 of its value; saturates, and keeps NaN. */
static inline float exponential(float x)
{
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float whole = __builtin_rintf(x * 1.44269504f);
    float rest = x - whole * 0.693145752f - whole * 1.42860677e-6f; /* ln 2 in two parts */
    float sum = 1.0f / 5040;
    sum = sum * rest + 1.0f / 720;
    sum = sum * rest + 1.0f / 120;
    sum = sum * rest + 1.0f / 24;
    sum = sum * rest + 1.0f / 6;
    sum = sum * rest + 0.5f;
    sum = sum * rest + 1.0f;
    sum = sum * rest + 1.0f;
    union { uint32_t bits; float power; } two = { ((uint32_t)(int32_t)whole + 127) << 23 }; /* NaN's is multiplied by NaN */
    return sum * two.power;
}

static inline float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }
static inline float squash(float x) { return 1.0f - 2.0f / (1.0f + exponential(2.0f * x)); }
