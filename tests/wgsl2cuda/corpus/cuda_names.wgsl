//! about = "identifiers that mean something to CUDA, to C++ or to its headers"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 32, out = true },
//! ]
struct float4 {
    template_: u32,
    class: u32,
    operator: u32,
    int: vec2<u32>,
}

struct dim3 {
    x: u32,
    y: u32,
}

const __dp4a_: u32 = 3u;
const warpSize = 5u;
const NULL = 1u;
var<private> threadIdx: dim3;
var<workgroup> shared: array<u32, 32>;

@group(0) @binding(0) var<storage, read> blockIdx: array<u32>;
@group(0) @binding(1) var<storage, read_write> gridDim: array<u32>;

fn __syncthreads_(short: u32, long: u32) -> u32 {
    let unsigned = short * long;
    let char = unsigned ^ NULL;
    return char + warpSize;
}

fn printf(double: float4) -> u32 {
    var namespace = double.template_;
    namespace += double.class * double.operator;
    return namespace + double.int.x - double.int.y;
}

fn fmaf(restrict: u32) -> u32 {
    let volatile = restrict;
    return volatile + threadIdx.x;
}

fn max3(asm: u32, goto: u32) -> u32 {
    return select(asm, goto, asm < goto);
}

@compute @workgroup_size(32)
fn kernel(@builtin(local_invocation_index) signed: u32) {
    threadIdx = dim3(signed, signed + 1u);
    shared[signed] = blockIdx[signed];
    workgroupBarrier();
    let extern = shared[31u - signed];
    let this = float4(extern, signed, 2u, vec2(extern >> 3u, 7u));
    var auto: u32 = __syncthreads_(printf(this), __dp4a_);
    auto += fmaf(extern);
    gridDim[signed] = auto + max3(extern, threadIdx.y);
}
