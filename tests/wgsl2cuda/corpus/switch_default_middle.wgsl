//! about = "a default in the middle, selectors shared with the default, negative selectors, no fall-through"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 64, fill = "ramp", start = -20 },
//!   { at = [0, 1], elem = "i32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

const FOUR = 4;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    var x = 1;
    switch input[i] {
        case -3: {
            x = 10;
        }
        case 0, 2, FOUR: {
            x = 20;
            if i == 24u {
                break;
            }
            x += 1;
        }
        default: {
            x = 30;
        }
        case -2147483648: {
            x = 35;
        }
        case 7: {
        }
    }
    switch u32(x) % 5u {
        case 1u, default: {
            x *= 3;
        }
        case 0u: {
            x -= 2;
        }
    }
    switch x {
        default: {
            x += 1;
        }
    }
    output[i] = x;
}
