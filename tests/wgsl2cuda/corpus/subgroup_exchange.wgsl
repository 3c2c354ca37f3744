//! about = "ballot, broadcast, shuffles, all and any, and the subgroup's own numbers"
//! needs = ["subgroups"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 704, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(
    @builtin(local_invocation_index) i: u32,
    @builtin(subgroup_size) size: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let x = input[i];
    let at = i * 11u;
    output[at] = size;
    output[at + 1u] = lane;
    output[at + 2u] = subgroupBallot((x & 3u) == 0u).x;
    output[at + 3u] = subgroupBroadcastFirst(x);
    output[at + 4u] = subgroupBroadcast(x, 5u);
    output[at + 5u] = subgroupShuffle(x, (lane * 3u) % size);
    output[at + 6u] = subgroupShuffleXor(x, 5u);
    // What comes from beyond the subgroup is undefined.
    output[at + 7u] = select(0u, subgroupShuffleUp(x, 2u), lane >= 2u);
    output[at + 8u] = select(0u, subgroupShuffleDown(x, 3u), lane + 3u < size);
    output[at + 9u] = u32(subgroupAll(x > 10u)) + 2u * u32(subgroupAny(x > 0xf0000000u)) + 4u * u32(subgroupAll(i < 64u));
    output[at + 10u] = subgroupElect_like(lane);
}

fn subgroupElect_like(lane: u32) -> u32 {
    return select(0u, 1u, subgroupBroadcastFirst(lane) == lane);
}
