//! Transformers: shapes, and what follows from them: parameters, KV bytes.
//! Runs none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Number, Source,
    number::{number, required},
    problem::Inspector,
    raw::RawModel,
};

/// How a layer attends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attention {
    /// Queries in groups that share keys and values; as many groups as heads is plain attention.
    Gqa,
    /// Keys and values from a low-rank latent (DeepSeek).
    Mla,
}

/// Shape of a transformer. Weights are N x K, N the outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// How it attends.
    pub attention: Attention,
    /// Tokens that a sliding-window layer sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sliding_window: Option<u64>,
    /// Which layers slide: `alternate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sliding_layers: Option<String>,
    /// Learned attention sinks.
    #[serde(default)]
    pub sinks: bool,
    /// Width of the residual stream.
    pub hidden: u64,
    /// Layers.
    pub layers: u64,
    /// Query heads.
    pub n_heads: u64,
    /// Key and value heads.
    pub n_kv: u64,
    /// Width of a head; for MLA of a query or key head.
    pub head_dim: u64,
    /// Rank of the query's latent (MLA).
    #[serde(default)]
    pub q_lora: u64,
    /// Rank of the KV latent (MLA).
    #[serde(default)]
    pub kv_lora: u64,
    /// Width of a head without position (MLA).
    #[serde(default)]
    pub qk_nope: u64,
    /// Width of a head with position (MLA).
    #[serde(default)]
    pub qk_rope: u64,
    /// Width of a value head (MLA).
    #[serde(default)]
    pub v_head: u64,
    /// Width of the dense feed-forward.
    #[serde(default)]
    pub ffn: u64,
    /// Width of an expert.
    #[serde(default)]
    pub moe_ffn: u64,
    /// Routed experts a layer.
    #[serde(default)]
    pub n_experts: u64,
    /// Experts that a token visits.
    #[serde(default)]
    pub top_k: u64,
    /// Experts that every token visits.
    #[serde(default)]
    pub n_shared: u64,
    /// First layers that are dense in a mixture of experts.
    #[serde(default)]
    pub dense_layers: u64,
    /// Tokens known.
    pub vocab: u64,
    /// Embedding and output matrix are one.
    pub tied_embeddings: bool,
    /// Biases on query, key and value.
    #[serde(default)]
    pub qkv_bias: bool,
}

/// A transformer.
#[derive(Debug, Clone)]
pub struct Model {
    /// Short name.
    pub id: String,
    /// What it is here for.
    pub role: String,
    /// Published parameters.
    pub total: Number,
    /// Published parameters that one token visits.
    pub active: Option<Number>,
    /// Its shape.
    pub shape: Shape,
    /// Key of the shape's source.
    pub source: String,
    /// high, medium or low.
    pub confidence: String,
    /// What to know of it.
    pub notes: Vec<String>,
    /// Its file.
    pub file: String,
}

impl Shape {
    /// All parameters.
    pub fn parameters(&self) -> u64 {
        self.count(self.n_experts + self.n_shared, if self.tied_embeddings { 1 } else { 2 })
    }

    /// Parameters that one token visits: the embedding row is a look-up, the output matrix is not.
    pub fn active_parameters(&self) -> u64 {
        self.count(self.top_k + self.n_shared, 1) + if self.tied_embeddings { 0 } else { self.vocab * self.hidden }
    }

    /// Elements of key and value that a token of context leaves behind.
    pub fn kv_elements(&self) -> u64 {
        let one = match self.attention {
            Attention::Gqa => 2 * self.n_kv * self.head_dim,
            Attention::Mla => self.kv_lora + self.qk_rope,
        };
        one * self.layers
    }

    fn count(&self, experts: u64, vocabularies: u64) -> u64 {
        let h = self.hidden;
        let attention = self.attention_parameters();
        let dense = 3 * h * self.ffn;
        let mixture = if self.n_experts > 0 { 3 * h * self.moe_ffn * experts + self.n_experts * h } else { dense };
        let moe_layers = if self.n_experts > 0 { self.layers - self.dense_layers.min(self.layers) } else { 0 };
        let norms = (2 * self.layers + 1) * h;
        self.layers * attention
            + moe_layers * mixture
            + (self.layers - moe_layers) * dense
            + norms
            + vocabularies * self.vocab * h
    }

