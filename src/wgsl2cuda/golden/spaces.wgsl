// Private and workgroup variables, pointers into both, functions that use globals.
var<private> calls: u32 = 2u;
var<private> trail: array<i32, 4>;
var<workgroup> tile: array<vec4<f32>, 16>;
var<workgroup> total: atomic<i32>;
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
const SCALE = 0.5;
const TABLE = array<f32, 4>(1.0, 2.0, 4.0, 8.0);
fn bump(p: ptr<function, u32>, q: ptr<private, u32>) -> u32 {
    *p += 1u;
    *q = *q * 2u;
    return *p + *q;
}
fn put(i: u32, v: f32) { out[i] = v * SCALE * TABLE[i & 3u]; }
@compute @workgroup_size(16)
fn main(@builtin(local_invocation_index) i: u32) {
    var n = i;
    let m = bump(&n, &calls);
    calls++;
    trail[i & 3u] = i32(m);
    let cell = &tile[i];
    (*cell).y = f32(n);
    workgroupBarrier();
    atomicAdd(&total, trail[i & 3u]);
    let all = workgroupUniformLoad(&total);
    put(i, tile[15u - i].y + f32(all) + f32(calls));
}
