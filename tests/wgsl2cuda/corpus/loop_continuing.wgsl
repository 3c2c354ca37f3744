//! about = "loops whose continuing block changes what `continue` reads, and `break if`"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let bits = input[id.x];
    var i = 0u;
    var sum = 0u;
    var skipped = 0u;
    loop {
        if ((bits >> i) & 1u) == 0u {
            skipped += 1u;
            continue;
        }
        if sum > 60u {
            break;
        }
        let step = i + 1u;
        sum += step;
        continuing {
            i += 1u;
            let done = i >= 20u;
            break if done;
        }
    }
    output[id.x] = sum * 256u + skipped * 32u + i;
}
