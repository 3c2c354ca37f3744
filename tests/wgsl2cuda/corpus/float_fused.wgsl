//! about = "fma rounds once, scalar and vector"
//! lavapipe = "its fma rounds twice, as WGSL allows"
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
    let x = a[i];
    let y = b[i];
    output[i * 3u] = fma(x, y, 1.0);
    let v = fma(vec3(x), vec3(y, 0.1, 0.3), vec3(-x * y, y, x));
    output[i * 3u + 1u] = v.x;
    output[i * 3u + 2u] = select(v.z, v.y, v.y > v.z);
}
