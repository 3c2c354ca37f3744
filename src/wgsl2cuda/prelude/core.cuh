// Vectors, matrices, arrays and integer arithmetic as WGSL defines them: shared by device and host.
namespace wg {

using i64 = long long;
using u64 = unsigned long long;
using u16 = unsigned short;

// Index clamped to the last of `count`.
WG_FN unsigned within(unsigned i, unsigned count) { return i < count ? i : count - 1u; }
// Elements of a runtime array that starts at `offset` of a buffer.
WG_FN unsigned count(unsigned bytes, unsigned offset, unsigned stride) { return (bytes - offset) / stride; }
// The runtime array at the end of a struct.
template <class T, class S> WG_FN T* tail(S* s, unsigned offset) {
    return reinterpret_cast<T*>(reinterpret_cast<unsigned char*>(s) + offset);
}
template <class T, class S> WG_FN const T* tail(const S* s, unsigned offset) {
    return reinterpret_cast<const T*>(reinterpret_cast<const unsigned char*>(s) + offset);
}

template <class T, int N> struct Vec;
template <class T> struct alignas(2 * sizeof(T)) Vec<T, 2> {
    T x, y;
    WG_FN T& operator[](unsigned i) { return i == 0u ? x : y; }
    WG_FN const T& operator[](unsigned i) const { return i == 0u ? x : y; }
};
template <class T> struct Vec<T, 3> {
    T x, y, z;
    WG_FN T& operator[](unsigned i) { return i == 0u ? x : i == 1u ? y : z; }
    WG_FN const T& operator[](unsigned i) const { return i == 0u ? x : i == 1u ? y : z; }
};
template <class T> struct alignas(4 * sizeof(T)) Vec<T, 4> {
    T x, y, z, w;
    WG_FN T& operator[](unsigned i) { return i == 0u ? x : i == 1u ? y : i == 2u ? z : w; }
    WG_FN const T& operator[](unsigned i) const { return i == 0u ? x : i == 1u ? y : i == 2u ? z : w; }
};

// An array element, padded to its stride.
template <class T, unsigned STRIDE> struct alignas(STRIDE) Slot {
    T v;
    WG_FN operator T&() { return v; }
    WG_FN operator const T&() const { return v; }
};
template <class T, unsigned STRIDE, bool PADDED> struct Place {
    using Type = T;
    static WG_FN T& of(T& at) { return at; }
    static WG_FN const T& of(const T& at) { return at; }
};
template <class T, unsigned STRIDE> struct Place<T, STRIDE, true> {
    using Type = Slot<T, STRIDE>;
    static WG_FN T& of(Type& at) { return at.v; }
    static WG_FN const T& of(const Type& at) { return at.v; }
};

template <class T, unsigned N, unsigned STRIDE = sizeof(T)> struct Array {
    using At = Place<T, STRIDE, STRIDE != sizeof(T)>;
    typename At::Type at[N];
    WG_FN T& operator[](unsigned i) { return At::of(at[i]); }
    WG_FN const T& operator[](unsigned i) const { return At::of(at[i]); }
};

// Columns of three are as far apart as columns of four.
template <class T, int C, int R> struct Mat {
    Array<Vec<T, R>, C, (R == 3 ? 4 : R) * sizeof(T)> column;
    WG_FN Vec<T, R>& operator[](unsigned i) { return column[i]; }
    WG_FN const Vec<T, R>& operator[](unsigned i) const { return column[i]; }
};

#define WG_VECTORS(T, S)                                                                                   \
    using vec2##S = Vec<T, 2>;                                                                             \
    using vec3##S = Vec<T, 3>;                                                                             \
    using vec4##S = Vec<T, 4>;
WG_VECTORS(float, f)
WG_VECTORS(double, d)
WG_VECTORS(int, i)
WG_VECTORS(unsigned, u)
WG_VECTORS(short, s)
WG_VECTORS(u16, us)
WG_VECTORS(i64, l)
WG_VECTORS(u64, ul)
WG_VECTORS(bool, b)
#define WG_MATRICES(T, S)                                                                                  \
    using mat2x2##S = Mat<T, 2, 2>;                                                                        \
    using mat2x3##S = Mat<T, 2, 3>;                                                                        \
    using mat2x4##S = Mat<T, 2, 4>;                                                                        \
    using mat3x2##S = Mat<T, 3, 2>;                                                                        \
    using mat3x3##S = Mat<T, 3, 3>;                                                                        \
    using mat3x4##S = Mat<T, 3, 4>;                                                                        \
    using mat4x2##S = Mat<T, 4, 2>;                                                                        \
    using mat4x3##S = Mat<T, 4, 3>;                                                                        \
    using mat4x4##S = Mat<T, 4, 4>;
WG_MATRICES(float, f)
WG_MATRICES(double, d)

template <class A, class... T> WG_FN A array(const T&... v) {
    A a{};
    unsigned i = 0u;
    ((a[i++] = v), ...);
    return a;
}

// A function of one, two or three vectors, component by component.
template <class T, class A, int N, class F> WG_FN Vec<T, N> each(const Vec<A, N>& a, F f) {
    if constexpr (N == 2) return {f(a.x), f(a.y)};
    else if constexpr (N == 3) return {f(a.x), f(a.y), f(a.z)};
    else return {f(a.x), f(a.y), f(a.z), f(a.w)};
}
template <class T, class A, class B, int N, class F>
WG_FN Vec<T, N> each(const Vec<A, N>& a, const Vec<B, N>& b, F f) {
    if constexpr (N == 2) return {f(a.x, b.x), f(a.y, b.y)};
    else if constexpr (N == 3) return {f(a.x, b.x), f(a.y, b.y), f(a.z, b.z)};
    else return {f(a.x, b.x), f(a.y, b.y), f(a.z, b.z), f(a.w, b.w)};
}
template <class T, class A, class B, class C, int N, class F>
WG_FN Vec<T, N> each(const Vec<A, N>& a, const Vec<B, N>& b, const Vec<C, N>& c, F f) {
    if constexpr (N == 2) return {f(a.x, b.x, c.x), f(a.y, b.y, c.y)};
    else if constexpr (N == 3) return {f(a.x, b.x, c.x), f(a.y, b.y, c.y), f(a.z, b.z, c.z)};
    else return {f(a.x, b.x, c.x), f(a.y, b.y, c.y), f(a.z, b.z, c.z), f(a.w, b.w, c.w)};
}

template <int N, class T> WG_FN Vec<T, N> splat(T x) {
    if constexpr (N == 2) return {x, x};
    else if constexpr (N == 3) return {x, x, x};
    else return {x, x, x, x};
}
template <class T, int N> WG_FN T at(const Vec<T, N>& v, unsigned i) { return v[i]; }
template <class T, int N> WG_FN void put(Vec<T, N>& v, unsigned i, T x) {
    v.x = i == 0u ? x : v.x;
    if constexpr (N == 2) v.y = i >= 1u ? x : v.y;
    if constexpr (N > 2) v.y = i == 1u ? x : v.y;
    if constexpr (N == 3) v.z = i >= 2u ? x : v.z;
    if constexpr (N > 3) {
        v.z = i == 2u ? x : v.z;
        v.w = i >= 3u ? x : v.w;
    }
}
template <int I, class T, int N> WG_FN T component(const Vec<T, N>& v) {
    if constexpr (I == 0) return v.x;
    else if constexpr (I == 1) return v.y;
    else if constexpr (I == 2) return v.z;
    else return v.w;
}
template <int... I, class T, int N> WG_FN Vec<T, sizeof...(I)> swizzle(const Vec<T, N>& v) {
    return {component<I>(v)...};
}

// A vector out of scalars and shorter vectors.
template <class T, int N> WG_FN void fill(Vec<T, N>& to, unsigned& i, T x) { to[i++] = x; }
template <class T, int N, int M> WG_FN void fill(Vec<T, N>& to, unsigned& i, const Vec<T, M>& v) {
    to[i++] = v.x;
    to[i++] = v.y;
    if constexpr (M > 2) to[i++] = v.z;
    if constexpr (M > 3) to[i++] = v.w;
}
template <class V, class... P> WG_FN V join(const P&... parts) {
    V v{};
    unsigned i = 0u;
    (fill(v, i, parts), ...);
    return v;
}
template <class M, class... V> WG_FN M columns(const V&... v) {
    M m{};
    unsigned i = 0u;
    ((m[i++] = v), ...);
    return m;
}

// Scalar arithmetic. Integers wrap; a quotient by zero is the dividend, a remainder by zero is zero.
WG_FN float add(float a, float b) { return a + b; }
WG_FN float sub(float a, float b) { return a - b; }
WG_FN float mul(float a, float b) { return a * b; }
WG_FN float div(float a, float b) { return a / b; }
WG_FN float neg(float a) { return -a; }
WG_FN float mod(float a, float b) { return a - b * WG_LIB(truncf)(a / b); }
WG_FN double add(double a, double b) { return a + b; }
WG_FN double sub(double a, double b) { return a - b; }
WG_FN double mul(double a, double b) { return a * b; }
WG_FN double div(double a, double b) { return a / b; }
WG_FN double neg(double a) { return -a; }
WG_FN double mod(double a, double b) { return a - b * WG_LIB(trunc)(a / b); }
#define WG_UNSIGNED(T, BITS)                                                                               \
    WG_FN T add(T a, T b) { return static_cast<T>(a + b); }                                                \
    WG_FN T sub(T a, T b) { return static_cast<T>(a - b); }                                                \
    WG_FN T mul(T a, T b) { return static_cast<T>(static_cast<u64>(a) * b); }                              \
    WG_FN T div(T a, T b) { return b == 0 ? a : static_cast<T>(a / b); }                                   \
    WG_FN T mod(T a, T b) { return b == 0 ? T(0) : static_cast<T>(a % b); }                                \
    WG_FN T shl(T a, unsigned n) { return static_cast<T>(a << (n & (BITS - 1u))); }                        \
    WG_FN T shr(T a, unsigned n) { return static_cast<T>(a >> (n & (BITS - 1u))); }
WG_FN unsigned add(unsigned a, unsigned b) { return a + b; }
WG_FN unsigned sub(unsigned a, unsigned b) { return a - b; }
WG_FN unsigned mul(unsigned a, unsigned b) { return a * b; }
WG_FN unsigned div(unsigned a, unsigned b) { return b == 0u ? a : a / b; }
WG_FN unsigned mod(unsigned a, unsigned b) { return b == 0u ? 0u : a % b; }
WG_FN unsigned shl(unsigned a, unsigned n) { return a << (n & 31u); }
WG_FN unsigned shr(unsigned a, unsigned n) { return a >> (n & 31u); }
WG_UNSIGNED(u64, 64u)
WG_UNSIGNED(u16, 16u)
#define WG_SIGNED(T, U, BITS)                                                                              \
    WG_FN T add(T a, T b) { return static_cast<T>(static_cast<U>(a) + static_cast<U>(b)); }                \
    WG_FN T sub(T a, T b) { return static_cast<T>(static_cast<U>(a) - static_cast<U>(b)); }                \
    WG_FN T mul(T a, T b) { return static_cast<T>(mul(static_cast<U>(a), static_cast<U>(b))); }            \
    WG_FN T neg(T a) { return static_cast<T>(static_cast<U>(0) - static_cast<U>(a)); }                     \
    WG_FN bool no_quotient(T a, T b) {                                                                     \
        return b == 0 || (b == -1 && static_cast<U>(a) == static_cast<U>(U(1) << (BITS - 1u)));            \
    }                                                                                                      \
    WG_FN T div(T a, T b) { return no_quotient(a, b) ? a : static_cast<T>(a / b); }                        \
    WG_FN T mod(T a, T b) { return no_quotient(a, b) ? T(0) : static_cast<T>(a % b); }                     \
    WG_FN T shl(T a, unsigned n) { return static_cast<T>(shl(static_cast<U>(a), n)); }                     \
    WG_FN T shr(T a, unsigned n) { return static_cast<T>(a >> (n & (BITS - 1u))); }
WG_SIGNED(int, unsigned, 32u)
WG_SIGNED(i64, u64, 64u)
WG_SIGNED(short, u16, 16u)

#define WG_ZIP(op, name)                                                                                   \
    template <class T, int N> WG_FN Vec<T, N> op(const Vec<T, N>& a, const Vec<T, N>& b) {                 \
        return each<T>(a, b, [](T p, T q) { return name(p, q); });                                         \
    }
WG_ZIP(operator+, add)
WG_ZIP(operator-, sub)
WG_ZIP(operator*, mul)
WG_ZIP(operator/, div)
WG_ZIP(div, div)
WG_ZIP(mod, mod)
template <class T, int N> WG_FN Vec<T, N> operator*(const Vec<T, N>& a, T b) {
    return each<T>(a, [b](T p) { return mul(p, b); });
}
template <class T, int N> WG_FN Vec<T, N> operator*(T a, const Vec<T, N>& b) {
    return each<T>(b, [a](T q) { return mul(a, q); });
}
template <class T, int N> WG_FN Vec<T, N> operator-(const Vec<T, N>& a) {
    return each<T>(a, [](T p) { return neg(p); });
}
template <class T, int N> WG_FN Vec<T, N> shl(const Vec<T, N>& a, const Vec<unsigned, N>& n) {
    return each<T>(a, n, [](T p, unsigned q) { return shl(p, q); });
}
template <class T, int N> WG_FN Vec<T, N> shr(const Vec<T, N>& a, const Vec<unsigned, N>& n) {
    return each<T>(a, n, [](T p, unsigned q) { return shr(p, q); });
}
#define WG_BITWISE(op)                                                                                     \
    template <class T, int N> WG_FN Vec<T, N> operator op(const Vec<T, N>& a, const Vec<T, N>& b) {        \
        return each<T>(a, b, [](T p, T q) { return static_cast<T>(p op q); });                             \
    }
WG_BITWISE(&)
WG_BITWISE(|)
WG_BITWISE(^)
template <class T, int N> WG_FN Vec<T, N> operator~(const Vec<T, N>& a) {
    return each<T>(a, [](T p) { return static_cast<T>(~p); });
}
template <int N> WG_FN Vec<bool, N> operator!(const Vec<bool, N>& a) {
    return each<bool>(a, [](bool p) { return !p; });
}
#define WG_COMPARE(op)                                                                                     \
    template <class T, int N> WG_FN Vec<bool, N> operator op(const Vec<T, N>& a, const Vec<T, N>& b) {     \
        return each<bool>(a, b, [](T p, T q) { return p op q; });                                          \
    }
WG_COMPARE(==)
WG_COMPARE(!=)
WG_COMPARE(<)
WG_COMPARE(<=)
WG_COMPARE(>)
WG_COMPARE(>=)

template <class T, int N>
WG_FN Vec<T, N> select(const Vec<T, N>& reject, const Vec<T, N>& accept, const Vec<bool, N>& condition) {
    return each<T>(reject, accept, condition, [](T r, T a, bool c) { return c ? a : r; });
}
template <int N> WG_FN bool all(const Vec<bool, N>& v) {
    bool r = v.x && v.y;
    if constexpr (N > 2) r = r && v.z;
    if constexpr (N > 3) r = r && v.w;
    return r;
}
template <int N> WG_FN bool any(const Vec<bool, N>& v) { return !all(!v); }
WG_FN bool all(bool v) { return v; }
WG_FN bool any(bool v) { return v; }

// Conversions. A float becomes the nearest integer towards zero that both types hold; NaN the lowest.
template <class T> struct To {
    template <class S> static WG_FN T from(S x) { return static_cast<T>(x); }
};
template <> struct To<int> {
    template <class S> static WG_FN int from(S x) { return static_cast<int>(x); }
    static WG_FN int from(float x) {
        return trunc_i(WG_LIB(fminf)(WG_LIB(fmaxf)(x, -2147483648.0f), 2147483520.0f));
    }
    static WG_FN int from(double x) {
        return static_cast<int>(WG_LIB(fmin)(WG_LIB(fmax)(x, -2147483648.0), 2147483647.0));
    }
};
template <> struct To<unsigned> {
    template <class S> static WG_FN unsigned from(S x) { return static_cast<unsigned>(x); }
    static WG_FN unsigned from(float x) {
        return trunc_u(WG_LIB(fminf)(WG_LIB(fmaxf)(x, 0.0f), 4294967040.0f));
    }
    static WG_FN unsigned from(double x) {
        return static_cast<unsigned>(WG_LIB(fmin)(WG_LIB(fmax)(x, 0.0), 4294967295.0));
    }
};
template <> struct To<i64> {
    template <class S> static WG_FN i64 from(S x) { return static_cast<i64>(x); }
    static WG_FN i64 from(float x) {
        return static_cast<i64>(WG_LIB(fminf)(WG_LIB(fmaxf)(x, -9223372036854775808.0f), 9223371487098961920.0f));
    }
    static WG_FN i64 from(double x) {
        return static_cast<i64>(WG_LIB(fmin)(WG_LIB(fmax)(x, -9223372036854775808.0), 9223372036854774784.0));
    }
};
template <> struct To<u64> {
    template <class S> static WG_FN u64 from(S x) { return static_cast<u64>(x); }
    static WG_FN u64 from(float x) {
        return static_cast<u64>(WG_LIB(fminf)(WG_LIB(fmaxf)(x, 0.0f), 18446742974197923840.0f));
    }
    static WG_FN u64 from(double x) {
        return static_cast<u64>(WG_LIB(fmin)(WG_LIB(fmax)(x, 0.0), 18446744073709549568.0));
    }
};
template <> struct To<short> {
    template <class S> static WG_FN short from(S x) { return static_cast<short>(x); }
    static WG_FN short from(float x) {
        return static_cast<short>(trunc_i(WG_LIB(fminf)(WG_LIB(fmaxf)(x, -32768.0f), 32767.0f)));
    }
};
template <> struct To<u16> {
    template <class S> static WG_FN u16 from(S x) { return static_cast<u16>(x); }
    static WG_FN u16 from(float x) {
        return static_cast<u16>(trunc_i(WG_LIB(fminf)(WG_LIB(fmaxf)(x, 0.0f), 65535.0f)));
    }
};
template <> struct To<bool> {
    template <class S> static WG_FN bool from(S x) { return x != S{}; }
};
template <class T, class S> WG_FN T to(S x) { return To<T>::from(x); }
template <class T, class S, int N> WG_FN Vec<T, N> to(const Vec<S, N>& v) {
    return each<T>(v, [](S x) { return to<T>(x); });
}
template <class T, class S, int C, int R> WG_FN Mat<T, C, R> to(const Mat<S, C, R>& m) {
    Mat<T, C, R> r{};
    for (unsigned i = 0u; i < C; i++) r[i] = to<T>(m[i]);
    return r;
}

template <class T> struct Bits {
    static WG_FN T from(T x) { return x; }
};
template <> struct Bits<float> {
    static WG_FN float from(float x) { return x; }
    static WG_FN float from(int x) { return float_of(static_cast<unsigned>(x)); }
    static WG_FN float from(unsigned x) { return float_of(x); }
};
template <> struct Bits<int> {
    static WG_FN int from(int x) { return x; }
    static WG_FN int from(unsigned x) { return static_cast<int>(x); }
    static WG_FN int from(float x) { return bits_i(x); }
};
template <> struct Bits<unsigned> {
    static WG_FN unsigned from(unsigned x) { return x; }
    static WG_FN unsigned from(int x) { return static_cast<unsigned>(x); }
    static WG_FN unsigned from(float x) { return bits_u(x); }
};
template <> struct Bits<i64> {
    static WG_FN i64 from(i64 x) { return x; }
    static WG_FN i64 from(u64 x) { return static_cast<i64>(x); }
    static WG_FN i64 from(double x) { return bits_l(x); }
};
template <> struct Bits<u64> {
    static WG_FN u64 from(u64 x) { return x; }
    static WG_FN u64 from(i64 x) { return static_cast<u64>(x); }
    static WG_FN u64 from(double x) { return static_cast<u64>(bits_l(x)); }
};
template <> struct Bits<double> {
    static WG_FN double from(double x) { return x; }
    static WG_FN double from(i64 x) { return double_of(x); }
    static WG_FN double from(u64 x) { return double_of(static_cast<i64>(x)); }
};
template <> struct Bits<short> {
    static WG_FN short from(short x) { return x; }
    static WG_FN short from(u16 x) { return static_cast<short>(x); }
};
template <> struct Bits<u16> {
    static WG_FN u16 from(u16 x) { return x; }
    static WG_FN u16 from(short x) { return static_cast<u16>(x); }
};
template <class T, class S> WG_FN T bitcast(S x) { return Bits<T>::from(x); }
template <class T, class S, int N> WG_FN Vec<T, N> bitcast(const Vec<S, N>& v) {
    return each<T>(v, [](S x) { return Bits<T>::from(x); });
}

// Where an invocation is. The extents are the workgroup's.
template <unsigned X, unsigned Y, unsigned Z> WG_FN vec3u local_invocation_id() {
    return {X == 1u ? 0u : local_x(X), Y == 1u ? 0u : local_y(Y), Z == 1u ? 0u : local_z(Z)};
}
template <unsigned X, unsigned Y, unsigned Z> WG_FN unsigned local_invocation_index() {
    const vec3u at = local_invocation_id<X, Y, Z>();
    return (at.z * Y + at.y) * X + at.x;
}
WG_FN vec3u workgroup_id() { return {group_x(), group_y(), group_z()}; }
WG_FN vec3u num_workgroups() { return {groups_x(), groups_y(), groups_z()}; }
template <unsigned X, unsigned Y, unsigned Z> WG_FN vec3u global_invocation_id() {
    return workgroup_id() * vec3u{X, Y, Z} + local_invocation_id<X, Y, Z>();
}

// atomicCompareExchangeWeak, as the struct that WGSL returns.
template <class S, class T> WG_FN S compare_exchange(T& at, T expected, T v) {
    S r{};
    r.old_value = atomic_cas(at, expected, v);
    r.exchanged = r.old_value == expected;
    return r;
}

// Zeroes a workgroup variable, invocation `first` of `step` taking its share.
template <class T> WG_FN void zero(T& var, unsigned first, unsigned) {
    if (first == 0u) var = T{};
}
template <class T, unsigned N, unsigned S> WG_FN void zero(Array<T, N, S>& var, unsigned first, unsigned step) {
    for (unsigned i = first; i < N; i += step) var[i] = T{};
}

}  // namespace wg
