//! about = "counts of ones, leading and trailing zeros; first leading and trailing bits; reversed bits"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "edges" },
//!   { at = [0, 1], elem = "u32", len = 576, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i] >> (i % 3u);
    let at = i * 9u;
    output[at] = countOneBits(x);
    output[at + 1u] = countLeadingZeros(x);
    output[at + 2u] = countTrailingZeros(x);
    output[at + 3u] = firstLeadingBit(x);
    output[at + 4u] = firstTrailingBit(x);
    output[at + 5u] = reverseBits(x);
    output[at + 6u] = u32(firstLeadingBit(i32(x)));
    output[at + 7u] = u32(firstTrailingBit(i32(x)) + countLeadingZeros(i32(x)) + countOneBits(-i32(x)));
    let v = firstLeadingBit(vec3(x, ~x, 0u)) + countOneBits(vec3(x)) + countTrailingZeros(vec3(0u, x, 8u));
    output[at + 8u] = v.x ^ (v.y << 8u) ^ (v.z << 16u);
}
