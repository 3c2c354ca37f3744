override WIDTH: u32 = 8u;
@id(3) override SCALE: f32;
override DOUBLE = WIDTH * 2u;
var<workgroup> tile: array<f32, DOUBLE + 1u>;
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(WIDTH, 2)
fn main(@builtin(local_invocation_index) i: u32, @builtin(num_workgroups) n: vec3<u32>) {
    tile[i] = f32(i) * SCALE;
    workgroupBarrier();
    out[i] = tile[DOUBLE - 1u - i] + f32(n.x);
}
