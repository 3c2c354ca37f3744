//! The products with 4-bit weights on every instruction set this CPU has, at odd shapes, against f64.
//! It must not judge speed.

use half::f16;

use super::gemm::{MatmulPath, MatmulShape};
use super::int4::{Int4Tensors, matmul_int4};
use super::isa::Isa;
use super::matmul_tests::Random;
use super::pool::Pool;
use super::workspace::Workspace;
use crate::kernel::matmul::int4::{BLOCK_BYTES, activation_scale, blocks_and_groups};
use crate::kernel::{Dtype, Int4};

const SHAPES: [(usize, usize, usize); 14] = [
    (1, 1, 1),
    (1, 9, 31),
    (1, 70, 4096),
    (1, 33, 4097),
    (2, 17, 160),
    (3, 40, 2081),
    (4, 8, 64),
    (5, 23, 97),
    (8, 50, 515),
    (9, 13, 1030),
    (33, 25, 2050),
    (70, 31, 4100),
    (130, 7, 9001),
    (401, 3, 70),
];

struct Operands {
    a: Vec<f16>,
    b: Vec<u8>,
    s: Vec<f16>,
}

fn operands((m, n, k): (usize, usize, usize), int4: Int4) -> Operands {
    let mut random = Random((m * n + k) as u64);
    let (blocks, groups) = blocks_and_groups(k, int4.group);
    Operands {
        a: (0..m * k).map(|_| f16::from_f64(random.normal())).collect(),
        b: (0..n * blocks * BLOCK_BYTES).map(|_| random.bits() as u8).collect(),
        s: (0..n * groups).map(|_| f16::from_f64(0.2 * random.normal())).collect(),
    }
}

/// A row of activations as the product sees them, and a row of weights; decoded by another way than the kernels'.
fn activations(o: &Operands, k: usize, int4: Int4, row: usize) -> Vec<f64> {
    let mut values: Vec<f64> = o.a[row * k..][..k].iter().map(|x| x.to_f64()).collect();
    for group in values.chunks_mut(int4.group).filter(|_| int4.a8) {
        let scale = f64::from(activation_scale(group.iter().fold(0.0, |top: f32, x| top.max(x.abs() as f32))).0);
        group.iter_mut().for_each(|x| *x = (*x / scale).round_ties_even().clamp(-127.0, 127.0) * scale);
    }
    values
}

fn weights(o: &Operands, k: usize, int4: Int4, row: usize) -> Vec<f64> {
    let (blocks, groups) = blocks_and_groups(k, int4.group);
    let value = |i: usize| {
        let byte = o.b[(row * blocks + i / 32) * BLOCK_BYTES + i % 16];
        let nibble = if i % 32 < 16 { byte % 16 } else { byte / 16 };
        (f64::from(nibble) - 8.0) * o.s[row * groups + i / int4.group].to_f64()
    };
    (0..k).map(value).collect()
}

/// A case, its right answer, and how far off it may be.
struct Tried {
    shape: MatmulShape,
    int4: Int4,
    operands: Operands,
    expected: Vec<(f64, f64)>,
}

impl Tried {
    fn new((m, n, k): (usize, usize, usize), int4: Int4) -> Tried {
        let operands = operands((m, n, k), int4);
        let b: Vec<_> = (0..n).map(|col| weights(&operands, k, int4, col)).collect();
        let mut expected = Vec::with_capacity(m * n);
        for a in (0..m).map(|row| activations(&operands, k, int4, row)) {
            for b in &b {
                let want: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                let size: f64 = a.iter().zip(b).map(|(x, y)| (x * y).powi(2)).sum::<f64>().sqrt();
                // Half a step of f16, which near zero is coarser than its relative rounding, and f32 accumulation.
                let half_step = want.abs() / 2048.0 + 2f64.powi(-25);
                expected.push((want, half_step + f64::from(f32::EPSILON) * size * (4.0 + 2.0 * (k as f64).sqrt())));
            }
        }
        Tried { shape: MatmulShape { m, n, k }, int4, operands, expected }
    }

    fn check(&self, isa: Isa, pool: &Pool, path: MatmulPath) {
        let (shape, o) = (self.shape, &self.operands);
        let mut c = vec![f16::NAN; shape.m * shape.n];
        let tensors = Int4Tensors { a: &o.a, b: &o.b, s: &o.s, c: &mut c };
        matmul_int4(path, pool, isa, &mut Workspace::new(), shape, self.int4, tensors).unwrap();
        for (i, (got, (want, room))) in c.iter().zip(&self.expected).enumerate() {
            let (row, col) = (i / shape.n, i % shape.n);
            assert!(
                (got.to_f64() - want).abs() <= *room,
                "{:?} {isa} {path:?} {shape:?} at ({row}, {col}): {got}, not {want}",
                self.int4
            );
        }
    }
}

fn check_all(of: impl Fn(Int4) -> bool) {
    let pools = [1, 3].map(|threads| Pool::new(Some(threads)).unwrap());
    for int4 in Dtype::ALL.into_iter().filter_map(Dtype::int4).filter(|i| of(*i)) {
        for tried in SHAPES.map(|shape| Tried::new(shape, int4)) {
            for isa in Isa::available() {
                for (pool, path) in pools.iter().zip([MatmulPath::Skinny, MatmulPath::Tiled]) {
                    tried.check(isa, pool, path);
                }
            }
        }
    }
}

#[test]
fn float_activations_meet_four_bits() {
    check_all(|int4| !int4.a8);
}

#[test]
fn quantised_activations_meet_four_bits() {
    check_all(|int4| int4.a8);
}

/// Fixed point has no infinity: one among float activations must not come out as a number.
#[test]
fn an_infinite_activation_is_not_lost() {
    let pool = Pool::new(Some(1)).unwrap();
    let (shape, int4) = (MatmulShape { m: 1, n: 3, k: 70 }, Int4 { group: 32, a8: false });
    let mut o = operands((1, 3, 70), int4);
    o.a[40] = f16::INFINITY;
    for isa in Isa::available() {
        let mut c = vec![f16::ZERO; 3];
        let tensors = Int4Tensors { a: &o.a, b: &o.b, s: &o.s, c: &mut c };
        matmul_int4(MatmulPath::Skinny, &pool, isa, &mut Workspace::new(), shape, int4, tensors).unwrap();
        assert!(c.iter().all(|x| !x.is_finite()), "{isa}: {c:?}");
    }
}

#[test]
fn wrong_shapes_are_refused_in_words() {
    let pool = Pool::new(Some(1)).unwrap();
    let int4 = Int4 { group: 32, a8: false };
    let shape = MatmulShape { m: 1, n: 2, k: 33 };
    let refuse = |b: usize, s: usize| {
        let (a, b, s) = (vec![f16::ONE; 33], vec![0; b], vec![f16::ONE; s]);
        let tensors = Int4Tensors { a: &a, b: &b, s: &s, c: &mut [f16::ONE; 2] };
        matmul_int4(MatmulPath::Auto, &pool, Isa::detect(), &mut Workspace::new(), shape, int4, tensors)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refuse(63, 4), "B holds 63 elements, but N 2 x blocks 2 x bytes 16 needs 64");
    assert!(refuse(64, 3).contains("scales holds 3"));
}
