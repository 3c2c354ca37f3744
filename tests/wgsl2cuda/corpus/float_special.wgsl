//! about = "infinities and NaN as bits: comparisons, and what WGSL still promises of them"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 8, data = [0x7f800000, 0xff800000, 0x7fc00000, 0x00000000, 0x80000000, 0x3f800000, 0x7f7fffff, 0xff7fffff] },
//!   { at = [0, 1], elem = "u32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

// A NaN is told by its bits: a compiler may assume that `x != x` never holds.
fn is_nan(bits: u32) -> bool {
    return (bits & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let a = input[i / 8u];
    let b = input[i % 8u];
    let x = bitcast<f32>(a);
    let y = bitcast<f32>(b);
    var flags = u32(is_nan(a)) | (u32(is_nan(b)) << 1u);
    if !is_nan(a) && !is_nan(b) {
        flags |= (u32(x < y) << 2u) | (u32(x <= y) << 3u) | (u32(x == y) << 4u) | (u32(x != y) << 5u);
        flags |= (u32(x > y) << 6u) | (u32(x >= y) << 7u) | (u32(max(x, y) == x) << 8u) | (u32(min(x, y) == x) << 9u);
    }
    output[i] = flags;
}
