struct M { a: mat2x3<f32>, b: mat3x2<f32>, c: mat4x4<f32> }
@group(0) @binding(0) var<storage, read_write> m: M;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;
const EYE = mat2x2<f32>(1.0, 0.0, 0.0, 1.0);
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let p = m.a * m.b;
    let q = m.b * m.a + EYE * 2.0 - 0.5 * EYE;
    out[0] = vec4(p * vec3(1.0, 2.0, 3.0), determinant(p));
    out[1] = vec4(vec2(1.0, 2.0) * q, determinant(q), determinant(m.c));
    out[2] = m.c * out[0] + out[0] * m.c;
    m.c = transpose(m.c) * mat4x4<f32>(out[0], out[1], out[2], vec4(1.0));
    m.c[id.x][id.y] = 5.0;
    var local = m.a;
    local[id.x & 1u].z = 7.0;
    local[1][id.y] = 8.0;
    m.a = local;
    var v = vec3(1.0, 2.0, 3.0);
    v[id.z] = v[id.y & 1u];
    out[3] = vec4(v, transpose(m.b)[1].z);
}
