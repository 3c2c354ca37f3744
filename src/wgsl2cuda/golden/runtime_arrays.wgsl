// A runtime array behind a header, one of padded vec3, one that is only read; arrayLength; indices held in bounds.
struct Log { count: u32, entries: array<vec2<f32>> }
@group(1) @binding(2) var<storage, read_write> log: Log;
@group(0) @binding(0) var<storage> points: array<vec3<f32>>;
@group(0) @binding(1) var<storage, read_write> seen: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
    let p = points[i * 3u];
    log.entries[i] = p.xz + points[1].yy;
    seen[i] = arrayLength(&points) + arrayLength(&log.entries) + log.count;
    seen[7] = u32(i == 0u);
}
