//! about = "a grid of many small workgroups in three dimensions, most of them past the end of the data"
//! grid = [7, 11, 13]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 6, data = [0, 0, 0, 0, 0, 0], out = true },
//!   { at = [0, 1], elem = "u32", len = 1001, fill = "zero", out = true },
//! ]
@group(0) @binding(0) var<storage, read_write> totals: array<atomic<u32>, 6>;
@group(0) @binding(1) var<storage, read_write> visits: array<atomic<u32>>;

@compute @workgroup_size(1, 2, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    atomicAdd(&totals[0], id.x);
    atomicAdd(&totals[1], id.y);
    atomicAdd(&totals[2], id.z);
    atomicMax(&totals[3], id.x);
    atomicMax(&totals[4], id.y);
    atomicMax(&totals[5], id.z);
    let at = group.x + 7u * (group.y + 11u * group.z);
    if at < arrayLength(&visits) {
        atomicAdd(&visits[at], id.y + 1u);
    }
}
