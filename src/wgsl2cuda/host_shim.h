// What stands in for a device when the translated text is compiled for the host. It comes before that text and includes
// nothing, so that no macro of the C library meets a name of the shader; host_main.h comes after it.
#define WG_HOST 1
#define WG_FN inline
#define WG_LIB(name) __builtin_##name
#define WG_OFFSET(type, member) __builtin_offsetof(type, member)
#define __global__
#define __shared__
#define __constant__ static
#define __grid_constant__
#define __launch_bounds__(threads)
#define __align__(bytes) __attribute__((aligned(bytes)))

namespace wg_host {

struct Invocation {
    unsigned local[3];
    unsigned index;
};
extern const Invocation* current;
extern unsigned group[3], groups[3], lanes;
// Lets others run: where an invocation may be overtaken.
void pause();
void barrier(unsigned site);
// Waits for the subgroup's others at the same place, and gives every lane's value and which of them are there.
unsigned gather(const void* own, void* table, unsigned bytes, unsigned site);

inline unsigned short half_of(double x) {
    // Round to nearest even from f64, which holds every product and sum that is rounded here exactly enough.
    unsigned long long u = __builtin_bit_cast(unsigned long long, x);
    const unsigned sign = static_cast<unsigned>(u >> 48 & 0x8000u);
    u &= 0x7fffffffffffffffull;
    if (u > 0x7ff0000000000000ull) return static_cast<unsigned short>(sign | 0x7e00u);
    const double a = __builtin_bit_cast(double, u);
    if (a >= 65520.0) return static_cast<unsigned short>(sign | 0x7c00u);
    if (a < 6.103515625e-05) return static_cast<unsigned short>(sign | static_cast<unsigned>(__builtin_rint(a * 16777216.0)));
    const unsigned long long even = u >> 42 & 1u;
    const unsigned long long r = (u + 0x1ffffffffffull + even) >> 42;
    return static_cast<unsigned short>(sign | static_cast<unsigned>(r - (1008ull << 10)));
}
inline double double_of_half(unsigned short h) {
    const int e = h >> 10 & 31, m = h & 1023;
    double a = e == 0 ? m * 5.9604644775390625e-08 : __builtin_ldexp(1024 + m, e - 25);
    if (e == 31) a = m != 0 ? __builtin_nan("") : __builtin_inf();
    return h & 0x8000 ? -a : a;
}
inline unsigned long long reverse(unsigned long long x, unsigned bits) {
    unsigned long long r = 0;
    for (unsigned i = 0; i < bits; i++) r |= (x >> i & 1u) << (bits - 1u - i);
    return r;
}

}  // namespace wg_host

