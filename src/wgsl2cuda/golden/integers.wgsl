// Wrap, division by zero, shift amounts, bit functions.
@group(0) @binding(0) var<storage, read> a: array<vec2<i32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<i32>>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = a[id.x].x;
    let y = a[id.x].y;
    let u = u32(x);
    let v = u32(y);
    out[0] = vec4<i32>(x + y, x - y, x * y, -x);
    out[1] = vec4<i32>(x / y, x % y, x / 3, x % 3);
    out[2] = vec4<i32>(i32(u / v), i32(u % v), x << v, x >> v);
    out[3] = vec4<i32>(x & y, x | y, x ^ y, ~x);
    out[4] = vec4<i32>(i32(u << 3u), x >> 31u, abs(x), sign(x));
    out[5] = vec4<i32>(countOneBits(x), countLeadingZeros(x), countTrailingZeros(x), reverseBits(x));
    out[6] = vec4<i32>(firstLeadingBit(x), firstTrailingBit(x), i32(firstLeadingBit(u)), i32(firstTrailingBit(u)));
    out[7] = vec4<i32>(extractBits(x, v, 5u), i32(extractBits(u, 3u, v)), insertBits(x, y, 4u, 8u), min(x, y));
    out[8] = a[id.x].xyxy / a[id.x].yxxy % vec4<i32>(4, 1, 2, -3);
    out[9] = a[id.x].xyxy << vec4<u32>(1u, v, 31u, 0u);
    out[10] = clamp(a[id.x].xyxy, vec4(-5), vec4(5)) * a[id.x].yyxx + -a[id.x].xxxx;
}
