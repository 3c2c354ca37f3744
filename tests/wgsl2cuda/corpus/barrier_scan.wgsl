//! about = "an inclusive scan with two barriers a step"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 160, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 160, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<workgroup> row: array<u32, 80>;

@compute @workgroup_size(80)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    row[i] = input[id.x];
    for (var reach = 1u; reach < 80u; reach *= 2u) {
        workgroupBarrier();
        var add = 0u;
        if i >= reach {
            add = row[i - reach];
        }
        workgroupBarrier();
        row[i] += add;
    }
    output[id.x] = row[i];
}
