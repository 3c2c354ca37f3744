//! about = "bindings in several groups with gaps, declared out of order, one of them not used"
//! buffers = [
//!   { at = [2, 5], elem = "u32", len = 32, fill = "random" },
//!   { at = [0, 3], kind = "uniform", elem = "u32", len = 4, data = [3, 5, 7, 11] },
//!   { at = [1, 0], elem = "u32", len = 32, fill = "random" },
//!   { at = [2, 1], elem = "u32", len = 32, out = true },
//!   { at = [1, 2], kind = "uniform", elem = "f32", len = 4, data = [0.5, 0.25, 2.0, 8.0] },
//!   { at = [1, 9], elem = "u32", len = 4, fill = "zero" },
//! ]
@group(2) @binding(5) var<storage, read> a: array<u32>;
@group(0) @binding(3) var<uniform> factors: vec4<u32>;
@group(1) @binding(0) var<storage, read> b: array<u32>;
@group(2) @binding(1) var<storage, read_write> output: array<u32>;
@group(1) @binding(2) var<uniform> scale: array<vec4<f32>, 1>;
@group(1) @binding(9) var<storage, read> unused: array<u32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    output[i] = a[i] * factors[i % 4u] + (b[31u - i] >> u32(scale[0].w));
}
