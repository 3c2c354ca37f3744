//! about = "private variables: zero, constant and constructed initialisers, fresh in every invocation"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, out = true },
//! ]
const BASE = 40u;
struct Counter {
    value: u32,
    limit: u32,
}

var<private> zeroed: array<u32, 3>;
var<private> started: u32 = BASE + 2u;
var<private> built: Counter = Counter(1u, BASE * 2u);
var<private> vector = vec3<u32>(7u);

@group(0) @binding(0) var<storage, read_write> output: array<u32>;

fn tick() {
    built.value = min(built.value * 2u + 1u, built.limit);
    zeroed[built.value % 3u]++;
    started -= 1u;
    vector = vector.zxy + vec3(1u, 0u, 2u);
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    for (var i = 0u; i < id.x % 7u; i++) {
        tick();
    }
    output[id.x] = zeroed[0] + zeroed[1] * 10u + zeroed[2] * 100u + built.value * 1000u + started * 100000u + vector.x * 10000000u;
}
