// Causal prefill, softmax(Q K^T / sqrt(d)) V with grouped-query heads, in one pass with mma.sync on sm_80 and later;
// f16 or bf16 in, f32 inside. `native.md` says how the tiles move. Compiled behind the plan's defines, `ptx.cuh`,
// `tile.cuh` and `attention.cuh`; includes nothing.
//
// q and out are `[heads, seq, D_WORDS words]`, k and v `[heads / group, seq, D_WORDS words]`; heads over all sequences.
// A block of WARPS warps makes WARPS * 16 * FRAGS rows of one head. BLOCK_K keys at a time.

constexpr u32 THREADS = 32 * WARPS;
constexpr u32 WARP_ROWS = 16 * FRAGS;
constexpr u32 BLOCK_Q = WARPS * WARP_ROWS;
constexpr u32 TILE_BYTES = BLOCK_K * PITCH_WORDS * 16;
constexpr u32 OUT_FRAGS = WIDTH / 8;

/// Scores of a warp's rows against a tile of keys.
DEVICE void make_scores(float (&scores)[FRAGS][BLOCK_K / 8][4], u32 q_tile, u32 k_tile) {
    const u32 lane = threadIdx.x % 32;
    const u32 q_at = q_tile + place(lane % 16, lane / 16);
    const u32 k_at = k_tile + place(lane % 8 + lane / 16 * 8, lane / 8 % 2);
#pragma unroll
    for (u32 i = 0; i < FRAGS; i++)
#pragma unroll
        for (u32 j = 0; j < BLOCK_K / 8; j++)
#pragma unroll
            for (u32 c = 0; c < 4; c++) scores[i][j][c] = 0.0f;
#pragma unroll
    for (u32 w = 0; w < WORDS; w += 2) {
        u32 q[FRAGS][4];
#pragma unroll
        for (u32 i = 0; i < FRAGS; i++) ldmatrix(q[i], along(q_at, w) + 16 * i * PITCH_WORDS * 16);
#pragma unroll
        for (u32 j = 0; j < BLOCK_K / 16; j++) {
            u32 k[4];
            ldmatrix(k, along(k_at, w) + 16 * j * PITCH_WORDS * 16);
#pragma unroll
            for (u32 i = 0; i < FRAGS; i++) {
                mma(scores[i][2 * j], q[i], k[0], k[1]);
                mma(scores[i][2 * j + 1], q[i], k[2], k[3]);
            }
        }
    }
}

/// Adds weights times values.
DEVICE void add_values(float (&out)[FRAGS][OUT_FRAGS][4], const float (&weights)[FRAGS][BLOCK_K / 8][4], u32 v_tile) {
    const u32 v_at = v_tile + place(threadIdx.x % 16, threadIdx.x % 32 / 16);
#pragma unroll
    for (u32 j = 0; j < BLOCK_K / 16; j++) {
        u32 p[FRAGS][4];
#pragma unroll
        for (u32 i = 0; i < FRAGS; i++) as_operand(p[i], weights[i][2 * j], weights[i][2 * j + 1]);
#pragma unroll
        for (u32 w = 0; w < WORDS; w += 2) {
            u32 v[4];
            ldmatrix_trans(v, along(v_at, w) + 16 * j * PITCH_WORDS * 16);
#pragma unroll
            for (u32 i = 0; i < FRAGS; i++) {
                mma(out[i][w], p[i], v[0], v[1]);
                mma(out[i][w + 1], p[i], v[2], v[3]);
            }
        }
    }
}

KERNEL(THREADS, MIN_BLOCKS)
flash(const char* __restrict__ q, const char* __restrict__ k, const char* __restrict__ v, char* __restrict__ out, u32 heads,
      u32 group, u32 seq, float scale) {
    // The last rows have the most keys: their blocks start first. Heads that share keys are neighbours.
    const u32 blocks = (seq + BLOCK_Q - 1) / BLOCK_Q;
    const u32 head = blockIdx.x % heads, first = (blocks - 1 - blockIdx.x / heads) * BLOCK_Q;
    const u64 head_bytes = (u64)seq * D_WORDS * 16;
    q += head * head_bytes, k += head / group * head_bytes, v += head / group * head_bytes, out += head * head_bytes;

    const u32 lane = threadIdx.x % 32, warp = uniform(threadIdx.x / 32);
    const u32 q_tile = shared_base(), k_tile = q_tile + BLOCK_Q * PITCH_WORDS * 16, v_tile = k_tile + TILE_BYTES;
    u32 tile = (min2(first + BLOCK_Q, seq) + BLOCK_K - 1) / BLOCK_K;
    copy_rows<BLOCK_Q, THREADS>(q_tile, q, first, seq, threadIdx.x);
    copy_rows<BLOCK_K, THREADS>(k_tile, k, (tile - 1) * BLOCK_K, seq, threadIdx.x);
    cp_async_commit();

    float results[FRAGS][OUT_FRAGS][4] = {}, maxima[FRAGS][2], sums[FRAGS][2] = {};
#pragma unroll
    for (u32 i = 0; i < FRAGS; i++) maxima[i][0] = maxima[i][1] = LOWEST;
    while (tile-- > 0) {
        // The keys have come, and every warp has left the values of the tile before.
        cp_async_wait<0>();
        sync_block();
        copy_rows<BLOCK_K, THREADS>(v_tile, v, tile * BLOCK_K, seq, threadIdx.x);
        cp_async_commit();
        float scores[FRAGS][BLOCK_K / 8][4];
        make_scores(scores, q_tile + warp * WARP_ROWS * PITCH_WORDS * 16, k_tile);
#pragma unroll
        for (u32 i = 0; i < FRAGS; i++) {
            const u32 row = first + warp * WARP_ROWS + 16 * i + lane / 4;
            if (tile * BLOCK_K + BLOCK_K - 1 > first) hide_later(scores[i], row, tile * BLOCK_K + lane % 4 * 2);
            float fades[2];
            make_weights(scores[i], maxima[i], sums[i], fades, scale);
            fade(results[i], fades);
        }
        // The values have come, and every warp has left the keys.
        cp_async_wait<0>();
        sync_block();
        if (tile > 0) copy_rows<BLOCK_K, THREADS>(k_tile, k, (tile - 1) * BLOCK_K, seq, threadIdx.x);
        cp_async_commit();
        add_values(results, scores, v_tile);
    }
    cp_async_wait<0>();
#pragma unroll
    for (u32 i = 0; i < FRAGS; i++)
#pragma unroll
        for (u32 half = 0; half < 2; half++) {
            const u32 row = first + warp * WARP_ROWS + 16 * i + lane / 4 + 8 * half;
            const float factor = 1.0f / sum_of_quad(sums[i][half]);
            store_row(out + (u64)row * D_WORDS * 16, row < seq, results[i], half, factor, 0, D_WORDS);
        }
}
