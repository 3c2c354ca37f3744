//! about = "subgroup sums, products, extrema, bit operations and scans over whole subgroups"
//! needs = ["subgroups"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 768, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let at = i * 12u;
    output[at] = subgroupAdd(x);
    output[at + 1u] = subgroupMul(x | 1u);
    output[at + 2u] = subgroupMin(x);
    output[at + 3u] = u32(subgroupMax(i32(x)));
    output[at + 4u] = subgroupAnd(x | 0xffff0000u);
    output[at + 5u] = subgroupOr(x & 0xffffu);
    output[at + 6u] = subgroupXor(x);
    output[at + 7u] = subgroupExclusiveAdd(x);
    output[at + 8u] = subgroupInclusiveAdd(x);
    output[at + 9u] = subgroupExclusiveMul(x | 1u);
    output[at + 10u] = subgroupInclusiveMul(x | 1u);
    let v = subgroupAdd(vec2(i32(x & 255u), -i32(i)));
    output[at + 11u] = u32(v.x * 1000 + v.y);
}
