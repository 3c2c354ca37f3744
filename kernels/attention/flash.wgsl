// Attention with online softmax: a workgroup takes ROWS * TILE_Q query rows that share one KV head through blocks of
// COLS * TILE_K keys. Prefill is one unit per head with a causal mask; decode is one unit per KV head, whose query
// heads are the rows, and writes unnormalised parts of a split of the keys for `combine`.
//
// tunable TILE_Q = 4 | software 16 : 1 2 4 8 16 32 -- query rows an invocation works on
// tunable TILE_K = 4 | software 16 : 4 8 16 32 -- keys of a block whose scores an invocation makes
// tunable ROWS = 8 | software 1 : 1 2 4 8 16 -- invocations of a workgroup along the query rows
// tunable COLS = 16 | software 8 : 4 8 16 32 64 128 -- invocations that share a row: along keys, then along the width
// tunable UNROLL = 1 | software 8 : 1 2 4 8 16 -- words of the width, and quads of keys, taken in one turn of a loop
// tunable SPLIT_KEYS = 256 | software 1024 : 64 128 256 512 1024 2048 4096 -- decode: keys of a split

struct Params {
    q_rows: u32,       // query rows of a unit
    kv: u32,           // keys of a KV head
    units_per_kv: u32, // units that share a KV head
    q_blocks: u32,     // workgroups along a unit's rows
    splits: u32,       // parts of the keys
    split_keys: u32,   // keys of a part; the last may have fewer
    units: u32,        // units in these buffers
    scale: f32,        // log2(e) / sqrt(d)
    fold_x: u32,       // workgroups along x
    fold_y: u32,       // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<u32>>;
// 2 and 3 are the cache, as its prelude says.
@group(0) @binding(4) var<storage, read_write> out: array<OutQuad>;

const BLOCK_Q: u32 = ROWS * TILE_Q;
const BLOCK_K: u32 = COLS * TILE_K;
const TILE_KQ: u32 = TILE_K / 4u;
const BLOCK_KQ: u32 = BLOCK_K / 4u;
// Words of the head's width that an invocation sums.
const TILE_D: u32 = (WORDS + COLS - 1u) / COLS;
// Quads of a row of the output; a split's row has one more, with its maximum and sum.
const OUT_QUADS: u32 = WORDS * QUADS + SPLIT;
const MASKED: f32 = -1e30;
var<workgroup> weights: array<vec4<f32>, BLOCK_Q * BLOCK_KQ>;
var<workgroup> shared_row: array<f32, BLOCK_Q * COLS>;

@compute @workgroup_size(COLS, ROWS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let id = group.x + params.fold_x * (group.y + params.fold_y * group.z);
    // Folding may leave groups over; they repeat the last unit and store nothing.
    let wanted = id / (params.q_blocks * params.splits);
    let unit = min(wanted, params.units - 1u);
    let first_row = id / params.splits % params.q_blocks * BLOCK_Q;
    let split = id % params.splits;
    let row = first_row + local.y * TILE_Q;
    let head = unit / params.units_per_kv;
    let first_of = first_rows(head * params.kv);

    let first_key = split * params.split_keys;
    var end_key = min(first_key + params.split_keys, params.kv);
    if CAUSAL == 1u {
        end_key = min(end_key, first_row + BLOCK_Q);
    }

    var q_at: array<u32, TILE_Q>;
    for (var i = 0u; i < TILE_Q; i++) {
        q_at[i] = (unit * params.q_rows + min(row + i, params.q_rows - 1u)) * WORDS;
    }
    var acc: array<array<Wide, TILE_D>, TILE_Q>;
    var top: array<f32, TILE_Q>;
    var sum: array<f32, TILE_Q>;
    for (var i = 0u; i < TILE_Q; i++) {
        top[i] = MASKED;
    }

    for (var block = first_key; block < end_key; block += BLOCK_K) {
        // Scores of this invocation's keys, in units of log2.
        let key = block + local.x * TILE_K;
        var k_at: array<vec4<u32>, TILE_KQ>;
        for (var j = 0u; j < TILE_KQ; j++) {
            k_at[j] = (vec4(first_of.x) + min(vec4(key + 4u * j) + vec4(0u, 1u, 2u, 3u), vec4(params.kv - 1u))) * WORDS;
        }
        var score: array<array<vec4<f32>, TILE_KQ>, TILE_Q>;
        for (var first = 0u; first < WORDS; first += UNROLL) {
            for (var u = 0u; u < UNROLL; u++) {
                // Words past the end read the last one, and count nothing because Q's are zero.
                let w = min(first + u, WORDS - 1u);
                let counts = select(0u, 1u, u == 0u || first + u < WORDS);
                var q_wide: array<Wide, TILE_Q>;
                for (var i = 0u; i < TILE_Q; i++) {
                    q_wide[i] = query(q_at[i] + w, counts);
                }
                for (var j = 0u; j < TILE_KQ; j++) {
                    let at = k_at[j] + w;
                    let k0 = key_word(at.x);
                    let k1 = key_word(at.y);
                    let k2 = key_word(at.z);
                    let k3 = key_word(at.w);
                    for (var i = 0u; i < TILE_Q; i++) {
                        score[i][j] = mac4(q_wide[i], k0, k1, k2, k3, score[i][j]);
                    }
                }
            }
        }
        var k_scales: array<vec4<f32>, TILE_KQ>;
        var v_scales: array<vec4<f32>, TILE_KQ>;
        for (var j = 0u; j < TILE_KQ; j++) {
            let positions = min(vec4(key + 4u * j) + vec4(0u, 1u, 2u, 3u), vec4(params.kv - 1u));
            k_scales[j] = params.scale * key_scales(head, positions);
            v_scales[j] = value_scales(head, positions);
        }
        for (var i = 0u; i < TILE_Q; i++) {
            var last = end_key;
            if CAUSAL == 1u {
                last = min(last, row + i + 1u);
            }
            var highest = MASKED;
            for (var j = 0u; j < TILE_KQ; j++) {
                let seen = vec4(key + 4u * j) + vec4(0u, 1u, 2u, 3u) < vec4(last);
                let s = select(vec4<f32>(MASKED), score[i][j] * k_scales[j], seen);
                score[i][j] = s;
                highest = max(highest, max(max(s.x, s.y), max(s.z, s.w)));
            }
            shared_row[(local.y * TILE_Q + i) * COLS + local.x] = highest;
        }
        workgroupBarrier();

        // The rows' new maxima rescale what was summed under the old ones.
        for (var i = 0u; i < TILE_Q; i++) {
            let slot = local.y * TILE_Q + i;
            var highest = top[i];
            for (var c = 0u; c < COLS; c++) {
                highest = max(highest, shared_row[slot * COLS + c]);
            }
            let rescale = exp2(top[i] - highest);
            top[i] = highest;
            sum[i] *= rescale;
            for (var t = 0u; t < TILE_D; t++) {
                acc[i][t] = scaled(acc[i][t], rescale);
            }
            for (var j = 0u; j < TILE_KQ; j++) {
                let p = exp2(score[i][j] - vec4(highest));
                sum[i] += p.x + p.y + p.z + p.w;
                weights[slot * BLOCK_KQ + local.x * TILE_KQ + j] = p * v_scales[j];
            }
        }
        workgroupBarrier();

        // Weighted sum of V: all keys of the block, this invocation's words. Keys past the end weigh nothing.
        for (var first = block; first < min(end_key, block + BLOCK_K); first += 4u * UNROLL) {
            for (var u = 0u; u < UNROLL; u++) {
                let key = first + 4u * u;
                var p: array<vec4<f32>, TILE_Q>;
                for (var i = 0u; i < TILE_Q; i++) {
                    p[i] = weights[(local.y * TILE_Q + i) * BLOCK_KQ + (key - block) / 4u];
                }
                let at = (vec4(first_of.y) + min(vec4(key) + vec4(0u, 1u, 2u, 3u), vec4(params.kv - 1u))) * WORDS;
                for (var t = 0u; t < TILE_D; t++) {
                    let w = min(t * COLS + local.x, WORDS - 1u);
                    let v0 = value_word(at.x + w);
                    let v1 = value_word(at.y + w);
                    let v2 = value_word(at.z + w);
                    let v3 = value_word(at.w + w);
                    for (var i = 0u; i < TILE_Q; i++) {
                        acc[i][t] = axpy(p[i].w, v3, axpy(p[i].z, v2, axpy(p[i].y, v1, axpy(p[i].x, v0, acc[i][t]))));
                    }
                }
            }
        }
    }

    // Each invocation summed the weights of its own keys; put them together.
    for (var i = 0u; i < TILE_Q; i++) {
        shared_row[(local.y * TILE_Q + i) * COLS + local.x] = sum[i];
    }
    workgroupBarrier();
    for (var i = 0u; i < TILE_Q; i++) {
        var total = 0.0;
        for (var c = 0u; c < COLS; c++) {
            total += shared_row[(local.y * TILE_Q + i) * COLS + c];
        }
        if row + i < params.q_rows && wanted < params.units {
            let line = ((unit * params.q_rows + row + i) * params.splits + split) * OUT_QUADS;
            for (var t = 0u; t < TILE_D; t++) {
                let w = t * COLS + local.x;
                if w < WORDS {
                    let done = scaled(acc[i][t], select(1.0 / total, 1.0, SPLIT == 1u));
                    for (var h = 0u; h < QUADS; h++) {
                        out[line + w * QUADS + h] = narrow(quad(done, h));
                    }
                }
            }
            if SPLIT == 1u && local.x == 0u {
                out[line + WORDS * QUADS] = narrow(vec4(top[i], total, 0.0, 0.0));
            }
        }
    }
}
