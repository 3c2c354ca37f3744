//! about = "atomic sums of floats, of whole numbers so that their order does not show"
//! needs = ["float-atomics"]
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 64, fill = "small" },
//!   { at = [0, 1], elem = "f32", len = 2, fill = "zero", out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> sums: array<atomic<f32>, 2>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    atomicAdd(&sums[0], f32(input[id.x]));
    atomicAdd(&sums[1], f32(input[id.x]) * 0.25);
}
