//! How row-major operands look to a column-major library: pure arithmetic, provable without one.
//! Calls nothing.
//!
//! A row-major matrix of R x C is, to a column-major library, one of C x R with leading dimension C. The product
//! `C[M,N] = A[M,K] * B[K,N]` is therefore asked for as `C^T = B^T * A^T`: the weights come first.

use crate::kernel::Dtype;

/// How an operand lies in memory, row-major either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// K runs along its rows: A as M x K, B as N x K, as models ship weights.
    KInner,
    /// K runs down its columns: A as K x M, B as K x N.
    #[cfg_attr(not(test), expect(dead_code, reason = "no case stores an operand so yet; the tests hold all four"))]
    KOuter,
}

/// A column-major operand, and whether it is to be transposed before the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operand {
    /// Rows as stored.
    pub(super) rows: u64,
    /// Columns as stored.
    pub(super) cols: u64,
    /// Elements from one column to the next.
    pub(super) leading: u64,
    /// Transpose it first.
    pub(super) transposed: bool,
}

/// `result = left * right`, all column-major.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Product {
    /// The weights, B.
    pub(super) left: Operand,
    /// The activations, A.
    pub(super) right: Operand,
    /// C, which column-major is its transpose: N x M.
    pub(super) result: Operand,
}

impl Product {
    /// Lays out `C[M,N]` from A and B as stored.
    pub(super) fn new(m: u64, n: u64, k: u64, a: Stored, b: Stored) -> Product {
        let operand = |rows, cols, transposed| Operand { rows, cols, leading: rows, transposed };
        Product {
            left: match b {
                Stored::KInner => operand(k, n, true),
                Stored::KOuter => operand(n, k, false),
            },
            right: match a {
                Stored::KInner => operand(k, m, false),
                Stored::KOuter => operand(m, k, true),
            },
            result: operand(n, m, false),
        }
    }
}

/// Why the 8-bit kernels of a dtype cannot take a shape: i8 wants whole words along every leading dimension, fp8 whole
/// 16 bytes.
pub(super) fn refuse_8_bit(dtype: Dtype, n: u64, k: u64) -> Option<String> {
    let multiple = match dtype {
        Dtype::I8 => 4,
        Dtype::Fp8 => 16,
        _ => return None,
    };
    let odd = [("n", n), ("k", k)].into_iter().find(|(_, extent)| extent % multiple != 0)?;
    Some(format!("cuBLASLt's {dtype} product wants n and k in multiples of {multiple}; {} is {}", odd.0, odd.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product as a column-major library defines it.
    fn column_major(product: &Product, left: &[f64], right: &[f64]) -> Vec<f64> {
        let at = |operand: &Operand, data: &[f64], row: u64, col: u64| {
            let (row, col) = if operand.transposed { (col, row) } else { (row, col) };
            assert!(row < operand.rows && col < operand.cols);
            data[(col * operand.leading + row) as usize]
        };
        let (rows, cols) = (product.result.rows, product.result.cols);
        let inner = if product.left.transposed { product.left.rows } else { product.left.cols };
        let mut result = vec![0.0; (product.result.leading * cols) as usize];
        for (col, row) in (0..cols).flat_map(|col| (0..rows).map(move |row| (col, row))) {
            let sum = (0..inner).map(|i| at(&product.left, left, row, i) * at(&product.right, right, i, col)).sum();
            result[(col * product.result.leading + row) as usize] = sum;
        }
        result
    }

    #[test]
    fn every_way_of_storing_gives_the_same_product() {
        let (m, n, k) = (3, 5, 4);
        let a: Vec<f64> = (0..m * k).map(|i| (i * i % 7) as f64 - 2.0).collect();
        let b: Vec<f64> = (0..n * k).map(|i| (i * 5 % 11) as f64 - 4.0).collect();
        let transpose = |rows: u64, cols: u64, data: &[f64]| -> Vec<f64> {
            (0..cols).flat_map(|c| (0..rows).map(move |r| data[(r * cols + c) as usize])).collect()
        };
        let row = |data: &[f64], at: u64| data[(at * k) as usize..((at + 1) * k) as usize].to_vec();
        let dot = |i, j| row(&a, i).iter().zip(row(&b, j)).map(|(x, y)| x * y).sum::<f64>();
        let expected: Vec<f64> = (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| dot(i, j)).collect();
        for a_stored in [Stored::KInner, Stored::KOuter] {
            for b_stored in [Stored::KInner, Stored::KOuter] {
                let left = if b_stored == Stored::KInner { b.clone() } else { transpose(n, k, &b) };
                let right = if a_stored == Stored::KInner { a.clone() } else { transpose(m, k, &a) };
                let product = Product::new(m, n, k, a_stored, b_stored);
                assert_eq!(column_major(&product, &left, &right), expected, "{a_stored:?} {b_stored:?}");
            }
        }
    }

    #[test]
    fn our_cases_are_the_form_that_tensor_cores_take() {
        let product = Product::new(7, 128, 64, Stored::KInner, Stored::KInner);
        assert!(product.left.transposed && !product.right.transposed);
        assert_eq!((product.left.leading, product.right.leading, product.result.leading), (64, 64, 128));
    }

    #[test]
    fn odd_8_bit_shapes_are_refused_by_name() {
        assert_eq!(refuse_8_bit(Dtype::I8, 4096, 14336), None);
        assert!(refuse_8_bit(Dtype::I8, 129, 64).unwrap().contains("n is 129"));
        assert!(refuse_8_bit(Dtype::I8, 128, 61).unwrap().contains("k is 61"));
        assert!(refuse_8_bit(Dtype::Fp8, 128, 36).unwrap().contains("multiples of 16; k is 36"));
        assert_eq!(refuse_8_bit(Dtype::F16, 129, 61), None);
    }
}
