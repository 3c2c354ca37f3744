//! about = "invocations that loop for different times beside others, each to its own result"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 128, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

fn gcd(a: u32, b: u32) -> u32 {
    var x = a;
    var y = b;
    while y != 0u {
        let rest = x % y;
        x = y;
        y = rest;
    }
    return x;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    output[id.x] = gcd(input[id.x] & 0xfffffff0u, (id.x + 1u) * 720720u);
}
