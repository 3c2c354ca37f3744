//! Attention with grouped-query heads: causal prefill and single-token decode, online softmax in f32.
//! It must not hold scores for a whole row, nor allocate in a timed call.
//!
//! Layouts, row-major: q and out [batch, heads, seq, d]; k and v [batch, kv_heads, kv_len, d]. Query head h attends
//! with key/value head h / (heads / kv_heads). Scores are scaled by 1 / sqrt(d). [`prefill`] puts query positions in
//! lanes, [`decode`] the head dimension.

mod decode;
mod panel;
mod prefill;

use half::{bf16, f16};

use decode::Cache;
pub use decode::{FETCHES, Fetch};

use super::error::{CpuError, check_len};
use super::gemm::Element;
use super::isa::Isa;
use super::pool::Pool;
use super::simd::Lane;
use super::workspace::Workspace;

/// A dtype that attention runs on; sums and softmax are f32, the output is rounded once.
pub trait Float: Element<Out = Self> + Lane {}
impl Float for f32 {}
impl Float for f16 {}
impl Float for bf16 {}

/// The extents of an attention call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Independent sequences.
    pub batch: usize,
    /// Query heads, a multiple of `kv_heads`.
    pub heads: usize,
    /// Key/value heads.
    pub kv_heads: usize,
    /// Query positions: `kv_len` for a causal prefill, 1 for a decode over all of `kv_len`.
    pub seq: usize,
    /// Key/value positions.
    pub kv_len: usize,
    /// Elements of a head.
    pub d: usize,
}

impl AttentionShape {
    /// Query heads that share a key/value head.
    fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    /// What scores are multiplied with, in units of log2: 2^x is then e^(score / sqrt(d)).
    fn scale(&self) -> f32 {
        std::f32::consts::LOG2_E / (self.d as f32).sqrt()
    }
}

/// What attention reads, and where it writes: layouts in the module's page.
#[derive(Debug)]
pub struct Tensors<'t, E> {
    /// Queries.
    pub q: &'t [E],
    /// Keys.
    pub k: &'t [E],
    /// Values.
    pub v: &'t [E],
    /// Overwritten, never read.
    pub out: &'t mut [E],
}

/// out = softmax(q k^T / sqrt(d)) v on every member of `pool`; causal if `seq == kv_len`. `fetch` is decode's, and moves
/// no bit of the output.
///
/// # Errors
/// When a slice does not fit `shape`, an extent is 0, `heads` is no multiple of `kv_heads`, `seq` is neither
/// `kv_len` nor 1, or the CPU lacks `isa`.
pub fn attention<E: Float>(
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: AttentionShape,
    fetch: Fetch,
    tensors: Tensors<'_, E>,
) -> Result<(), CpuError> {
    let AttentionShape { batch, heads, kv_heads, seq, kv_len, d } = shape;
    let query = [("batch", batch), ("heads", heads), ("seq", seq), ("d", d)];
    let cache = [("batch", batch), ("kv_heads", kv_heads), ("kv_len", kv_len), ("d", d)];
    check_len("q", &query, tensors.q.len())?;
    check_len("k", &cache, tensors.k.len())?;
    check_len("v", &cache, tensors.v.len())?;
    check_len("out", &query, tensors.out.len())?;
    if heads % kv_heads != 0 {
        return Err(CpuError::Heads { heads, kv_heads });
    }
    isa.require()?;
    if seq == 1 {
        let Tensors { q, k, v, out } = tensors;
        let cache = Cache { k, v, apart: kv_len * d, scales: None };
        decode::run(pool, isa, workspace, shape, fetch, q, cache, out);
    } else if seq == kv_len {
        prefill::run(pool, isa, workspace, shape, tensors);
    } else {
        return Err(CpuError::Phase { seq, kv_len });
    }
    Ok(())
}

/// What a decode over an 8-bit cache reads, and where it writes.
#[derive(Debug)]
pub struct QuantizedTensors<'t> {
    /// Queries, [batch, heads, d].
    pub q: &'t [f16],
    /// Of each key/value head its keys, then its values: [batch, kv_heads, 2, kv_len, d].
    pub kv: &'t [i8],
    /// What each key and value is multiplied with: [batch, kv_heads, 2, kv_len].
    pub s: &'t [f16],
    /// Overwritten, never read.
    pub out: &'t mut [f16],
}

/// A decode as [`attention`]'s over a cache of 8-bit integers with a scale a key and a scale a value.
///
/// # Errors
/// Those of [`attention`].
pub fn decode_quantized(
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: AttentionShape,
    fetch: Fetch,
    tensors: QuantizedTensors<'_>,
) -> Result<(), CpuError> {
    let AttentionShape { batch, heads, kv_heads, seq, kv_len, d } = shape;
    let QuantizedTensors { q, kv, s, out } = tensors;
    let query = [("batch", batch), ("heads", heads), ("d", d)];
    check_len("q", &query, q.len())?;
    let positions = [("batch", batch), ("kv_heads", kv_heads), ("keys and values", 2), ("kv_len", kv_len)];
    check_len("scales", &positions, s.len())?;
    check_len("kv", &[("positions", s.len()), ("d", d)], kv.len())?;
    check_len("out", &query, out.len())?;
    if heads % kv_heads != 0 {
        return Err(CpuError::Heads { heads, kv_heads });
    }
    if seq != 1 {
        return Err(CpuError::Phase { seq, kv_len });
    }
    isa.require()?;
    let cache = Cache { k: kv, v: &kv[kv_len * d..], apart: 2 * kv_len * d, scales: Some(s) };
    decode::run(pool, isa, workspace, shape, fetch, q, cache, out);
    Ok(())
}
