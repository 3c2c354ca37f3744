//! about = "a histogram by atomics in workgroup memory, added up in storage"
//! grid = [3, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 192, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 16, fill = "zero", out = true },
//!   { at = [0, 2], elem = "i32", len = 3, fill = "zero", out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>, 16>;
@group(0) @binding(2) var<storage, read_write> lows: array<i32>;

var<workgroup> local_counts: array<atomic<u32>, 16>;
var<workgroup> low: atomic<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {
    if i == 0u {
        atomicStore(&low, 0x7fffffff);
    }
    if i < 16u {
        atomicStore(&local_counts[i], 0u);
    }
    workgroupBarrier();
    atomicAdd(&local_counts[input[id.x] >> 28u], 1u);
    atomicMin(&low, i32(input[id.x]));
    workgroupBarrier();
    if i < 16u {
        atomicAdd(&counts[i], atomicLoad(&local_counts[i]));
    }
    if i == 63u {
        lows[group.x] = atomicLoad(&low);
    }
}
