//! about = "sums, differences, products and negations wrap, signed and unsigned, scalar and vector"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 128, fill = "edges" },
//!   { at = [0, 1], elem = "i32", len = 128, fill = "random" },
//!   { at = [0, 2], elem = "i32", len = 1024, out = true },
//! ]
@group(0) @binding(0) var<storage, read> a: array<i32>;
@group(0) @binding(1) var<storage, read> b: array<i32>;
@group(0) @binding(2) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = a[i];
    let y = a[(i * 7u + 3u) % 128u] + b[i] * select(0, 1, i > 64u);
    let at = i * 8u;
    output[at] = x + y;
    output[at + 1u] = x - y;
    output[at + 2u] = x * y;
    output[at + 3u] = -x;
    output[at + 4u] = abs(x);
    let v = vec3<u32>(u32(x), u32(y), 3000000000u) * vec3(2654435761u) - vec3(1u);
    output[at + 5u] = i32(v.x ^ v.y ^ v.z);
    var w = vec2<i32>(x, y);
    w *= 65537;
    w -= vec2(i32(i));
    w = -w;
    output[at + 6u] = w.x + w.y;
    output[at + 7u] = sign(x) - sign(y) + (~x & y);
}
