//! f64 building blocks of the references: row sampling and a dense product.
//! Independent of every kernel under test.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::Data;

/// Multiply-adds a reference may cost before it samples rows: about a second of f64 on a desktop.
const BUDGET_MAC: f64 = 3e10;

/// Rows of the output to compute in f64: all of them within the budget, else a seeded sample that holds the first and
/// the last row. `mac` is the cost of the whole output.
pub(super) fn sample_rows(rows: u64, mac: f64, seed: u64) -> Vec<u64> {
    let affordable = ((BUDGET_MAC / mac) * rows as f64) as u64;
    if affordable >= rows {
        return (0..rows).collect();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5EED);
    let mut picked = std::collections::BTreeSet::from([0, rows - 1]);
    while (picked.len() as u64) < affordable.max(2) {
        picked.insert(rng.random_range(0..rows));
    }
    picked.into_iter().collect()
}

/// `c[m, n] = a[m, k] * b[n, k]^T`, all row-major f64, on all cores.
pub(super) fn product_nt(m: usize, n: usize, k: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    assert!(a.len() == m * k && b.len() == n * k && c.len() == m * n, "reference operands do not fit their shape");
    crate::backend::dense_f64(m, n, k, c, (a, k as isize, 1), (b, 1, k as isize));
}

/// `c[m, n] = a[m, k] * b[k, n]`, all row-major f64, on all cores.
pub(super) fn product_nn(m: usize, n: usize, k: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    assert!(a.len() == m * k && b.len() == n * k && c.len() == m * n, "reference operands do not fit their shape");
    crate::backend::dense_f64(m, n, k, c, (a, k as isize, 1), (b, n as isize, 1));
}

/// Gathers rows of a row-major tensor as f64.
pub(super) fn gather_rows(data: &Data, cols: usize, rows: &[u64]) -> Vec<f64> {
    rows.iter().flat_map(|&r| data.to_f64(r as usize * cols..(r as usize + 1) * cols)).collect()
}
