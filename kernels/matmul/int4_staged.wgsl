// C = A * B^T with 4-bit weights through workgroup memory: a workgroup stages a block of A, of B as it lies and of its
// scales, then each invocation works on a register tile. For many rows of A, on hardware.
//
// tunable TILE_M = 8 | software 8 : 2 4 8 16 -- rows of C an invocation accumulates
// tunable TILE_N = 8 | software 8 : 4 8 16 -- columns of C an invocation accumulates
// tunable THREADS_M = 16 | software 8 : 4 8 16 32 -- invocations of a workgroup along M
// tunable THREADS_N = 16 | software 8 : 4 8 16 32 -- invocations of a workgroup along N
// tunable STEP = 1 | software 2 : 1 2 4 -- blocks of 32 along K staged at a time

struct Params {
    m: u32,        // rows of A and of C held
    n: u32,        // rows of B held
    blocks: u32,   // blocks of a row of A and of B
    s_pitch: u32,  // pairs of scales from one row of B's to the next
    tiles_n: u32,  // workgroups along N
    c_pitch: u32,  // quads from one row of C to the next
    c_first: u32,  // first quad of C that these rows of B make
    fold_x: u32,   // workgroups along x
    fold_y: u32,   // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> s: array<u32>;
@group(0) @binding(4) var<storage, read_write> c: array<OutQuad>;

const TILE_Q: u32 = TILE_N / 4u;
const BLOCK_M: u32 = THREADS_M * TILE_M;
const BLOCK_N: u32 = THREADS_N * TILE_N;
const THREADS: u32 = THREADS_M * THREADS_N;
// Words of A in a block along K, and in what is staged at a time.
const A_WORDS: u32 = PARTS * PART_WORDS;
const A_STEP: u32 = STEP * A_WORDS;
// One word more than the block: neighbouring words of a row go to different banks.
const A_PITCH: u32 = BLOCK_M + 1u;
const B_PITCH: u32 = BLOCK_N + 1u;
var<workgroup> a_tile: array<vec4<u32>, A_STEP * A_PITCH>;
var<workgroup> b_tile: array<vec4<u32>, STEP * B_PITCH>;
var<workgroup> s_tile: array<f32, STEP * B_PITCH>;

// Word `i` of the part of A at `at`.
fn a_word(at: u32, i: u32) -> vec4<u32> {
    return a_tile[at + i * A_PITCH];
}

fn scale_of(row: u32, group: u32) -> f32 {
    let pair = unpack2x16float(s[row * params.s_pitch + group / 2u]);
    return select(pair.x, pair.y, (group & 1u) == 1u);
}

@compute @workgroup_size(THREADS_N, THREADS_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let block = group.x + params.fold_x * (group.y + params.fold_y * group.z);
    let first_row = block / params.tiles_n * BLOCK_M;
    let first_col = block % params.tiles_n * BLOCK_N;
    let thread = local.y * THREADS_N + local.x;
    let a_words = params.blocks * A_WORDS;

    var acc: array<array<vec4<f32>, TILE_Q>, TILE_M>;
    for (var k = 0u; k < params.blocks; k += STEP) {
        // Row i of invocation t's tile sits at i * THREADS + t, so that neighbours read neighbouring words. What lies past
        // the end is the last block again, and counts nothing because its scales are zero.
        for (var i = thread; i < A_STEP * BLOCK_M; i += THREADS) {
            let word = i % A_STEP;
            let r = i / A_STEP;
            let at = min(first_row + r, params.m - 1u) * a_words + min(k * A_WORDS + word, a_words - 1u);
            a_tile[word * A_PITCH + r % TILE_M * THREADS_M + r / TILE_M] = a[at];
        }
        for (var i = thread; i < STEP * BLOCK_N; i += THREADS) {
            let step = i % STEP;
            let r = i / STEP;
            let row = min(first_col + r, params.n - 1u);
            let at = min(k + step, params.blocks - 1u);
            let slot = step * B_PITCH + r % TILE_N * THREADS_N + r / TILE_N;
            b_tile[slot] = b[row * params.blocks + at];
            s_tile[slot] = select(0.0, scale_of(row, at / GROUP_BLOCKS), k + step < params.blocks);
        }
        workgroupBarrier();
        for (var step = 0u; step < STEP; step++) {
            for (var part = 0u; part < PARTS; part++) {
                var a_part: array<Part, TILE_M>;
                for (var i = 0u; i < TILE_M; i++) {
                    a_part[i] = activations((step * A_WORDS + part * PART_WORDS) * A_PITCH + i * THREADS_M + local.y);
                }
                for (var j = 0u; j < TILE_Q; j++) {
                    let at = step * B_PITCH + 4u * j * THREADS_N + local.x;
                    let b0 = weights(b_tile[at], part, s_tile[at]);
                    let b1 = weights(b_tile[at + THREADS_N], part, s_tile[at + THREADS_N]);
                    let b2 = weights(b_tile[at + 2u * THREADS_N], part, s_tile[at + 2u * THREADS_N]);
                    let b3 = weights(b_tile[at + 3u * THREADS_N], part, s_tile[at + 3u * THREADS_N]);
                    for (var i = 0u; i < TILE_M; i++) {
                        acc[i][j] = accumulate(a_part[i], b0, b1, b2, b3, acc[i][j]);
                    }
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
