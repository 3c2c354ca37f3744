//! about = "barriers and workgroup memory reached through functions"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 128, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<workgroup> slots: array<u32, 64>;

fn exchange(i: u32, value: u32, distance: u32) -> u32 {
    workgroupBarrier();
    slots[i] = value;
    workgroupBarrier();
    return slots[(i + distance) % 64u];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    var value = input[id.x];
    for (var d = 1u; d < 64u; d = d * 3u + 1u) {
        value = value * 3u + exchange(i, value, d);
    }
    output[id.x] = value;
}
