//! about = "overrides: by name, by id, derived, in the workgroup size and in the size of workgroup memory"
//! grid = [2, 1, 1]
//! overrides = { WIDTH = 24.0, "7" = 3.0, deep = 0.0 }
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 48, fill = "random" },
//!   { at = [0, 1], elem = "f32", len = 48, out = true },
//! ]
override WIDTH: u32 = 8u;
@id(7) override factor: i32 = 1;
override deep: bool = true;
override scale: f32 = 0.5 * f32(WIDTH);
override untouched = 2.5f;

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

var<workgroup> staged: array<u32, WIDTH * 2u>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) i: u32, @builtin(global_invocation_id) id: vec3<u32>) {
    staged[i] = input[id.x] % 1000u;
    staged[i + WIDTH] = input[id.x] / 1000u % 1000u;
    workgroupBarrier();
    var value = f32(staged[2u * WIDTH - 1u - i]) * scale + f32(factor);
    if deep {
        value = -1.0;
    }
    output[id.x] = value + untouched;
}
