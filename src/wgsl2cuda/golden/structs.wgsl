// Layout: a vec3 followed by a scalar, padding by @align and @size, arrays of vec3, matrices with three rows.
struct Inner { at: vec3<f32>, weight: f32, axis: vec3<f32> }
struct Outer {
    flag: u32,
    inner: Inner,
    @size(32) wide: vec2<f32>,
    @align(16) turn: mat3x3<f32>,
    points: array<vec3<f32>, 2>,
    flat: mat4x2<f32>,
}
@group(0) @binding(0) var<uniform> u: Outer;
@group(0) @binding(1) var<storage, read_write> out: array<Outer>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var o = u;
    o.inner.axis = u.turn * u.inner.at;
    o.points[id.x & 1u].y = u.inner.weight;
    o.wide = vec2<f32>(o.flat[1].y, o.turn[2].z);
    out[id.x] = o;
    out[id.x].inner = Inner(vec3<f32>(1.0, 2.0, 3.0), 4.0, u.points[1]);
}
