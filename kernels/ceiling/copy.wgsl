// Copies an array, a few words an invocation, neighbours next to each other.
//
// tunable WORDS = 4 | software 8 : 1 2 4 8 16 -- words in flight in an invocation
// tunable THREADS = 256 | software 64 : 32 64 128 256 -- invocations of a workgroup

struct Params {
    words: u32,   // vec4s of the array
    fold_x: u32,  // workgroups along x
    fold_y: u32,  // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<u32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let first = (group.x + params.fold_x * (group.y + params.fold_y * group.z)) * THREADS * WORDS + local.x;
    if first + (WORDS - 1u) * THREADS < params.words {
        var held: array<vec4<u32>, WORDS>;
        for (var i = 0u; i < WORDS; i++) {
            held[i] = x[first + i * THREADS];
        }
        for (var i = 0u; i < WORDS; i++) {
            out[first + i * THREADS] = held[i];
        }
    } else {
        for (var at = first; at < params.words; at += THREADS) {
            out[at] = x[at];
        }
    }
}
