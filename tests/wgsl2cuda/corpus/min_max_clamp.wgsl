//! about = "min, max, clamp, saturate and step of integers and floats, scalar and vector"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 64, fill = "edges" },
//!   { at = [0, 1], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 2], elem = "i32", len = 256, out = true },
//!   { at = [0, 3], elem = "f32", len = 256, out = true },
//! ]
@group(0) @binding(0) var<storage, read> a: array<i32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> ints: array<i32>;
@group(0) @binding(3) var<storage, read_write> floats: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = a[i];
    let y = a[63u - i];
    ints[i * 4u] = min(x, y);
    ints[i * 4u + 1u] = i32(max(u32(x), u32(y)));
    ints[i * 4u + 2u] = clamp(x, -100, 1000);
    let v = clamp(vec3(u32(x), u32(y), 5u), vec3(1u), vec3(70000u));
    ints[i * 4u + 3u] = i32(v.x ^ v.y ^ v.z);
    let f = b[i];
    let g = b[63u - i];
    floats[i * 4u] = min(f, g) + 2.0 * max(f, 0.5);
    floats[i * 4u + 1u] = clamp(f, -1.25, 0.75);
    floats[i * 4u + 2u] = saturate(f) + step(g, f);
    let w = max(vec2(f, g), vec2(0.0)) - step(vec2(0.0), vec2(g, f));
    floats[i * 4u + 3u] = w.x * w.y;
}
