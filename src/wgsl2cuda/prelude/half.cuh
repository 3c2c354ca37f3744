// f16 as its 16 bits: arithmetic through PTX on a device, so no header is needed.
namespace wg {

struct f16 {
    unsigned short bits;
    f16() = default;
    WG_FN constexpr f16(unsigned short b, int) : bits(b) {}
    WG_FN explicit f16(float x) : bits(half_of(x)) {}
    WG_FN explicit f16(int x) : bits(half_of(static_cast<float>(x))) {}
    WG_FN explicit operator float() const { return float_of_half(bits); }
};
// From its bits.
WG_FN constexpr f16 half(unsigned short bits) { return f16(bits, 0); }
WG_VECTORS(f16, h)
WG_MATRICES(f16, h)

WG_FN f16 add(f16 a, f16 b) { return half(half_add(a.bits, b.bits)); }
WG_FN f16 sub(f16 a, f16 b) { return half(half_sub(a.bits, b.bits)); }
WG_FN f16 mul(f16 a, f16 b) { return half(half_mul(a.bits, b.bits)); }
WG_FN f16 fma(f16 a, f16 b, f16 c) { return half(half_fma(a.bits, b.bits, c.bits)); }
WG_FN f16 neg(f16 a) { return half(static_cast<unsigned short>(a.bits ^ 0x8000u)); }
WG_FN f16 div(f16 a, f16 b) { return f16(static_cast<float>(a) / static_cast<float>(b)); }
WG_FN f16 mod(f16 a, f16 b) { return f16(mod(static_cast<float>(a), static_cast<float>(b))); }
WG_FN f16 operator+(f16 a, f16 b) { return add(a, b); }
WG_FN f16 operator-(f16 a, f16 b) { return sub(a, b); }
WG_FN f16 operator*(f16 a, f16 b) { return mul(a, b); }
WG_FN f16 operator/(f16 a, f16 b) { return div(a, b); }
WG_FN f16 operator-(f16 a) { return neg(a); }
#define WG_HALF_COMPARE(op)                                                                                \
    WG_FN bool operator op(f16 a, f16 b) { return static_cast<float>(a) op static_cast<float>(b); }
WG_HALF_COMPARE(==)
WG_HALF_COMPARE(!=)
WG_HALF_COMPARE(<)
WG_HALF_COMPARE(<=)
WG_HALF_COMPARE(>)
WG_HALF_COMPARE(>=)

WG_FN f16 abs(f16 x) { return half(static_cast<unsigned short>(x.bits & 0x7fffu)); }
WG_FN f16 min(f16 a, f16 b) { return f16(min(static_cast<float>(a), static_cast<float>(b))); }
WG_FN f16 max(f16 a, f16 b) { return f16(max(static_cast<float>(a), static_cast<float>(b))); }
WG_FN f16 sign(f16 x) { return f16(sign(static_cast<float>(x))); }
WG_FN bool isInf(f16 x) { return (x.bits & 0x7fffu) == 0x7c00u; }
#define WG_HALF1(name)                                                                                     \
    WG_FN f16 name(f16 x) { return f16(name(static_cast<float>(x))); }
WG_HALF1(cos)
WG_HALF1(cosh)
WG_HALF1(sin)
WG_HALF1(sinh)
WG_HALF1(tan)
WG_HALF1(tanh)
WG_HALF1(acos)
WG_HALF1(asin)
WG_HALF1(atan)
WG_HALF1(asinh)
WG_HALF1(acosh)
WG_HALF1(atanh)
WG_HALF1(radians)
WG_HALF1(degrees)
WG_HALF1(ceil)
WG_HALF1(floor)
WG_HALF1(round)
WG_HALF1(fract)
WG_HALF1(trunc)
WG_HALF1(exp)
WG_HALF1(exp2)
WG_HALF1(log)
WG_HALF1(log2)
WG_HALF1(sqrt)
WG_HALF1(inverseSqrt)
WG_FN f16 pow(f16 x, f16 y) { return f16(pow(static_cast<float>(x), static_cast<float>(y))); }
WG_FN f16 atan2(f16 y, f16 x) { return f16(atan2(static_cast<float>(y), static_cast<float>(x))); }
WG_FN f16 ldexp(f16 x, int e) { return f16(ldexp(static_cast<float>(x), e)); }
WG_FN f16 frexp(f16 x, int& e) { return f16(frexp(static_cast<float>(x), e)); }

// What no f16 is out of reach of needs no clamp, except the narrow integers; infinities take the largest f16.
template <> struct To<f16> {
    template <class S> static WG_FN f16 from(S x) { return f16(static_cast<float>(x)); }
    static WG_FN f16 from(f16 x) { return x; }
};
#define WG_FROM_HALF(T)                                                                                    \
    template <> WG_FN T to<T, f16>(f16 x) {                                                                \
        return To<T>::from(clamp(static_cast<float>(x), -65504.0f, 65504.0f));                             \
    }
WG_FROM_HALF(int)
WG_FROM_HALF(unsigned)
WG_FROM_HALF(i64)
WG_FROM_HALF(u64)
WG_FROM_HALF(short)
WG_FROM_HALF(u16)
template <> WG_FN float to<float, f16>(f16 x) { return static_cast<float>(x); }
template <> WG_FN double to<double, f16>(f16 x) { return static_cast<double>(static_cast<float>(x)); }
template <> WG_FN bool to<bool, f16>(f16 x) { return (x.bits & 0x7fffu) != 0u; }
template <> struct Bits<f16> {
    static WG_FN f16 from(f16 x) { return x; }
    static WG_FN f16 from(short x) { return half(static_cast<unsigned short>(x)); }
    static WG_FN f16 from(unsigned short x) { return half(x); }
};

}  // namespace wg
