//! about = "invocations of a workgroup pass values through storage across a storageBarrier"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 128, fill = "random", out = true },
//!   { at = [0, 1], elem = "u32", len = 128, out = true },
//! ]
@group(0) @binding(0) var<storage, read_write> scratch: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let first = group.x * 64u;
    let old = scratch[first + i];
    storageBarrier();
    scratch[first + (i + 1u) % 64u] = old ^ 0x55555555u;
    storageBarrier();
    output[first + i] = scratch[first + 63u - i];
}
