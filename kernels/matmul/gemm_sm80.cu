// C[M,N] = A[M,K] B[N,K]^T with mma.sync on sm_80 and later; i8 sums in i32, f16 and bf16 in f32. `native.md` says how
// the tiles move. Compiled behind the plan's defines, `ptx.cuh` and `tile.cuh`; includes nothing.
//
// Rows of A and B are `k_words` words of 16 bytes, padded with zeros; rows of C are `c_pitch` bytes, a multiple of 16.
// DTYPE, TILE_M, TILE_N: elements of C per block. WARPS_M x WARPS_N warps share them. STAGES tiles of K are in flight.
// SPLIT: blocks share K too, `split_words` words each; their sums go to `parts` and `add_parts` makes C of them.

constexpr u32 STEP = 4;  // words of a row in a stage: 32 elements of f16, 64 of i8
constexpr u32 THREADS = 32 * WARPS_M * WARPS_N;
constexpr u32 WARP_M = TILE_M / WARPS_M, WARP_N = TILE_N / WARPS_N;
constexpr u32 FRAGS_M = WARP_M / 16, FRAGS_N = WARP_N / 8;
constexpr u32 ROWS_PER_PASS = THREADS / STEP;
constexpr u32 STAGE_BYTES = (TILE_M + TILE_N) * STEP * 16;
constexpr u32 GROUP_M = 8;

static_assert(WARP_M % 16 == 0 && WARP_N % 32 == 0, "a warp stores 32 columns at a time");
static_assert(ROWS_PER_PASS % 8 == 0, "rows of one thread share a swizzle");
static_assert(TILE_M % ROWS_PER_PASS == 0 && TILE_N % ROWS_PER_PASS == 0, "whole passes of the copy");

#if DTYPE == 2
typedef int Sum;
constexpr u32 C_BYTES = 4;
#else
typedef float Sum;
constexpr u32 C_BYTES = 2;
#endif

/// Byte offset of a word in a tile of STEP words a row. Eight rows at one word, and two rows at all words, lie in eight
/// different groups of banks: neither ldmatrix nor the copy conflicts.
DEVICE u32 place(u32 row, u32 word) { return (row * STEP + (word ^ (row >> 1 & 3))) * 16; }

/// The words of one operand that a thread copies: one column of words, every ROWS_PER_PASS-th row.
template <u32 ROWS> struct Copier {
    static constexpr u32 PASSES = ROWS / ROWS_PER_PASS;
    const char* from[PASSES];
    u32 to;

    /// From word `begin` on. Rows past the end are read as the last one; what they make is not stored.
    MEMBER void start(const char* matrix, u32 first, u32 rows, u32 k_words, u32 begin, u32 base) {
        const u32 row = threadIdx.x / STEP, word = threadIdx.x % STEP;
        for (u32 p = 0; p < PASSES; p++)
            from[p] = matrix + ((u64)min2(first + row + p * ROWS_PER_PASS, rows - 1) * k_words + begin + word) * 16;
        to = base + place(row, word);
    }

    MEMBER void copy(u32 stage, bool inside) {
        for (u32 p = 0; p < PASSES; p++) {
            cp_async(to + stage + p * ROWS_PER_PASS * STEP * 16, from[p], inside);
            from[p] += STEP * 16;
        }
    }
};

/// Which block of C: blocks run down GROUP_M rows of blocks before the next column, so that neighbours in time share
/// operands in L2.
DEVICE void block_of(u32 m, u32 n, u32& row, u32& column) {
    const u32 rows = (m + TILE_M - 1) / TILE_M, columns = (n + TILE_N - 1) / TILE_N;
    const u32 group = blockIdx.x / (GROUP_M * columns), within = blockIdx.x % (GROUP_M * columns);
    const u32 height = min2(rows - group * GROUP_M, GROUP_M);
    row = (group * GROUP_M + within % height) * TILE_M;
    column = within / height * TILE_N;
}

/// A warp's operands of two words of K.
struct Fragments {
    u32 a[FRAGS_M][4];
    u32 b[FRAGS_N / 2][4];

    MEMBER void load(u32 a_at, u32 b_at) {
#pragma unroll
        for (u32 i = 0; i < FRAGS_M; i++) ldmatrix(a[i], a_at + i * 16 * STEP * 16);
#pragma unroll
        for (u32 j = 0; j < FRAGS_N / 2; j++) ldmatrix(b[j], b_at + j * 16 * STEP * 16);
    }

