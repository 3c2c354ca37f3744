//! about = "returns from nested loops and switches, and from the entry point before others finish"
//! grid = [3, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 96, fill = "random" },
//!   { at = [0, 1], elem = "i32", len = 96, fill = "zero", out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

fn find(haystack: u32, needle: u32) -> i32 {
    for (var i = 0i; i < 8; i++) {
        loop {
            let nibble = (haystack >> u32(i * 4)) & 15u;
            switch nibble {
                case 0u: {
                    return -2;
                }
                default: {
                    if nibble == needle {
                        return i;
                    }
                }
            }
            break;
        }
    }
    return -1;
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x % 5u == 4u {
        return;
    }
    let found = find(input[id.x], 7u);
    if found < 0 {
        output[id.x] = found;
        return;
    }
    output[id.x] = found + 100;
}
