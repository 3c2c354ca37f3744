//! about = "reads and writes past the end of a storage buffer are held to its last element"
//! timed = "reads out of bounds"
//! lavapipe = "its robust buffer access reads zeros past the end, which WGSL allows too"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 10, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 8, fill = "random" },
//!   { at = [0, 2], elem = "u32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read> runtime: array<u32>;
@group(0) @binding(1) var<storage, read> sized: array<array<u32, 4>, 2>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let far = i * 0x1000000u;
    let x = runtime[i] + runtime[far];
    let y = sized[i][i >> 1u] + sized[1][far];
    if i < 63u {
        output[i] = x ^ y;
    } else {
        output[i + far] = 77u;
    }
}
