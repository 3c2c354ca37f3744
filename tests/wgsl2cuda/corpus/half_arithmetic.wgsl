//! about = "f16 arithmetic, scalar and vector, rounds to f16 at every step"
//! needs = ["f16"]
//! tolerance = { rel = 2e-3, abs = 2e-3 }
//! buffers = [
//!   { at = [0, 0], elem = "f16", len = 128, fill = "random" },
//!   { at = [0, 1], elem = "f16", len = 256, out = true },
//! ]
enable f16;

@group(0) @binding(0) var<storage, read> input: array<vec2<f16>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f16>>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let v = input[i];
    let w = input[63u - i];
    let x = v.x;
    let third = f16(1.0) / 3.0h;
    let sum = v * w + vec2<f16>(third);
    let big = max(fma(x, w.y, -0.5h), sum.x) - min(abs(x), 2.0h);
    output[i] = vec4<f16>(sum, big, select(-x, sqrt(abs(w.y)), v.y > w.x));
}
