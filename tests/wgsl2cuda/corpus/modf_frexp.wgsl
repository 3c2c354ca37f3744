//! about = "modf, frexp and ldexp, scalar and vector, and their result structs"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 32, data = [0.0, 1.0, -1.0, 0.75, -0.75, 1.5, 2.5, -2.5, 100.125, -1234.5, 3e20, -3e20, 1e-20, 6.25e-2, 0.1, 16777217.0, 4096.5, -0.001, 8.0, 7.999999, 1e10, 3.1415927, -2.7182817, 5e-5, 123456.78, -99.99, 0.5, -0.5, 65504.0, 1e30, 2e-30, 33.0] },
//!   { at = [0, 1], elem = "f32", len = 192, out = true },
//!   { at = [0, 2], elem = "i32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> floats: array<f32>;
@group(0) @binding(2) var<storage, read_write> ints: array<i32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let parts = modf(x);
    floats[i * 6u] = parts.fract;
    floats[i * 6u + 1u] = parts.whole;
    let split = frexp(x);
    floats[i * 6u + 2u] = split.fract;
    ints[i * 2u] = split.exp;
    floats[i * 6u + 3u] = ldexp(split.fract, split.exp);
    let pair = modf(vec2(x, 2.75));
    floats[i * 6u + 4u] = pair.fract.y + pair.whole.x;
    let both = frexp(vec2(x, -6.0));
    ints[i * 2u + 1u] = both.exp.x * 100 + both.exp.y;
    let scaled = ldexp(vec2(1.5, both.fract.y), vec2(i32(i) - 10, 3));
    floats[i * 6u + 5u] = scaled.x + scaled.y;
}
