//! Is an output right? Compares it with the f64 reference, element by element.
//! Decides nothing about time; an output that fails here gets none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Data, Inputs, poison};

/// The expected rounding error of one element: `abs + rel * |reference|`, one standard unit of noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Noise {
    /// Part that does not scale with the element.
    pub abs: f64,
    /// Part that scales with the element.
    pub rel: f64,
}

/// How far a correct kernel may be from the f64 reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tolerance {
    /// Largest relative Frobenius error, ||out - ref|| / ||ref||. Zero demands equality in every bit; absent where it
    /// says nothing, as of a single sum near zero.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relative_frobenius: Option<f64>,
    /// Largest error of any element, in units of its noise.
    pub worst_noise: f64,
    /// The unit.
    pub noise: Noise,
}

impl Tolerance {
    /// Bit for bit.
    pub const EXACT: Tolerance =
        Tolerance { relative_frobenius: Some(0.0), worst_noise: 0.0, noise: Noise { abs: 0.0, rel: 0.0 } };
}

/// The right answer for some rows of the output.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Row indices computed, ascending.
    pub rows: Vec<u64>,
    /// Their elements, row-major.
    pub values: Vec<f64>,
}

/// What the comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Every test held.
    pub passed: bool,
    /// Elements of the output.
    pub elements: u64,
    /// Elements compared with the reference; fewer than `elements` where a full reference is not affordable.
    pub compared: u64,
    /// Elements that still hold the poison or are NaN; must be zero.
    pub unwritten_or_nan: u64,
    /// Relative Frobenius error over the compared elements; absent when it is not a number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relative_frobenius: Option<f64>,
    /// Largest error in units of its expected noise; absent when it is not a number or the case is exact.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worst_noise: Option<f64>,
    /// Elements that differ, for exact cases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mismatched: Option<u64>,
    /// What was allowed.
    pub tolerance: Tolerance,
    /// What failed and where, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<String>,
}

/// Compares an output with the f64 reference of its case.
pub fn verify(case: &Case, inputs: &Inputs, output: &Data) -> Verification {
    verify_against(case, &case.family.reference(case, inputs), output)
}

/// Compares an output with a reference that the caller has at hand.
pub fn verify_against(case: &Case, reference: &Reference, output: &Data) -> Verification {
    let spec = case.family.tensors(case).output;
    let tolerance = case.family.tolerance(case);
    let mut found = Verification {
        passed: false,
        elements: spec.len(),
        compared: reference.values.len() as u64,
        unwritten_or_nan: 0,
        relative_frobenius: None,
        worst_noise: None,
        mismatched: None,
        tolerance,
        failure: None,
    };
    if output.len() as u64 != spec.len() || output.elem() != spec.elem {
        found.failure = Some(format!(
            "the output has {} elements of {:?}, the case {} of {:?}",
            output.len(),
            output.elem(),
            spec.len(),
            spec.elem
        ));
        return found;
    }
    found.unwritten_or_nan = count_unwritten(output);
    let cols = spec.cols as usize;
    let place = |i: usize| (reference.rows[i / cols], i % cols);
    let errors = Errors::between(reference, output, cols, &tolerance.noise);
    found.relative_frobenius = Some(errors.relative_frobenius).filter(|e| e.is_finite());
    let (row, col) = place(errors.worst_at);
    let place = format!("worst at row {row}, column {col}: {} instead of {}", errors.worst_got, errors.worst_want);
    if tolerance == Tolerance::EXACT {
        found.mismatched = Some(errors.mismatched);
        if errors.mismatched > 0 {
            found.failure = Some(format!("{} of {} elements differ; {place}", errors.mismatched, found.compared));
        }
    } else {
        found.worst_noise = Some(errors.worst).filter(|e| e.is_finite());
        // A NaN is over every limit.
        let over = |error: f64, limit: f64| error.is_nan() || error > limit;
        if let Some(limit) = tolerance.relative_frobenius.filter(|&limit| over(errors.relative_frobenius, limit)) {
            let error = errors.relative_frobenius;
            found.failure =
                Some(format!("relative Frobenius error {error:.3e} is over the tolerance {limit:.3e}; {place}"));
        } else if over(errors.worst, tolerance.worst_noise) {
            found.failure = Some(format!(
                "an element is {:.1} times its expected rounding noise away, {:.1} allowed; {place}",
                errors.worst, tolerance.worst_noise
            ));
        }
    }
    if found.unwritten_or_nan > 0 {
        found.failure =
            Some(format!("{} of {} elements were not written or are NaN", found.unwritten_or_nan, found.elements));
    }
    found.passed = found.failure.is_none();
    found
}

fn count_unwritten(output: &Data) -> u64 {
    let poison = i32::from_ne_bytes([poison(super::Elem::I32); 4]);
    let count = match output {
        Data::F32(v) => v.iter().filter(|x| x.is_nan()).count(),
        Data::F16(v) => v.iter().filter(|x| x.is_nan()).count(),
        Data::Bf16(v) => v.iter().filter(|x| x.is_nan()).count(),
        Data::Fp8(v) => v.iter().filter(|x| x.is_nan()).count(),
        Data::I32(v) => v.iter().filter(|&&x| x == poison).count(),
        Data::I8(_) => 0,
    };
    count as u64
}

struct Errors {
    relative_frobenius: f64,
    worst: f64,
    worst_at: usize,
    worst_got: f64,
    worst_want: f64,
    mismatched: u64,
}

impl Errors {
    fn between(reference: &Reference, output: &Data, cols: usize, noise: &Noise) -> Errors {
        let mut e =
            Errors { relative_frobenius: 0.0, worst: 0.0, worst_at: 0, worst_got: 0.0, worst_want: 0.0, mismatched: 0 };
        let (mut error_sq, mut norm_sq) = (0.0, 0.0);
        for (r, &row) in reference.rows.iter().enumerate() {
            let got = output.to_f64(row as usize * cols..(row as usize + 1) * cols);
            let want = &reference.values[r * cols..(r + 1) * cols];
            for (c, (&got, &want)) in got.iter().zip(want).enumerate() {
                let error = (got - want).abs();
                error_sq += error * error;
                norm_sq += want * want;
                e.mismatched += u64::from(got != want);
                // The smallest subnormal keeps a zero error over zero noise at zero.
                let units = error / (noise.abs + noise.rel * want.abs()).max(f64::MIN_POSITIVE);
                if units > e.worst || units.is_nan() && !e.worst.is_nan() {
                    (e.worst, e.worst_at, e.worst_got, e.worst_want) = (units, r * cols + c, got, want);
                }
            }
        }
        e.relative_frobenius = if error_sq == 0.0 { 0.0 } else { (error_sq / norm_sq).sqrt() };
        e
    }
}
