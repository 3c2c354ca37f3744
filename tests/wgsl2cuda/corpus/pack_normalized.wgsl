//! about = "pack and unpack 4x8snorm and 4x8unorm"
//! tolerance = { rel = 2e-7 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 64, out = true },
//!   { at = [0, 2], elem = "f32", len = 256, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;
@group(0) @binding(2) var<storage, read_write> floats: array<vec4<f32>>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let v = input[i] * 0.4;
    let s = pack4x8snorm(v);
    let u = pack4x8unorm(v);
    packed[i * 2u] = s;
    packed[i * 2u + 1u] = u;
    floats[i * 2u] = unpack4x8snorm(s + 0x80000000u);
    floats[i * 2u + 1u] = unpack4x8unorm(u);
}
