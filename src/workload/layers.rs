//! A model's shape at a serving point as kernels: every product and every attention of a step.
//! Norms, rotary embedding, sampling and the embedding look-up are left out; see [`super::left_out`].

use super::{
    Format, Op, Point,
    experts::rows,
    op::{Heads, merged},
    point::PointError,
};
use crate::catalog::{Attention, Model, Shape};

/// Kernels of one decode step: a token for each sequence of the batch.
///
/// # Errors
/// The point means nothing, or the model does not split over its devices.
pub fn decode(model: &Model, point: &Point) -> Result<Vec<Op>, PointError> {
    let shape = &split(model, point)?;
    let mut ops = projections(shape, point, point.batch, true);
    for (window, layers) in windows(shape) {
        let seen = point.context.min(window);
        let heads = if shape.attention == Attention::Mla { absorbed(shape) } else { grouped(shape) };
        ops.push(Op::decode_attention("attention", point.kv, point.batch, heads, seen, layers));
    }
    ops.extend(feed_forward(shape, point, point.batch));
    ops.push(head(shape, point, point.batch));
    Ok(merged(ops))
}

/// Kernels of the prefill of one prompt, the output head for its last token included.
///
/// # Errors
/// As [`decode`].
pub fn prefill(model: &Model, point: &Point) -> Result<Vec<Op>, PointError> {
    let shape = &split(model, point)?;
    let mut ops = projections(shape, point, point.prompt, false);
    for (window, layers) in windows(shape) {
        let heads = if shape.attention == Attention::Mla { expanded(shape) } else { grouped(shape) };
        ops.push(Op::prefill_attention("attention", point.kv, heads, point.prompt, window, layers));
    }
    ops.extend(feed_forward(shape, point, point.prompt));
    ops.push(head(shape, point, 1));
    Ok(merged(ops))
}

/// The share of one of the devices that hold every layer together: heads, widths and vocabulary are split, the latents
/// of MLA and the router are on all of them.
pub(super) fn split(model: &Model, point: &Point) -> Result<Shape, PointError> {
    point.check()?;
    let (mut shape, n) = (model.shape.clone(), point.devices);
    for (name, size) in [
        ("n_heads", &mut shape.n_heads),
        ("ffn", &mut shape.ffn),
        ("moe_ffn", &mut shape.moe_ffn),
        ("vocab", &mut shape.vocab),
    ] {
        if !size.is_multiple_of(n) {
            return Err(PointError::Split { model: model.id.clone(), devices: n, name, value: *size });
        }
        *size /= n;
    }
    // More devices than KV heads: each head is on several of them.
    if !shape.n_kv.is_multiple_of(n) && !n.is_multiple_of(shape.n_kv) {
        return Err(PointError::Split { model: model.id.clone(), devices: n, name: "n_kv", value: shape.n_kv });
    }
    shape.n_kv = (shape.n_kv / n).max(1);
    Ok(shape)
}

/// Windows of the layers and how many layers have each; a layer without one sees everything.
pub(super) fn windows(shape: &Shape) -> Vec<(u64, f64)> {
    let layers = shape.layers;
    let Some(window) = shape.sliding_window else { return vec![(u64::MAX, layers as f64)] };
    let sliding = if shape.sliding_layers.as_deref() == Some("alternate") { layers.div_ceil(2) } else { layers };
    vec![(window, sliding as f64), (u64::MAX, (layers - sliding) as f64)]
}

fn grouped(shape: &Shape) -> Heads {
    let d = shape.head_dim;
    Heads { heads: shape.n_heads, kv_heads: shape.n_kv, qk: d, v: d, cached: 2 * shape.n_kv * d }
}

/// MLA in prefill: keys and values of every head are computed from the latent.
fn expanded(shape: &Shape) -> Heads {
    let (qk, v) = (shape.qk_nope + shape.qk_rope, shape.v_head);
    Heads { heads: shape.n_heads, kv_heads: shape.n_heads, qk, v, cached: shape.n_heads * (qk + v) }
}

/// MLA in decode: the up-projections are absorbed into query and output, and all heads read one latent.
fn absorbed(shape: &Shape) -> Heads {
    let latent = shape.kv_lora + shape.qk_rope;
    Heads { heads: shape.n_heads, kv_heads: 1, qk: latent, v: shape.kv_lora, cached: latent }
}

fn projections(s: &Shape, point: &Point, m: u64, decoding: bool) -> Vec<Op> {
    let (h, layers, format) = (s.hidden, s.layers as f64, point.weights);
    let product = |role: &str, n: u64, k: u64| Op::product(role, format, (m, n, k), layers);
    if s.attention == Attention::Gqa {
        let (q, kv) = (s.n_heads * s.head_dim, s.n_kv * s.head_dim);
        return vec![product("q", q, h), product("k", kv, h), product("v", kv, h), product("o", h, q)];
    }
    let heads = s.n_heads;
    let mut ops = vec![
        product("q down", s.q_lora, h),
        product("q up", heads * (s.qk_nope + s.qk_rope), s.q_lora),
        product("kv down", s.kv_lora + s.qk_rope, h),
    ];
    if decoding {
        let per_head = |role: &str, n: u64, k: u64| Op::per_head(role, format, heads, (m, n, k), layers);
        ops.push(per_head("k up, absorbed", s.kv_lora, s.qk_nope));
        ops.push(per_head("v up, absorbed", s.v_head, s.kv_lora));
    } else {
        ops.push(product("kv up", heads * (s.qk_nope + s.v_head), s.kv_lora));
    }
    ops.push(product("o", h, heads * s.v_head));
    ops
}

fn feed_forward(s: &Shape, point: &Point, tokens: u64) -> Vec<Op> {
    let (h, format) = (s.hidden, point.weights);
    let moe_layers = if s.n_experts > 0 { s.layers - s.dense_layers.min(s.layers) } else { 0 };
    let (mixed, dense) = (moe_layers as f64, (s.layers - moe_layers) as f64);
    let gated = |whose: &str, format: Format, m: u64, width: u64, count: f64| {
        [
            Op::product(&format!("{whose}gate"), format, (m, width, h), count),
            Op::product(&format!("{whose}up"), format, (m, width, h), count),
            Op::product(&format!("{whose}down"), format, (m, h, width), count),
        ]
    };
    let mut ops = Vec::new();
    if dense > 0.0 {
        ops.extend(gated("", format, tokens, s.ffn, dense));
    }
    if mixed > 0.0 {
        ops.push(Op::product("router", format.wide(), (tokens, s.n_experts, h), mixed));
        for (m, experts) in rows(s.n_experts, s.top_k, tokens) {
            ops.extend(gated("expert ", format, m, s.moe_ffn, mixed * experts));
        }
        if s.n_shared > 0 {
            ops.extend(gated("shared ", format, tokens, s.moe_ffn * s.n_shared, mixed));
        }
    }
    ops
}

/// Published quantised models leave the output head in 16 bits.
fn head(s: &Shape, point: &Point, tokens: u64) -> Op {
    Op::product("output head", point.weights.wide(), (tokens, s.vocab, s.hidden), 1.0)
}
