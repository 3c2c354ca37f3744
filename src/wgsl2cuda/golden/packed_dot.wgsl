@group(0) @binding(0) var<storage, read> a: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> out: array<i32>;
@compute @workgroup_size(1)
fn main() {
    var acc = 0;
    for (var i = 0u; i < 8u; i++) {
        acc += dot4I8Packed(a[i].x, a[i].y);
    }
    out[0] = acc;
    out[1] = i32(3u + dot4U8Packed(a[0].x, a[0].y)) - dot4I8Packed(a[1].x, a[1].y);
}
