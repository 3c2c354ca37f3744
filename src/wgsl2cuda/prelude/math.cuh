// WGSL's numeric built-in functions: shared by device and host.
namespace wg {

WG_FN float abs(float x) { return WG_LIB(fabsf)(x); }
WG_FN double abs(double x) { return WG_LIB(fabs)(x); }
template <class T> WG_FN T abs(T x) { return x < T(0) ? neg(x) : x; }
WG_FN unsigned abs(unsigned x) { return x; }
WG_FN u64 abs(u64 x) { return x; }
WG_FN u16 abs(u16 x) { return x; }
template <class T> WG_FN T min(T a, T b) { return b < a ? b : a; }
template <class T> WG_FN T max(T a, T b) { return a < b ? b : a; }
WG_FN float min(float a, float b) { return WG_LIB(fminf)(a, b); }
WG_FN float max(float a, float b) { return WG_LIB(fmaxf)(a, b); }
WG_FN double min(double a, double b) { return WG_LIB(fmin)(a, b); }
WG_FN double max(double a, double b) { return WG_LIB(fmax)(a, b); }
template <class T> WG_FN T clamp(T x, T low, T high) { return min(max(x, low), high); }
template <class T> WG_FN T saturate(T x) { return clamp(x, T(0), T(1)); }
template <class T> WG_FN T sign(T x) { return T((T(0) < x) - (x < T(0))); }

#define WG_REAL1(name, lib)                                                                                \
    WG_FN float name(float x) { return WG_LIB(lib##f)(x); }                                                \
    WG_FN double name(double x) { return WG_LIB(lib)(x); }
WG_REAL1(cos, cos)
WG_REAL1(cosh, cosh)
WG_REAL1(sin, sin)
WG_REAL1(sinh, sinh)
WG_REAL1(tan, tan)
WG_REAL1(tanh, tanh)
WG_REAL1(acos, acos)
WG_REAL1(asin, asin)
WG_REAL1(atan, atan)
WG_REAL1(asinh, asinh)
WG_REAL1(acosh, acosh)
WG_REAL1(atanh, atanh)
WG_REAL1(ceil, ceil)
WG_REAL1(floor, floor)
WG_REAL1(round, rint)
WG_REAL1(trunc, trunc)
WG_REAL1(exp2, exp2)
WG_REAL1(sqrt, sqrt)
WG_FN float exp(float x) { return exponential(x); }
WG_FN float log(float x) { return logarithm(x); }
WG_FN float log2(float x) { return logarithm2(x); }
WG_FN float pow(float x, float y) { return power(x, y); }
WG_FN float inverseSqrt(float x) { return reciprocal_sqrt(x); }
WG_FN double exp(double x) { return WG_LIB(exp)(x); }
WG_FN double log(double x) { return WG_LIB(log)(x); }
WG_FN double log2(double x) { return WG_LIB(log2)(x); }
WG_FN double pow(double x, double y) { return WG_LIB(pow)(x, y); }
WG_FN double inverseSqrt(double x) { return 1.0 / sqrt(x); }
WG_FN float atan2(float y, float x) { return WG_LIB(atan2f)(y, x); }
WG_FN double atan2(double y, double x) { return WG_LIB(atan2)(y, x); }
WG_FN float fma(float a, float b, float c) { return WG_LIB(fmaf)(a, b, c); }
WG_FN double fma(double a, double b, double c) { return WG_LIB(fma)(a, b, c); }
WG_FN float ldexp(float x, int e) { return WG_LIB(ldexpf)(x, e); }
WG_FN double ldexp(double x, int e) { return WG_LIB(ldexp)(x, e); }
WG_FN float fract(float x) { return x - floor(x); }
WG_FN double fract(double x) { return x - floor(x); }
WG_FN float radians(float x) { return x * 0.017453292519943295f; }
WG_FN float degrees(float x) { return x * 57.29577951308232f; }
WG_FN double radians(double x) { return x * 0.017453292519943295; }
WG_FN double degrees(double x) { return x * 57.29577951308232; }
template <class T> WG_FN T mix(T a, T b, T t) { return a * (T(1) - t) + b * t; }
template <class T> WG_FN T step(T edge, T x) { return edge <= x ? T(1) : T(0); }
template <class T> WG_FN T smoothStep(T low, T high, T x) {
    const T t = clamp((x - low) / (high - low), T(0), T(1));
    return t * t * (T(3) - T(2) * t);
}
WG_FN float frexp(float x, int& e) { return WG_LIB(frexpf)(x, &e); }
WG_FN double frexp(double x, int& e) { return WG_LIB(frexp)(x, &e); }
template <class T> WG_FN bool isNan(T x) { return !(x == x); }
WG_FN bool isInf(float x) { return (bits_u(x) & 0x7fffffffu) == 0x7f800000u; }
WG_FN bool isInf(double x) { return (bits_l(x) & 0x7fffffffffffffffll) == 0x7ff0000000000000ll; }
// Through f16 and back.
WG_FN float quantizeToF16(float x) { return float_of_half(half_of(x)); }

// Bits.
template <class T> struct Unsigned { using Type = T; };
template <> struct Unsigned<int> { using Type = unsigned; };
template <> struct Unsigned<i64> { using Type = u64; };
template <class T> WG_FN T countOneBits(T x) { return T(popc(static_cast<typename Unsigned<T>::Type>(x))); }
template <class T> WG_FN T countLeadingZeros(T x) { return T(clz(static_cast<typename Unsigned<T>::Type>(x))); }
template <class T> WG_FN T countTrailingZeros(T x) { return T(ctz(static_cast<typename Unsigned<T>::Type>(x))); }
template <class T> WG_FN T reverseBits(T x) { return T(reverse(static_cast<typename Unsigned<T>::Type>(x))); }
template <class T> WG_FN T firstTrailingBit(T x) { return x == T(0) ? T(-1) : countTrailingZeros(x); }
template <class T> WG_FN T firstLeadingBit(T x) {
    using U = typename Unsigned<T>::Type;
    const U u = static_cast<U>(x < T(0) ? T(~x) : x);
    return u == U(0) ? T(-1) : T(int(8 * sizeof(T)) - 1 - clz(u));
}
WG_FN unsigned bit_mask(unsigned count) { return count >= 32u ? 0xffffffffu : (1u << count) - 1u; }
WG_FN unsigned extractBits(unsigned x, unsigned offset, unsigned count) {
    const unsigned o = min(offset, 32u);
    const unsigned c = min(count, 32u - o);
    return c == 0u ? 0u : (x >> o) & bit_mask(c);
}
WG_FN int extractBits(int x, unsigned offset, unsigned count) {
    const unsigned o = min(offset, 32u);
    const unsigned c = min(count, 32u - o);
    return c == 0u ? 0 : static_cast<int>(static_cast<unsigned>(x) << (32u - c - o)) >> (32u - c);
}
template <class T> WG_FN T insertBits(T x, T bits, unsigned offset, unsigned count) {
    const unsigned o = min(offset, 32u);
    const unsigned c = min(count, 32u - o);
    const unsigned mask = c == 0u ? 0u : bit_mask(c) << o;
    const unsigned put = c == 0u ? 0u : static_cast<unsigned>(bits) << o;
    return static_cast<T>((static_cast<unsigned>(x) & ~mask) | (put & mask));
}

// Every component alike.
#define WG_EACH1(name)                                                                                     \
    template <class T, int N> WG_FN Vec<T, N> name(const Vec<T, N>& a) {                                   \
        return each<T>(a, [](T p) { return name(p); });                                                    \
    }
#define WG_EACH2(name)                                                                                     \
    template <class T, int N> WG_FN Vec<T, N> name(const Vec<T, N>& a, const Vec<T, N>& b) {               \
        return each<T>(a, b, [](T p, T q) { return name(p, q); });                                         \
    }
#define WG_EACH3(name)                                                                                     \
    template <class T, int N>                                                                              \
    WG_FN Vec<T, N> name(const Vec<T, N>& a, const Vec<T, N>& b, const Vec<T, N>& c) {                     \
        return each<T>(a, b, c, [](T p, T q, T r) { return name(p, q, r); });                              \
    }
WG_EACH1(abs)
WG_EACH2(min)
WG_EACH2(max)
WG_EACH3(clamp)
WG_EACH1(saturate)
WG_EACH1(sign)
WG_EACH1(cos)
WG_EACH1(cosh)
WG_EACH1(sin)
WG_EACH1(sinh)
WG_EACH1(tan)
WG_EACH1(tanh)
WG_EACH1(acos)
WG_EACH1(asin)
WG_EACH1(atan)
WG_EACH2(atan2)
WG_EACH1(asinh)
WG_EACH1(acosh)
WG_EACH1(atanh)
WG_EACH1(radians)
WG_EACH1(degrees)
WG_EACH1(ceil)
WG_EACH1(floor)
WG_EACH1(round)
WG_EACH1(fract)
WG_EACH1(trunc)
WG_EACH1(exp)
WG_EACH1(exp2)
WG_EACH1(log)
WG_EACH1(log2)
WG_EACH2(pow)
WG_EACH3(fma)
WG_EACH3(mix)
WG_EACH2(step)
WG_EACH3(smoothStep)
WG_EACH1(sqrt)
WG_EACH1(inverseSqrt)
WG_EACH1(quantizeToF16)
WG_EACH1(countOneBits)
WG_EACH1(countLeadingZeros)
WG_EACH1(countTrailingZeros)
WG_EACH1(reverseBits)
WG_EACH1(firstTrailingBit)
WG_EACH1(firstLeadingBit)
template <class T, int N> WG_FN Vec<T, N> mix(const Vec<T, N>& a, const Vec<T, N>& b, T t) {
    return mix(a, b, splat<N>(t));
}
template <class T, int N> WG_FN Vec<T, N> ldexp(const Vec<T, N>& a, const Vec<int, N>& e) {
    return each<T>(a, e, [](T p, int q) { return ldexp(p, q); });
}
template <class T, int N> WG_FN Vec<T, N> extractBits(const Vec<T, N>& a, unsigned offset, unsigned count) {
    return each<T>(a, [offset, count](T p) { return extractBits(p, offset, count); });
}
template <class T, int N>
WG_FN Vec<T, N> insertBits(const Vec<T, N>& a, const Vec<T, N>& b, unsigned offset, unsigned count) {
    return each<T>(a, b, [offset, count](T p, T q) { return insertBits(p, q, offset, count); });
}
template <class T, int N> WG_FN Vec<bool, N> isNan(const Vec<T, N>& a) {
    return each<bool>(a, [](T p) { return isNan(p); });
}
template <class T, int N> WG_FN Vec<bool, N> isInf(const Vec<T, N>& a) {
    return each<bool>(a, [](T p) { return isInf(p); });
}

// The parts of a number, as the struct that WGSL returns.
template <class S, class T> WG_FN S modf(T x) {
    S r{};
    r.whole = trunc(x);
    r.fract = x - r.whole;
    return r;
}
template <class S, class T> WG_FN S frexp(T x) {
    S r{};
    r.fract = frexp(x, r.exp);
    return r;
}
template <class S, class T, int N> WG_FN S frexp(const Vec<T, N>& x) {
    S r{};
    for (unsigned i = 0u; i < N; i++) {
        int e = 0;
        r.fract[i] = frexp(x[i], e);
        r.exp[i] = e;
    }
    return r;
}

// Geometry.
template <class T, int N> WG_FN T dot(const Vec<T, N>& a, const Vec<T, N>& b) {
    T r = add(mul(a.x, b.x), mul(a.y, b.y));
    if constexpr (N > 2) r = add(r, mul(a.z, b.z));
    if constexpr (N > 3) r = add(r, mul(a.w, b.w));
    return r;
}
template <class T> WG_FN Vec<T, 3> cross(const Vec<T, 3>& a, const Vec<T, 3>& b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
template <class T> WG_FN T length(T x) { return abs(x); }
template <class T, int N> WG_FN T length(const Vec<T, N>& v) { return sqrt(dot(v, v)); }
template <class V> WG_FN auto distance(const V& a, const V& b) { return length(a - b); }
template <class T, int N> WG_FN Vec<T, N> normalize(const Vec<T, N>& v) { return v * inverseSqrt(dot(v, v)); }
template <class T, int N>
WG_FN Vec<T, N> faceForward(const Vec<T, N>& n, const Vec<T, N>& i, const Vec<T, N>& reference) {
    return dot(reference, i) < T(0) ? n : -n;
}
template <class T, int N> WG_FN Vec<T, N> reflect(const Vec<T, N>& i, const Vec<T, N>& n) {
    return i - n * (T(2) * dot(n, i));
}
template <class T, int N> WG_FN Vec<T, N> refract(const Vec<T, N>& i, const Vec<T, N>& n, T eta) {
    const T d = dot(n, i);
    const T k = T(1) - eta * eta * (T(1) - d * d);
    return k < T(0) ? Vec<T, N>{} : i * eta - n * (eta * d + sqrt(k));
}

// Matrices are arrays of columns.
template <class T, int C, int R> WG_FN Mat<T, C, R> operator+(const Mat<T, C, R>& a, const Mat<T, C, R>& b) {
    Mat<T, C, R> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = a[i] + b[i];
    return r;
}
template <class T, int C, int R> WG_FN Mat<T, C, R> operator-(const Mat<T, C, R>& a, const Mat<T, C, R>& b) {
    Mat<T, C, R> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = a[i] - b[i];
    return r;
}
template <class T, int C, int R> WG_FN Mat<T, C, R> operator-(const Mat<T, C, R>& a) {
    Mat<T, C, R> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = -a[i];
    return r;
}
template <class T, int C, int R> WG_FN Mat<T, C, R> operator*(const Mat<T, C, R>& a, T b) {
    Mat<T, C, R> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = a[i] * b;
    return r;
}
template <class T, int C, int R> WG_FN Mat<T, C, R> operator*(T a, const Mat<T, C, R>& b) { return b * a; }
template <class T, int C, int R> WG_FN Vec<T, R> operator*(const Mat<T, C, R>& m, const Vec<T, C>& v) {
    Vec<T, R> r = m[0] * v.x;
    for (unsigned i = 1u; i < C; i++) r = r + m[i] * v[i];
    return r;
}
template <class T, int C, int R> WG_FN Vec<T, C> operator*(const Vec<T, R>& v, const Mat<T, C, R>& m) {
    Vec<T, C> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = dot(v, m[i]);
    return r;
}
template <class T, int K, int C, int R>
WG_FN Mat<T, C, R> operator*(const Mat<T, K, R>& a, const Mat<T, C, K>& b) {
    Mat<T, C, R> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = a * b[i];
    return r;
}
template <class T, int C, int R> WG_FN Mat<T, R, C> transpose(const Mat<T, C, R>& m) {
    Mat<T, R, C> r{};
    for (unsigned i = 0u; i < C; i++)
        for (unsigned j = 0u; j < R; j++) r[j][i] = m[i][j];
    return r;
}
template <class T, int C, int R> WG_FN Mat<T, C, R> outer(const Vec<T, R>& a, const Vec<T, C>& b) {
    Mat<T, C, R> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = a * b[i];
    return r;
}
template <class T> WG_FN T determinant(const Mat<T, 2, 2>& m) { return m[0].x * m[1].y - m[1].x * m[0].y; }
template <class T> WG_FN T determinant(const Mat<T, 3, 3>& m) { return dot(m[0], cross(m[1], m[2])); }
template <class T> WG_FN T determinant(const Mat<T, 4, 4>& m) {
    const T a = m[2].z * m[3].w - m[3].z * m[2].w;
    const T b = m[2].y * m[3].w - m[3].y * m[2].w;
    const T c = m[2].y * m[3].z - m[3].y * m[2].z;
    const T d = m[2].x * m[3].w - m[3].x * m[2].w;
    const T e = m[2].x * m[3].z - m[3].x * m[2].z;
    const T f = m[2].x * m[3].y - m[3].x * m[2].y;
    return m[0].x * (m[1].y * a - m[1].z * b + m[1].w * c) - m[0].y * (m[1].x * a - m[1].z * d + m[1].w * e) +
           m[0].z * (m[1].x * b - m[1].y * d + m[1].w * f) - m[0].w * (m[1].x * c - m[1].y * e + m[1].z * f);
}

// Packed data.
WG_FN unsigned byte_of(float x, float low, float high) {
    return static_cast<unsigned>(trunc_i(floor(clamp(x, low, 1.0f) * high + 0.5f))) & 0xffu;
}
WG_FN unsigned short_of(float x, float low, float high) {
    return static_cast<unsigned>(trunc_i(floor(clamp(x, low, 1.0f) * high + 0.5f))) & 0xffffu;
}
WG_FN int signed_byte(unsigned x, unsigned i) { return static_cast<int>(x << (24u - 8u * i)) >> 24; }
WG_FN unsigned pack4(unsigned a, unsigned b, unsigned c, unsigned d) {
    return (a & 0xffu) | (b & 0xffu) << 8 | (c & 0xffu) << 16 | d << 24;
}
WG_FN unsigned pack4x8snorm(const vec4f& v) {
    return pack4(byte_of(v.x, -1.0f, 127.0f), byte_of(v.y, -1.0f, 127.0f), byte_of(v.z, -1.0f, 127.0f),
                 byte_of(v.w, -1.0f, 127.0f));
}
WG_FN unsigned pack4x8unorm(const vec4f& v) {
    return pack4(byte_of(v.x, 0.0f, 255.0f), byte_of(v.y, 0.0f, 255.0f), byte_of(v.z, 0.0f, 255.0f),
                 byte_of(v.w, 0.0f, 255.0f));
}
WG_FN unsigned pack2x16snorm(const vec2f& v) {
    return short_of(v.x, -1.0f, 32767.0f) | short_of(v.y, -1.0f, 32767.0f) << 16;
}
WG_FN unsigned pack2x16unorm(const vec2f& v) {
    return short_of(v.x, 0.0f, 65535.0f) | short_of(v.y, 0.0f, 65535.0f) << 16;
}
WG_FN unsigned pack2x16float(const vec2f& v) {
    return static_cast<unsigned>(half_of(v.x)) | static_cast<unsigned>(half_of(v.y)) << 16;
}
WG_FN unsigned pack4xI8(const vec4i& v) {
    return pack4(static_cast<unsigned>(v.x), static_cast<unsigned>(v.y), static_cast<unsigned>(v.z),
                 static_cast<unsigned>(v.w));
}
WG_FN unsigned pack4xU8(const vec4u& v) { return pack4(v.x, v.y, v.z, v.w); }
WG_FN unsigned pack4xI8Clamp(const vec4i& v) { return pack4xI8(clamp(v, splat<4>(-128), splat<4>(127))); }
WG_FN unsigned pack4xU8Clamp(const vec4u& v) { return pack4xU8(min(v, splat<4>(255u))); }
WG_FN vec4i unpack4xI8(unsigned x) {
    return {signed_byte(x, 0u), signed_byte(x, 1u), signed_byte(x, 2u), signed_byte(x, 3u)};
}
WG_FN vec4u unpack4xU8(unsigned x) { return {x & 0xffu, x >> 8 & 0xffu, x >> 16 & 0xffu, x >> 24}; }
WG_FN vec4f unpack4x8snorm(unsigned x) {
    return each<float>(unpack4xI8(x), [](int b) { return max(static_cast<float>(b) / 127.0f, -1.0f); });
}
WG_FN vec4f unpack4x8unorm(unsigned x) {
    return each<float>(unpack4xU8(x), [](unsigned b) { return static_cast<float>(b) / 255.0f; });
}
WG_FN vec2f unpack2x16snorm(unsigned x) {
    return {max(static_cast<float>(static_cast<int>(x << 16) >> 16) / 32767.0f, -1.0f),
            max(static_cast<float>(static_cast<int>(x) >> 16) / 32767.0f, -1.0f)};
}
WG_FN vec2f unpack2x16unorm(unsigned x) {
    return {static_cast<float>(x & 0xffffu) / 65535.0f, static_cast<float>(x >> 16) / 65535.0f};
}
WG_FN vec2f unpack2x16float(unsigned x) {
    return {float_of_half(static_cast<unsigned short>(x & 0xffffu)), float_of_half(static_cast<unsigned short>(x >> 16))};
}
WG_FN int dot4I8Packed(unsigned a, unsigned b) { return dp4a(a, b, 0); }
WG_FN unsigned dot4U8Packed(unsigned a, unsigned b) { return dp4a(a, b, 0u); }

}  // namespace wg
