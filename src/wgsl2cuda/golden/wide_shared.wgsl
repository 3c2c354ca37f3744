// More workgroup memory than a static block: one dynamic one.
var<workgroup> a: array<vec4<f32>, 4000>;
var<workgroup> b: array<u32, 100>;
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
fn sum(i: u32) -> f32 { return a[i].x + f32(b[i % 100u]); }
@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) i: u32) {
    a[i * 31u] = vec4(f32(i));
    b[i % 100u] = i;
    workgroupBarrier();
    out[i] = sum(i);
}
