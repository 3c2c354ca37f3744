//! about = "pack and unpack 2x16float, 2x16snorm, 2x16unorm; quantizeToF16"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 192, out = true },
//!   { at = [0, 2], elem = "f32", len = 448, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;
@group(0) @binding(2) var<storage, read_write> floats: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let v = input[i];
    let h = pack2x16float(v);
    let s = pack2x16snorm(v * 0.5);
    let u = pack2x16unorm(v * 0.5);
    packed[i * 3u] = h;
    packed[i * 3u + 1u] = s;
    packed[i * 3u + 2u] = u;
    let a = unpack2x16float(h);
    let b = unpack2x16snorm(s ^ 0x01234567u);
    let c = unpack2x16unorm(u ^ 0x01234567u);
    floats[i * 7u] = a.x;
    floats[i * 7u + 1u] = a.y;
    floats[i * 7u + 2u] = b.x;
    floats[i * 7u + 3u] = b.y;
    floats[i * 7u + 4u] = c.x;
    floats[i * 7u + 5u] = c.y;
    floats[i * 7u + 6u] = quantizeToF16(v.x);
}
