// C = A * B^T through workgroup memory: a workgroup stages a block of A and of B, then each invocation works on a
// register tile. For hardware, where workgroup memory is fast and storage is far.
//
// tunable TILE_M = 8 | software 8 : 2 4 8 16 -- rows of C an invocation accumulates
// tunable TILE_N = 8 | software 8 : 4 8 16 -- columns of C an invocation accumulates
// tunable THREADS_M = 16 | software 8 : 4 8 16 32 -- invocations of a workgroup along M
// tunable THREADS_N = 16 | software 8 : 4 8 16 32 -- invocations of a workgroup along N
// tunable STEP = 2 | software 4 : 1 2 4 8 -- 16-byte words along K staged at a time

struct Params {
    m: u32,        // rows of A and of C held
    n: u32,        // rows of B held
    words: u32,    // 16-byte words of a row of A and of B; the last is padded with zeros
    tiles_n: u32,  // blocks along N
    c_pitch: u32,  // quads from one row of C to the next
    c_first: u32,  // first quad of C that these rows of B make
    fold_x: u32,   // workgroups along x
    fold_y: u32,   // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> c: array<OutQuad>;

const TILE_Q: u32 = TILE_N / 4u;
const BLOCK_M: u32 = THREADS_M * TILE_M;
const BLOCK_N: u32 = THREADS_N * TILE_N;
const THREADS: u32 = THREADS_M * THREADS_N;
// One word more than the block: neighbouring words of a row go to different banks.
const A_PITCH: u32 = BLOCK_M + 1u;
const B_PITCH: u32 = BLOCK_N + 1u;
var<workgroup> a_tile: array<vec4<u32>, STEP * A_PITCH>;
var<workgroup> b_tile: array<vec4<u32>, STEP * B_PITCH>;

@compute @workgroup_size(THREADS_N, THREADS_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let block = group.x + params.fold_x * (group.y + params.fold_y * group.z);
    let first_row = block / params.tiles_n * BLOCK_M;
    let first_col = block % params.tiles_n * BLOCK_N;
    let thread = local.y * THREADS_N + local.x;

    var acc: array<array<vec4<Acc>, TILE_Q>, TILE_M>;
    for (var k = 0u; k < params.words; k += STEP) {
        // Row i of invocation t's tile sits at i * THREADS + t, so that neighbours read neighbouring words.
        for (var s = thread; s < STEP * BLOCK_M; s += THREADS) {
            let word = k + s % STEP;
            let r = s / STEP;
            let at = min(first_row + r, params.m - 1u) * params.words + min(word, params.words - 1u);
            a_tile[s % STEP * A_PITCH + r % TILE_M * THREADS_M + r / TILE_M] = a[at] * u32(word < params.words);
        }
        for (var s = thread; s < STEP * BLOCK_N; s += THREADS) {
            let word = k + s % STEP;
            let r = s / STEP;
            let at = min(first_col + r, params.n - 1u) * params.words + min(word, params.words - 1u);
            b_tile[s % STEP * B_PITCH + r % TILE_N * THREADS_N + r / TILE_N] = b[at] * u32(word < params.words);
        }
        workgroupBarrier();
        for (var step = 0u; step < STEP; step++) {
            var a_wide: array<Wide, TILE_M>;
            for (var i = 0u; i < TILE_M; i++) {
                a_wide[i] = widen(a_tile[step * A_PITCH + i * THREADS_M + local.y]);
            }
            for (var j = 0u; j < TILE_Q; j++) {
                let at = step * B_PITCH + 4u * j * THREADS_N + local.x;
                let b0 = widen(b_tile[at]);
                let b1 = widen(b_tile[at + THREADS_N]);
                let b2 = widen(b_tile[at + 2u * THREADS_N]);
                let b3 = widen(b_tile[at + 3u * THREADS_N]);
                for (var i = 0u; i < TILE_M; i++) {
                    acc[i][j] = mac4(a_wide[i], b0, b1, b2, b3, acc[i][j]);
                }
            }
        }
        workgroupBarrier();
    }

    let row = first_row + local.y * TILE_M;
    let col = first_col + local.x * TILE_N;
    for (var i = 0u; i < TILE_M; i++) {
        for (var j = 0u; j < TILE_Q; j++) {
            if row + i < params.m && col + 4u * j < params.n {
                c[(row + i) * params.c_pitch + params.c_first + col / 4u + j] = narrow(acc[i][j]);
            }
        }
    }
}
