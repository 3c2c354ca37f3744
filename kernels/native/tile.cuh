// What several native kernels do with fragments, on top of `ptx.cuh` or `host.h`.
// Issues no instruction of its own and knows no tile sizes.

/// Swaps `high` of the lane whose bit is clear with `low` of its partner, whose bit is set.
DEVICE void exchange(u32& low, u32& high, bool set, u32 mask) {
    const u32 got = shuffle_xor(set ? low : high, mask);
    if (set) low = got;
    else high = got;
}

/// Transposes a 4 x 4 block over a quad: lane q ends with what lane j held as r[q] in r[j].
/// A quad of lanes holds 8 columns of a row as 4 x 2; after this, of four such tiles, each lane holds one whole: a word.
DEVICE void transpose_quad(u32 (&r)[4]) {
    const u32 lane = threadIdx.x;
    const bool odd = lane & 1, upper = lane & 2;
    exchange(r[0], r[1], odd, 1);
    exchange(r[2], r[3], odd, 1);
    exchange(r[0], r[2], upper, 2);
    exchange(r[1], r[3], upper, 2);
}

DEVICE u32 min2(u32 a, u32 b) { return a < b ? a : b; }

/// Stores one half (rows l / 4, or 8 further) of an N * 8 wide accumulator, each value times `factor`, as words `first`
/// and on of `row`, whose end is at `words`.
template <u32 N>
DEVICE void store_row(char* row, bool wanted, const float (&sums)[N][4], u32 half, float factor, u32 first, u32 words) {
    const u32 quad = threadIdx.x % 4;
#pragma unroll
    for (u32 j = 0; j < N; j += 4) {
        u32 r[4] = {};
#pragma unroll
        for (u32 t = 0; t < 4; t++)
            if (j + t < N) r[t] = pack(sums[j + t][2 * half] * factor, sums[j + t][2 * half + 1] * factor);
        transpose_quad(r);
        if (wanted && j + quad < N && first + j + quad < words) store_word(row + (first + j + quad) * 16, r);
    }
}
