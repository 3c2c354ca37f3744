//! about = "calls in calls, results thrown away, functions declared after their use, early results"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 32, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    note(i, mix_all(mix_two(input[i], 3u), mix_two(mix_two(i, 4u), 5u)));
    _ = mix_two(1u, 2u);
}

fn note(i: u32, value: u32) {
    output[i] = value;
}

fn mix_all(a: u32, b: u32) -> u32 {
    if a > b {
        return mix_two(b, a);
    }
    return mix_two(a, b) + mix_three(a, b, 9u);
}

fn mix_three(a: u32, b: u32, c: u32) -> u32 {
    return mix_two(mix_two(a, b), c);
}

fn mix_two(a: u32, b: u32) -> u32 {
    return (a ^ (b << 5u)) * 2654435761u + b;
}
