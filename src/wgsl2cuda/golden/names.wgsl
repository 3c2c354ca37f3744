// Names that C++ or CUDA keeps for itself.
struct float { int: f32, x: u32, exp: i32 }
struct Whole { float: float, Whole: u32 }
@group(0) @binding(0) var<storage, read_write> threadIdx: array<float>;
@group(0) @binding(1) var<uniform> blockDim: vec4<u32>;
@group(0) @binding(2) var<storage> a: Whole;
fn exp(double: f32) -> f32 { return double * 2.0; }
fn wg(min: f32) -> f32 { return exp(min) + sin(min); }
@compute @workgroup_size(2)
fn main(@builtin(local_invocation_id) short: vec3<u32>) {
    let printf = wg(f32(short.x));
    let e1 = u32(printf) + blockDim.x;
    let NULL_ = float(printf, e1, i32(e1));
    threadIdx[short.x] = NULL_;
    threadIdx[short.x].exp += a.float.exp + i32(a.Whole);
}
