//! about = "bitcasts between i32, u32 and f32, scalar and vector, and to oneself"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "edges" },
//!   { at = [0, 1], elem = "u32", len = 256, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let bits = bitcast<u32>(x);
    output[i * 4u] = bits;
    output[i * 4u + 1u] = u32(bitcast<i32>(x) >> 23u);
    let v = bitcast<vec2<f32>>(vec2(bits ^ 0x80000000u, 0x3f800000u + i));
    output[i * 4u + 2u] = bitcast<u32>(v.x) + bitcast<u32>(v.y);
    let w = bitcast<vec3<i32>>(bitcast<vec3<u32>>(vec3(x, v.x, v.y)));
    output[i * 4u + 3u] = bitcast<u32>(w.x ^ w.y ^ w.z) + bitcast<u32>(bitcast<f32>(bits));
}
