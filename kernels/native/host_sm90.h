// The names of `ptx_sm90.cuh` on a CPU, behind `host.h`; descriptors and swizzles are decoded bit by bit as the PTX manual
// defines them, so that a wrong one gives wrong numbers. Products and tile copies are performed as late as the waits allow
// under even seeds, at once under odd ones.

#define __align__(n) alignas(n)

/// As on stdin: a row-major tensor of planes x rows x columns elements of two bytes, and the box that a copy brings.
struct TensorMap {
    const unsigned char* data;
    u32 columns, rows, planes, pitch, box_columns, box_rows;
};

namespace host {

struct Barrier {
    u32 arrivals, pending, parity = 0;
    int64_t bytes = 0;

    void check() {
        idle = 0;
        if (pending == 0 && bytes == 0) pending = arrivals, parity ^= 1;
    }
};

static std::map<u32, Barrier> barriers;

inline Barrier& barrier_at(u32 address) {
    at_shared(address, 8);
    auto found = barriers.find(address);
    if (found == barriers.end()) fault("barrier used before it is initialised");
    return found->second;
}

struct TileCopy {
    u32 to;
    TensorMap map;
    u32 x, y, z, barrier;
};

static std::vector<TileCopy> tile_copies;

/// The 128-byte swizzle: bits 4 to 6 of an address are combined with bits 7 to 9.
inline u32 swizzle(u32 address) { return address ^ (address >> 3 & 0x70); }

inline void perform(const TileCopy& c) {
    for (u32 row = 0; row < c.map.box_rows; row++)
        for (u32 column = 0; column < c.map.box_columns; column++) {
            const u32 x = c.x + column, y = c.y + row;
            u16 value = 0;
            if (x < c.map.columns && y < c.map.rows && c.z < c.map.planes)
                memcpy(&value, c.map.data + ((u64)c.z * c.map.rows + y) * c.map.pitch + 2 * x, 2);
            memcpy(at_shared(swizzle(c.to + row * c.map.box_columns * 2 + column * 2), 2), &value, 2);
        }
    Barrier& b = barrier_at(c.barrier);
    b.bytes -= c.map.box_rows * c.map.box_columns * 2;
    b.check();
}

inline bool perform_a_tile_copy() {
    if (tile_copies.empty()) return false;
    const size_t pick = seed ? random_bits() % tile_copies.size() : 0;
    const TileCopy copy = tile_copies[pick];
    tile_copies.erase(tile_copies.begin() + pick);
    perform(copy);
    return true;
}

/// One product as issued: every lane's accumulators, and A in registers where `a` is set.
struct WgmmaLane {
    float* d;
    const u32* a;
    u64 left, right;
    bool keep;
};
struct Wgmma {
    std::vector<WgmmaLane> lanes;
    u32 n;
    bool across;
};
struct WgmmaQueue {
    std::vector<Wgmma> open;
    std::deque<std::vector<Wgmma>> groups;
};
static std::map<u32, WgmmaQueue> wgmma_queues;

/// Element `k` of row (or, across K, column) `i` of a tile that a descriptor tells of.
inline float element(u64 descriptor, u32 i, u32 k, bool across) {
    if (descriptor >> 62 != 1 || descriptor >> 49 & 7) fault("the descriptor is not of an aligned 128-byte swizzled tile");
    const u32 start = (descriptor & 0x3fff) << 4, leading = (descriptor >> 16 & 0x3fff) << 4;
    const u32 stride = (descriptor >> 32 & 0x3fff) << 4;
    const u32 at = across ? start + i / 64 * leading + k / 8 * stride + k % 8 * 128 + i % 64 * 2
                          : start + i / 8 * stride + i % 8 * 128 + k * 2;
    u16 value;
    memcpy(&value, at_shared(swizzle(at), 2), 2);
    return widen(value);
}

inline void perform(const Wgmma& w) {
    static float left[64][16], right[16][256], sums[256];
    const WgmmaLane& first = w.lanes[0];
    for (u32 k = 0; k < 16; k++) {
        for (u32 j = 0; j < w.n; j++) right[k][j] = element(first.right, j, k, w.across);
        for (u32 i = 0; i < 64; i++) {
            const u32 lane = i / 16 * 32 + i % 8 * 4 + k % 8 / 2, r = i % 16 / 8 + k / 8 * 2;
            left[i][k] = first.a ? widen(u16(w.lanes[lane].a[r] >> k % 2 * 16)) : element(first.left, i, k, false);
        }
    }
    for (u32 i = 0; i < 64; i++) {
        for (u32 j = 0; j < w.n; j++) sums[j] = 0;
        for (u32 k = 0; k < 16; k++)
            for (u32 j = 0; j < w.n; j++) sums[j] += left[i][k] * right[k][j];
        for (u32 j = 0; j < w.n; j++) {
            const WgmmaLane& lane = w.lanes[i / 16 * 32 + i % 8 * 4 + j % 8 / 2];
            float& d = lane.d[j / 8 * 4 + i % 16 / 8 * 2 + j % 2];
            d = (lane.keep ? d : 0) + sums[j];
        }
    }
}

template <class Args, class F> void warpgroup(const char* what, Args& args, F&& all) {
    const u32 thread = current->thread;
    meet(2, thread / 128, 128, thread % 128, what, &args, [&](std::vector<void*>& v) { all(v, wgmma_queues[thread / 128]); });
}

inline void issue(WgmmaLane mine, u32 n, bool across) {
    warpgroup("wgmma", mine, [&](std::vector<void*>& lanes, WgmmaQueue& queue) {
        Wgmma w{{}, n, across};
        for (void* lane : lanes) w.lanes.push_back(*(WgmmaLane*)lane);
        for (auto& lane : w.lanes)
            if (lane.left != mine.left || lane.right != mine.right || lane.keep != mine.keep)
                fault("threads of a warpgroup disagree on a descriptor");
        if (seed % 2) perform(w);
        else queue.open.push_back(std::move(w));
    });
}

inline void await(u32 still) {
    u32 none = 0;
    warpgroup("wgmma wait", none, [&](auto&, WgmmaQueue& queue) {
        for (; queue.groups.size() > still; queue.groups.pop_front())
            for (auto& w : queue.groups.front()) perform(w);
    });
}

}  // namespace host

