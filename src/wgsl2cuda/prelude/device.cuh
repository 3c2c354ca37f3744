// What only a device has: the host program brings its own version of this part.
// A shader need not use all that it declares.
#pragma nv_diag_suppress 177
#define WG_FN __device__ __forceinline__
#define WG_LIB(name) ::name
// NVRTC has no offsetof, but what the header defines it by.
#define WG_OFFSET(type, member) __INTADDR__(&static_cast<type*>(nullptr)->member)

namespace wg {

WG_FN int bits_i(float x) { return __float_as_int(x); }
WG_FN unsigned bits_u(float x) { return __float_as_uint(x); }
WG_FN float float_of(unsigned x) { return __uint_as_float(x); }
WG_FN long long bits_l(double x) { return __double_as_longlong(x); }
WG_FN double double_of(long long x) { return __longlong_as_double(x); }

WG_FN int trunc_i(float x) { return __float2int_rz(x); }
WG_FN unsigned trunc_u(float x) { return __float2uint_rz(x); }
WG_FN int popc(unsigned x) { return __popc(x); }
WG_FN int popc(unsigned long long x) { return __popcll(x); }
WG_FN int clz(unsigned x) { return __clz(static_cast<int>(x)); }
WG_FN int clz(unsigned long long x) { return __clzll(static_cast<long long>(x)); }
WG_FN int ctz(unsigned x) { return x == 0u ? 32 : __ffs(static_cast<int>(x)) - 1; }
WG_FN int ctz(unsigned long long x) { return x == 0ull ? 64 : __ffsll(static_cast<long long>(x)) - 1; }
WG_FN unsigned reverse(unsigned x) { return __brev(x); }
WG_FN unsigned long long reverse(unsigned long long x) { return __brevll(x); }

WG_FN unsigned short half_of(float x) {
    unsigned short h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x));
    return h;
}
WG_FN float float_of_half(unsigned short h) {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(h));
    return x;
}

// Without a rounding of its own an f16 operation may be contracted; .rn keeps it apart.
#if WG_FAST_MATH
#define WG_HALF_ROUND ""
#else
#define WG_HALF_ROUND ".rn"
#endif
#define WG_HALF2(name, instruction)                                                                        \
    WG_FN unsigned short name(unsigned short a, unsigned short b) {                                        \
        unsigned short r;                                                                                  \
        asm(instruction WG_HALF_ROUND ".f16 %0, %1, %2;" : "=h"(r) : "h"(a), "h"(b));                      \
        return r;                                                                                          \
    }
WG_HALF2(half_add, "add")
WG_HALF2(half_sub, "sub")
WG_HALF2(half_mul, "mul")
WG_FN unsigned short half_fma(unsigned short a, unsigned short b, unsigned short c) {
    unsigned short r;
    asm("fma.rn.f16 %0, %1, %2, %3;" : "=h"(r) : "h"(a), "h"(b), "h"(c));
    return r;
}

WG_FN float reciprocal_sqrt(float x) { return rsqrtf(x); }
#if WG_FAST_MATH
WG_FN float exponential(float x) { return __expf(x); }
WG_FN float logarithm(float x) { return __logf(x); }
WG_FN float logarithm2(float x) { return __log2f(x); }
WG_FN float power(float x, float y) { return __powf(x, y); }
#else
WG_FN float exponential(float x) { return expf(x); }
WG_FN float logarithm(float x) { return logf(x); }
WG_FN float logarithm2(float x) { return log2f(x); }
WG_FN float power(float x, float y) { return powf(x, y); }
#endif

WG_FN int dp4a(unsigned a, unsigned b, int c) { return __dp4a(static_cast<int>(a), static_cast<int>(b), c); }
WG_FN unsigned dp4a(unsigned a, unsigned b, unsigned c) { return __dp4a(a, b, c); }

// `bound` is the workgroup's extent: the compiler learns how large an index can get.
WG_FN unsigned below(unsigned i, unsigned bound) {
    __builtin_assume(i < bound);
    return i;
}
WG_FN unsigned local_x(unsigned bound) { return below(threadIdx.x, bound); }
WG_FN unsigned local_y(unsigned bound) { return below(threadIdx.y, bound); }
WG_FN unsigned local_z(unsigned bound) { return below(threadIdx.z, bound); }
WG_FN unsigned group_x() { return blockIdx.x; }
WG_FN unsigned group_y() { return blockIdx.y; }
WG_FN unsigned group_z() { return blockIdx.z; }
WG_FN unsigned groups_x() { return gridDim.x; }
WG_FN unsigned groups_y() { return gridDim.y; }
WG_FN unsigned groups_z() { return gridDim.z; }

WG_FN void barrier() { __syncthreads(); }
WG_FN void fence_workgroup() { __threadfence_block(); }
WG_FN void fence_device() { __threadfence(); }

template <class T> WG_FN T atomic_load(const T& at) { return *const_cast<const volatile T*>(&at); }
template <class T> WG_FN void atomic_store(T& at, T value) { *const_cast<volatile T*>(&at) = value; }
WG_FN unsigned atomic_add(unsigned& at, unsigned v) { return atomicAdd(&at, v); }
WG_FN int atomic_add(int& at, int v) { return atomicAdd(&at, v); }
WG_FN float atomic_add(float& at, float v) { return atomicAdd(&at, v); }
WG_FN unsigned long long atomic_add(unsigned long long& at, unsigned long long v) { return atomicAdd(&at, v); }
WG_FN long long atomic_add(long long& at, long long v) {
    return static_cast<long long>(
        atomicAdd(reinterpret_cast<unsigned long long*>(&at), static_cast<unsigned long long>(v)));
}
template <class T> WG_FN T atomic_and(T& at, T v) { return atomicAnd(&at, v); }
template <class T> WG_FN T atomic_or(T& at, T v) { return atomicOr(&at, v); }
template <class T> WG_FN T atomic_xor(T& at, T v) { return atomicXor(&at, v); }
template <class T> WG_FN T atomic_min(T& at, T v) { return atomicMin(&at, v); }
template <class T> WG_FN T atomic_max(T& at, T v) { return atomicMax(&at, v); }
template <class T> WG_FN T atomic_exchange(T& at, T v) { return atomicExch(&at, v); }
WG_FN long long atomic_and(long long& at, long long v) { return atomicAnd(&at, v); }
WG_FN long long atomic_exchange(long long& at, long long v) {
    return static_cast<long long>(
        atomicExch(reinterpret_cast<unsigned long long*>(&at), static_cast<unsigned long long>(v)));
}
template <class T> WG_FN T atomic_cas(T& at, T expected, T v) { return atomicCAS(&at, expected, v); }
WG_FN long long atomic_cas(long long& at, long long expected, long long v) {
    return static_cast<long long>(atomicCAS(reinterpret_cast<unsigned long long*>(&at),
                                            static_cast<unsigned long long>(expected),
                                            static_cast<unsigned long long>(v)));
}

}  // namespace wg
