//! How far a composition is off: a whole decoder in candle against the sum of our candle kernels of the same shapes.
//!
//!     cargo run --release --example decoder_check -- --model llama-3.2-1b --layers 4 -o results/my-machine/decoder.jsonl
//!
//! The whole holds what a composition leaves out: norms, rotary embedding, residuals, activations between the products,
//! the embedding look-up, the cache's update, and what one kernel leaves in the cache for the next. Weights are random,
//! f32, one stream. Rounds alternate; one line is appended to the file.

mod check;
mod decoder;

use std::{io::Write, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use serde_json::json;
use wattmark::{
    catalog::Catalog,
    record::{HostAlias, observe_environment},
};

use check::{Checked, Plan, check};

/// Time a whole decoder in candle against the sum of its kernels.
#[derive(Debug, Parser)]
struct Args {
    /// A dense grouped-query model of the catalogue
    #[arg(long, default_value = "llama-3.2-1b")]
    model: String,
    /// Layers of it
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1000))]
    layers: u64,
    /// Cached tokens of the decode step
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(2..=1 << 20))]
    context: u64,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u64).range(2..=1 << 16))]
    prompt: u64,
    /// Rounds; the interval needs six
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u64).range(1..=1000))]
    rounds: u64,
    /// Seconds for each kernel in a round
    #[arg(long, default_value_t = 0.4)]
    seconds: f64,
    /// Alias of this machine in the line; its host name without it
    #[arg(long)]
    machine: Option<String>,
    /// Append the result to this file
    #[arg(short, long)]
    output: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let catalog = Catalog::load(&[])?;
    let known = || catalog.models.keys().cloned().collect::<Vec<_>>().join(", ");
    let mut model = catalog
        .models
        .get(&args.model)
        .cloned()
        .with_context(|| format!("no model `{}`: known are {}", args.model, known()))?;
    let dense = model.shape.n_experts == 0 && model.shape.attention == wattmark::catalog::Attention::Gqa;
    anyhow::ensure!(
        dense && model.shape.sliding_window.is_none() && !model.shape.qkv_bias,
        "{} is no plain dense model with grouped queries: choose a llama",
        model.id
    );
    model.shape.layers = args.layers;
    let (rounds, seconds) = (args.rounds as usize, args.seconds.clamp(0.01, 60.0));
    let plan = Plan { model, context: args.context, prompt: args.prompt, rounds, seconds };
    let checked = check(&plan, &mut |round| eprintln!("round {round} of {rounds}"))?;
    for phase in &checked {
        println!("{}", line(phase));
    }
    if let Some(path) = &args.output {
        let alias = args.machine.clone().map_or(HostAlias::Host, HostAlias::Named);
        let record = json!({
            "schema": "wattmark.decoder-check/1",
            "ended": jiff::Timestamp::now(),
            "wattmark": env!("CARGO_PKG_VERSION"),
            "library": "candle-core",
            "environment": observe_environment(&alias),
            "model": plan.model.id,
            "layers": args.layers,
            "dtype": "f32",
            "batch": 1,
            "context": args.context,
            "prompt": args.prompt,
            "seconds_a_kernel": seconds,
            "phases": checked,
        });
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(file, "{record}").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn line(phase: &Checked) -> String {
    let percent = |x: f64| format!("{:+.1} %", x * 100.0);
    let end = |x: Option<f64>| x.map_or_else(|| "?".to_owned(), percent);
    let middle = |all: &[f64]| wattmark::measure::stats::median(all).unwrap_or(f64::NAN) * 1e3;
    format!(
        "{}: whole {:.2} ms, composed {:.2} ms, error {} ({} to {}) over {} rounds",
        phase.phase,
        middle(&phase.whole_s),
        middle(&phase.composed_s),
        percent(phase.error.value),
        end(phase.error.low),
        end(phase.error.high),
        phase.whole_s.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::Decoder;

    fn tiny() -> wattmark::catalog::Model {
        let mut model = Catalog::load(&[]).unwrap().models["llama-3.2-1b"].clone();
        let s = &mut model.shape;
        (s.hidden, s.layers, s.n_heads, s.n_kv, s.head_dim, s.ffn, s.vocab) = (64, 2, 4, 2, 16, 128, 256);
        model
    }

    /// A prompt at once and its last token alone, after the others, must agree: cache, mask and rotation are right.
    #[test]
    fn decode_continues_what_prefill_began() {
        let decoder = Decoder::random(&tiny().shape, 8).unwrap();
        let tokens = [3, 1, 4, 1, 5];
        let whole: Vec<f32> = decoder.forward(&tokens, 0).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        decoder.forward(&tokens[..4], 0).unwrap();
        let last: Vec<f32> = decoder.forward(&tokens[4..], 4).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let worst = whole.iter().zip(&last).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{worst}");
        let other: Vec<f32> = decoder.forward(&[3, 1, 4, 1, 9], 0).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        assert!(whole.iter().zip(&other).any(|(a, b)| (a - b).abs() > 1e-2), "another token changes the logits");
    }

    #[test]
    fn a_small_check_runs_and_counts_every_kernel() {
        let plan = Plan { model: tiny(), context: 32, prompt: 16, rounds: 6, seconds: 0.01 };
        let checked = check(&plan, &mut |_| {}).unwrap();
        assert_eq!(checked.iter().map(|c| c.phase).collect::<Vec<_>>(), ["decode", "prefill"]);
        for phase in &checked {
            assert_eq!((phase.whole_s.len(), phase.composed_s.len()), (6, 6));
            assert!(phase.composed_s.iter().chain(&phase.whole_s).all(|s| *s > 0.0));
            assert!(phase.error.low.is_some() && phase.error.value > -1.0, "{phase:?}");
            // q, k, v, o, gate, up, down in two layers, attention in two, one head.
            assert_eq!(phase.kernels.iter().map(|(_, n)| n).sum::<f64>(), 2.0 * 8.0 + 1.0);
        }
    }
}
