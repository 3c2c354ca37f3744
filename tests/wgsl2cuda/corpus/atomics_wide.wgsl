//! about = "atomics on 64-bit integers in storage"
//! needs = ["int64", "int64-atomics"]
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 10, data = [0, 0, 0, 0, 4294967295, 4294967295, 0, 0, 1, 2], out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u64>;
@group(0) @binding(1) var<storage, read_write> cells: array<atomic<u64>, 5>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = input[id.x];
    atomicAdd(&cells[0], x);
    atomicMax(&cells[1], x);
    atomicMin(&cells[2], x);
    atomicXor(&cells[3], x);
    if id.x == 3u {
        atomicExchange(&cells[4], x);
    }
}
