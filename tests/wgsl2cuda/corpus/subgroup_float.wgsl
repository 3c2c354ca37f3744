//! about = "subgroup operations on floats and vectors of floats"
//! needs = ["subgroups"]
//! tolerance = { rel = 1e-5, abs = 1e-4 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 256, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let pair = subgroupMax(vec2(x, -x));
    output[i] = vec4(subgroupAdd(x), subgroupMin(x), pair.x + pair.y, subgroupInclusiveAdd(x));
}
