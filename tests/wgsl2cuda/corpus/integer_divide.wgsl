//! about = "division and remainder: by zero, of the least integer by -1, and the sign of the remainder"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 256, fill = "edges" },
//!   { at = [0, 1], elem = "i32", len = 256, fill = "edges", stride = 5 },
//!   { at = [0, 2], elem = "i32", len = 1536, out = true },
//! ]
@group(0) @binding(0) var<storage, read> a: array<i32>;
@group(0) @binding(1) var<storage, read> b: array<i32>;
@group(0) @binding(2) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = a[i];
    let y = b[i];
    let at = i * 6u;
    output[at] = x / y;
    output[at + 1u] = x % y;
    output[at + 2u] = i32(u32(x) / u32(y));
    output[at + 3u] = i32(u32(x) % u32(y));
    let v = vec2(x, y) / vec2(y, x);
    var w = vec2(u32(x), u32(y));
    w %= vec2(u32(y));
    output[at + 4u] = v.x ^ v.y;
    output[at + 5u] = i32(w.x + w.y) + x % 7 + x / -3;
}
