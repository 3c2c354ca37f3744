// Causal prefill, softmax(Q K^T / sqrt(d)) V with grouped-query heads, in one pass with wgmma and TMA on sm_90a; f16 or
// bf16 in, f32 inside; heads 64 or 128 wide. `native.md` says how the tiles move. Compiled behind the plan's defines,
// `ptx.cuh`, `tile.cuh`, `ptx_sm90.cuh`, `tile_sm90.cuh` and `softmax.cuh`; includes nothing.
//
// q and out are `[heads, seq, WIDTH]`, k and v `[heads / group, seq, WIDTH]`; heads over all sequences. One warpgroup has
// the copy engine fill rings of keys and of values; two others make 64 rows each of the block's 128.

constexpr u32 WIDTH = D_WORDS * 8;
constexpr u32 BLOCK_Q = 128, BLOCK_K = 128, STAGES = 2;
constexpr u32 THREADS = 384, CONSUMERS = 2;
/// A tile lies as boxes of 64 columns: 128 rows of 128 bytes each.
constexpr u32 BOXES = WIDTH / 64, BOX_BYTES = 128 * 128, TILE_BYTES = BOXES * BOX_BYTES;

static_assert(WIDTH % 64 == 0 && WIDTH <= 128, "boxes of 64 columns; the sums of 128 fill the registers");

DEVICE void load_tile(u32 to, const TensorMap& map, u32 row, u32 head, u32 arrived) {
#pragma unroll
    for (u32 box = 0; box < BOXES; box++) tma_load(to + box * BOX_BYTES, map, box * 64, row, head, arrived);
}

/// Issues scores = Q K^T.
DEVICE void issue_scores(float (&scores)[BLOCK_K / 8][4], u32 q_rows, u32 k_tile) {
#pragma unroll
    for (u32 i = 0; i < WIDTH / 16; i++) {
        const u32 box = i / 4 * BOX_BYTES;
        wgmma<0>(scores, tile_along_k(q_rows + box) + i % 4 * 2, tile_along_k(k_tile + box) + i % 4 * 2, i > 0);
    }
    wgmma_commit();
}

/// Issues out += weights V.
DEVICE void issue_values(float (&out)[WIDTH / 8][4], const u32 (&weights)[BLOCK_K / 16][4], u32 v_tile) {
#pragma unroll
    for (u32 i = 0; i < BLOCK_K / 16; i++)
        wgmma_registers<1>(out, weights[i], tile_across_k(v_tile, BOX_BYTES) + i * 128, true);
    wgmma_commit();
}

DEVICE void as_operands(u32 (&weights)[BLOCK_K / 16][4], const float (&scores)[BLOCK_K / 8][4]) {
#pragma unroll
    for (u32 i = 0; i < BLOCK_K / 16; i++) as_operand(weights[i], scores[2 * i], scores[2 * i + 1]);
    wgmma_hold(weights);
}

KERNEL(THREADS, 1)
flash(const __grid_constant__ TensorMap q, const __grid_constant__ TensorMap k, const __grid_constant__ TensorMap v,
      char* __restrict__ out, u32 heads, u32 group, u32 seq, float scale) {
    // The last rows have the most keys: their blocks start first. Heads that share keys are neighbours.
    const u32 blocks = (seq + BLOCK_Q - 1) / BLOCK_Q;
    const u32 head = blockIdx.x % heads, first = (blocks - 1 - blockIdx.x / heads) * BLOCK_Q;
    const u32 tiles = (min2(first + BLOCK_Q, seq) + BLOCK_K - 1) / BLOCK_K;
    const u32 q_tile = shared_base(), k_tiles = q_tile + TILE_BYTES, v_tiles = k_tiles + STAGES * TILE_BYTES;
    const u32 barriers = v_tiles + STAGES * TILE_BYTES;
    Ring<1> queries(barriers);
    Ring<STAGES> keys(barriers + 16), values(barriers + 16 + 16 * STAGES);
    if (threadIdx.x == 0) {
        queries.start(CONSUMERS);
        keys.start(CONSUMERS);
        values.start(CONSUMERS);
        barrier_init_done();
    }
    sync_block();

    const u32 consumer = uniform(threadIdx.x / WARPGROUP);
    if (consumer == CONSUMERS) {
        give_registers<40>();
        if (threadIdx.x % WARPGROUP != 0) return;
        load_tile(q_tile, q, first, head, queries.claim(TILE_BYTES));
        for (u32 tile = tiles; tile-- > 0; keys.advance(), values.advance()) {
            const u32 row = tile * BLOCK_K, kv_head = head / group;
            load_tile(k_tiles + keys.slot * TILE_BYTES, k, row, kv_head, keys.claim(TILE_BYTES));
            load_tile(v_tiles + values.slot * TILE_BYTES, v, row, kv_head, values.claim(TILE_BYTES));
        }
        return;
    }

    take_registers<232>();
    const u32 lane = threadIdx.x % 32, q_rows = q_tile + consumer * 64 * 128;
    const u32 row = first + consumer * 64 + threadIdx.x % WARPGROUP / 32 * 16 + lane / 4;
    float scores[BLOCK_K / 8][4] = {}, results[WIDTH / 8][4] = {};
    float maxima[2] = {LOWEST, LOWEST}, sums[2] = {}, fades[2];
    u32 weights[BLOCK_K / 16][4];
    queries.await();
    keys.await();
    wgmma_fence();
    issue_scores(scores, q_rows, k_tiles);
    wgmma_wait<0>();
    wgmma_hold(scores);
    keys.release(keys.slot);
    keys.advance();
    hide_later(scores, row, (tiles - 1) * BLOCK_K + lane % 4 * 2);
    make_weights(scores, maxima, sums, fades, scale);
    as_operands(weights, scores);
    for (u32 tile = tiles - 1; tile-- > 0;) {
        // The next scores and this tile's values together; softmax of the scores while the values run on.
        keys.await();
        wgmma_fence();
        issue_scores(scores, q_rows, k_tiles + keys.slot * TILE_BYTES);
        values.await();
        wgmma_fence();
        issue_values(results, weights, v_tiles + values.slot * TILE_BYTES);
        wgmma_wait<1>();
        wgmma_hold(scores);
        keys.release(keys.slot);
        keys.advance();
        if (tile * BLOCK_K + BLOCK_K - 1 > first) hide_later(scores, row, tile * BLOCK_K + lane % 4 * 2);
        make_weights(scores, maxima, sums, fades, scale);
        wgmma_wait<0>();
        wgmma_hold(results);
        values.release(values.slot);
        values.advance();
        fade(results, fades);
        wgmma_hold(results);
        as_operands(weights, scores);
    }
    values.await();
    wgmma_fence();
    issue_values(results, weights, v_tiles + values.slot * TILE_BYTES);
    wgmma_wait<0>();
    wgmma_hold(results);
#pragma unroll
    for (u32 half = 0; half < 2; half++) {
        char* const to = out + ((u64)head * seq + row + 8 * half) * D_WORDS * 16;
        store_row(to, row + 8 * half < seq, results, half, 1.0f / sum_of_quad(sums[half]), 0, D_WORDS);
    }
}
