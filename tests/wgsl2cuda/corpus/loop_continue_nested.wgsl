//! about = "continue and break of the outer and the inner loop, from a switch inside both"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 32, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    var seed = input[i];
    var total = 0u;
    for (var outer = 0u; outer < 6u; outer++) {
        var inner = 0u;
        loop {
            seed = seed * 1664525u + 1013904223u;
            switch (seed >> 29u) {
                case 0u: {
                    continue;
                }
                case 1u, 2u: {
                    total += 1u;
                    break;
                }
                case 3u: {
                    if inner > 4u {
                        break;
                    }
                    total += 100u;
                    continue;
                }
                default: {
                    total += 10000u;
                }
            }
            total ^= inner;
            continuing {
                inner += 1u;
                break if inner == 7u;
            }
        }
        if (total & 3u) == 2u {
            continue;
        }
        total += outer;
        while inner > 0u {
            inner -= 1u;
            if inner == 3u {
                break;
            }
            if (inner & 1u) == 0u {
                continue;
            }
            total += 7u;
        }
    }
    output[i] = total;
}
