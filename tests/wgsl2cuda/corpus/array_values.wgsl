//! about = "arrays of arrays and arrays of vectors, copied whole between address spaces"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 48, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 48, fill = "zero", out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<array<vec4<u32>, 3>, 4>;
@group(0) @binding(1) var<storage, read_write> output: array<array<vec4<u32>, 3>, 4>;

var<workgroup> ours: array<array<vec4<u32>, 3>, 4>;
var<private> mine: array<vec4<u32>, 3>;

fn rotate(row: array<vec4<u32>, 3>) -> array<vec4<u32>, 3> {
    return array<vec4<u32>, 3>(row[2], row[0], row[1].wzyx);
}

@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
    mine = input[i];
    ours[i] = rotate(mine);
    workgroupBarrier();
    var all = ours;
    all[i][1].x = i;
    output[i] = all[3u - i];
    output[i][2] += all[i][1];
}
