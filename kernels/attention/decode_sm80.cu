// Decode, one new token against a KV cache, with mma.sync on sm_80 and later; f16 or bf16 in, f32 inside. The query heads
// that share a KV head are the rows of one product, so that keys and values are read once. `native.md` says how the tiles
// move. Compiled behind the plan's defines, `ptx.cuh`, `tile.cuh` and `attention.cuh`; includes nothing.
//
// q and out are `[kv_heads, group, D_WORDS words]`, k and v `[kv_heads, kv, D_WORDS words]`; KV heads over all sequences.
// A block takes up to 16 query heads of a KV head through `split_keys` keys. Each warp streams its own slabs of 16 keys
// and keeps its own maximum and sums, so no warp waits for another before the end.

constexpr u32 THREADS = 32 * WARPS;
constexpr u32 SLAB = 16;
constexpr u32 SLAB_BYTES = SLAB * PITCH_WORDS * 16;
constexpr u32 RING_BYTES = STAGES * 2 * SLAB_BYTES;
constexpr u32 OUT_FRAGS = WIDTH / 8;
/// Floats of a split's row of partial results: unnormalised sums, then the maximum and the sum of weights.
constexpr u32 PART = WIDTH + 4;

/// The rows of Q as the left operand, straight from global memory; zeros past the last row and word.
DEVICE void load_queries(u32 (&q)[WORDS / 2][4], const char* from, u32 rows) {
    const u32 lane = threadIdx.x % 32;
#pragma unroll
    for (u32 w = 0; w < WORDS / 2; w++)
#pragma unroll
        for (u32 r = 0; r < 4; r++) {
            const u32 row = lane / 4 + r % 2 * 8, word = 2 * w + r / 2;
            q[w][r] = row < rows && word < D_WORDS ? load_u32(from + (row * D_WORDS + word) * 16 + lane % 4 * 4) : 0;
        }
}

/// Takes one slab of keys and values into a warp's sums. Keys from `visible` on weigh nothing.
DEVICE void take_slab(float (&out)[OUT_FRAGS][4], float (&maxima)[2], float (&sums)[2], const u32 (&q)[WORDS / 2][4],
                      u32 k_slab, u32 visible, float scale) {
    const u32 lane = threadIdx.x % 32;
    const u32 k_at = k_slab + place(lane % 8 + lane / 16 * 8, lane / 8 % 2);
    const u32 v_at = k_slab + SLAB_BYTES + place(lane % 16, lane / 16);
    float scores[2][4] = {};
#pragma unroll
    for (u32 w = 0; w < WORDS / 2; w++) {
        u32 k[4];
        ldmatrix(k, along(k_at, 2 * w));
        mma(scores[0], q[w], k[0], k[1]);
        mma(scores[1], q[w], k[2], k[3]);
    }
    if (visible < SLAB)
#pragma unroll
        for (u32 j = 0; j < 2; j++)
#pragma unroll
            for (u32 c = 0; c < 4; c++)
                if (8 * j + lane % 4 * 2 + c % 2 >= visible) scores[j][c] = MASKED;
    float fades[2];
    make_weights(scores, maxima, sums, fades, scale);
    fade(out, fades);
    u32 p[4];
    as_operand(p, scores[0], scores[1]);
#pragma unroll
    for (u32 w = 0; w < WORDS; w += 2) {
        u32 v[4];
        ldmatrix_trans(v, along(v_at, w));
        mma(out[w], p, v[0], v[1]);
        mma(out[w + 1], p, v[2], v[3]);
    }
}

/// Leaves a warp's results for its block: a PART of every row.
DEVICE void show(float* parts, const float (&out)[OUT_FRAGS][4], const float (&maxima)[2], const float (&sums)[2]) {
    const u32 lane = threadIdx.x % 32;
#pragma unroll
    for (u32 half = 0; half < 2; half++) {
        float* const row = parts + (lane / 4 + 8 * half) * PART;
#pragma unroll
        for (u32 j = 0; j < OUT_FRAGS; j++) {
            row[8 * j + lane % 4 * 2] = out[j][2 * half];
            row[8 * j + lane % 4 * 2 + 1] = out[j][2 * half + 1];
        }
        const float sum = sum_of_quad(sums[half]);
        if (lane % 4 == 0) row[WIDTH] = maxima[half], row[WIDTH + 1] = sum;
    }
}

