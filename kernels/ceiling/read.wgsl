// Sums an array: every workgroup folds a stretch of it to one share an invocation, and the shares are folded again
// until one is left.
//
// tunable WORDS = 8 | software 4 : 1 2 4 8 16 -- words in flight in an invocation
// tunable THREADS = 256 | software 8 : 8 32 64 128 256 -- invocations of a workgroup
// tunable GROUPS = 1024 | software 64 : 8 16 32 64 256 512 1024 2048 4096 -- workgroups of the first fold

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

// Every `step`-th word from `at` up to `end`.
fn fold(first: u32, step: u32, end: u32) -> vec4<f32> {
    var acc: array<vec4<f32>, WORDS>;
    var at = first;
    for (; at + (WORDS - 1u) * step < end; at += WORDS * step) {
        for (var i = 0u; i < WORDS; i++) {
            acc[i] += x[at + i * step];
        }
    }
    var sum = vec4(0.0);
    for (; at < end; at += step) {
        sum += x[at];
    }
    for (var i = 0u; i < WORDS; i++) {
        sum += acc[i];
    }
    return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let number = group.x + params.fold_x * (group.y + params.fold_y * group.z);
    let groups = (params.shares + THREADS - 1u) / THREADS;
    let lanes = min(THREADS, params.shares);
    if number < groups && local.x < lanes {
        let span = (params.words + groups - 1u) / groups;
        let begin = number * span;
        let sum = fold(begin + local.x, lanes, min(begin + span, params.words));
        out[params.first + number * THREADS + local.x] = sum;
    }
}

@compute @workgroup_size(1)
fn finish() {
    let sum = fold(0u, 1u, params.words);
    out[0] = vec4(sum.x + sum.y + sum.z + sum.w, 0.0, 0.0, 0.0);
}
