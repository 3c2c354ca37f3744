enable wgpu_cooperative_matrix;
enable f16;
@group(0) @binding(0) var<storage, read> a: array<f16>;
@group(0) @binding(1) var<storage, read> b: array<f16>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<storage, read_write> d: array<f32>;
var<workgroup> tile: array<f32, 64>;
@compute @workgroup_size(32)
fn main() {
    var sum = coopLoadT<coop_mat16x16<f32, C>>(&c[0], 16u);
    for (var k = 0u; k < 32u; k += 16u) {
        let x = coopLoadT<coop_mat16x16<f16, A>>(&a[k], 32u);
        let y = coopLoad<coop_mat16x16<f16, B>>(&b[k], 32u);
        sum = coopMultiplyAdd(x, y, sum);
    }
    coopStoreT(sum, &c[0], 16u);
    let p = coopLoad<coop_mat8x8<f32, A>>(&d[0]);
    let q = coopLoad<coop_mat8x8<f32, B>>(&d[64]);
    let r = coopMultiplyAdd(p, q, coop_mat8x8<f32, C>());
    coopStore(r + r * 2.0, &d[128], 8u);
}
