//! about = "compare-exchange: the result's members, a failed exchange, a sum by compare-exchange loop"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, data = [1.0], cycle = true },
//!   { at = [0, 1], elem = "u32", len = 3, data = [0, 40, 7], out = true },
//!   { at = [0, 2], elem = "u32", len = 4, fill = "zero", out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> cells: array<atomic<u32>, 3>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    // A float sum, bit by bit: whole numbers, so its order does not show.
    var old = atomicLoad(&cells[0]);
    loop {
        let sum = bitcast<u32>(bitcast<f32>(old) + input[id.x]);
        let swapped = atomicCompareExchangeWeak(&cells[0], old, sum);
        if swapped.exchanged {
            break;
        }
        old = swapped.old_value;
    }
    if id.x == 9u {
        let refused = atomicCompareExchangeWeak(&cells[1], 41u, 99u);
        output[0] = refused.old_value;
        output[1] = u32(refused.exchanged);
        // Weak exchanges may fail without cause.
        loop {
            let taken = atomicCompareExchangeWeak(&cells[2], 7u, 8u);
            if taken.exchanged {
                output[2] = taken.old_value;
                output[3] = 1u;
                break;
            }
        }
    }
}
