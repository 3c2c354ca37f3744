//! about = "negative signed indices are out of bounds too"
//! timed = "indexes out of bounds"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 16, fill = "ramp", start = -4 },
//!   { at = [0, 1], elem = "i32", len = 16, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(16)
fn main(@builtin(local_invocation_index) i: u32) {
    let at = input[i];
    var table = array<i32, 6>(10, 11, 12, 13, 14, 15);
    table[at] *= 2;
    output[i] = table[at] + 100 * vec3(1, 2, 3)[at];
}
