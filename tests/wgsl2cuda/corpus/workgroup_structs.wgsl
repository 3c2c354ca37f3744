//! about = "structs with vec3 and bool members in workgroup memory, whole copies in and out"
//! grid = [2, 1, 1]
//! buffers = [
//!   { at = [0, 0], elem = "f32", len = 64, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 64, out = true },
//! ]
struct Particle {
    place: vec3<f32>,
    alive: bool,
    kind: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

var<workgroup> swarm: array<Particle, 32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let x = input[id.x];
    swarm[i] = Particle(vec3(x, -x, x * 2.0), x > 0.0, i);
    workgroupBarrier();
    var other = swarm[(i * 5u + 3u) % 32u];
    other.place.y += 1.0;
    output[id.x] = select(other.place.y, other.place.z, other.alive) + f32(other.kind);
}
