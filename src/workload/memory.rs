//! What a model takes of a device's memory: weights, KV cache, a reserve.
//! Allocates nothing.

use super::{
    Format, Point,
    layers::{split, windows},
    point::PointError,
};
use crate::catalog::{Attention, Model, Shape};

/// Bytes on each device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// All weights.
    pub weights: f64,
    /// Keys and values of every sequence at the full context.
    pub kv: f64,
    /// Kept free for activations, runtime and fragmentation.
    pub reserve: f64,
    /// Memory of the device, where it is known.
    pub capacity: Option<f64>,
}

impl Fit {
    /// At a point, on a device of so much memory, of which a share is kept free.
    pub(super) fn of(model: &Model, point: &Point, capacity: Option<f64>, reserve: f64) -> Result<Fit, PointError> {
        let shape = split(model, point)?;
        let cached: f64 = windows(&shape)
            .iter()
            .map(|(window, layers)| layers * point.context.min(*window) as f64 * per_token(&shape) as f64)
            .sum();
        Ok(Fit {
            weights: weight_bytes(&shape, point.weights),
            kv: cached * point.batch as f64 * point.kv.bytes(),
            reserve: capacity.unwrap_or(0.0) * reserve,
            capacity,
        })
    }

    /// All of it.
    pub fn needed(&self) -> f64 {
        self.weights + self.kv + self.reserve
    }

    /// Whether it fits; none if the memory is not known.
    pub fn fits(&self) -> Option<bool> {
        self.capacity.map(|c| self.needed() <= c)
    }
}

/// Elements that a token leaves in the cache of one layer.
fn per_token(shape: &Shape) -> u64 {
    match shape.attention {
        Attention::Gqa => 2 * shape.n_kv * shape.head_dim,
        Attention::Mla => shape.kv_lora + shape.qk_rope,
    }
}

/// Embedding, output head, router and norms are not quantised.
fn weight_bytes(shape: &Shape, format: Format) -> f64 {
    let vocabularies = if shape.tied_embeddings { 1 } else { 2 };
    let routers = if shape.n_experts > 0 {
        (shape.layers - shape.dense_layers.min(shape.layers)) * shape.n_experts * shape.hidden
    } else {
        0
    };
    let wide = vocabularies * shape.vocab * shape.hidden + (2 * shape.layers + 1) * shape.hidden + routers;
    (shape.parameters() - wide) as f64 * format.bytes() + wide as f64 * format.wide().bytes()
}
