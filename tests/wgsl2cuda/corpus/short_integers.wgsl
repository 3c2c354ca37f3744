//! about = "16-bit integers wrap, divide, shift and convert"
//! needs = ["int16"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "i32", len = 320, out = true },
//! ]
enable wgpu_int16;

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    // naga's SPIR-V keeps the sign of what has none when u16 becomes i32 at once.
    let x = i16(input[i]);
    let y = i16(input[i] >> 16u);
    let u = u16(input[i]);
    let v = u16(input[63u - i]);
    output[i * 5u] = i32(x + y);
    output[i * 5u + 1u] = i32(x * y) - i32(u32(u * v));
    output[i * 5u + 2u] = i32(u32(u / v)) + i32(u32(u % v));
    output[i * 5u + 3u] = i32(x >> (i % 16u)) + i32(u32(u << (i % 16u)));
    output[i * 5u + 4u] = i32(max(x, y)) + i32(-x) + i32(u < v);
}
