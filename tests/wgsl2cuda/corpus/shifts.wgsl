//! about = "shift amounts of 32 and more count modulo 32; right shifts of signed integers keep the sign"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 128, fill = "ramp" },
//!   { at = [0, 2], elem = "u32", len = 640, out = true },
//! ]
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> amount: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = a[i];
    let n = amount[i];
    let at = i * 5u;
    output[at] = x << n;
    output[at + 1u] = x >> n;
    output[at + 2u] = u32(i32(x) << n);
    output[at + 3u] = u32(i32(x) >> n);
    var v = vec2(i32(x), -i32(x));
    v >>= vec2(n, 31u);
    output[at + 4u] = u32(v.x) ^ (u32(v.y) << 1u);
}
