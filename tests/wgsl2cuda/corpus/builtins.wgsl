//! about = "all builtins of a compute shader, as arguments, in a struct and through functions"
//! grid = [2, 3, 2]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 1440, out = true },
//! ]
struct Ids {
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(workgroup_id) group: vec3<u32>,
}

@group(0) @binding(0) var<storage, read_write> output: array<u32>;

fn flat(v: vec3<u32>) -> u32 {
    return v.x + 100u * v.y + 10000u * v.z;
}

@compute @workgroup_size(4, 3, 2)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    ids: Ids,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let size = groups * vec3(4u, 3u, 2u);
    let at = (id.x + size.x * (id.y + size.y * id.z)) * 5u;
    output[at] = flat(id);
    output[at + 1u] = flat(ids.local);
    output[at + 2u] = flat(ids.group);
    output[at + 3u] = flat(groups);
    output[at + 4u] = index;
}
