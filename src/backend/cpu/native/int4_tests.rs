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

/// Element (row, col), and the root of the sum of its squared terms; weights decoded by another way than the kernels'.
fn expected(o: &Operands, (k, int4): (usize, Int4), row: usize, col: usize) -> (f64, f64) {
    let (blocks, groups) = blocks_and_groups(k, int4.group);
    let a: Vec<f64> = o.a[row * k..][..k].iter().map(|x| x.to_f64()).collect();
    let (mut sum, mut squares) = (0.0, 0.0);
    for i in 0..k {
        let byte = o.b[(col * blocks + i / 32) * BLOCK_BYTES + i % 16];
        let nibble = if i % 32 < 16 { byte % 16 } else { byte / 16 };
        let group = i / int4.group;
        let of_group = &a[group * int4.group..k.min((group + 1) * int4.group)];
        let (scale, _) = activation_scale(of_group.iter().fold(0.0, |top: f32, x| top.max(x.abs() as f32)));
        let x = if int4.a8 {
            (a[i] / f64::from(scale)).round_ties_even().clamp(-127.0, 127.0) * f64::from(scale)
        } else {
            a[i]
        };
        let term = x * (f64::from(nibble) - 8.0) * o.s[col * groups + group].to_f64();
        sum += term;
        squares += term * term;
    }
    (sum, squares.sqrt())
}

fn check(isa: Isa, pool: &Pool, path: MatmulPath, int4: Int4) {
    let mut workspace = Workspace::new();
    for (m, n, k) in SHAPES {
        let o = operands((m, n, k), int4);
        let mut c = vec![f16::NAN; m * n];
        let tensors = Int4Tensors { a: &o.a, b: &o.b, s: &o.s, c: &mut c };
        matmul_int4(path, pool, isa, &mut workspace, MatmulShape { m, n, k }, int4, tensors).unwrap();
        for (i, got) in c.iter().enumerate() {
            let (want, size) = expected(&o, (k, int4), i / n, i % n);
            let room = want.abs() / 2048.0 + f64::from(f32::EPSILON) * size * (4.0 + 2.0 * (k as f64).sqrt());
            // The smallest steps of f16 are coarser than its relative rounding.
            let room = room + 2f64.powi(-25);
            assert!(
                (got.to_f64() - want).abs() <= room,
                "{int4:?} {isa} {path:?} {m}x{n}x{k} at ({}, {}): {got}, not {want}",
                i / n,
                i % n
            );
        }
    }
}

fn check_all(of: impl Fn(Int4) -> bool) {
    for threads in [1, 3] {
        let pool = Pool::new(Some(threads)).unwrap();
        for int4 in Dtype::ALL.into_iter().filter_map(Dtype::int4).filter(|i| of(*i)) {
            for isa in Isa::available() {
                for path in [MatmulPath::Skinny, MatmulPath::Tiled] {
                    check(isa, &pool, path, int4);
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

#[test]
fn wrong_shapes_are_refused_in_words() {
    let pool = Pool::new(Some(1)).unwrap();
    let int4 = Int4 { group: 32, a8: false };
    let shape = MatmulShape { m: 1, n: 2, k: 33 };
    let mut refuse = |b: usize, s: usize| {
        let (a, b, s) = (vec![f16::ONE; 33], vec![0; b], vec![f16::ONE; s]);
        let tensors = Int4Tensors { a: &a, b: &b, s: &s, c: &mut [f16::ONE; 2] };
        matmul_int4(MatmulPath::Auto, &pool, Isa::detect(), &mut Workspace::new(), shape, int4, tensors)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refuse(63, 4), "B holds 63 elements, but N 2 x blocks 2 x bytes 16 needs 64");
    assert!(refuse(64, 3).contains("scales holds 3"));
}
