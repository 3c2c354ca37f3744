//! about = "subgroup operations in a branch count the active invocations only"
//! needs = ["subgroups"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i] >> 8u;
    if i % 3u == 1u {
        output[i] = subgroupAdd(x);
    } else {
        output[i] = subgroupMax(x) + subgroupBallot(i % 2u == 0u).x;
    }
}
