// Subgroup operations over the lanes that are there. Lanes<T> is the device's warp, or the host's stand-in for it.
namespace wg {

template <unsigned X, unsigned Y, unsigned Z> WG_FN unsigned subgroup_invocation_id() {
    return local_invocation_index<X, Y, Z>() % subgroup_size();
}
template <unsigned X, unsigned Y, unsigned Z> WG_FN unsigned subgroup_id() {
    return local_invocation_index<X, Y, Z>() / subgroup_size();
}
template <unsigned X, unsigned Y, unsigned Z> WG_FN unsigned num_subgroups() {
    return (X * Y * Z + subgroup_size() - 1u) / subgroup_size();
}

struct All {
    template <class T> static WG_FN T of(T a, T b) { return a && b; }
    template <class T> static WG_FN T identity(T) { return T(1); }
};
struct Any {
    template <class T> static WG_FN T of(T a, T b) { return a || b; }
    template <class T> static WG_FN T identity(T) { return T(0); }
};
struct Add {
    template <class T> static WG_FN T of(T a, T b) { return add(a, b); }
    template <class T> static WG_FN T identity(T) { return T(0); }
};
struct Mul {
    template <class T> static WG_FN T of(T a, T b) { return mul(a, b); }
    template <class T> static WG_FN T identity(T) { return T(1); }
};
struct Min {
    template <class T> static WG_FN T of(T a, T b) { return min(a, b); }
};
struct Max {
    template <class T> static WG_FN T of(T a, T b) { return max(a, b); }
};
struct And {
    template <class T> static WG_FN T of(T a, T b) { return static_cast<T>(a & b); }
};
struct Or {
    template <class T> static WG_FN T of(T a, T b) { return static_cast<T>(a | b); }
};
struct Xor {
    template <class T> static WG_FN T of(T a, T b) { return static_cast<T>(a ^ b); }
};

// A whole warp folds in five steps; any other set of lanes one by one.
template <class Op, class T> WG_FN T reduce(const Lanes<T>& lanes) {
    T r = lanes.own();
    if (lanes.whole()) {
        for (unsigned d = 16u; d > 0u; d /= 2u) r = Op::of(r, lanes.other(r, lanes.lane() ^ d));
        return r;
    }
    bool first = true;
#pragma unroll 1
    for (unsigned left = lanes.active(); left != 0u; left &= left - 1u) {
        const T v = lanes.of(static_cast<unsigned>(ctz(left)));
        r = first ? v : Op::of(r, v);
        first = false;
    }
    return r;
}
template <class Op, class T> WG_FN T scan(const Lanes<T>& lanes, bool inclusive) {
    const unsigned lane = lanes.lane();
    if (lanes.whole()) {
        T r = lanes.own();
        for (unsigned d = 1u; d < 32u; d *= 2u) {
            const T v = lanes.other(r, lane - d);
            if (lane >= d) r = Op::of(v, r);
        }
        const T before = lanes.other(r, lane - 1u);
        return inclusive ? r : lane == 0u ? Op::identity(r) : before;
    }
    T r = Op::identity(lanes.own());
#pragma unroll 1
    for (unsigned left = lanes.active(); left != 0u; left &= left - 1u) {
        const unsigned i = static_cast<unsigned>(ctz(left));
        const T v = lanes.of(i);
        if (i < lane || (inclusive && i == lane)) r = Op::of(r, v);
    }
    return r;
}
// A lane that is not there gives back the own value: WGSL leaves it open.
template <class T> WG_FN T shuffle(const Lanes<T>& lanes, unsigned i) { return lanes.from(i); }

#define WG_SUBGROUP(name, body)                                                                            \
    template <class T> WG_FN T subgroup_##name WG_SITE(T v) {                                              \
        const Lanes<T> lanes(v WG_HERE);                                                                   \
        return body;                                                                                       \
    }                                                                                                      \
    template <class T, int N> WG_FN Vec<T, N> subgroup_##name WG_SITE(Vec<T, N> v) {                       \
        Vec<T, N> r{};                                                                                     \
        for (unsigned i = 0u; i < N; i++) r[i] = subgroup_##name(v[i] WG_HERE);                            \
        return r;                                                                                          \
    }
WG_SUBGROUP(broadcast_first, shuffle(lanes, static_cast<unsigned>(ctz(lanes.active()))))

#define WG_SUBGROUP_AT(name, at)                                                                           \
    template <class T> WG_FN T subgroup_##name WG_SITE(T v, unsigned i) {                                 \
        const Lanes<T> lanes(v WG_HERE);                                                                   \
        return shuffle(lanes, at);                                                                         \
    }                                                                                                      \
    template <class T, int N> WG_FN Vec<T, N> subgroup_##name WG_SITE(Vec<T, N> v, unsigned i) {          \
        Vec<T, N> r{};                                                                                     \
        for (unsigned c = 0u; c < N; c++) r[c] = subgroup_##name(v[c], i WG_HERE);                         \
        return r;                                                                                          \
    }
WG_SUBGROUP_AT(broadcast, i)
WG_SUBGROUP_AT(shuffle, i)
WG_SUBGROUP_AT(shuffle_down, lanes.lane() + i)
WG_SUBGROUP_AT(shuffle_up, lanes.lane() - i)
WG_SUBGROUP_AT(shuffle_xor, lanes.lane() ^ i)
WG_SUBGROUP_AT(quad_broadcast, (lanes.lane() & ~3u) | (i & 3u))

#define WG_SUBGROUP_BY(head, name, body)                                                                   \
    template <head, class T> WG_FN T subgroup_##name WG_SITE(T v) {                                        \
        const Lanes<T> lanes(v WG_HERE);                                                                   \
        return body;                                                                                       \
    }                                                                                                      \
    template <head, class T, int N> WG_FN Vec<T, N> subgroup_##name WG_SITE(Vec<T, N> v) {                 \
        Vec<T, N> r{};                                                                                     \
        for (unsigned i = 0u; i < N; i++) r[i] = subgroup_##name<By>(v[i] WG_HERE);                        \
        return r;                                                                                          \
    }
WG_SUBGROUP_BY(unsigned By, quad_swap, shuffle(lanes, lanes.lane() ^ By))
WG_SUBGROUP_BY(class By, reduce, reduce<By>(lanes))
WG_SUBGROUP_BY(class By, inclusive, scan<By>(lanes, true))
WG_SUBGROUP_BY(class By, exclusive, scan<By>(lanes, false))

WG_FN vec4u subgroup_ballot WG_SITE(bool v) {
    const Lanes<unsigned> lanes(v ? 1u : 0u WG_HERE);
    return {lanes.votes(), 0u, 0u, 0u};
}

}  // namespace wg
