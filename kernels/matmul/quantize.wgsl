// f16 activations to i8, a group along K at a time; the first pass of a product with 4-bit weights and 8-bit activations.
// The scale is the power of two that brings the largest magnitude to 64..128: exact, whatever divides. A block of 32
// leaves two words of integers and one with its group's scale.

struct Params {
    groups: u32,   // groups in all rows
    per_row: u32,  // groups of a row
    blocks: u32,   // blocks of a row
    fold_x: u32,   // workgroups along x
    fold_y: u32,   // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> q: array<vec4<u32>>;

const THREADS: u32 = 64u;
// Exponent field of the smallest f16, which stands in for a group of zeros.
const LEAST: u32 = 103u;

fn largest(v: vec4<f32>) -> f32 {
    return max(max(abs(v.x), abs(v.y)), max(abs(v.z), abs(v.w)));
}

// WGSL rounds halves to even.
fn pack(v: vec4<f32>, reciprocal: f32) -> u32 {
    let whole = vec4<u32>(vec4<i32>(clamp(round(v * reciprocal), vec4(-127.0), vec4(127.0)))) & vec4(255u);
    return whole.x | (whole.y << 8u) | (whole.z << 16u) | (whole.w << 24u);
}

fn pack16(at: u32, reciprocal: f32) -> vec4<u32> {
    let first = widen(a[at]);
    let second = widen(a[at + 1u]);
    return vec4(pack(first.lo, reciprocal), pack(first.hi, reciprocal), pack(second.lo, reciprocal), pack(second.hi, reciprocal));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let at = (group.x + params.fold_x * (group.y + params.fold_y * group.z)) * THREADS + local.x;
    if at >= params.groups {
        return;
    }
    let row = at / params.per_row;
    let first = at % params.per_row * GROUP_BLOCKS;
    let end = min(first + GROUP_BLOCKS, params.blocks);
    var top = 0.0;
    for (var word = 4u * first; word < 4u * end; word++) {
        let wide = widen(a[4u * row * params.blocks + word]);
        top = max(top, max(largest(wide.lo), largest(wide.hi)));
    }
    let exponent = max(bitcast<u32>(top) >> 23u, LEAST) - 6u;
    let reciprocal = bitcast<f32>((254u - exponent) << 23u);
    for (var block = first; block < end; block++) {
        let at_block = row * params.blocks + block;
        q[3u * at_block] = pack16(4u * at_block, reciprocal);
        q[3u * at_block + 1u] = pack16(4u * at_block + 2u, reciprocal);
        q[3u * at_block + 2u] = vec4(exponent << 23u, 0u, 0u, 0u);
    }
}
