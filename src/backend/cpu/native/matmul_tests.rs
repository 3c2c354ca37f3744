//! Every matmul kernel on every instruction set this CPU has, at odd shapes, against f64.
//! It must not judge speed.

use half::{bf16, f16};

use super::gemm::{Element, MatmulPath, MatmulShape, matmul_by};
use super::isa::Isa;
use super::pool::Pool;
use super::workspace::Workspace;

/// A small deterministic generator: splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Roughly N(0, 1): the sum of twelve uniforms, less six.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.bits() >> 11) as f64 / (1u64 << 53) as f64).sum::<f64>() - 6.0
    }
}

/// A dtype as the tests make, poison and judge it.
pub(crate) trait Tested: Element {
    fn make(random: &mut Random) -> Self;
    fn value(self) -> f64;
    fn poison() -> Self::Out;
    fn result(out: Self::Out) -> f64;
    /// Units of rounding of the result, relative.
    const EPS: f64;
}

macro_rules! tested {
    ($t:ty, $eps:expr) => {
        impl Tested for $t {
            const EPS: f64 = $eps;
            fn make(random: &mut Random) -> Self {
                <$t>::from_f32(random.normal() as f32)
            }
            fn value(self) -> f64 {
                self.to_f64()
            }
            fn poison() -> Self {
                <$t>::NAN
            }
            fn result(out: Self) -> f64 {
                out.to_f64()
            }
        }
    };
}
tested!(f16, 1.0 / 2048.0);
tested!(bf16, 1.0 / 256.0);

impl Tested for f32 {
    const EPS: f64 = 1.0 / 16_777_216.0;
    fn make(random: &mut Random) -> Self {
        random.normal() as f32
    }
    fn value(self) -> f64 {
        f64::from(self)
    }
    fn poison() -> Self {
        f32::NAN
    }
    fn result(out: Self) -> f64 {
        f64::from(out)
    }
}

impl Tested for i8 {
    const EPS: f64 = 0.0;
    fn make(random: &mut Random) -> Self {
        random.bits() as i8
    }
    fn value(self) -> f64 {
        f64::from(self)
    }
    fn poison() -> i32 {
        i32::MIN
    }
    fn result(out: i32) -> f64 {
        f64::from(out)
    }
}

const SHAPES: [(usize, usize, usize); 22] = [
    (1, 1, 1),
    (1, 1, 3),
    (5, 17, 3),
    (37, 129, 61),
    (2, 300, 4096 + 5),
    (1, 1000, 257),
    (3, 77, 128),
    (4, 50, 66),
    (6, 31, 100),
    (7, 29, 1030),
    (8, 100, 515),
    (9, 33, 64),
    (12, 64, 192),
    (16, 16, 16),
    (17, 13, 1031),
    (33, 25, 2050),
    (64, 96, 1024),
    (100, 7, 4099),
    (161, 103, 48),
    (200, 1, 33),
    (1, 5, 20_000),
    (31, 26, 9001),
];

/// Inputs of a shape, and of each element of C the value in f64 and the root of the sum of its squared products.
struct Known<E> {
    shape: MatmulShape,
    a: Vec<E>,
    b: Vec<E>,
    c: Vec<(f64, f64)>,
}

impl<E: Tested> Known<E> {
    fn new(seed: u64, (m, n, k): (usize, usize, usize)) -> Self {
        let mut random = Random(seed);
        let a: Vec<E> = (0..m * k).map(|_| E::make(&mut random)).collect();
        let b: Vec<E> = (0..n * k).map(|_| E::make(&mut random)).collect();
        let wide = |x: &[E]| x.iter().map(|x| x.value()).collect::<Vec<f64>>();
        let (x, y) = (wide(&a), wide(&b));
        let element = |row: usize, col: usize| {
            let pairs = x[row * k..][..k].iter().zip(&y[col * k..][..k]);
            pairs.fold((0.0, 0.0), |(sum, squares), (x, y)| (sum + x * y, squares + (x * y) * (x * y)))
        };
        let c = (0..m * n).map(|i| element(i / n, i % n)).map(|(sum, squares)| (sum, squares.sqrt())).collect();
        Self { shape: MatmulShape { m, n, k }, a, b, c }
    }

    fn check(&self, isa: Isa, pool: &Pool, workspace: &mut Workspace, path: MatmulPath) {
        let MatmulShape { m, n, k } = self.shape;
        let mut c = vec![E::poison(); m * n];
        matmul_by(path, pool, isa, workspace, self.shape, &self.a, &self.b, &mut c).unwrap();
        for (i, (&got, &(want, size))) in c.iter().zip(&self.c).enumerate() {
            let got = E::result(got);
            // The result's own rounding, and f32 accumulation that grows with the root of K.
            let room = E::EPS * want.abs() + f32::EPSILON as f64 * size * (4.0 + 2.0 * (k as f64).sqrt());
            let room = if size_of::<E>() == 1 { 0.0 } else { room };
            assert!(
                (got - want).abs() <= room,
                "{} {isa} {path:?} {m}x{n}x{k} at ({}, {}): {got}, not {want}",
                E::NAME,
                i / n,
                i % n
            );
        }
    }
}

fn check_all<E: Tested>() {
    let pools = [1, 3].map(|threads| Pool::new(Some(threads)).unwrap());
    let mut workspace = Workspace::new();
    for (seed, shape) in SHAPES.into_iter().enumerate() {
        let known = Known::<E>::new(seed as u64, shape);
        for pool in &pools {
            for isa in Isa::available() {
                for path in [MatmulPath::Skinny, MatmulPath::Tiled, MatmulPath::Auto] {
                    known.check(isa, pool, &mut workspace, path);
                }
            }
        }
    }
}

#[test]
fn f32_matmul_is_right() {
    check_all::<f32>();
}

#[test]
fn f16_matmul_is_right() {
    check_all::<f16>();
}

#[test]
fn bf16_matmul_is_right() {
    check_all::<bf16>();
}

#[test]
fn i8_matmul_is_exact() {
    check_all::<i8>();
}

#[test]
fn i8_extremes_are_exact() {
    let pool = Pool::new(Some(1)).unwrap();
    let shape = MatmulShape { m: 2, n: 13, k: 65_535 };
    for isa in Isa::available() {
        for path in [MatmulPath::Skinny, MatmulPath::Tiled] {
            for (x, y) in [(-128i8, -128i8), (127, -128), (-128, 127), (127, 127)] {
                let (a, b) = (vec![x; shape.m * shape.k], vec![y; shape.n * shape.k]);
                let mut c = vec![i32::MIN; shape.m * shape.n];
                matmul_by(path, &pool, isa, &mut Workspace::new(), shape, &a, &b, &mut c).unwrap();
                assert!(c.iter().all(|&c| c == i32::from(x) * i32::from(y) * 65_535), "{isa} {path:?} {x} {y}");
            }
        }
    }
}

#[test]
fn wrong_shapes_are_refused_in_words() {
    let pool = Pool::new(Some(1)).unwrap();
    let mut workspace = Workspace::new();
    let mut refuse = |m, n, k, a: &[f32]| {
        let shape = MatmulShape { m, n, k };
        matmul_by(MatmulPath::Auto, &pool, Isa::detect(), &mut workspace, shape, a, &[0.0; 6], &mut [0.0; 4])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refuse(2, 2, 3, &[0.0; 5]), "A holds 5 elements, but M 2 x K 3 needs 6");
    assert_eq!(refuse(0, 2, 3, &[]), "M is 0; every extent must be at least 1");
    assert!(refuse(usize::MAX, 2, 3, &[]).contains("larger than"));
}