    MEMBER void multiply(Sum (&sums)[FRAGS_M][FRAGS_N][4]) const {
#pragma unroll
        for (u32 i = 0; i < FRAGS_M; i++)
#pragma unroll
            for (u32 j = 0; j < FRAGS_N; j++) mma(sums[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
    }
};

/// Stores a warp's sums as they are, in rows of `pitch` bytes.
DEVICE void store_sums(Sum (&sums)[FRAGS_M][FRAGS_N][4], char* to, u32 m, u32 pitch, u32 row, u32 column) {
    row += threadIdx.x % 32 / 4;
#pragma unroll
    for (u32 i = 0; i < FRAGS_M; i++)
#pragma unroll
        for (u32 half = 0; half < 2; half++, row += 8)
#pragma unroll
            for (u32 j = 0; j < FRAGS_N; j++) {
                const u32 at = (column + j * 8 + threadIdx.x % 4 * 2) * 4;
                if (row < m && at < pitch)
                    store_pair(to + (u64)row * pitch + at, sums[i][j][2 * half], sums[i][j][2 * half + 1]);
            }
}

/// Stores a warp's sums from row `row` and column `column` on, in the dtype of C.
DEVICE void store(Sum (&sums)[FRAGS_M][FRAGS_N][4], char* c, u32 m, u32 c_pitch, u32 row, u32 column) {
#if DTYPE == 2
    store_sums(sums, c, m, c_pitch, row, column);
#else
    row += threadIdx.x % 32 / 4;
#pragma unroll
    for (u32 i = 0; i < FRAGS_M; i++)
#pragma unroll
        for (u32 half = 0; half < 2; half++, row += 8)
            store_row(c + (u64)row * c_pitch, row < m, sums[i], half, 1.0f, column / 8, c_pitch / 16);
#endif
}

KERNEL(THREADS, MIN_BLOCKS)
gemm(const char* __restrict__ a, const char* __restrict__ b, char* __restrict__ c, u32 m, u32 n, u32 k_words, u32 c_pitch,
     u32 split_words) {
    u32 row, column;
    block_of(m, n, row, column);
    const u32 begin = SPLIT ? blockIdx.y * split_words : 0, end = SPLIT ? min2(begin + split_words, k_words) : k_words;
    const u32 base = shared_base(), tiles = (end - begin + STEP - 1) / STEP, word = begin + threadIdx.x % STEP;
    Copier<TILE_M> copy_a;
    Copier<TILE_N> copy_b;
    copy_a.start(a, row, m, k_words, begin, base);
    copy_b.start(b, column, n, k_words, begin, base + TILE_M * STEP * 16);
    u32 next = 0, slot = 0;  // the tile to copy, and where to
    auto copy_next = [&] {
        if (next < tiles) {
            const bool inside = next * STEP + word < end;
            copy_a.copy(slot, inside);
            copy_b.copy(slot, inside);
        }
        cp_async_commit();
        next++;
        slot = slot + STAGE_BYTES == STAGES * STAGE_BYTES ? 0 : slot + STAGE_BYTES;
    };
    for (u32 s = 0; s + 1 < STAGES; s++) copy_next();

    const u32 lane = threadIdx.x % 32, warp = uniform(threadIdx.x / 32);
    const u32 warp_row = warp / WARPS_N * WARP_M, warp_column = warp % WARPS_N * WARP_N;
    u32 a_at[2], b_at[2];  // this lane's rows, at either pair of words of a stage
#pragma unroll
    for (u32 w = 0; w < 2; w++) {
        a_at[w] = base + place(warp_row + lane % 16, 2 * w + lane / 16);
        b_at[w] = base + TILE_M * STEP * 16 + place(warp_column + lane % 8 + lane / 16 * 8, 2 * w + lane / 8 % 2);
    }

    Sum sums[FRAGS_M][FRAGS_N][4] = {};
    Fragments halves[2];
    u32 stage = 0;
    cp_async_wait<STAGES - 2>();
    sync_block();
    halves[0].load(a_at[0], b_at[0]);
    for (u32 tile = 0; tile < tiles; tile++) {
        halves[1].load(a_at[1] + stage, b_at[1] + stage);
        // Fills the slot of the tile before, which every warp has left since the last barrier.
        copy_next();
        halves[0].multiply(sums);
        cp_async_wait<STAGES - 2>();
        sync_block();
        stage = stage + STAGE_BYTES == STAGES * STAGE_BYTES ? 0 : stage + STAGE_BYTES;
        halves[0].load(a_at[0] + stage, b_at[0] + stage);
        halves[1].multiply(sums);
    }
    cp_async_wait<0>();
    row += warp_row, column += warp_column;
    // Rows of parts are as many numbers long as rows of C.
    const u32 pitch = c_pitch / C_BYTES * 4;
    if (SPLIT) store_sums(sums, c + (u64)blockIdx.y * m * pitch, m, pitch, row, column);
    else store(sums, c, m, c_pitch, row, column);
}

/// Adds the splits up: one thread a word of C.
KERNEL(128, 1)
add_parts(const Sum* __restrict__ parts, char* __restrict__ c, u32 words, u32 splits) {
    constexpr u32 NUMBERS = 16 / C_BYTES;
    const u32 at = blockIdx.x * 128 + threadIdx.x;
    if (at >= words) return;
    Sum sums[NUMBERS] = {};
    for (u32 s = 0; s < splits; s++)
#pragma unroll
        for (u32 i = 0; i < NUMBERS; i++) sums[i] += parts[((u64)s * words + at) * NUMBERS + i];
    u32 r[4];
#pragma unroll
    for (u32 i = 0; i < 4; i++) {
#if DTYPE == 2
        r[i] = sums[i];
#else
        r[i] = pack(sums[2 * i], sums[2 * i + 1]);
#endif
    }
    store_word(c + (u64)at * 16, r);
}
