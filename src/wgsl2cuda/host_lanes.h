// The host's stand-in for a warp's lanes: whoever waits at the same line of the translated text.
#define WG_SITE(...) (__VA_ARGS__, unsigned site = __builtin_LINE())
#define WG_HERE , site

namespace wg {

inline unsigned subgroup_size() { return wg_host::lanes; }
inline void subgroup_barrier(unsigned site = __builtin_LINE()) {
    const unsigned char own = 0;
    unsigned char table[32];
    wg_host::gather(&own, table, 1, site);
}

template <class T> struct Lanes {
    T value, table[32];
    unsigned mask;
    Lanes(T v, unsigned site) : value(v), table{}, mask(wg_host::gather(&value, table, sizeof(T), site)) {}
    T own() const { return value; }
    unsigned active() const { return mask; }
    bool whole() const { return false; }
    unsigned lane() const { return wg_host::current->index % wg_host::lanes; }
    T of(unsigned i) const { return table[i]; }
    T from(unsigned i) const { return i < 32u && (mask >> i & 1u) != 0u ? table[i] : value; }
    T other(T v, unsigned) const { return v; }
    unsigned votes() const {
        unsigned r = 0;
        for (unsigned i = 0; i < 32u; i++)
            if ((mask >> i & 1u) != 0u && table[i] != T{}) r |= 1u << i;
        return r;
    }
};

}  // namespace wg
