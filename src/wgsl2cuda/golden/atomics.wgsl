struct Counter { hits: atomic<u32>, low: atomic<i32> }
@group(0) @binding(0) var<storage, read_write> c: array<Counter>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
var<workgroup> w: array<atomic<u32>, 4>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let old = atomicAdd(&c[0].hits, 2u);
    atomicSub(&c[1].hits, 1u);
    atomicMin(&c[0].low, -i32(i));
    atomicMax(&c[1].low, i32(i));
    atomicAnd(&w[0], ~(1u << (i & 31u)));
    atomicOr(&w[1], 1u << (i & 31u));
    atomicXor(&w[2], i);
    let was = atomicExchange(&w[3], i);
    let r = atomicCompareExchangeWeak(&c[2].hits, 0u, i + 1u);
    if r.exchanged { atomicStore(&c[3].hits, r.old_value + 5u); }
    workgroupBarrier();
    storageBarrier();
    out[i] = atomicLoad(&w[1]) + atomicLoad(&w[2]) + u32(was < 64u) + u32(old < 128u);
}
