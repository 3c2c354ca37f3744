//! about = "matrix times matrix, vector and scalar in every shape that fits; sums and differences"
//! tolerance = { rel = 1e-5, abs = 1e-4 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 48, fill = "zero", out = true },
//! ]
struct Inputs {
    a: mat4x4<f32>,
    b: mat2x3<f32>,
    c: mat3x2<f32>,
    d: mat4x3<f32>,
    v: vec4<f32>,
}

@group(0) @binding(0) var<storage, read> input: Inputs;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(1)
fn main() {
    let bc = input.b * input.c;
    let cb = input.c * input.b;
    let square = input.a * input.a - input.a * 2.0;
    output[0] = square * input.v;
    output[1] = input.v * square;
    output[2] = vec4(bc * input.v.xyz, cb[0].x);
    output[3] = vec4(input.v.xy * cb, bc[2].xy);
    output[4] = vec4(input.d * input.v, (input.v.xyz * input.d).w);
    output[5] = (0.5 * input.a + input.a)[3];
    var built = mat3x3<f32>(input.d[0], input.d[1], vec3(1.0, 2.0, 3.0));
    built[1][2] = 9.0;
    built[2] += vec3(1.0);
    output[6] = vec4(built * vec3(1.0, -1.0, 0.5), built[1].z);
    built *= bc;
    output[7] = vec4(built[0], built[2].y);
}
