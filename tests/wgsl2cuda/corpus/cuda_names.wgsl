//! about = "identifiers that mean something to CUDA, to C++ or to its headers"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 32, out = true },
//! ]
struct float4 {
    template1: u32,
    and: u32,
    float: u32,
    int: vec2<u32>,
}

struct dim3 {
    x: u32,
    y: u32,
}

const INT_MAX: u32 = 3u;
const warpSize = 5u;
const NAN = 1u;
var<private> threadIdx: dim3;
var<workgroup> shared_: array<u32, 32>;

@group(0) @binding(0) var<storage, read> blockIdx: array<u32>;
@group(0) @binding(1) var<storage, read_write> gridDim: array<u32>;

fn atomicCAS(short: u32, long: u32) -> u32 {
    let unsigned = short * long;
    let char = unsigned ^ NAN;
    return char + warpSize;
}

fn printf(double: float4) -> u32 {
    var xor = double.template1;
    xor += double.and * double.float;
    return xor + double.int.x - double.int.y;
}

fn fmaf(not: u32) -> u32 {
    let void = not;
    return void + threadIdx.x;
}

fn max3(or: u32, wg: u32) -> u32 {
    return select(or, wg, or < wg);
}

fn assert(compl: u32) -> u32 {
    var uint = compl;
    for (var bitand = 0u; bitand < 3u; bitand++) {
        uint = uint * 3u + bitand;
    }
    return uint;
}

@compute @workgroup_size(32)
fn kernel(@builtin(local_invocation_index) signed: u32) {
    threadIdx = dim3(signed, signed + 1u);
    shared_[signed] = blockIdx[signed];
    workgroupBarrier();
    let blockDim = shared_[31u - signed];
    let half = float4(blockDim, signed, 2u, vec2(blockDim >> 3u, 7u));
    var wchar_t: u32 = atomicCAS(printf(half), INT_MAX);
    wchar_t += fmaf(blockDim) + assert(signed);
    gridDim[signed] = wchar_t + max3(blockDim, threadIdx.y);
}