DEVICE void barrier_init(u32 barrier, u32 arrivals) {
    host::background = host::perform_a_tile_copy;
    host::at_shared(barrier, 8);
    host::barriers[barrier] = {arrivals, arrivals};
}
DEVICE void barrier_init_done() {}
DEVICE void barrier_arrive(u32 barrier) {
    auto& b = host::barrier_at(barrier);
    if (b.pending == 0) host::fault("more arrivals than the barrier waits for");
    b.pending--;
    b.check();
}
DEVICE void barrier_expect(u32 barrier, u32 bytes) {
    host::barrier_at(barrier).bytes += bytes;
    barrier_arrive(barrier);
}
DEVICE void barrier_wait(u32 barrier, u32 parity) {
    while (host::barrier_at(barrier).parity == parity) host::yield();
}

DEVICE void tma_load(u32 to, const TensorMap& map, u32 x, u32 y, u32 z, u32 barrier) {
    if (to % 1024) host::fault("a swizzled tile does not start at a multiple of 1024 bytes");
    if (map.box_columns * 2 != 128 || map.box_rows > 256) host::fault("the box is not 128 bytes by at most 256 rows");
    const host::TileCopy copy{to, map, x, y, z, barrier};
    if (host::seed % 2) host::perform(copy);
    else host::tile_copies.push_back(copy);
}

template <u32 N> DEVICE void give_registers() {}
template <u32 N> DEVICE void take_registers() {}
DEVICE void wgmma_fence() {}
DEVICE void wgmma_commit() {
    u32 none = 0;
    host::warpgroup("wgmma commit", none, [](auto&, host::WgmmaQueue& queue) {
        queue.groups.push_back(std::exchange(queue.open, {}));
    });
}
template <u32 N> DEVICE void wgmma_wait() { host::await(N); }
template <class T, u32 N> DEVICE void wgmma_hold(T (&registers)[N][4]) {}

template <u32 ACROSS, u32 N> DEVICE void wgmma(float (&d)[N][4], u64 a, u64 b, bool keep) {
    host::issue({d[0], nullptr, a, b, keep}, 8 * N, ACROSS);
}
template <u32 ACROSS, u32 N> DEVICE void wgmma_registers(float (&d)[N][4], const u32 (&a)[4], u64 b, bool keep) {
    host::issue({d[0], a, 0, b, keep}, 8 * N, ACROSS);
}