    fn attention_parameters(&self) -> u64 {
        let h = self.hidden;
        match self.attention {
            Attention::Gqa => {
                let (q, kv) = (self.n_heads * self.head_dim, self.n_kv * self.head_dim);
                2 * h * q + 2 * h * kv + if self.qkv_bias { q + 2 * kv } else { 0 }
            }
            Attention::Mla => {
                let q = self.n_heads * (self.qk_nope + self.qk_rope);
                self.q_lora * h
                    + q * self.q_lora
                    + (self.kv_lora + self.qk_rope) * h
                    + self.n_heads * (self.qk_nope + self.v_head) * self.kv_lora
                    + h * self.n_heads * self.v_head
                    + self.q_lora
                    + self.kv_lora
            }
        }
    }

    /// What makes no sense in it.
    fn fault(&self) -> Option<String> {
        let most = 1 << 24;
        let sizes = [self.hidden, self.layers, self.n_heads, self.n_kv, self.head_dim, self.vocab];
        if sizes.contains(&0) {
            return Some("hidden, layers, n_heads, n_kv, head_dim and vocab must be above 0".to_owned());
        }
        if sizes.iter().chain([&self.ffn, &self.moe_ffn, &self.n_experts]).any(|s| *s > most) {
            return Some(format!("a size is above {most}"));
        }
        if !self.n_heads.is_multiple_of(self.n_kv) {
            return Some(format!("n_kv = {} does not divide n_heads = {}", self.n_kv, self.n_heads));
        }
        if self.n_experts == 0 && self.ffn == 0 || self.n_experts > 0 && (self.moe_ffn == 0 || self.top_k == 0) {
            return Some("a dense model needs ffn; a mixture needs n_experts, moe_ffn and top_k".to_owned());
        }
        (self.top_k > self.n_experts).then(|| "top_k is above n_experts".to_owned())
    }
}

/// Largest relative difference between the published parameters and those of the shape.
const PARAMETERS_WITHIN: f64 = 0.005;

pub(super) fn model(inspector: &mut Inspector, sources: &BTreeMap<String, Source>) -> Option<Model> {
    let raw: RawModel = inspector.parse()?;
    let id = required(inspector, 0, "", "id", &raw.id)?.to_owned();
    let source = required(inspector, 0, &id, "source", &raw.source)?.to_owned();
    if !sources.contains_key(&source) {
        inspector.fault(0, &id, format!("no source `{source}` in sources.toml: add it"));
    }
    let Some(total) = &raw.total else {
        inspector.fault(0, &id, "total is missing: write the published parameters, in Gparam");
        return None;
    };
    let Some(shape) = &raw.shape else {
        inspector.fault(0, &id, "[shape] is missing");
        return None;
    };
    let (at, shape) = (shape.span().start, shape.get_ref().clone());
    let published = number(inspector, sources, &format!("{id}.total"), total)?;
    let active = raw.active.as_ref().and_then(|a| number(inspector, sources, &format!("{id}.active"), a));
    if let Some(fault) = shape.fault() {
        inspector.fault(at, &id, fault);
        return None;
    }
    // The published figure is rounded: its interval says how far.
    let counted = shape.parameters() as f64;
    let nearest = counted.clamp(published.unit.to_base(published.low), published.unit.to_base(published.high));
    if (counted / nearest - 1.0).abs() > PARAMETERS_WITHIN {
        let what = format!(
            "the shape has {:.3} Gparam, the published count is {}: more than 0.5 % apart; mend the shape or the count",
            counted / 1e9,
            published.text()
        );
        inspector.fault(at, &id, what);
    }
    Some(Model {
        role: raw.role.unwrap_or_default(),
        total: published,
        active,
        shape,
        source,
        confidence: raw.confidence.unwrap_or_default(),
        notes: [raw.note, raw.native_weight_format.map(|f| format!("native weights: {f}"))]
            .into_iter()
            .flatten()
            .collect(),
        file: inspector.file.to_owned(),
        id,
    })
}
