//! Scaled dot-product attention with grouped-query heads: causal prefill, and decode of one token.
//! Says what the cases mean; how the portable track runs them is in `plan`.
//!
//! Row-major layouts: q and out `[batch, heads, seq, d]`, k and v `[batch, kv_heads, kv, d]`; head `h` reads KV head
//! `h / (heads / kv_heads)`; the scale is `1/sqrt(d)`. In prefill `kv = seq` and position `i` sees `0..=i`; in decode
//! `seq = 1` and the one position sees all of `kv`. An 8-bit cache is one tensor, `[batch, kv_heads, 2, kv, d]`: of each
//! head its keys, then its values; and their scales another, `[batch, kv_heads, 2, kv]`.

mod plan;

use super::{
    Axis, Case, Dtype, Elem, Family, Fill, Inputs, Noise, OpUnit, Program, Reference, Target, TensorSpec, Tensors,
    Tolerance, Tuning, Unplannable, Variant, Work,
    reference::{gather_rows, product_nn, product_nt, sample_rows},
};

/// The attention family.
pub(super) struct Attention;

const DTYPES: &[Dtype] = &[Dtype::F32, Dtype::F16, Dtype::Bf16];
const DECODE_DTYPES: &[Dtype] = &[Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Kv8];

/// Scales of an 8-bit cache: integers of the full range have a deviation of 74, so that keys and values have one near 1.
const SCALES: Fill = Fill::Scales(1.0 / 128.0, 1.0 / 64.0);

const fn axes(last: Axis) -> [Axis; 5] {
    [
        Axis { name: "batch", default: 1, about: "sequences" },
        Axis { name: "heads", default: 32, about: "query heads" },
        Axis { name: "kv_heads", default: 8, about: "key/value heads; divides heads" },
        Axis { name: "d", default: 128, about: "width of a head" },
        last,
    ]
}

const VARIANTS: &[Variant] = &[
    Variant {
        name: "prefill",
        about: "causal self-attention over a whole prompt: arithmetic decides",
        axes: &axes(Axis { name: "seq", default: 1024, about: "prompt tokens" }),
        dtypes: DTYPES,
    },
    Variant {
        name: "decode",
        about: "one new token against a KV cache: bandwidth decides",
        axes: &axes(Axis { name: "kv", default: 4096, about: "cached tokens" }),
        dtypes: DECODE_DTYPES,
    },
];

/// A case's extents. `seq` query positions see `kv` cached ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extents {
    pub(crate) batch: usize,
    pub(crate) heads: usize,
    pub(crate) kv_heads: usize,
    pub(crate) d: usize,
    pub(crate) seq: usize,
    pub(crate) kv: usize,
    pub(crate) causal: bool,
}

impl Extents {
    /// Reads a case of this family.
    pub(crate) fn of(case: &Case) -> Extents {
        let at = |name| case.axis(name) as usize;
        let causal = case.variant.name == "prefill";
        let (seq, kv) = if causal { (at("seq"), at("seq")) } else { (1, at("kv")) };
        Extents { batch: at("batch"), heads: at("heads"), kv_heads: at("kv_heads"), d: at("d"), seq, kv, causal }
    }

    /// Query-key pairs of one head: the causal triangle, or the whole rectangle.
    fn pairs(&self) -> f64 {
        if self.causal { self.seq as f64 * (self.seq as f64 + 1.0) / 2.0 } else { self.seq as f64 * self.kv as f64 }
    }

    /// Cached positions that query position `i` sees.
    fn visible(&self, i: usize) -> usize {
        if self.causal { i + 1 } else { self.kv }
    }
}

