//! The cases as a candle user would write them, with candle-core alone.
//! Allocates and times nothing on its own account; candle allocates every intermediate, as it does for its users.

use candle_core::{D, DType, Device, Result, Tensor};

use crate::kernel::attention::Extents;

/// `a[m, k] * b[n, k]^T`; the transpose is a view.
pub(super) fn product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.matmul(&b.t()?)
}

/// Scaled dot-product attention from matrix products, a mask and a softmax. Query heads that share a KV head are
/// stacked as more rows of one product, so K and V are neither repeated nor copied.
#[derive(Debug)]
pub(super) struct Attention {
    extents: Extents,
    /// `[seq, kv]`, 0 where a position is seen and -inf where it is not.
    mask: Option<Tensor>,
}

impl Attention {
    /// Prepares the mask, which a model builds once per prompt.
    pub(super) fn new(extents: Extents, device: &Device) -> Result<Attention> {
        let (seq, kv) = (extents.seq, extents.kv);
        let mask = extents.causal.then(|| {
            let seen = |i: usize, j: usize| if j > i { f32::NEG_INFINITY } else { 0.0 };
            let values: Vec<f32> = (0..seq * kv).map(|at| seen(at / kv, at % kv)).collect();
            Tensor::from_vec(values, (seq, kv), device)
        });
        Ok(Attention { extents, mask: mask.transpose()? })
    }

    /// Bytes of mask and of the intermediates alive at once: scores and two results computed from them, and q, k, v
    /// and the output in f32.
    pub(super) fn working_bytes(extents: &Extents) -> u64 {
        let e = extents;
        let scores = e.batch * e.heads * e.seq * e.kv;
        let mask = if e.causal { e.seq * e.kv } else { 0 };
        let operands = 2 * e.d * e.batch * (e.heads * e.seq + e.kv_heads * e.kv);
        4 * (3 * scores + mask + operands) as u64
    }

    /// One launch. q `[batch * heads * seq, d]`, k and v `[batch * kv_heads * kv, d]`, out like q, in q's dtype.
    /// 16-bit inputs are widened first, as candle's own models do: products and softmax are f32.
    pub(super) fn forward(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let e = &self.extents;
        let (groups, rows) = (e.batch * e.kv_heads, e.heads / e.kv_heads * e.seq);
        let stored = q.dtype();
        let q = q.to_dtype(DType::F32)?.reshape((groups, rows, e.d))?;
        let k = k.to_dtype(DType::F32)?.reshape((groups, e.kv, e.d))?;
        let v = v.to_dtype(DType::F32)?.reshape((groups, e.kv, e.d))?;
        let scores = (q.matmul(&k.t()?)? * (1.0 / (e.d as f64).sqrt()))?;
        let scores = match &self.mask {
            Some(mask) => {
                let heads = scores.reshape((e.batch * e.heads, e.seq, e.kv))?;
                heads.broadcast_add(mask)?.reshape((groups, rows, e.kv))?
            }
            None => scores,
        };
        softmax(&scores)?.matmul(&v)?.reshape((e.batch * e.heads * e.seq, e.d))?.to_dtype(stored)
    }
}

/// Softmax over the last dimension, as candle-nn composes it for any device.
fn softmax(scores: &Tensor) -> Result<Tensor> {
    let max = scores.max_keepdim(D::Minus1)?;
    let weights = scores.broadcast_sub(&max)?.exp()?;
    let sum = weights.sum_keepdim(D::Minus1)?;
    weights.broadcast_div(&sum)
}
