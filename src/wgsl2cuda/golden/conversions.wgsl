// Conversions, which clamp; bitcasts; packing.
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<u32>>;
@compute @workgroup_size(1)
fn main() {
    let v = a[0];
    let b = vec4<bool>(v);
    out[0] = vec4<u32>(v);
    out[1] = bitcast<vec4<u32>>(vec4<i32>(v));
    out[2] = vec4<u32>(u32(v.x), u32(i32(v.y)), u32(b.z), bitcast<u32>(v.w));
    out[3] = vec4(pack4x8snorm(v), pack4x8unorm(v), pack2x16snorm(v.xy), pack2x16unorm(v.zw));
    out[4] = vec4(pack2x16float(v.xy), pack4xI8(vec4<i32>(v)), pack4xU8(vec4<u32>(v)), pack4xI8Clamp(vec4<i32>(v)));
    out[5] = vec4<u32>(unpack4xI8(out[4].y)) + unpack4xU8(out[4].z) + vec4(pack4xU8Clamp(vec4<u32>(v)));
    out[6] = bitcast<vec4<u32>>(unpack4x8snorm(out[3].x) + unpack4x8unorm(out[3].y));
    out[7] = bitcast<vec4<u32>>(vec4(unpack2x16snorm(out[3].z), unpack2x16unorm(out[3].w)));
    out[8] = vec4<u32>(bitcast<vec2<u32>>(unpack2x16float(out[4].x)), u32(f32(out[0].x)), u32(bool(out[0].y)));
}
