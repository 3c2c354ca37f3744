//! about = "the numbers of a subgroup, its workgroup's subgroups and its lanes; operations on i32, f32 and vectors"
//! needs = ["subgroups"]
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 64, fill = "small" },
//!   { at = [0, 1], elem = "i32", len = 384, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(64)
fn main(
    @builtin(local_invocation_index) i: u32,
    @builtin(subgroup_id) id: u32,
    @builtin(num_subgroups) count: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let x = input[i];
    output[i * 6u] = i32(id * 100u + count);
    output[i * 6u + 1u] = subgroupMin(x) + subgroupInclusiveAdd(-x);
    output[i * 6u + 2u] = i32(subgroupBroadcast(f32(x) * 0.5, 3u) * 2.0);
    let v = subgroupShuffle(vec3(x, i32(i), 7), lane ^ 1u);
    output[i * 6u + 3u] = v.x + v.y * 1000 + v.z * 100000;
    output[i * 6u + 4u] = subgroupBroadcastFirst(vec2(x, x + 1)).y;
    output[i * 6u + 5u] = i32(subgroupAdd(select(0u, 1u, subgroupAny(x == input[i ^ 1u]))));
}
