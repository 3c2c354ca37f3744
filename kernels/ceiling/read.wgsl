// Sums an array: every invocation folds a strided share of it, and the shares are folded again until one is left.
//
// tunable WORDS = 8 | software 8 : 1 2 4 8 16 -- words in flight in an invocation
// tunable THREADS = 256 | software 64 : 32 64 128 256 -- invocations of a workgroup
// tunable GROUPS = 1024 | software 16 : 8 16 32 64 256 512 1024 2048 4096 -- workgroups of the first fold

struct Params {
    words: u32,   // vec4s of the input
    shares: u32,  // invocations
    first: u32,   // where in `out` the shares start
    fold_x: u32,  // workgroups along x
    fold_y: u32,  // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

fn fold(share: u32) -> vec4<f32> {
    var acc: array<vec4<f32>, WORDS>;
    var at = share;
    for (; at + (WORDS - 1u) * params.shares < params.words; at += WORDS * params.shares) {
        for (var i = 0u; i < WORDS; i++) {
            acc[i] += x[at + i * params.shares];
        }
    }
    var sum = vec4(0.0);
    for (; at < params.words; at += params.shares) {
        sum += x[at];
    }
    for (var i = 0u; i < WORDS; i++) {
        sum += acc[i];
    }
    return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let share = (group.x + params.fold_x * (group.y + params.fold_y * group.z)) * THREADS + local.x;
    if share < params.shares {
        out[params.first + share] = fold(share);
    }
}

@compute @workgroup_size(1)
fn finish() {
    let sum = fold(0u);
    out[0] = vec4(sum.x + sum.y + sum.z + sum.w, 0.0, 0.0, 0.0);
}
