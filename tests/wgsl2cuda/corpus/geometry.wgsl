//! about = "dot, cross, length, distance, normalize, reflect, refract, faceForward, mix, smoothstep"
//! tolerance = { rel = 1e-5, abs = 4e-5 }
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 256, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 512, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let a = input[i].xyz;
    let b = input[i + 32u].xyz;
    let n = normalize(b);
    output[i * 4u] = vec4(cross(a, b), dot(a, b));
    output[i * 4u + 1u] = vec4(reflect(a, n), length(a));
    output[i * 4u + 2u] = vec4(faceForward(a, b, n), distance(a, b));
    let bent = refract(normalize(a), n, 0.7);
    output[i * 4u + 3u] = vec4(bent.x, mix(a.x, b.x, 0.25), smoothstep(-1.0, 2.0, a.y), length(-a.z) + dot(a.xy, b.zx));
}
