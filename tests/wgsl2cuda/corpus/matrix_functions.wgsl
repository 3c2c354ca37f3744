//! about = "transpose and determinant, of square and other matrices"
//! tolerance = { rel = 2e-5, abs = 2e-3 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 48, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 24, fill = "zero", out = true },
//! ]
struct Inputs {
    four: mat4x4<f32>,
    three: mat3x3<f32>,
    two: mat2x2<f32>,
    tall: mat2x4<f32>,
}

@group(0) @binding(0) var<storage, read> input: Inputs;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(1)
fn main() {
    output[0] = vec4(determinant(input.four), determinant(input.three), determinant(input.two), 1.0);
    output[1] = transpose(input.four)[2];
    output[2] = vec4(transpose(input.three)[1], transpose(input.two)[0].y);
    let wide = transpose(input.tall);
    output[3] = vec4(wide[3], wide[0]);
    output[4] = transpose(wide)[1];
}
