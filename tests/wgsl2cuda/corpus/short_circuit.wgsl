//! about = "&& and || leave their right side out, with effects that show; function arguments go left to right"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, out = true },
//! ]
@group(0) @binding(0) var<storage, read_write> output: array<u32>;

var<private> trace: u32;

fn mark(digit: u32, result: bool) -> bool {
    trace = trace * 10u + digit;
    return result;
}

fn next(digit: u32) -> u32 {
    trace = trace * 10u + digit;
    return trace;
}

fn combine(a: u32, b: u32, c: u32) -> u32 {
    return a * 3u + b * 5u + c * 7u;
}

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let p = (i & 1u) != 0u;
    let q = (i & 2u) != 0u;
    let r = (i & 4u) != 0u;
    var x = 0u;
    if (mark(1u, p) && mark(2u, q)) || (mark(3u, r) && !mark(4u, p)) {
        x = 1u;
    }
    // Without short circuit both sides run.
    let both = mark(5u, p) & mark(6u, q) | mark(7u, r);
    trace %= 1000u;
    output[i] = combine(next(1u), next(2u), next(3u)) * 4u + x * 2u + u32(both);
}