impl Family for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn variants(&self) -> &'static [Variant] {
        VARIANTS
    }

    fn check(&self, case: &Case) -> Result<(), String> {
        let (heads, kv_heads) = (case.axis("heads"), case.axis("kv_heads"));
        if heads % kv_heads != 0 {
            return Err(format!("kv_heads={kv_heads} does not divide heads={heads}"));
        }
        Ok(())
    }

    fn work(&self, case: &Case) -> Work {
        let e = Extents::of(case);
        let flop = 4.0 * (e.batch * e.heads * e.d) as f64 * e.pairs();
        Work { flop, bytes: self.tensors(case).bytes(), unit: OpUnit::Flop }
    }

    fn tensors(&self, case: &Case) -> Tensors {
        let e = Extents::of(case);
        let tensor = |name, rows: usize| TensorSpec {
            name,
            rows: rows as u64,
            cols: e.d as u64,
            elem: Elem::input(case.dtype),
            fill: Fill::Random,
        };
        let (q, kv) = (e.batch * e.heads * e.seq, e.batch * e.kv_heads * e.kv);
        let mut inputs = vec![tensor("q", q)];
        if case.dtype == Dtype::Kv8 {
            inputs.push(TensorSpec { elem: Elem::I8, ..tensor("kv", 2 * kv) });
            let (rows, cols) = (2 * e.batch * e.kv_heads, e.kv as u64);
            inputs.push(TensorSpec { cols, fill: SCALES, ..tensor("s", rows) });
        } else {
            inputs.extend([tensor("k", kv), tensor("v", kv)]);
        }
        Tensors { inputs, output: tensor("out", q) }
    }

    fn reference(&self, case: &Case, inputs: &Inputs) -> Reference {
        let e = Extents::of(case);
        let rows = (e.batch * e.heads * e.seq) as u64;
        let mac = 2.0 * (e.batch * e.heads * e.d) as f64 * e.seq as f64 * e.kv as f64;
        let rows = sample_rows(rows, mac, case.seed());
        let mut values = Vec::with_capacity(rows.len() * e.d);
        for of_head in rows.chunk_by(|a, b| a / e.seq as u64 == b / e.seq as u64) {
            values.extend(head_reference(&e, inputs, of_head));
        }
        Reference { rows, values }
    }

    /// A score is a dot product of length d, scaled to a variance of one: its f32 error is near u sqrt(d), and it
    /// becomes a relative error of the weight. Exponentials may be off by tens of units in the last place (WGSL allows
    /// 3 + 2|x|), and the weighted sum adds u sqrt(kv). Tensor cores take the weights rounded to the dtype: an error of
    /// the output's size, however small the element.
    fn tolerance(&self, case: &Case) -> Tolerance {
        let e = Extents::of(case);
        let u = Dtype::F32.unit_roundoff();
        let accumulate = u * (32.0 + (e.d as f64).sqrt() + (e.kv as f64).sqrt());
        let store = case.dtype.unit_roundoff();
        // An output is a mean of about kv/e values, so its own size is near sqrt(e/kv); early causal rows are of size 1.
        let size = if e.causal { 1.0 } else { (std::f64::consts::E / e.kv as f64).sqrt().min(1.0) };
        Tolerance {
            relative_frobenius: Some(4.0 * (accumulate + store)),
            worst_noise: 8.0,
            noise: Noise { abs: (accumulate + store) * size, rel: store },
        }
    }

    fn program(&self, case: &Case, target: &Target, tuning: &Tuning) -> Result<Program, Unplannable> {
        plan::program(case, target, tuning)
    }

    fn tunings(&self, case: &Case, target: &Target) -> Vec<Tuning> {
        plan::tunings(case, target)
    }
}

/// The result for some query rows that all belong to one head of one sequence.
fn head_reference(e: &Extents, inputs: &Inputs, rows: &[u64]) -> Vec<f64> {
    let (d, kv) = (e.d, e.kv);
    let head = rows[0] as usize / e.seq;
    let (sequence, head) = (head / e.heads, head % e.heads);
    let kv_row = (sequence * e.kv_heads + head / (e.heads / e.kv_heads)) * kv;
    let q = gather_rows(inputs.get("q"), d, rows);
    let [k, v] = if inputs.specs.iter().any(|spec| spec.name == "kv") {
        [2 * kv_row, 2 * kv_row + kv].map(|first| scaled_rows(inputs, first, kv, d))
    } else {
        ["k", "v"].map(|name| inputs.get(name).to_f64(kv_row * d..(kv_row + kv) * d))
    };
    let mut scores = vec![0.0; rows.len() * kv];
    product_nt(rows.len(), kv, d, &q, &k, &mut scores);
    for (&row, scores) in rows.iter().zip(scores.chunks_exact_mut(kv)) {
        let (seen, unseen) = scores.split_at_mut(e.visible(row as usize % e.seq));
        unseen.fill(0.0);
        softmax(seen, 1.0 / (d as f64).sqrt());
    }
    let mut out = vec![0.0; rows.len() * d];
    product_nn(rows.len(), d, kv, &scores, &v, &mut out);
    out
}

/// `rows` keys or values of an 8-bit cache from row `first` on.
fn scaled_rows(inputs: &Inputs, first: usize, rows: usize, d: usize) -> Vec<f64> {
    let mut values = inputs.get("kv").to_f64(first * d..(first + rows) * d);
    for (row, scale) in values.chunks_exact_mut(d).zip(inputs.get("s").to_f64(first..first + rows)) {
        row.iter_mut().for_each(|x| *x *= scale);
    }
    values
}

fn softmax(scores: &mut [f64], scale: f64) {
    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter_mut().for_each(|s| *s = ((*s - max) * scale).exp());
    let sum: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|s| *s /= sum);
}
