//! A decoder as a candle user would write it: grouped-query attention, gated feed-forward, rotary embedding, random
//! weights. Exists to be timed as a whole; says nothing sensible.

use candle_core::{D, DType, Device, Result, Tensor};
use wattmark::catalog::Shape;

/// A decoder with its cache.
#[derive(Debug)]
pub(crate) struct Decoder {
    heads: usize,
    kv_heads: usize,
    d: usize,
    layers: Vec<Layer>,
    /// Embedding and output head are one.
    embedding: Tensor,
    norm: Tensor,
    /// `[positions, d/2]` each.
    cos: Tensor,
    sin: Tensor,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    o: Tensor,
    ffn_norm: Tensor,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
    /// `[kv_heads, positions, d]` each.
    cache: (Tensor, Tensor),
}

impl Decoder {
    /// Random weights of a dense grouped-query shape, and a random cache of so many positions.
    pub(crate) fn random(shape: &Shape, positions: usize) -> Result<Decoder> {
        let (h, d) = (shape.hidden as usize, shape.head_dim as usize);
        let (heads, kv_heads) = (shape.n_heads as usize, shape.n_kv as usize);
        let ffn = shape.ffn as usize;
        let weight = |n: usize, k: usize| Tensor::randn(0f32, 1.0 / (k as f32).sqrt(), (n, k), &Device::Cpu);
        let ones = || Tensor::ones(h, DType::F32, &Device::Cpu);
        let cached = || Tensor::randn(0f32, 1.0, (kv_heads, positions, d), &Device::Cpu);
        let layer = |_| {
            Ok(Layer {
                attention_norm: ones()?,
                q: weight(heads * d, h)?,
                k: weight(kv_heads * d, h)?,
                v: weight(kv_heads * d, h)?,
                o: weight(h, heads * d)?,
                ffn_norm: ones()?,
                gate: weight(ffn, h)?,
                up: weight(ffn, h)?,
                down: weight(h, ffn)?,
                cache: (cached()?, cached()?),
            })
        };
        let half = d / 2;
        let angle = |at: usize| (at / half) as f32 / 10_000f32.powf((at % half) as f32 / half as f32);
        let angles: Vec<f32> = (0..positions * half).map(angle).collect();
        let angles = Tensor::from_vec(angles, (positions, half), &Device::Cpu)?;
        Ok(Decoder {
            heads,
            kv_heads,
            d,
            layers: (0..shape.layers).map(layer).collect::<Result<_>>()?,
            embedding: weight(shape.vocab as usize, h)?,
            norm: ones()?,
            cos: angles.cos()?,
            sin: angles.sin()?,
        })
    }

    /// Logits after the last of some tokens, which stand at `start` and after it. Decode is one token; a prompt starts
    /// at 0. The cache takes their keys and values.
    pub(crate) fn forward(&self, tokens: &[u32], start: usize) -> Result<Tensor> {
        let m = tokens.len();
        let ids = Tensor::new(tokens, &Device::Cpu)?;
        let mut x = self.embedding.index_select(&ids, 0)?;
        // A model builds the mask once per prompt.
        let mask = if m > 1 { Some(causal(m)?) } else { None };
        for layer in &self.layers {
            let attended = self.attend(layer, &norm(&x, &layer.attention_norm)?, start, mask.as_ref())?;
            x = (x + product(&attended, &layer.o)?)?;
            let normed = norm(&x, &layer.ffn_norm)?;
            let gated = (product(&normed, &layer.gate)?.silu()? * product(&normed, &layer.up)?)?;
            x = (x + product(&gated, &layer.down)?)?;
        }
        let last = x.narrow(0, m - 1, 1)?;
        product(&norm(&last, &self.norm)?, &self.embedding)
    }

    fn attend(&self, layer: &Layer, x: &Tensor, start: usize, mask: Option<&Tensor>) -> Result<Tensor> {
        let m = x.dim(0)?;
        let split = |t: Tensor, heads: usize| t.reshape((m, heads, self.d))?.transpose(0, 1)?.contiguous();
        let q = self.rotate(&split(product(x, &layer.q)?, self.heads)?, start)?;
        let k = self.rotate(&split(product(x, &layer.k)?, self.kv_heads)?, start)?;
        let v = split(product(x, &layer.v)?, self.kv_heads)?;
        layer.cache.0.slice_set(&k, 1, start)?;
        layer.cache.1.slice_set(&v, 1, start)?;
        let seen = start + m;
        let (k, v) = (layer.cache.0.narrow(1, 0, seen)?, layer.cache.1.narrow(1, 0, seen)?);
        // Query heads of one KV head are more rows of one product.
        let group = self.heads / self.kv_heads;
        let q = q.reshape((self.kv_heads, group * m, self.d))?;
        let scores = (q.matmul(&k.transpose(1, 2)?)? * (1.0 / (self.d as f64).sqrt()))?;
        let scores = match mask {
            Some(mask) => {
                let heads = scores.reshape((self.heads, m, seen))?;
                heads.broadcast_add(mask)?.reshape((self.kv_heads, group * m, seen))?
            }
            None => scores,
        };
        let out = softmax(&scores)?.matmul(&v)?.reshape((self.heads, m, self.d))?;
        out.transpose(0, 1)?.reshape((m, self.heads * self.d))
    }

    /// Rotary embedding of `[heads, m, d]`, its halves rotated.
    fn rotate(&self, x: &Tensor, start: usize) -> Result<Tensor> {
        let (half, m) = (self.d / 2, x.dim(1)?);
        let (cos, sin) = (self.cos.narrow(0, start, m)?, self.sin.narrow(0, start, m)?);
        let (a, b) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
        let left = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
        let right = (a.broadcast_mul(&sin)? + b.broadcast_mul(&cos)?)?;
        Tensor::cat(&[left, right], 2)
    }
}

fn product(a: &Tensor, weights: &Tensor) -> Result<Tensor> {
    a.matmul(&weights.t()?)
}

fn norm(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + 1e-5)?.sqrt()?;
    x.broadcast_div(&scale)?.broadcast_mul(weight)
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    let weights = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
    weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)
}

fn causal(m: usize) -> Result<Tensor> {
    let values: Vec<f32> = (0..m * m).map(|at| if at % m > at / m { f32::NEG_INFINITY } else { 0.0 }).collect();
    Tensor::from_vec(values, (m, m), &Device::Cpu)
}
