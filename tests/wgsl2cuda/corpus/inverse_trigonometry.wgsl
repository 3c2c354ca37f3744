//! about = "inverse and hyperbolic functions"
//! tolerance = { rel = 3e-4, abs = 3e-4 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 640, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let unit = clamp(x * 0.25, -0.98, 0.98);
    let at = i * 10u;
    output[at] = asin(unit);
    output[at + 1u] = acos(unit);
    output[at + 2u] = atan(x);
    output[at + 3u] = atan2(x, input[63u - i]);
    output[at + 4u] = sinh(x);
    output[at + 5u] = cosh(x);
    output[at + 6u] = tanh(x);
    output[at + 7u] = asinh(x);
    output[at + 8u] = acosh(1.1 + abs(x));
    output[at + 9u] = atanh(unit);
}