/// Column `column` of `count` partial results that lie `stride` floats apart, put together; `top` and `sum` of all.
DEVICE float put_together(const float* parts, u32 count, u32 stride, u32 column, float scale, float& top, float& sum) {
    top = LOWEST, sum = 0.0f;
    for (u32 i = 0; i < count; i++) top = max2(top, parts[i * stride + WIDTH]);
    float result = 0.0f;
    for (u32 i = 0; i < count; i++) {
        const float weight = exp2_fast((parts[i * stride + WIDTH] - top) * scale);
        sum += weight * parts[i * stride + WIDTH + 1];
        result += weight * parts[i * stride + column];
    }
    return result;
}

KERNEL(THREADS, 1)
decode(const char* __restrict__ q, const char* __restrict__ k, const char* __restrict__ v, float* __restrict__ parts,
       u32 group, u32 kv, u32 splits, u32 split_keys, float scale) {
    const u32 split = blockIdx.x, row_blocks = (group + 15) / 16;
    const u32 kv_head = blockIdx.y / row_blocks, first_row = blockIdx.y % row_blocks * 16;
    const u32 rows = min2(group - first_row, 16), row = kv_head * group + first_row;
    const u32 begin = split * split_keys, end = min2(begin + split_keys, kv);
    const u64 kv_bytes = (u64)kv * D_WORDS * 16;
    k += kv_head * kv_bytes, v += kv_head * kv_bytes;

    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const u32 ring = shared_base() + warp * RING_BYTES;
    const u32 slabs = (end - begin + SLAB - 1) / SLAB;
    auto copy_slab = [&](u32 slab, u32 stage) {
        if (slab < slabs) {
            copy_rows<SLAB, 32>(ring + stage * 2 * SLAB_BYTES, k, begin + slab * SLAB, kv, lane);
            copy_rows<SLAB, 32>(ring + stage * 2 * SLAB_BYTES + SLAB_BYTES, v, begin + slab * SLAB, kv, lane);
        }
        cp_async_commit();
    };
    for (u32 s = 0; s + 1 < STAGES; s++) copy_slab(warp + s * WARPS, s);
    u32 queries[WORDS / 2][4];
    load_queries(queries, q + (u64)row * D_WORDS * 16, rows);

    float out[OUT_FRAGS][4] = {}, maxima[2] = {LOWEST, LOWEST}, sums[2] = {};
    u32 stage = 0;
    for (u32 slab = warp; slab < slabs; slab += WARPS) {
        // The slab has come for every lane, and every lane has left the stage that is filled next.
        cp_async_wait<STAGES - 2>();
        sync_warp();
        copy_slab(slab + (STAGES - 1) * WARPS, stage == 0 ? STAGES - 1 : stage - 1);
        take_slab(out, maxima, sums, queries, ring + stage * 2 * SLAB_BYTES, end - begin - slab * SLAB, scale);
        stage = stage + 1 == STAGES ? 0 : stage + 1;
    }
    cp_async_wait<0>();
    // The rings are done with: the warps' results take their place.
    sync_block();
    float* const shown = (float*)shared_memory;
    show(shown + warp * 16 * PART, out, maxima, sums);
    sync_block();
    for (u32 i = threadIdx.x; i < rows * WIDTH; i += THREADS) {
        float top, sum;
        const float result = put_together(shown + i / WIDTH * PART, WARPS, 16 * PART, i % WIDTH, scale, top, sum);
        float* const to = parts + ((u64)(row + i / WIDTH) * splits + split) * PART;
        to[i % WIDTH] = result;
        if (i % WIDTH == 0) to[WIDTH] = top, to[WIDTH + 1] = sum;
    }
}

/// Puts the splits of a row together: one block a row, one thread two columns.
KERNEL(WIDTH / 2, 1)
combine(const float* __restrict__ parts, char* __restrict__ out, u32 splits, float scale) {
    const u32 column = 2 * threadIdx.x;
    const float* const row = parts + (u64)blockIdx.x * splits * PART;
    float top, sum;
    const float low = put_together(row, splits, PART, column, scale, top, sum);
    const float high = put_together(row, splits, PART, column + 1, scale, top, sum);
    if (column < D_WORDS * 8) ((u32*)out)[blockIdx.x * D_WORDS * 4 + threadIdx.x] = pack(low / sum, high / sum);
}
