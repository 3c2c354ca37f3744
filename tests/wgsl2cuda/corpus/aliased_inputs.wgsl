//! about = "one buffer bound twice for reading, seen as scalars and as vectors"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], alias_of = [0, 0], elem = "u32", len = 64 },
//!   { at = [0, 2], elem = "u32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> quads: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    output[i] = words[63u - i] - quads[i / 4u][i % 4u];
}
