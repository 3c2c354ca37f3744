//! about = "dot products of integer vectors wrap"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "i32", len = 96, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let v = input[i];
    output[i * 3u] = dot(v, v.wzyx);
    output[i * 3u + 1u] = i32(dot(vec3<u32>(v.xyz), vec3(7u, 65536u, 3000000000u)));
    output[i * 3u + 2u] = dot(v.xy, v.zw) * abs(v.x);
}
