//! about = "swizzles, vectors built from parts, components written by name and by index"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 128, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(16)
fn main(@builtin(local_invocation_index) i: u32) {
    var v = input[i];
    v.x = v.w;
    v[(i + 1u) % 4u] *= 2.0;
    v.z += v.y;
    let w = vec4(v.zz, vec2(v.yx));
    output[i * 2u] = w.wzyx;
    output[i * 2u].g = v.bgra.a;
    let joined = vec4(v.x, vec3<f32>(w.xy, 1.0));
    output[i * 2u + 1u] = vec4(joined.rgb, joined.wwww.z) - vec4<f32>();
    output[i * 2u + 1u][i % 4u] = -1.0;
}
