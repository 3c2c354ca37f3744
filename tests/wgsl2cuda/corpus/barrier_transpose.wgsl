//! about = "a tile transposed through a two-dimensional workgroup array"
//! grid = [2, 3, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 384, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 384, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<workgroup> tile: array<array<u32, 9>, 8>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let width = groups.x * 8u;
    let height = groups.y * 8u;
    tile[local.y][local.x] = input[(group.y * 8u + local.y) * width + group.x * 8u + local.x];
    workgroupBarrier();
    output[(group.x * 8u + local.y) * height + group.y * 8u + local.x] = tile[local.x][local.y];
}
