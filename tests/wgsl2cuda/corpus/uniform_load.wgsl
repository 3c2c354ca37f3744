//! about = "workgroupUniformLoad of a scalar, a struct and an array element decides uniform control flow"
//! grid = [3, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 3, data = [5, 0, 12] },
//!   { at = [0, 1], elem = "u32", len = 96, out = true },
//! ]
struct Plan {
    rounds: u32,
    add: vec3<u32>,
}

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<workgroup> plan: Plan;
var<workgroup> flags: array<u32, 4>;
var<workgroup> row: array<u32, 32>;

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    if i == 31u {
        plan = Plan(input[group.x], vec3(1u, 2u, 3u));
        flags[group.x] = 90u + group.x;
    }
    row[i] = i;
    let shared_plan = workgroupUniformLoad(&plan);
    for (var r = 0u; r < shared_plan.rounds; r++) {
        let neighbour = row[(i + 1u) % 32u];
        workgroupBarrier();
        row[i] = neighbour + shared_plan.add[r % 3u];
        workgroupBarrier();
    }
    output[group.x * 32u + i] = row[i] * 1000u + workgroupUniformLoad(&flags[group.x]);
}
