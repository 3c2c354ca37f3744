//! about = "pointers to private, workgroup and storage memory"
//! timed = "reads workgroup memory that it did not write"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 64, fill = "zero", out = true },
//! ]
struct State {
    seed: u32,
    history: array<u32, 4>,
}

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<private> state: State;
var<workgroup> table: array<State, 64>;

fn advance(s: ptr<private, State>) -> u32 {
    s.seed = s.seed * 1664525u + 1013904223u;
    s.history[s.seed % 4u] += 1u;
    return s.seed;
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    let source = &input[i];
    state.seed = *source;
    let p = &state;
    for (var k = 0u; k < 5u; k++) {
        advance(p);
    }
    let to = &table[i];
    (*to).seed = advance(&state);
    to.history[3] = to.seed >> 3u;
    workgroupBarrier();
    let other = &table[(i + 17u) % 64u];
    let slot = &output[i];
    *slot += (*other).seed ^ other.history[3];
    *slot += state.history[1] * 7u + other.history[0];
}
