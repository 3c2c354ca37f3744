//! about = "dot4I8Packed and dot4U8Packed, alone and accumulated on either side of a sum"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 2], elem = "i32", len = 256, out = true },
//! ]
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    output[i * 4u] = dot4I8Packed(a[i], b[i]);
    output[i * 4u + 1u] = i32(dot4U8Packed(a[i], b[i]));
    var sum = 0x7ffffff0;
    for (var k = 0u; k < 4u; k++) {
        sum = sum + dot4I8Packed(a[(i + k) % 64u], b[i]);
    }
    output[i * 4u + 2u] = sum;
    output[i * 4u + 3u] = i32(dot4U8Packed(a[i], b[i]) + 4000000000u) - dot4I8Packed(b[i], 0x80808080u);
}
