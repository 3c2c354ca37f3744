//! about = "type aliases, abstract constants, constant expressions of functions, module constants of vectors"
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 16, out = true },
//! ]
alias Real = f32;
alias Point = vec3<Real>;
alias Points = array<Point, COUNT>;

const COUNT = 1 << 2;
const HALF = 1 / 2.0;
const BIG = 3000000000u;
const AXIS = normalize(vec3(3.0, 0.0, 4.0));
const LEAST: i32 = -2147483648;
const BITS = countOneBits(0xf0f0u) + u32(max(3, 4));
const_assert COUNT == 4;

@group(0) @binding(0) var<storage, read_write> output: array<Real>;

@compute @workgroup_size(16)
fn main(@builtin(local_invocation_index) i: u32) {
    var points: Points;
    points[i % u32(COUNT)] = Point(HALF, Real(BIG), Real(LEAST));
    let p = points[i % 3u];
    output[i] = p.x + p.y * 2.0 - p.z + AXIS.x * 5.0 + Real(BITS) + 1e-3 * 1e3;
}
