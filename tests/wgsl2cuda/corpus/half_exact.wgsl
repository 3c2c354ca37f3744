//! about = "single f16 operations, conversions to and from f32, i32 and u32, bit for bit"
//! needs = ["f16"]
//! buffers = [
//!   { at = [0, 0], elem = "f16", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 320, out = true },
//! ]
enable f16;

@group(0) @binding(0) var<storage, read> input: array<f16>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let y = input[63u - i];
    output[i * 5u] = f32(x + y);
    output[i * 5u + 1u] = f32(x * y);
    output[i * 5u + 2u] = f32(f16(f32(x) * 1.001));
    output[i * 5u + 3u] = f32(i32(x * 100.0h)) + f32(f16(i32(i) - 20));
    output[i * 5u + 4u] = f32(u32(abs(x) * 8.0h)) + f32(f16(x < y)) + f32(floor(x)) + f32(-y);
}
