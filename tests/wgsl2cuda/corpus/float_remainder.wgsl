//! about = "the float remainder takes the sign of its left operand"
//! tolerance = { rel = 4e-7, abs = 1e-6 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 2], elem = "f32", len = 192, out = true },
//! ]
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    output[i * 3u] = a[i] % b[i];
    let v = vec2(a[i], b[i]) % vec2(1.5, -0.75);
    output[i * 3u + 1u] = v.x;
    output[i * 3u + 2u] = v.y;
}
