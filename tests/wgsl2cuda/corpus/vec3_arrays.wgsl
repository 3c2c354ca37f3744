//! about = "arrays of vec3 have a stride of sixteen bytes, whose last four are never written"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 128, fill = "random", out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec3<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec3<f32>>;

var<workgroup> staged: array<vec3<f32>, 32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    staged[i] = input[31u - i];
    workgroupBarrier();
    output[i] = staged[31u - i].zyx + staged[i];
    output[i].y = 1.5;
}
