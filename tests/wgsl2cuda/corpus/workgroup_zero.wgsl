//! about = "workgroup memory starts as zeros: scalars, vectors, structs, arrays and atomics"
//! grid = [3, 1, 1]
//! timed = "reads workgroup memory that it did not write"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 96, out = true },
//! ]
struct Mixed {
    count: atomic<u32>,
    place: vec3<f32>,
    more: array<vec2<u32>, 40>,
}

@group(0) @binding(0) var<storage, read_write> output: array<u32>;

var<workgroup> mixed: Mixed;
var<workgroup> flat: array<u32, 77>;
var<workgroup> flag: bool;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    var sum = atomicLoad(&mixed.count) + bitcast<u32>(mixed.place.z) + u32(flag);
    for (var k = i; k < 77u; k += 32u) {
        sum |= flat[k];
    }
    for (var k = i; k < 40u; k += 32u) {
        sum |= mixed.more[k].x | mixed.more[k].y;
    }
    output[id.x] = sum + i;
    workgroupBarrier();
    flat[i] = 1u;
    mixed.more[i] = vec2(2u);
    atomicAdd(&mixed.count, 1u);
}
