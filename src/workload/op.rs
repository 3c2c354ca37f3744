//! One kernel of a step: its case where there is one, its work, how often it runs.
//! Knows no device.

use super::Format;
use crate::kernel::{Cache, Case, OpUnit, Shape, Work};

/// A kernel and how often a step runs it.
#[derive(Debug, Clone)]
pub struct Op {
    /// What it is in the model: `q, o`.
    pub role: String,
    /// Its case id, or what would be one.
    pub id: String,
    /// Its case; or why no kernel of ours is it.
    pub case: Result<Case, String>,
    /// Work of one launch.
    pub work: Work,
    /// Format that decides the arithmetic.
    pub format: Format,
    /// Bytes of weights or of KV cache that one launch cannot do without reading.
    pub resident: f64,
    /// Launches in a step; not whole where experts are drawn.
    pub count: f64,
}

/// Heads and widths of an attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub(super) heads: u64,
    pub(super) kv_heads: u64,
    /// Width of a query and a key.
    pub(super) qk: u64,
    /// Width of a value.
    pub(super) v: u64,
    /// Elements that a cached token takes, in all KV heads.
    pub(super) cached: u64,
}

impl Op {
    /// Activations `m x k` times weights `n x k`.
    pub(super) fn product(role: &str, format: Format, (m, n, k): (u64, u64, u64), count: f64) -> Op {
        let variant = match m {
            1 => "gemv",
            2..=64 => "skinny",
            _ => "gemm",
        };
        let shape = Shape::from([("m".to_owned(), m), ("n".to_owned(), n), ("k".to_owned(), k)]);
        let case = match format.dtype() {
            Some(dtype) => Case::new("matmul", variant, dtype, &shape, Cache::Cold).map_err(|e| e.to_string()),
            None => Err(format!("no kernel of ours multiplies {format} weights")),
        };
        let (mf, nf, kf) = (m as f64, n as f64, k as f64);
        let resident = nf * kf * format.bytes();
        let own = Work {
            flop: 2.0 * mf * nf * kf,
            bytes: resident + mf * (kf * format.activation_bytes() + nf * format.wide().bytes()),
            unit: format.op_unit(),
        };
        let id = format!("matmul/{variant}/{format}/m={m},n={n},k={k}/cold");
        Op::of(role, id, case, own, format, resident, count)
    }

    /// One product a head of small matrices that are the same for every token: MLA's absorbed projections.
    pub(super) fn per_head(role: &str, format: Format, heads: u64, (m, n, k): (u64, u64, u64), count: f64) -> Op {
        let one = Op::product(role, format, (m, n, k), count);
        let all = heads as f64;
        Op {
            id: format!("matmul/batched/{format}/heads={heads},m={m},n={n},k={k}"),
            case: Err("no kernel of ours is one launch of a product for every head".to_owned()),
            work: Work { flop: one.work.flop * all, bytes: one.work.bytes * all, unit: one.work.unit },
            resident: one.resident * all,
            ..one
        }
    }

    /// One token of each sequence against its cache.
    pub(super) fn decode_attention(role: &str, kv: Format, batch: u64, h: Heads, context: u64, count: f64) -> Op {
        let work = attention_work(kv, batch, h, 1.0, context as f64, context as f64);
        let resident = (batch * context * h.cached) as f64 * kv.bytes();
        Op::attention(role, "decode", kv, (batch, h, ("kv", context)), (work, resident), count)
    }

    /// A prompt against itself. `window` is the most tokens that one sees.
    pub(super) fn prefill_attention(role: &str, kv: Format, h: Heads, prompt: u64, window: u64, count: f64) -> Op {
        let (seq, seen) = (prompt as f64, prompt.min(window) as f64);
        let pairs = seen * (seen + 1.0) / 2.0 + (seq - seen) * seen;
        let work = attention_work(kv, 1, h, seq, seq, pairs);
        // Keys and values of the prompt were just computed: nothing has to come from memory.
        let mut op = Op::attention(role, "prefill", kv, (1, h, ("seq", prompt)), (work, 0.0), count);
        if window < prompt {
            op.id = format!("{} window={window}", op.id);
            op.case = Err("no kernel of ours has a sliding window in prefill".to_owned());
            op.work = work;
        }
        op
    }

    fn attention(
        role: &str,
        variant: &str,
        kv: Format,
        (batch, h, last): (u64, Heads, (&str, u64)),
        (own, resident): (Work, f64),
        count: f64,
    ) -> Op {
        let axes = [("batch", batch), ("heads", h.heads), ("kv_heads", h.kv_heads), ("d", h.qk), last];
        let shape = Shape::from(axes.map(|(name, extent)| (name.to_owned(), extent)));
        // A prompt's keys and values are still in the cache, as far as they fit; a conversation's are not.
        let cache = if variant == "prefill" { Cache::Hot } else { Cache::Cold };
        let latent = h.cached != h.kv_heads * (h.qk + h.v);
        let dtype = if variant == "decode" { kv.cache_dtype() } else { kv.attention_dtype() };
        let case = match dtype {
            _ if latent => Err("no kernel of ours attends to a latent that is key and value at once".to_owned()),
            _ if h.qk != h.v => Err("no kernel of ours has values of another width than keys".to_owned()),
            Some(dtype) => Case::new("attention", variant, dtype, &shape, cache).map_err(|e| e.to_string()),
            None => Err(format!("no kernel of ours attends to a {kv} cache")),
        };
        let widths = if h.qk == h.v { h.qk.to_string() } else { format!("{}+{}", h.qk, h.v) };
        let id = format!(
            "attention/{variant}/{kv}/batch={batch},heads={},kv_heads={},d={widths},{}={}/{}",
            h.heads,
            h.kv_heads,
            last.0,
            last.1,
            cache.name()
        );
        let id = case.as_ref().map_or(id, Case::id);
        // A quantised cache is widened before it is computed with.
        Op::of(role, id, case, own, kv.wide(), resident, count)
    }

    /// The work of a case is what its family says; ours is for what has no case.
    fn of(
        role: &str,
        id: String,
        case: Result<Case, String>,
        own: Work,
        format: Format,
        resident: f64,
        count: f64,
    ) -> Op {
        let work = case.as_ref().map_or(own, Case::work);
        Op { role: role.to_owned(), id, case, work, format, resident, count }
    }
}

fn attention_work(kv: Format, batch: u64, h: Heads, queries: f64, cached: f64, pairs: f64) -> Work {
    let (batch, heads) = (batch as f64, h.heads as f64);
    let width = (h.qk + h.v) as f64;
    Work {
        flop: 2.0 * batch * heads * width * pairs,
        bytes: batch * (heads * queries * width * kv.wide().bytes() + cached * h.cached as f64 * kv.bytes()),
        unit: OpUnit::Flop,
    }
}

/// Launches of one kernel together, in the order in which they first come.
pub(super) fn merged(ops: Vec<Op>) -> Vec<Op> {
    let mut all: Vec<Op> = Vec::new();
    for op in ops.into_iter().filter(|o| o.count > 0.0) {
        match all.iter_mut().find(|o| o.id == op.id) {
            Some(same) => {
                same.count += op.count;
                same.role = format!("{}, {}", same.role, op.role);
            }
            None => all.push(op),
        }
    }
    all
}
