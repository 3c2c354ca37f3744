//! about = "floats out of range clamp when they become integers; fractions are cut off"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "edges" },
//!   { at = [0, 1], elem = "i32", len = 256, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    output[i * 4u] = i32(x);
    output[i * 4u + 1u] = i32(u32(x));
    let v = vec3<i32>(vec3(x, -x, x * 0.25));
    output[i * 4u + 2u] = v.x ^ v.y ^ v.z;
    let w = vec2<u32>(vec2(x, -x));
    output[i * 4u + 3u] = i32(w.x) - i32(w.y);
}
