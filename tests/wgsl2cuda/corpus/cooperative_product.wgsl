//! about = "a product of 16x16 cooperative matrices of f16 with sums in f32, rows and columns first"
//! needs = ["coop", "f16", "subgroups"]
//! tolerance = { rel = 1e-5, abs = 1e-4 }
//! buffers = [
//!   { at = [0, 0], elem = "f16", len = 256, fill = "random" },
//!   { at = [0, 1], elem = "f16", len = 256, fill = "random" },
//!   { at = [0, 2], elem = "f32", len = 256, fill = "random", out = true },
//! ]
enable f16;
enable wgpu_cooperative_matrix;

@group(0) @binding(0) var<storage, read> a: array<f16>;
@group(0) @binding(1) var<storage, read> b: array<f16>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;

@compute @workgroup_size(32)
fn main() {
    let rows = coopLoadT<coop_mat16x16<f16, A>>(&a[0], 16u);
    let columns = coopLoad<coop_mat16x16<f16, B>>(&b[0], 16u);
    let sums = coopLoadT<coop_mat16x16<f32, C>>(&c[0], 16u);
    let product = coopMultiplyAdd(rows, columns, sums);
    coopStoreT(product, &c[0], 16u);
}
