//! about = "a tree reduction in workgroup memory, barriers in a uniform loop"
//! grid = [4, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 512, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 8, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<vec2<f32>>;

var<workgroup> sums: array<f32, 128>;
var<workgroup> tops: array<f32, 128>;

@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {
    sums[i] = input[id.x];
    tops[i] = input[id.x];
    workgroupBarrier();
    for (var half = 64u; half > 0u; half >>= 1u) {
        if i < half {
            sums[i] += sums[i + half];
            tops[i] = max(tops[i], tops[i + half]);
        }
        workgroupBarrier();
    }
    if i == 0u {
        output[group.x] = vec2(sums[0], tops[0]);
    }
}
