//! about = "exponentials, logarithms, powers and trigonometry"
//! tolerance = { rel = 2e-5, abs = 5e-6 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 768, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let p = abs(x) + 0.01;
    let at = i * 12u;
    output[at] = sin(x);
    output[at + 1u] = cos(x);
    output[at + 2u] = tan(clamp(x, -1.2, 1.2));
    output[at + 3u] = exp(x);
    output[at + 4u] = exp2(x);
    output[at + 5u] = log(p);
    output[at + 6u] = log2(p);
    output[at + 7u] = pow(p, x * 0.5);
    output[at + 8u] = inverseSqrt(p);
    output[at + 9u] = sqrt(p);
    output[at + 10u] = degrees(x);
    output[at + 11u] = radians(x);
}
