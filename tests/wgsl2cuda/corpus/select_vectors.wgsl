//! about = "select with scalar and vector conditions; any and all; vector comparisons and bool logic"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 160, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let a = input[i];
    let b = input[31u - i];
    let less = a < b;
    let picked = select(a, b, less);
    output[i * 5u] = picked.x + picked.y;
    output[i * 5u + 1u] = picked.z - picked.w;
    output[i * 5u + 2u] = select(a, -b, any(less.xy & !less.zw)).y;
    let count = vec4<f32>(less | (a == b));
    output[i * 5u + 3u] = count.x + count.y + count.z + count.w + f32(all(less)) * 100.0;
    output[i * 5u + 4u] = select(1.0, 2.0, (a.x > 0.0) != (b.x > 0.0)) + f32(any(a > vec4(3.5)));
}
