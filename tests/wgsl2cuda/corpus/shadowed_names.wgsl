//! about = "one name for a function's argument, a variable, a loop's variable and a global, and names that end in digits"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 16, out = true },
//! ]
const value = 3u;
const value1 = 5u;
var<private> value_1: u32 = 7u;

@group(0) @binding(0) var<storage, read_write> output0: array<u32>;

fn value2(value: u32) -> u32 {
    var x = value;
    {
        let value = x + 1u;
        x += value;
        {
            let x = value * 2u;
            value_1 += x;
        }
    }
    for (var value = 0u; value < 3u; value++) {
        let x1 = value;
        x += x1;
    }
    return x + value1;
}

@compute @workgroup_size(16)
fn main1(@builtin(local_invocation_index) i0: u32) {
    var output = i0;
    let main = value2(output) + value;
    if main > 20u {
        let output = 1000u;
        value_1 += output;
    }
    output += main;
    output0[i0] = output + value_1;
}
