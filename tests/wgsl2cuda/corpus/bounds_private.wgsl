//! about = "indices past the end of private arrays, function arrays, workgroup arrays, vectors and matrices are held inside"
//! timed = "indexes out of bounds"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, fill = "ramp" },
//!   { at = [0, 1], elem = "u32", len = 32, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<private> mine: array<u32, 5>;
var<workgroup> ours: array<u32, 6>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let at = input[i];
    var local = array<u32, 3>(1u, 2u, 3u);
    mine[at] = 40u + at;
    local[at + 1u] = 9u;
    if i < 6u {
        ours[i] = i * 100u;
    }
    workgroupBarrier();
    var v = vec4<u32>(5u, 6u, 7u, 8u);
    v[at] += 1u;
    var m = mat2x3<f32>(1.0, 2.0, 3.0, 4.0, 5.0, 6.0);
    m[at][at] = 50.0;
    let picked = m[at * 3u];
    output[i] = mine[at] + local[at] * 1000u + ours[at * 2u] + v[at + 1u] * 100000u + u32(picked[at + 2u]) * 10000000u;
}