namespace wg {

inline int bits_i(float x) { return __builtin_bit_cast(int, x); }
inline unsigned bits_u(float x) { return __builtin_bit_cast(unsigned, x); }
inline float float_of(unsigned x) { return __builtin_bit_cast(float, x); }
inline long long bits_l(double x) { return __builtin_bit_cast(long long, x); }
inline double double_of(long long x) { return __builtin_bit_cast(double, x); }
inline int trunc_i(float x) { return static_cast<int>(x); }
inline unsigned trunc_u(float x) { return static_cast<unsigned>(x); }
inline int popc(unsigned x) { return __builtin_popcount(x); }
inline int popc(unsigned long long x) { return __builtin_popcountll(x); }
inline int clz(unsigned x) { return x == 0u ? 32 : __builtin_clz(x); }
inline int clz(unsigned long long x) { return x == 0u ? 64 : __builtin_clzll(x); }
inline int ctz(unsigned x) { return x == 0u ? 32 : __builtin_ctz(x); }
inline int ctz(unsigned long long x) { return x == 0u ? 64 : __builtin_ctzll(x); }
inline unsigned reverse(unsigned x) { return static_cast<unsigned>(wg_host::reverse(x, 32u)); }
inline unsigned long long reverse(unsigned long long x) { return wg_host::reverse(x, 64u); }

inline unsigned short half_of(float x) { return wg_host::half_of(x); }
inline float float_of_half(unsigned short h) { return static_cast<float>(wg_host::double_of_half(h)); }
// Sums and products of two f16 are exact in f64.
inline unsigned short half_add(unsigned short a, unsigned short b) {
    return wg_host::half_of(wg_host::double_of_half(a) + wg_host::double_of_half(b));
}
inline unsigned short half_sub(unsigned short a, unsigned short b) {
    return wg_host::half_of(wg_host::double_of_half(a) - wg_host::double_of_half(b));
}
inline unsigned short half_mul(unsigned short a, unsigned short b) {
    return wg_host::half_of(wg_host::double_of_half(a) * wg_host::double_of_half(b));
}
// A sum of three may not be: it is rounded to odd first, so that the second rounding is the only one that shows.
inline unsigned short half_fma(unsigned short a, unsigned short b, unsigned short c) {
    const double p = wg_host::double_of_half(a) * wg_host::double_of_half(b), q = wg_host::double_of_half(c);
    double s = p + q;
    const double t = s - p, error = (p - (s - t)) + (q - t);
    unsigned long long u = __builtin_bit_cast(unsigned long long, s);
    if (error != 0.0 && error - error == 0.0 && (u & 1u) == 0u) {
        u = (error > 0.0) == (s > 0.0) ? u + 1u : u - 1u;
        s = __builtin_bit_cast(double, u);
    }
    return wg_host::half_of(s);
}

inline float reciprocal_sqrt(float x) { return 1.0f / __builtin_sqrtf(x); }
inline float exponential(float x) { return __builtin_expf(x); }
inline float logarithm(float x) { return __builtin_logf(x); }
inline float logarithm2(float x) { return __builtin_log2f(x); }
inline float power(float x, float y) { return __builtin_powf(x, y); }

inline int dp4a(unsigned a, unsigned b, int c) {
    unsigned r = static_cast<unsigned>(c);
    for (unsigned i = 0; i < 32u; i += 8u)
        r += static_cast<unsigned>(static_cast<signed char>(a >> i) * static_cast<signed char>(b >> i));
    return static_cast<int>(r);
}
inline unsigned dp4a(unsigned a, unsigned b, unsigned c) {
    for (unsigned i = 0; i < 32u; i += 8u) c += (a >> i & 0xffu) * (b >> i & 0xffu);
    return c;
}

inline unsigned local_x(unsigned) { return wg_host::current->local[0]; }
inline unsigned local_y(unsigned) { return wg_host::current->local[1]; }
inline unsigned local_z(unsigned) { return wg_host::current->local[2]; }
inline unsigned group_x() { return wg_host::group[0]; }
inline unsigned group_y() { return wg_host::group[1]; }
inline unsigned group_z() { return wg_host::group[2]; }
inline unsigned groups_x() { return wg_host::groups[0]; }
inline unsigned groups_y() { return wg_host::groups[1]; }
inline unsigned groups_z() { return wg_host::groups[2]; }

inline void barrier(unsigned site = __builtin_LINE()) { wg_host::barrier(site); }
inline void fence_workgroup() {}
inline void fence_device() {}

template <class T> T atomic_load(const T& at) {
    wg_host::pause();
    return at;
}
template <class T> void atomic_store(T& at, T value) {
    wg_host::pause();
    at = value;
}
template <class T> T plus(T a, T b) {
    T r;
    __builtin_add_overflow(a, b, &r);
    return r;
}
inline float plus(float a, float b) { return a + b; }
#define WG_ATOMIC(name, value)                                                                             \
    template <class T> T name(T& at, T v) {                                                                \
        wg_host::pause();                                                                                  \
        const T old = at;                                                                                  \
        at = (value);                                                                                      \
        return old;                                                                                        \
    }
WG_ATOMIC(atomic_add, plus(old, v))
WG_ATOMIC(atomic_and, old & v)
WG_ATOMIC(atomic_or, old | v)
WG_ATOMIC(atomic_xor, old ^ v)
WG_ATOMIC(atomic_min, v < old ? v : old)
WG_ATOMIC(atomic_max, old < v ? v : old)
WG_ATOMIC(atomic_exchange, v)
template <class T> T atomic_cas(T& at, T expected, T v) {
    wg_host::pause();
    const T old = at;
    if (old == expected) at = v;
    return old;
}

}  // namespace wg
