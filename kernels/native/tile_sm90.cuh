// Rings of tiles in shared memory and their descriptors for `wgmma`, on top of `ptx_sm90.cuh` or `host_sm90.h`.
// Issues no instruction of its own and knows no tile sizes.

/// Threads of a warpgroup, and the arrivals that it hands a slot back with: one of each warp.
constexpr u32 WARPGROUP = 128, RELEASES = 4;

/// Walks a ring of N slots: the slot, and the parity of its present turn. `full` is the address of N barriers that count
/// the bytes of tiles, followed by N that count the releases.
template <u32 N> struct Ring {
    u32 full, slot = 0, parity = 0;

    MEMBER explicit Ring(u32 barriers) : full(barriers) {}

    /// By one thread of the block, before any other use.
    MEMBER void start(u32 consumers) const {
        for (u32 s = 0; s < N; s++) {
            barrier_init(full + 8 * s, 1);
            barrier_init(full + 8 * (N + s), consumers * RELEASES);
        }
    }

    MEMBER void advance() {
        if (++slot == N) slot = 0, parity ^= 1;
    }

    /// The producer's turn: waits until the slot is free; its barrier then awaits `bytes`, and is returned.
    MEMBER u32 claim(u32 bytes) const {
        barrier_wait(full + 8 * (N + slot), parity ^ 1);
        barrier_expect(full + 8 * slot, bytes);
        return full + 8 * slot;
    }

    /// A consumer's turn: waits until the slot's tiles have come.
    MEMBER void await() const { barrier_wait(full + 8 * slot, parity); }

    /// Hands a slot back, for the warp.
    MEMBER void release(u32 which) const {
        if (threadIdx.x % 32 == 0) barrier_arrive(full + 8 * (N + which));
    }
};

/// A swizzled tile whose rows run along K. Later steps of K: 2 words on, so add 2 a step of 16 elements.
DEVICE u64 tile_along_k(u32 address) {
    return (u64)(address >> 4 & 0x3fff) | (u64)1 << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}

/// A swizzled right-hand tile whose rows run across K, 64 columns wide; the next 64 columns are `next` bytes further.
/// Later steps of K: 16 rows, so add 128 a step.
DEVICE u64 tile_across_k(u32 address, u32 next) {
    return (u64)(address >> 4 & 0x3fff) | (u64)(next >> 4) << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}
