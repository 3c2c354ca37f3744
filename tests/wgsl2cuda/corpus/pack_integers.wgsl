//! about = "pack and unpack 4xI8 and 4xU8, clamped and not"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 256, fill = "small" },
//!   { at = [0, 1], elem = "u32", len = 384, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let v = input[i] * 3;
    let at = i * 6u;
    output[at] = pack4xI8(v);
    output[at + 1u] = pack4xU8(bitcast<vec4<u32>>(v));
    output[at + 2u] = pack4xI8Clamp(v);
    output[at + 3u] = pack4xU8Clamp(bitcast<vec4<u32>>(v));
    let s = unpack4xI8(output[at]);
    let u = unpack4xU8(output[at]);
    output[at + 4u] = u32(s.x + s.y * 3 - s.z * 5 + s.w * 7);
    output[at + 5u] = u.x + u.y * 3u + u.z * 5u + u.w * 7u;
}
