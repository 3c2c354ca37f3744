//! about = "float sums, products, quotients, square roots round once"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 128, fill = "random" },
//!   { at = [0, 2], elem = "f32", len = 1024, out = true },
//! ]
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = a[i];
    let y = b[i];
    let at = i * 8u;
    output[at] = x + y;
    output[at + 1u] = x - y;
    output[at + 2u] = x * y;
    output[at + 3u] = x / y;
    output[at + 4u] = sqrt(abs(x));
    output[at + 5u] = -abs(x);
    let v = vec4(x) * vec4(y, 1.0, 2.0, 3.0) / 3.0;
    output[at + 6u] = v.x;
    output[at + 7u] = v.z - v.w;
}
