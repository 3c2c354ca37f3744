// C[M,N] = A[M,K] B[N,K]^T with wgmma and TMA on sm_90a; f16 or bf16 in, f32 sums. `native.md` says how the tiles move.
// Compiled behind the plan's defines, `ptx.cuh`, `tile.cuh` and `ptx_sm90.cuh`; includes nothing.
//
// One warpgroup has the copy engine fill a ring of STAGES tiles of K; two others multiply, each 64 rows of the block's
// 128 x TILE_N elements of C. As many blocks as the device has multiprocessors; each takes every gridDim-th tile of C.

constexpr u32 TILE_M = 128, TILE_K = 64;
constexpr u32 THREADS = 384, CONSUMERS = 2;
constexpr u32 A_BYTES = TILE_M * TILE_K * 2, STAGE_BYTES = A_BYTES + TILE_N * TILE_K * 2;
constexpr u32 GROUP_M = 8;

/// Tiles of C in the order they are taken: down GROUP_M rows of tiles before the next column, so that blocks that run at
/// the same time share operands in L2.
DEVICE void tile_of(u32 index, u32 rows, u32 columns, u32& row, u32& column) {
    const u32 group = index / (GROUP_M * columns), within = index % (GROUP_M * columns);
    const u32 height = min2(rows - group * GROUP_M, GROUP_M);
    row = (group * GROUP_M + within % height) * TILE_M;
    column = within / height * TILE_N;
}

KERNEL(THREADS, 1)
gemm(const __grid_constant__ TensorMap a, const __grid_constant__ TensorMap b, char* __restrict__ c, u32 m, u32 n, u32 k,
     u32 c_pitch) {
    const u32 tiles = shared_base();
    Ring<STAGES> ring(tiles + STAGES * STAGE_BYTES);
    const u32 rows = (m + TILE_M - 1) / TILE_M, columns = (n + TILE_N - 1) / TILE_N, steps = (k + TILE_K - 1) / TILE_K;
    const u32 group = uniform(threadIdx.x / WARPGROUP);
    if (threadIdx.x == 0) {
        ring.start(CONSUMERS);
        barrier_init_done();
    }
    sync_block();

    if (group == CONSUMERS) {
        give_registers<40>();
        if (threadIdx.x % WARPGROUP != 0) return;
        for (u32 index = blockIdx.x; index < rows * columns; index += gridDim.x) {
            u32 row, column;
            tile_of(index, rows, columns, row, column);
            for (u32 step = 0; step < steps; step++, ring.advance()) {
                const u32 to = tiles + ring.slot * STAGE_BYTES, arrived = ring.claim(STAGE_BYTES);
                tma_load(to, a, step * TILE_K, row, 0, arrived);
                tma_load(to + A_BYTES, b, step * TILE_K, column, 0, arrived);
            }
        }
        return;
    }

    take_registers<232>();
    for (u32 index = blockIdx.x; index < rows * columns; index += gridDim.x) {
        float sums[TILE_N / 8][4] = {};
        u32 before = 0;
        for (u32 step = 0; step < steps; step++, ring.advance()) {
            ring.await();
            const u32 from = tiles + ring.slot * STAGE_BYTES;
            const u64 left = tile_along_k(from + group * 64 * TILE_K * 2), right = tile_along_k(from + A_BYTES);
            wgmma_fence();
#pragma unroll
            for (u32 i = 0; i < TILE_K / 16; i++) wgmma<0>(sums, left + 2 * i, right + 2 * i, true);
            wgmma_commit();
            // One step runs on in the background; the one before it is done with its slot.
            wgmma_wait<1>();
            if (step > 0) ring.release(before);
            before = ring.slot;
        }
        wgmma_wait<0>();
        wgmma_hold(sums);
        ring.release(before);
        u32 row, column;
        tile_of(index, rows, columns, row, column);
        row += group * 64 + threadIdx.x % WARPGROUP / 32 * 16 + threadIdx.x % 32 / 4;
#pragma unroll
        for (u32 half = 0; half < 2; half++, row += 8)
            store_row(c + (u64)row * c_pitch, row < m, sums, half, 1.0f, column / 8, c_pitch / 16);
    }
}
