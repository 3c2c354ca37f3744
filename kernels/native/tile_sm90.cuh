// Descriptors of tiles in shared memory for `wgmma`, on top of `ptx_sm90.cuh` or `host_sm90.h`.
// Issues no instruction and knows no tile sizes.

/// A swizzled tile whose rows run along K. Later steps of K: 2 words on, so add 2 a step of 16 elements.
DEVICE u64 tile_along_k(u32 address) {
    return (u64)(address >> 4 & 0x3fff) | (u64)1 << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}

/// A swizzled right-hand tile whose rows run across K, 64 columns wide; the next 64 columns are `next` bytes further.
/// Later steps of K: 16 rows, so add 128 a step.
DEVICE u64 tile_across_k(u32 address, u32 next) {
    return (u64)(address >> 4 & 0x3fff) | (u64)(next >> 4) << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}
