enable f16;
struct Pair { a: f16, b: vec3<f16>, m: mat2x3<f16> }
@group(0) @binding(0) var<uniform> u: Pair;
@group(0) @binding(1) var<storage, read> x: array<vec4<f16>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f16>>;
const HALF: f16 = 0.5h;
var<workgroup> tile: array<f16, 64>;
@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let v = x[i];
    tile[i] = v.x + HALF;
    workgroupBarrier();
    var r = fma(v, vec4(u.a), vec4(u.b, tile[31u - i]));
    r = r * 2.0h - v / u.a + sqrt(abs(v)) + exp(v);
    if r.x < r.y && v.z >= 1.5h { r = -r; }
    r.x = f16(i32(v.y)) + f16(f32(v.z) * 3.0) + f16(i);
    r = vec4(u.m * r.xy, dot(v, r)) + clamp(v, vec4(0h), vec4(1h)) + min(v, r);
    out[i] = r + vec4<f16>(vec4<f32>(v)) + vec4<f16>(vec4<i32>(v));
}
