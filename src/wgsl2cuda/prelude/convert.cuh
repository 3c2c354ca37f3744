// Conversions between scalar types, and bitcasts: shared by device and host.
namespace wg {

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

}  // namespace wg
