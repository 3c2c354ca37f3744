//! Ceilings: what the device can do at best, measured — bandwidth, arithmetic peak, launch overhead.
//! The denominators of "fraction of ceiling"; never read off a datasheet.
//!
//! - `read`: out\[0\] = the sum of all elements. Bytes are the input's.
//! - `copy`: out = in. Bytes are both.
//! - `fma`: every lane runs `a = a * x + y`, `iters` times; with x = 1 - 1/n and y = 1/n the result still depends on
//!   the number of steps, so a kernel that skips some is found out.
//! - `dot`: every lane runs `acc += dot(xi, w)` over four 8-bit pairs, `iters` times, where xi starts at 0x01020304 and
//!   steps by adding 0x10203050 and masking with 0x7f7f7f7f (so signed and unsigned dot products agree); wrapping i32.
//! - `launch`: out\[0\] = in\[0\]. The time is the point.

mod plan;

use super::{
    Axis, Case, Dtype, Elem, Family, Fill, Inputs, Noise, OpUnit, Program, Reference, Target, TensorSpec, Tensors,
    Tolerance, Tuning, Unplannable, Variant, Work,
};

/// The ceiling family.
pub(super) struct Ceiling;

/// First value of the `dot` ceiling's moving operand.
pub(crate) const DOT_START: u32 = 0x0102_0304;
/// What is added to it at every step, before masking with [`DOT_MASK`].
pub(crate) const DOT_STEP: u32 = 0x1020_3050;
/// Keeps each byte in 0..=127, where signed and unsigned products agree.
pub(crate) const DOT_MASK: u32 = 0x7f7f_7f7f;
/// Bytes of a row of the bandwidth cases; `bytes` is a multiple of it.
pub(crate) const ROW_BYTES: u64 = 4096;
/// Steps after which the `fma` recurrence has moved by 1 - 1/e; also the denominator of its coefficients.
const FMA_SCALE: f64 = 4096.0;

const BYTES: &[Axis] = &[Axis { name: "bytes", default: 256 << 20, about: "size of the input, a multiple of 4096" }];
const LANES: &[Axis] = &[
    Axis { name: "lanes", default: 786_432, about: "independent recurrences, a multiple of 192" },
    Axis { name: "iters", default: 4096, about: "steps of each" },
];

const VARIANTS: &[Variant] = &[
    Variant { name: "read", about: "read bandwidth: sum a large array", axes: BYTES, dtypes: &[Dtype::F32] },
    Variant {
        name: "copy",
        about: "copy bandwidth: bytes read plus bytes written",
        axes: BYTES,
        dtypes: &[Dtype::F32],
    },
    Variant {
        name: "fma",
        about: "multiply-add peak of the ordinary arithmetic units",
        axes: LANES,
        dtypes: &[Dtype::F32, Dtype::F16],
    },
    Variant { name: "dot", about: "8-bit dot-product peak", axes: LANES, dtypes: &[Dtype::I8] },
    Variant {
        name: "launch",
        about: "time of the smallest possible launch",
        axes: &[Axis { name: "n", default: 1, about: "elements written" }],
        dtypes: &[Dtype::F32],
    },
];

/// `x` and `y` of the `fma` recurrence. f16 cannot hold 1 - 1/4096: it alternates in sign instead, with the coefficient
/// nearest to -1 that contracts.
fn coefficients(dtype: Dtype) -> &'static [f64] {
    const F32: [f64; 2] = [1.0 - 1.0 / FMA_SCALE, 1.0 / FMA_SCALE];
    const F16: [f64; 2] = [-(1.0 - 1.0 / 2048.0), 1.0];
    if dtype == Dtype::F16 { &F16 } else { &F32 }
}

