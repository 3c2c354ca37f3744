// Puts the splits of a decode together: every invocation makes four neighbouring elements of one row.

struct Params {
    quads: u32,    // quads of a row of the output
    splits: u32,   // parts of the keys
    items: u32,    // rows times quads
    fold_x: u32,   // workgroups along x
    fold_y: u32,   // workgroups along y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<OutQuad>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let item = (group.x + params.fold_x * (group.y + params.fold_y * group.z)) * 64u + local.x;
    if item >= params.items {
        return;
    }
    let row = item / params.quads;
    let column = item % params.quads;
    // A split's row ends with its maximum and the sum of its weights.
    let pitch = params.quads + 1u;
    let first = row * params.splits * pitch;
    var top = -1e30;
    var sum = 0.0;
    var acc = vec4(0.0);
    for (var s = 0u; s < params.splits; s++) {
        let stats = parts[first + s * pitch + params.quads];
        let highest = max(top, stats.x);
        let old = exp2(top - highest);
        let fresh = exp2(stats.x - highest);
        top = highest;
        sum = sum * old + stats.y * fresh;
        acc = acc * old + parts[first + s * pitch + column] * fresh;
    }
    out[item] = narrow(acc / sum);
}
