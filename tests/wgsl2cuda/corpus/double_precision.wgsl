//! about = "f64 arithmetic and conversions"
//! needs = ["f64"]
//! tolerance = { rel = 1e-15 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f64", len = 192, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = f64(input[i]);
    let y = f64(input[63u - i]);
    output[i * 3u] = x / y + 1.0e-9lf;
    output[i * 3u + 1u] = sqrt(abs(x * y)) - f64(i);
    let v = vec2<f64>(x, y) * 3.0lf;
    output[i * 3u + 2u] = max(v.x, v.y) + floor(v.x);
}
