//! about = "quads: broadcast and swaps"
//! needs = ["subgroups"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 320, out = true },
//! ]
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    output[i * 5u] = quadBroadcast(x, 2u);
    output[i * 5u + 1u] = quadSwapX(x);
    output[i * 5u + 2u] = quadSwapY(x);
    output[i * 5u + 3u] = quadSwapDiagonal(x);
    output[i * 5u + 4u] = quadSwapX(vec2(x, i)).y;
}
