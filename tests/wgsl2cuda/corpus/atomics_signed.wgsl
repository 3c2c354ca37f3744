//! about = "atomic functions on signed integers, in a struct beside ordinary members"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "i32", len = 8, data = [0, 0, 0, 0, 0, 0, 0, 11], out = true },
//! ]
struct Totals {
    sum: atomic<i32>,
    low: atomic<i32>,
    high: atomic<i32>,
    bits: array<atomic<i32>, 3>,
    last: atomic<i32>,
    plain: i32,
}

@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> totals: Totals;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = input[id.x];
    atomicAdd(&totals.sum, x);
    atomicMin(&totals.low, x);
    let p = &totals.high;
    atomicMax(p, x);
    atomicOr(&totals.bits[0], 1 << (id.x % 31u));
    atomicXor(&totals.bits[1], x);
    atomicAdd(&totals.bits[2], -1);
    if id.x == 5u {
        atomicStore(&totals.last, totals.plain - 20);
        totals.plain = 12;
    }
}
