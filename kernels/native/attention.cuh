// What the two attention kernels for sm_80 share: rows of a head in shared memory, online softmax, stores.
// Knows no tile sizes. D_WORDS, the 16-byte words of a head's row in memory, is set by the launch plan.

constexpr u32 WIDTH = (D_WORDS + 1) / 2 * 16;  // elements of a row that are multiplied: whole mma steps
constexpr u32 WORDS = WIDTH / 8;
/// Rows of a power of two of words are swizzled; others are spaced by an odd number of words. Both put eight rows at
/// one word into eight different groups of banks.
constexpr bool SWIZZLED = WORDS % 8 == 0;
constexpr u32 PITCH_WORDS = SWIZZLED ? WORDS : WORDS | 1;

/// A maximum before any key: finite, because differences of maxima are taken.
constexpr float LOWEST = -1e30f;
/// The score of a hidden key: below any maximum even after scaling, so that it weighs nothing.
constexpr float MASKED = -1e38f;

/// Byte offset of a word of a row of a tile.
DEVICE u32 place(u32 row, u32 word) { return (row * PITCH_WORDS + (SWIZZLED ? word ^ (row & 7) : word)) * 16; }

/// Thread `thread` of `THREADS` copies its share of `ROWS` rows from row `first` on. Rows past the end are read as the
/// last one: what they make is masked or not stored. Words that only fill up the last mma step are zero.
template <u32 ROWS, u32 THREADS> DEVICE void copy_rows(u32 to, const char* head, u32 first, u32 rows, u32 thread) {
    static_assert(THREADS % 8 == 0, "a row is copied by neighbours");
#pragma unroll
    for (u32 i = 0; i < (ROWS * WORDS + THREADS - 1) / THREADS; i++) {
        const u32 at = i * THREADS + thread, row = at / WORDS, word = at % WORDS;
        if (ROWS * WORDS % THREADS != 0 && row >= ROWS) break;
        const bool inside = WORDS == D_WORDS || word < D_WORDS;
        cp_async(to + place(row, word), head + ((u64)min2(first + row, rows - 1) * D_WORDS + (inside ? word : 0)) * 16, inside);
    }
}

DEVICE float max_of_quad(float x) {
    x = max2(x, shuffle_xor(x, 1));
    return max2(x, shuffle_xor(x, 2));
}

DEVICE float sum_of_quad(float x) {
    x += shuffle_xor(x, 1);
    return x + shuffle_xor(x, 2);
}

/// Online softmax of 16 rows over N times 8 new keys. Scores become weights 2^(scale (s - max)); `sums`, this lane's
/// part of the rows' sums of weights, and `out` are rescaled where a new key raises the maximum. Every two `[half]`:
/// rows l / 4 and l / 4 + 8 of lane l.
template <u32 N, u32 OUT> DEVICE void online_softmax(float (&scores)[N][4], float (&maxima)[2], float (&sums)[2],
                                                     float (&out)[OUT][4], float scale) {
#pragma unroll
    for (u32 half = 0; half < 2; half++) {
        float top = maxima[half];
#pragma unroll
        for (u32 j = 0; j < N; j++) top = max2(top, max2(scores[j][2 * half], scores[j][2 * half + 1]));
        top = max_of_quad(top);
        const float fade = exp2_fast((maxima[half] - top) * scale), shift = top * scale;
        maxima[half] = top;
        float sum = sums[half] * fade;
#pragma unroll
        for (u32 j = 0; j < N; j++)
#pragma unroll
            for (u32 c = 2 * half; c < 2 * half + 2; c++) sum += scores[j][c] = exp2_fast(scores[j][c] * scale - shift);
        sums[half] = sum;
#pragma unroll
        for (u32 j = 0; j < OUT; j++) out[j][2 * half] *= fade, out[j][2 * half + 1] *= fade;
    }
}

/// Two neighbouring accumulators of scores as the left operand of the next product: their layouts agree.
DEVICE void as_operand(u32 (&a)[4], const float (&low)[4], const float (&high)[4]) {
    a[0] = pack(low[0], low[1]), a[1] = pack(low[2], low[3]);
    a[2] = pack(high[0], high[1]), a[3] = pack(high[2], high[3]);
}
