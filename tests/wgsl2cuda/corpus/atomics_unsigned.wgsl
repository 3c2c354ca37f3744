//! about = "all atomic functions on unsigned integers in storage, from many workgroups"
//! grid = [4, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 10, data = [0, 0, 0, 4294967295, 4294967295, 0, 0, 0, 5, 9], out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> cells: array<atomic<u32>, 10>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = input[id.x];
    atomicAdd(&cells[0], x);
    atomicSub(&cells[1], x);
    atomicMax(&cells[2], x);
    atomicMin(&cells[3], x);
    atomicAnd(&cells[4], x | 0xff00ff00u);
    atomicOr(&cells[5], x & 0x0ff00ff0u);
    atomicXor(&cells[6], x);
    // Old values: each ticket is drawn once, whatever the order.
    let ticket = atomicAdd(&cells[7], 1u);
    atomicXor(&cells[6], ticket * ticket);
    if id.x == 77u {
        let old = atomicExchange(&cells[8], x);
        atomicStore(&cells[9], old + atomicLoad(&cells[8]));
    }
}
