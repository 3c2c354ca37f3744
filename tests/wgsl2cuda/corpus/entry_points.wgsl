//! about = "several entry points in one module, with their own bindings, run one after the other"
//! entries = ["fill", "double_it", "reduce"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 64, out = true },
//!   { at = [0, 2], elem = "u32", len = 1, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> middle: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

var<workgroup> row: array<u32, 64>;
var<private> factor: u32 = 2u;

@compute @workgroup_size(64)
fn fill(@builtin(local_invocation_index) i: u32) {
    middle[i] = input[i] ^ i;
}

@compute @workgroup_size(32, 2)
fn double_it(@builtin(local_invocation_index) i: u32) {
    middle[i] *= factor;
}

@compute @workgroup_size(64)
fn reduce(@builtin(local_invocation_index) i: u32) {
    row[i] = middle[i];
    workgroupBarrier();
    if i == 0u {
        var sum = 0u;
        for (var k = 0u; k < 64u; k++) {
            sum = sum * 3u + row[k];
        }
        output[0] = sum;
    }
}
