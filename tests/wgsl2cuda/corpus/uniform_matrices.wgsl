//! about = "uniform buffers with matrices, arrays of vectors and nested structs"
//! tolerance = { rel = 1e-6, abs = 1e-5 }
//! buffers = [
//!   { at = [0, 0], kind = "uniform", elem = "f32", len = 72, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 64, fill = "zero", out = true },
//! ]
struct Light {
    direction: vec3<f32>,
    power: f32,
    basis: mat3x3<f32>,
}

struct Frame {
    small: mat2x2<f32>,
    wide: mat4x2<f32>,
    tall: mat2x4<f32>,
    lights: array<Light, 2>,
    steps: array<vec4<f32>, 3>,
    count: f32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) i: u32) {
    let light = frame.lights[i % 2u];
    let v = light.basis * light.direction * light.power;
    output[i] = vec4(v, frame.small[1].x + frame.wide[i % 4u].y + frame.count);
    output[i + 8u] = frame.steps[i % 3u] + frame.tall * frame.small[i % 2u];
}
