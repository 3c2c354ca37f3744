// C = A * B^T with 4-bit weights, straight from storage into a register tile; LANES invocations may share a tile by
// splitting K. A block of 32 weights is one 16-byte word, widened in registers, once for all rows of the tile.
//
// tunable TILE_M = 4 | software 8 : 1 2 4 8 16 -- rows of C an invocation accumulates
// tunable TILE_N = 4 | software 16 : 4 8 16 32 -- columns of C an invocation accumulates
// tunable LANES = 32 | software 8 : 1 2 4 8 16 32 64 -- invocations that split K between them, block by block
// tunable TILES = 2 | software 1 : 1 2 4 8 16 32 64 -- tiles in a workgroup

struct Params {
    m: u32,        // rows of A and of C held
    n: u32,        // rows of B held
    blocks: u32,   // blocks of a row of A and of B
    s_pitch: u32,  // pairs of scales from one row of B's to the next
    tiles_n: u32,  // tiles along N
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
const TILE_QUADS: u32 = TILE_M * TILE_Q;
// Every lane's tile, where there are several.
var<workgroup> partial: array<vec4<f32>, select(1u, TILES * LANES * TILE_QUADS, LANES > 1u)>;

// Word `i` of the part of A at `at`.
fn a_word(at: u32, i: u32) -> vec4<u32> {
    return a[at + i];
}

fn scale_of(row: u32, group: u32) -> f32 {
    let pair = unpack2x16float(s[row * params.s_pitch + group / 2u]);
    return select(pair.x, pair.y, (group & 1u) == 1u);
}

// Rows and columns past the end are dropped.
fn store(row: u32, col: u32, sums: vec4<f32>) {
    if row < params.m && col < params.n {
        c[row * params.c_pitch + params.c_first + col / 4u] = narrow(sums);
    }
}

@compute @workgroup_size(LANES, TILES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let tile = (group.x + params.fold_x * (group.y + params.fold_y * group.z)) * TILES + local.y;
    let row = tile / params.tiles_n * TILE_M;
    let col = tile % params.tiles_n * TILE_N;

    // Rows past the end read the last one and are not stored, so no load needs a check.
    var a_at: array<u32, TILE_M>;
    for (var i = 0u; i < TILE_M; i++) {
        a_at[i] = min(row + i, params.m - 1u) * params.blocks * PARTS * PART_WORDS;
    }

    var acc: array<array<vec4<f32>, TILE_Q>, TILE_M>;
    for (var k = local.x; k < params.blocks; k += LANES) {
        var words: array<array<vec4<u32>, 4>, TILE_Q>;
        var scales: array<vec4<f32>, TILE_Q>;
        for (var j = 0u; j < TILE_Q; j++) {
            let rows = min(vec4(col + 4u * j) + vec4(0u, 1u, 2u, 3u), vec4(params.n - 1u));
            words[j][0] = b[rows.x * params.blocks + k];
            words[j][1] = b[rows.y * params.blocks + k];
            words[j][2] = b[rows.z * params.blocks + k];
            words[j][3] = b[rows.w * params.blocks + k];
            let g = k / GROUP_BLOCKS;
            scales[j] = vec4(scale_of(rows.x, g), scale_of(rows.y, g), scale_of(rows.z, g), scale_of(rows.w, g));
        }
        for (var part = 0u; part < PARTS; part++) {
            var a_part: array<Part, TILE_M>;
            for (var i = 0u; i < TILE_M; i++) {
                a_part[i] = activations(a_at[i] + (k * PARTS + part) * PART_WORDS);
            }
            for (var j = 0u; j < TILE_Q; j++) {
                let b0 = weights(words[j][0], part, scales[j].x);
                let b1 = weights(words[j][1], part, scales[j].y);
                let b2 = weights(words[j][2], part, scales[j].z);
                let b3 = weights(words[j][3], part, scales[j].w);
                for (var i = 0u; i < TILE_M; i++) {
                    acc[i][j] = accumulate(a_part[i], b0, b1, b2, b3, acc[i][j]);
                }
            }
        }
    }

    if LANES == 1u {
        for (var i = 0u; i < TILE_M; i++) {
            for (var j = 0u; j < TILE_Q; j++) {
                store(row + i, col + 4u * j, acc[i][j]);
            }
        }
    } else {
        // The lanes show their sums and share out the adding up.
        let slot = (local.y * LANES + local.x) * TILE_QUADS;
        for (var i = 0u; i < TILE_M; i++) {
            for (var j = 0u; j < TILE_Q; j++) {
                partial[slot + i * TILE_Q + j] = acc[i][j];
            }
        }
        workgroupBarrier();
        for (var q = local.x; q < TILE_QUADS; q += LANES) {
            var sum = partial[local.y * LANES * TILE_QUADS + q];
            for (var lane = 1u; lane < LANES; lane++) {
                sum += partial[(local.y * LANES + lane) * TILE_QUADS + q];
            }
            store(row + q / TILE_Q, col + 4u * (q % TILE_Q), sum);
        }
    }
}
