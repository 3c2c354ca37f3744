// Multiply-add peak: every element runs a = a * x + y, `iters` times, with nothing but arithmetic in the loop.
// `Real` is f32, or f16 where the device has it.
//
// tunable WORDS = 4 | software 3 : 1 2 3 4 6 8 -- independent vec4 recurrences of an invocation
// tunable UNROLL = 16 : 4 8 16 32 -- steps between two tests of the loop
// tunable THREADS = 256 | software 64 : 32 64 128 256 -- invocations of a workgroup

struct Params {
    words: u32,   // vec4s of the array
    iters: u32,   // steps of each recurrence
    fold_x: u32,  // workgroups along x
    fold_y: u32,  // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<Real>>;
@group(0) @binding(2) var<storage, read> xy: array<vec4<Real>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<Real>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let first = (group.x + params.fold_x * (group.y + params.fold_y * group.z)) * THREADS * WORDS + local.x;
    let x = vec4(xy[0].x);
    let y = vec4(xy[0].y);
    var held: array<vec4<Real>, WORDS>;
    for (var i = 0u; i < WORDS; i++) {
        held[i] = a[min(first + i * THREADS, params.words - 1u)];
    }
    for (var step = params.iters / UNROLL; step > 0u; step--) {
        for (var u = 0u; u < UNROLL; u++) {
            for (var i = 0u; i < WORDS; i++) {
                held[i] = fma(held[i], x, y);
            }
        }
    }
    for (var step = params.iters % UNROLL; step > 0u; step--) {
        for (var i = 0u; i < WORDS; i++) {
            held[i] = fma(held[i], x, y);
        }
    }
    for (var i = 0u; i < WORDS; i++) {
        if first + i * THREADS < params.words {
            out[first + i * THREADS] = held[i];
        }
    }
}
