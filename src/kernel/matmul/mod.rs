//! `C[M,N] = A[M,K] * B[N,K]^T`: activations times weights, with the weights stored N x K as models ship them.
//! Says what the cases mean; how the portable track runs them is in `plan`, for 4-bit weights in `int4_plan`.

pub(crate) mod int4;
mod int4_plan;
mod plan;

use super::{
    Axis, Case, Dtype, Elem, Family, Fill, Inputs, Noise, Program, Reference, Target, TensorSpec, Tensors, Tolerance,
    Tuning, Unplannable, Variant, Work,
    reference::{gather_rows, product_nt, sample_rows},
};

/// The matmul family.
pub(super) struct Matmul;

const DTYPES: &[Dtype] = &[
    Dtype::F32,
    Dtype::Tf32,
    Dtype::F16,
    Dtype::Bf16,
    Dtype::Fp8,
    Dtype::I8,
    Dtype::W4A16G32,
    Dtype::W4A16G128,
    Dtype::W4A8G32,
    Dtype::W4A8G128,
];

const fn axes(m: u64, n: u64, k: u64) -> [Axis; 3] {
    [
        Axis { name: "m", default: m, about: "rows of A and C: tokens in the step" },
        Axis { name: "n", default: n, about: "rows of B, columns of C: output features" },
        Axis { name: "k", default: k, about: "columns of A and B: input features" },
    ]
}

const VARIANTS: &[Variant] = &[
    Variant {
        name: "gemm",
        about: "general matrix product, as in prefill: many tokens share each weight that is read",
        axes: &axes(1024, 1024, 1024),
        dtypes: DTYPES,
    },
    Variant {
        name: "skinny",
        about: "2 to 64 tokens against a large weight, as in batched decode: between bandwidth and arithmetic",
        axes: &axes(8, 4096, 4096),
        dtypes: DTYPES,
    },
    Variant {
        name: "gemv",
        about: "one token against a large weight, as in single-stream decode: bandwidth decides",
        axes: &axes(1, 4096, 4096),
        dtypes: DTYPES,
    },
];

/// Rows, columns and depth of a case, as `usize`.
pub(crate) fn mnk(case: &Case) -> (usize, usize, usize) {
    (case.axis("m") as usize, case.axis("n") as usize, case.axis("k") as usize)
}

/// Rows of B widened to f64 at a time: bounds the reference's memory.
const REFERENCE_COLUMNS: usize = 2048;

impl Family for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn variants(&self) -> &'static [Variant] {
        VARIANTS
    }

    fn check(&self, case: &Case) -> Result<(), String> {
        let (m, _, k) = mnk(case);
        match case.variant.name {
            "gemv" if m != 1 => return Err(format!("gemv has one row, not m={m}; use `skinny` or `gemm`")),
            "skinny" if !(2..=64).contains(&m) => {
                return Err(format!("skinny has 2 to 64 rows, not m={m}; use `gemv` or `gemm`"));
            }
            _ => {}
        }
        if case.dtype == Dtype::I8 && k > 65535 {
            return Err(format!("k={k} may overflow the i32 accumulator of an i8 product; keep k under 65536"));
        }
        Ok(())
    }

    fn work(&self, case: &Case) -> Work {
        let (m, n, k) = (case.axis("m") as f64, case.axis("n") as f64, case.axis("k") as f64);
        Work { flop: 2.0 * m * n * k, bytes: self.tensors(case).bytes(), unit: case.dtype.op_unit() }
    }

    fn tensors(&self, case: &Case) -> Tensors {
        let elem = Elem::input(case.dtype);
        let tensor = |name, rows, cols, elem| TensorSpec {
            name,
            rows: case.axis(rows),
            cols: case.axis(cols),
            elem,
            fill: Fill::Random,
        };
        let mut inputs = vec![tensor("a", "m", "k", elem)];
        match case.dtype.int4() {
            None => inputs.push(tensor("b", "n", "k", elem)),
            Some(int4) => inputs.extend(int4::tensors(case, int4)),
        }
        Tensors { inputs, output: tensor("c", "m", "n", Elem::output(case.dtype)) }
    }

    fn reference(&self, case: &Case, inputs: &Inputs) -> Reference {
        let (m, n, k) = mnk(case);
        let rows = sample_rows(m as u64, m as f64 * n as f64 * k as f64, case.seed());
        let mut a = gather_rows(inputs.get("a"), k, &rows);
        if let Some(int4) = case.dtype.int4() {
            a = int4::activations(int4, k, a);
        }
        let mut values = vec![0.0; rows.len() * n];
        for first in (0..n).step_by(REFERENCE_COLUMNS) {
            let width = REFERENCE_COLUMNS.min(n - first);
            let b = match case.dtype.int4() {
                None => inputs.get("b").to_f64(first * k..(first + width) * k),
                Some(int4) => int4::weights(inputs, int4, k, first, width),
            };
            let mut block = vec![0.0; rows.len() * width];
            product_nt(rows.len(), width, k, &a, &b, &mut block);
            for (whole, part) in values.chunks_exact_mut(n).zip(block.chunks_exact(width)) {
                whole[first..first + width].copy_from_slice(part);
            }
        }
        Reference { rows, values }
    }

    /// With N(0,1) inputs a sum of K products has standard deviation sqrt(K); accumulating it one by one in f32
    /// leaves an error near u K / sqrt(6). The output format adds its own half unit. Scales of 4-bit weights are drawn so
    /// that weights have a variance near 1 too; quantised activations are those of the reference, so they add no error.
    /// Where hardware narrows its inputs, every product is off by as much as both of them.
    fn tolerance(&self, case: &Case) -> Tolerance {
        if case.dtype.is_exact() {
            return Tolerance::EXACT;
        }
        let k = case.axis("k") as f64;
        let accumulate = Dtype::F32.unit_roundoff();
        let store = Elem::output(case.dtype).unit_roundoff();
        let narrowing = case.dtype.narrowing();
        Tolerance {
            relative_frobenius: Some(2.0 * (accumulate * k.sqrt() + store + narrowing)),
            worst_noise: 8.0,
            noise: Noise { abs: accumulate * k + narrowing * k.sqrt(), rel: store },
        }
    }

    fn program(&self, case: &Case, target: &Target, tuning: &Tuning) -> Result<Program, Unplannable> {
        plannable(case)?;
        match case.dtype.int4() {
            None => plan::program(case, target, tuning),
            Some(int4) => int4_plan::program(case, int4, target, tuning),
        }
    }

    fn tunings(&self, case: &Case, target: &Target) -> Vec<Tuning> {
        if plannable(case).is_err() {
            return Vec::new();
        }
        match case.dtype.int4() {
            None => plan::tunings(case, target),
            Some(int4) => int4_plan::tunings(case, int4, target),
        }
    }
}

/// What WGSL cannot say.
fn plannable(case: &Case) -> Result<(), Unplannable> {
    match case.dtype {
        Dtype::Tf32 => Err(Unplannable("WGSL has no TF32: it computes f32 in f32, which is another case".to_owned())),
        Dtype::Fp8 => Err(Unplannable("WGSL has no 8-bit floats".to_owned())),
        _ => Ok(()),
    }
}
