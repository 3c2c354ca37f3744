//! about = "64-bit integers: wrap, division, shifts, conversions"
//! needs = ["int64"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 768, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u64>;
@group(0) @binding(1) var<storage, read_write> output: array<u64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let y = input[63u - i] >> 20u;
    let at = i * 6u;
    output[at] = x * y + 12345678901234lu;
    output[at + 1u] = x / y;
    output[at + 2u] = u64(i64(x) % i64(y)) ^ (x % y);
    output[at + 3u] = u64(i64(x) >> (i % 64u)) - u64(i64(x) < i64(y));
    output[at + 4u] = (x << (i % 64u)) | u64(u32(x)) | u64(i64(i32(x)));
    output[at + 5u] = min(x, y) ^ max(x, y) ^ u64(abs(i64(x)));
}
