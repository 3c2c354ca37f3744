//! about = "constant arrays, matrices and structs indexed by what is known at run time only"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 32, out = true },
//! ]
struct Weights {
    taps: array<f32, 4>,
    gain: f32,
}

const PRIMES = array<u32, 8>(2u, 3u, 5u, 7u, 11u, 13u, 17u, 19u);
const GRID = array<array<vec2<f32>, 2>, 3>(
    array<vec2<f32>, 2>(vec2(0.0, 1.0), vec2(2.0, 3.0)),
    array<vec2<f32>, 2>(vec2(4.0, 5.0), vec2(6.0, 7.0)),
    array<vec2<f32>, 2>(vec2(8.0, 9.0), vec2(10.0, 11.0)),
);
const TURN = mat2x2<f32>(0.0, 1.0, -1.0, 0.0);
const KERNEL = Weights(array(0.125, 0.25, 0.5, 1.0), 2.0);
const_assert PRIMES[3] == 7u;

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let x = input[i];
    let turned = TURN[x % 2u] + GRID[x % 3u][(x >> 4u) % 2u];
    var copy = PRIMES;
    copy[x % 8u] = 100u;
    output[i] = f32(PRIMES[(x >> 8u) % 8u] * copy[(x >> 3u) % 8u]) + turned.x * 1000.0 + turned.y * KERNEL.taps[x % 4u] * KERNEL.gain;
}