impl Family for Ceiling {
    fn name(&self) -> &'static str {
        "ceiling"
    }

    fn variants(&self) -> &'static [Variant] {
        VARIANTS
    }

    fn check(&self, case: &Case) -> Result<(), String> {
        match case.variant.name {
            "read" | "copy" if !case.axis("bytes").is_multiple_of(ROW_BYTES) => {
                Err(format!("bytes={} is no multiple of {ROW_BYTES}", case.axis("bytes")))
            }
            "fma" | "dot" if !case.axis("lanes").is_multiple_of(192) => {
                Err(format!("lanes={} is no multiple of 192", case.axis("lanes")))
            }
            "launch" if case.axis("n") != 1 => Err("launch writes one element: n=1".to_owned()),
            _ => Ok(()),
        }
    }

    fn work(&self, case: &Case) -> Work {
        let steps = || case.axis("lanes") as f64 * case.axis("iters") as f64;
        let lane_bytes = || (case.dtype.bytes().max(4) + case.dtype.output_bytes()) as f64 * case.axis("lanes") as f64;
        match case.variant.name {
            "read" => {
                Work { flop: case.axis("bytes") as f64 / 4.0, bytes: case.axis("bytes") as f64, unit: OpUnit::Flop }
            }
            "copy" => Work { flop: 0.0, bytes: 2.0 * case.axis("bytes") as f64, unit: OpUnit::Flop },
            "fma" => Work { flop: 2.0 * steps(), bytes: lane_bytes(), unit: OpUnit::Flop },
            "dot" => Work { flop: 8.0 * steps(), bytes: lane_bytes(), unit: OpUnit::Op },
            _ => Work { flop: 0.0, bytes: 8.0, unit: OpUnit::Flop },
        }
    }

    fn tensors(&self, case: &Case) -> Tensors {
        let elem = Elem::input(case.dtype);
        let tensor = |name, rows, cols, elem| TensorSpec { name, rows, cols, elem, fill: Fill::Random };
        match case.variant.name {
            "read" | "copy" => {
                let (rows, cols) = (case.axis("bytes") / ROW_BYTES, ROW_BYTES / 4);
                let out = if case.variant.name == "read" { (1, 1) } else { (rows, cols) };
                Tensors { inputs: vec![tensor("x", rows, cols, elem)], output: tensor("out", out.0, out.1, elem) }
            }
            "fma" => Tensors {
                inputs: vec![
                    tensor("a", case.axis("lanes") / 192, 192, elem),
                    TensorSpec { fill: Fill::Values(coefficients(case.dtype)), ..tensor("xy", 1, 2, elem) },
                ],
                output: tensor("out", case.axis("lanes") / 192, 192, elem),
            },
            "dot" => Tensors {
                inputs: vec![tensor("w", case.axis("lanes") / 192, 192, Elem::I32)],
                output: tensor("out", case.axis("lanes") / 192, 192, Elem::I32),
            },
            _ => Tensors { inputs: vec![tensor("x", 1, 1, elem)], output: tensor("out", 1, 1, elem) },
        }
    }

    fn reference(&self, case: &Case, inputs: &Inputs) -> Reference {
        let rows = self.tensors(case).output.rows;
        let values = match case.variant.name {
            "read" => {
                let x = inputs.get("x");
                let sum = (0..x.len()).step_by(1024).map(|i| x.to_f64(i..i + 1024).iter().sum::<f64>()).sum();
                vec![sum]
            }
            "fma" => {
                let (a, xy) = (inputs.get("a"), inputs.get("xy"));
                let (x, y) = (xy.get(0), xy.get(1));
                let power = x.powf(case.axis("iters") as f64);
                let settled = y / (1.0 - x);
                a.to_f64(0..a.len()).iter().map(|a| settled + (a - settled) * power).collect()
            }
            "dot" => dot_reference(inputs.get("w"), case.axis("iters")),
            _ => inputs.get("x").to_f64(0..inputs.get("x").len()),
        };
        Reference { rows: (0..rows).collect(), values }
    }

    fn tolerance(&self, case: &Case) -> Tolerance {
        let u = case.dtype.unit_roundoff();
        match case.variant.name {
            // Sums of N(0,1): partial sums grow as sqrt(n), and so does their rounding; at most n of them in a row.
            "read" => {
                let n = case.axis("bytes") as f64 / 4.0;
                Tolerance { relative_frobenius: None, worst_noise: 8.0, noise: Noise { abs: u * n, rel: 0.0 } }
            }
            // Each step rounds once and later steps shrink the error, so it is bounded by u / (1 - |x|), and by
            // `iters` roundings where those are fewer; a skipped step moves the result by 1/n, which is more.
            "fma" => {
                let steps = (1.0 / (1.0 - coefficients(case.dtype)[0].abs())).min(case.axis("iters") as f64);
                // WGSL may round a multiply-add twice, and elements of N(0,1) reach 4; in f32 such errors average out, in
                // f16 the recurrence settles into a cycle that rounds the same way every time.
                let each = if case.dtype == Dtype::F16 { 4.0 * u } else { u };
                let noise = Noise { abs: each * steps, rel: 0.0 };
                Tolerance { relative_frobenius: Some(2.0 * noise.abs), worst_noise: 2.0, noise }
            }
            _ => Tolerance::EXACT,
        }
    }

    fn program(&self, case: &Case, target: &Target, tuning: &Tuning) -> Result<Program, Unplannable> {
        plan::program(case, target, tuning)
    }

    fn tunings(&self, case: &Case, target: &Target) -> Vec<Tuning> {
        plan::tunings(case, target)
    }
}

/// The moving operand takes the same values in every lane, so each lane's sum is four products with its byte sums.
fn dot_reference(w: &super::Data, iters: u64) -> Vec<f64> {
    let mut x = DOT_START;
    let mut byte_sums = [0i32; 4];
    for _ in 0..iters {
        for (sum, byte) in byte_sums.iter_mut().zip(x.to_le_bytes()) {
            *sum = sum.wrapping_add(i32::from(byte));
        }
        x = x.wrapping_add(DOT_STEP) & DOT_MASK;
    }
    let lane = |w: f64| {
        let bytes = (w as i32).to_le_bytes();
        let products = bytes.iter().zip(byte_sums).map(|(&b, s)| i32::from(b as i8).wrapping_mul(s));
        f64::from(products.fold(0i32, i32::wrapping_add))
    };
    w.to_f64(0..w.len()).into_iter().map(lane).collect()
}
