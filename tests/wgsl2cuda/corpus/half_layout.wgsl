//! about = "layout of f16 in structs, vectors and matrices in storage"
//! needs = ["f16"]
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 24, fill = "half" },
//!   { at = [0, 1], elem = "u32", len = 24, fill = "zero", out = true },
//! ]
enable f16;

struct Packed {
    a: f16,
    b: vec3<f16>,
    c: f32,
    d: array<f16, 3>,
    e: vec2<f16>,
    f: mat2x2<f16>,
}

@group(0) @binding(0) var<storage, read> input: array<Packed, 2>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed, 2>;

@compute @workgroup_size(2)
fn main(@builtin(local_invocation_index) i: u32) {
    let other = input[1u - i];
    output[i].a = other.b.y;
    output[i].b = other.b.zxy;
    output[i].c = f32(other.a);
    output[i].d[0] = other.d[2];
    output[i].d[i + 1u] = other.d[i];
    output[i].e = other.e.yx;
    output[i].f = transpose(other.f);
}
