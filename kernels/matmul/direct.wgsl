// C = A * B^T straight from storage into a register tile; LANES invocations may share a tile by splitting K.
// For one or a few rows of A (decode), and for every shape where loads are dear and caches are not (software).
//
// tunable TILE_M = 4 | software 16 : 1 2 4 8 16 24 32 -- rows of C an invocation accumulates
// tunable TILE_N = 4 | software 32 : 4 8 16 24 32 -- columns of C an invocation accumulates
// tunable LANES = 32 | software 8 : 1 2 4 8 16 32 64 -- invocations that split K between them, word by word
// tunable UNROLL = 1 | software 8 : 1 2 4 8 16 -- words of K a lane takes in one turn of the loop
// tunable TILES = 2 | software 1 : 1 2 4 8 16 32 64 -- tiles in a workgroup

struct Params {
    m: u32,        // rows of A and of C held
    n: u32,        // rows of B held
    words: u32,    // 16-byte words of a row of A and of B; the last is padded with zeros
    tiles_n: u32,  // tiles along N
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
const TILE_QUADS: u32 = TILE_M * TILE_Q;
// Every lane's tile, where there are several.
var<workgroup> partial: array<vec4<Acc>, select(1u, TILES * LANES * TILE_QUADS, LANES > 1u)>;

// Rows and columns past the end are dropped.
fn store(row: u32, col: u32, sums: vec4<Acc>) {
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
        a_at[i] = min(row + i, params.m - 1u) * params.words;
    }
    var b_at: array<vec4<u32>, TILE_Q>;
    for (var j = 0u; j < TILE_Q; j++) {
        b_at[j] = min(vec4(col + 4u * j) + vec4(0u, 1u, 2u, 3u), vec4(params.n - 1u)) * params.words;
    }

    var acc: array<array<vec4<Acc>, TILE_Q>, TILE_M>;
    for (var first = local.x; first < params.words; first += LANES * UNROLL) {
        for (var u = 0u; u < UNROLL; u++) {
            // Words past the end read the last one, and count nothing because A's are zero.
            let k = min(first + u * LANES, params.words - 1u);
            let counts = select(0u, 1u, u == 0u || first + u * LANES < params.words);
            var a_wide: array<Wide, TILE_M>;
            for (var i = 0u; i < TILE_M; i++) {
                a_wide[i] = widen(a[a_at[i] + k] * counts);
            }
            for (var j = 0u; j < TILE_Q; j++) {
                let at = b_at[j] + k;
                let b0 = widen(b[at.x]);
                let b1 = widen(b[at.y]);
                let b2 = widen(b[at.z]);
                let b3 = widen(b[at.w]);
                for (var i = 0u; i < TILE_M; i++) {
                    acc[i][j] = mac4(a_wide[i], b0, b1, b2, b3, acc[i][j]);
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
        for (var s = local.x; s < TILE_QUADS; s += LANES) {
            var sum = partial[local.y * LANES * TILE_QUADS + s];
            for (var lane = 1u; lane < LANES; lane++) {
                sum += partial[(local.y * LANES + lane) * TILE_QUADS + s];
            }
            store(row + s / TILE_Q, col + 4u * (s % TILE_Q), sum);
        }
    }
}
