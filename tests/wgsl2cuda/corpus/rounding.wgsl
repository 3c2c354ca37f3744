//! about = "round to even, floor, ceil, trunc, fract, sign"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 32, data = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, -0.49999997, 8388607.5, -8388607.5, 4194303.5, 16777216.0, 0.0, 3.7, -3.7, 1e20, 2.0, -2.0, 0.1, -0.1, 7.5, 6.5, -6.5, 100.25, 100.75, -100.25, -100.75, 0.99999994, -0.99999994, 1.0000001, 33.3, -33.3] },
//!   { at = [0, 1], elem = "f32", len = 192, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    output[i * 6u] = round(x);
    output[i * 6u + 1u] = floor(x);
    output[i * 6u + 2u] = ceil(x);
    output[i * 6u + 3u] = trunc(x);
    output[i * 6u + 4u] = fract(x);
    let v = sign(vec2(x, -x)) + round(vec2(x, 2.5)) - floor(vec2(x, -x));
    output[i * 6u + 5u] = select(v.x * 2.0 + v.y, 0.0, abs(x) > 1e6);
}
