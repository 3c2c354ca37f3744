@group(0) @binding(0) var<storage, read_write> out: array<vec4<f32>>;
@compute @workgroup_size(64)
fn main(
    @builtin(local_invocation_index) i: u32,
    @builtin(subgroup_size) size: u32,
    @builtin(subgroup_invocation_id) lane: u32,
    @builtin(subgroup_id) sub: u32,
    @builtin(num_subgroups) subs: u32,
) {
    let x = f32(i);
    let all = subgroupAdd(x) + f32(subgroupMul(2u)) + subgroupMin(x) + subgroupMax(x);
    let bits = subgroupAnd(i | 1u) + subgroupOr(i) + subgroupXor(i);
    let scan = subgroupInclusiveAdd(x) + subgroupExclusiveAdd(x) + subgroupExclusiveMul(1.0) + subgroupInclusiveMul(1.0);
    let votes = u32(subgroupAll(i < 64u)) + u32(subgroupAny(lane == 1u)) + subgroupBallot(lane < 4u).x;
    let moved = subgroupBroadcast(vec2(x, -x), 2u) + subgroupBroadcastFirst(vec2(x, x));
    let turned = subgroupShuffle(x, lane ^ 1u) + subgroupShuffleXor(x, 3u) + subgroupShuffleUp(x, 1u) + subgroupShuffleDown(x, 1u);
    let quads = quadBroadcast(x, 1u) + quadSwapX(x) + quadSwapY(x) + quadSwapDiagonal(x);
    subgroupBarrier();
    if lane < 4u { out[i].w = subgroupAdd(1.0); }
    out[i] = vec4(all + f32(bits), scan + f32(votes), moved.x + moved.y + turned, quads + f32(size + sub + subs));
}
