//! about = "else-if ladders and nested ifs without else"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 64, fill = "small" },
//!   { at = [0, 1], elem = "i32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> output: array<i32>;

fn grade(x: i32) -> i32 {
    if x < -50 {
        return -3;
    } else if x < 0 {
        if x % 2 == 0 {
            if x > -10 {
                return 7;
            }
        }
        return -1;
    } else if x == 0 {
        return 0;
    } else {
        var y = x;
        if y > 50 {
            y = 50;
        }
        return y * 2;
    }
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    output[id.x] = grade(input[id.x]);
}
