// A warp's lanes, those that are active together.
#define WG_SITE(...) (__VA_ARGS__)
#define WG_HERE

namespace wg {

WG_FN unsigned subgroup_size() { return 32u; }
WG_FN void subgroup_barrier() { __syncwarp(__activemask()); }
WG_FN unsigned lane_id() {
    unsigned lane;
    asm("mov.u32 %0, %%laneid;" : "=r"(lane));
    return lane;
}

// What a shuffle carries: 32 or 64 bits as they are, smaller ones widened.
WG_FN unsigned shuffled(unsigned mask, unsigned v, unsigned i) { return __shfl_sync(mask, v, static_cast<int>(i)); }
WG_FN int shuffled(unsigned mask, int v, unsigned i) { return __shfl_sync(mask, v, static_cast<int>(i)); }
WG_FN float shuffled(unsigned mask, float v, unsigned i) { return __shfl_sync(mask, v, static_cast<int>(i)); }
WG_FN double shuffled(unsigned mask, double v, unsigned i) { return __shfl_sync(mask, v, static_cast<int>(i)); }
WG_FN i64 shuffled(unsigned mask, i64 v, unsigned i) { return __shfl_sync(mask, v, static_cast<int>(i)); }
WG_FN u64 shuffled(unsigned mask, u64 v, unsigned i) { return __shfl_sync(mask, v, static_cast<int>(i)); }
WG_FN bool shuffled(unsigned mask, bool v, unsigned i) { return shuffled(mask, v ? 1u : 0u, i) != 0u; }
WG_FN short shuffled(unsigned mask, short v, unsigned i) { return static_cast<short>(shuffled(mask, static_cast<int>(v), i)); }
WG_FN u16 shuffled(unsigned mask, u16 v, unsigned i) { return static_cast<u16>(shuffled(mask, static_cast<unsigned>(v), i)); }
#if WG_HAS_F16
WG_FN f16 shuffled(unsigned mask, f16 v, unsigned i) { return half(shuffled(mask, v.bits, i)); }
#endif

template <class T> struct Lanes {
    T value;
    unsigned mask;
    WG_FN explicit Lanes(T v) : value(v), mask(__activemask()) {}
    WG_FN T own() const { return value; }
    WG_FN unsigned active() const { return mask; }
    WG_FN bool whole() const { return mask == 0xffffffffu; }
    WG_FN unsigned lane() const { return lane_id(); }
    WG_FN T of(unsigned i) const { return shuffled(mask, value, i); }
    WG_FN T from(unsigned i) const {
        const T v = shuffled(mask, value, i & 31u);
        return i < 32u && (mask >> i & 1u) != 0u ? v : value;
    }
    WG_FN T other(T v, unsigned i) const { return shuffled(mask, v, i); }
    WG_FN unsigned votes() const { return __ballot_sync(mask, value != T{}); }
};

}  // namespace wg
