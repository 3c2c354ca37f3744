// Rows of a head in shared memory, as the attention kernels for sm_80 lay them out and copy them.
// D_WORDS, the 16-byte words of a row in global memory, is set by the launch plan.

constexpr u32 WIDTH = (D_WORDS + 1) / 2 * 16;  // elements of a row that are multiplied: whole mma steps
constexpr u32 WORDS = WIDTH / 8;
/// Rows of a power of two of words are swizzled; others are spaced by an odd number of words. Both put eight rows at
/// one word into eight different groups of banks.
constexpr bool SWIZZLED = WORDS % 8 == 0;
constexpr u32 PITCH_WORDS = SWIZZLED ? WORDS : WORDS | 1;

/// Byte offset of a word of a row of a tile.
DEVICE u32 place(u32 row, u32 word) { return (row * PITCH_WORDS + (SWIZZLED ? word ^ (row & 7) : word)) * 16; }

/// The place `words`, an even number, further along the row of a place that was made with word 0 or 1. One instruction,
/// so that no register holds it.
DEVICE u32 along(u32 at, u32 words) { return SWIZZLED ? at ^ words * 16 : at + words * 16; }

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
