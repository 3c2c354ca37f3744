//! about = "conversions among i32, u32, f32 and bool, scalar and vector; integers beyond 2^24 round"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 64, fill = "edges" },
//!   { at = [0, 1], elem = "f32", len = 256, out = true },
//!   { at = [0, 2], elem = "u32", len = 128, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> floats: array<f32>;
@group(0) @binding(2) var<storage, read_write> words: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    floats[i * 4u] = f32(x);
    floats[i * 4u + 1u] = f32(u32(x));
    floats[i * 4u + 2u] = f32(bool(x)) + f32(x > 0);
    let v = vec2<f32>(vec2(x, 3));
    floats[i * 4u + 3u] = v.x / v.y;
    words[i * 2u] = u32(bool(x)) + u32(i32(!bool(x)) * 2);
    let b = vec3<bool>(vec3(x, x - 1, 0));
    let c = vec3<u32>(b);
    words[i * 2u + 1u] = c.x + 2u * c.y + 4u * c.z + u32(i32(true));
}
