// 8-bit dot-product peak: every element adds dot(x, w) over four bytes, `iters` times; x steps alike in all of them.
//
// tunable WORDS = 4 | software 3 : 1 2 3 4 6 8 -- vec4s of sums in an invocation
// tunable UNROLL = 16 | software 8 : 4 8 16 32 -- steps between two tests of the loop
// tunable THREADS = 256 | software 64 : 32 64 128 256 -- invocations of a workgroup

struct Params {
    words: u32,   // vec4s of the array
    iters: u32,   // steps of each sum
    start: u32,   // x at the first step
    stride: u32,  // what is added to x at each
    mask: u32,    // what x keeps of it
    fold_x: u32,  // workgroups along x
    fold_y: u32,  // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<i32>>;

fn dots(x: u32, w: vec4<u32>) -> vec4<i32> {
    return vec4(dot4I8Packed(x, w.x), dot4I8Packed(x, w.y), dot4I8Packed(x, w.z), dot4I8Packed(x, w.w));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let first = (group.x + params.fold_x * (group.y + params.fold_y * group.z)) * THREADS * WORDS + local.x;
    var held: array<vec4<u32>, WORDS>;
    for (var i = 0u; i < WORDS; i++) {
        held[i] = w[min(first + i * THREADS, params.words - 1u)];
    }
    var x = params.start;
    var acc: array<vec4<i32>, WORDS>;
    for (var step = params.iters / UNROLL; step > 0u; step--) {
        for (var u = 0u; u < UNROLL; u++) {
            for (var i = 0u; i < WORDS; i++) {
                acc[i] += dots(x, held[i]);
            }
            x = (x + params.stride) & params.mask;
        }
    }
    for (var step = params.iters % UNROLL; step > 0u; step--) {
        for (var i = 0u; i < WORDS; i++) {
            acc[i] += dots(x, held[i]);
        }
        x = (x + params.stride) & params.mask;
    }
    for (var i = 0u; i < WORDS; i++) {
        if first + i * THREADS < params.words {
            out[first + i * THREADS] = acc[i];
        }
    }
}
