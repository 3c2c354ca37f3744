// Operators as WGSL defines them: shared by device and host.
namespace wg {

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

}  // namespace wg
