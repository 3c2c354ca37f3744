// Vectors, matrices and arrays, laid out as WGSL lays them: shared by device and host.
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
    // Signed, so that the compiler may take constants out of an index that it knows not to wrap: half the address
    // arithmetic of a tile's loads.
    WG_FN T& operator[](unsigned i) { return At::of(at[static_cast<int>(i)]); }
    WG_FN const T& operator[](unsigned i) const { return At::of(at[static_cast<int>(i)]); }
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

}  // namespace wg
