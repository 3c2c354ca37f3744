//! about = "extractBits and insertBits, signed and unsigned; offsets and counts past the word's end"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 64, fill = "ramp" },
//!   { at = [0, 2], elem = "u32", len = 320, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read> amount: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let offset = amount[i] % 40u;
    let count = amount[i] * 7u % 37u;
    let at = i * 5u;
    output[at] = extractBits(x, offset, count);
    output[at + 1u] = u32(extractBits(i32(x), offset, count));
    output[at + 2u] = insertBits(x, 0xdeadbeefu, offset, count);
    output[at + 3u] = u32(insertBits(i32(x), -2, offset, count));
    let v = extractBits(vec2(x, ~x), 4u, 9u) + insertBits(vec2(x), vec2(21u, 7u), 30u, 1u);
    output[at + 4u] = v.x ^ v.y;
}
