//! What `critcmp --export` writes (critcmp 0.1.8): one baseline with criterion's estimates for each benchmark.
//! critcmp shows the mean and the standard deviation of samples; they are computed here from the record's own.

use std::collections::BTreeSet;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::{Figure, NS_PER_S};
use crate::measure::stats::{Bootstrap, mad, median, quantile};

/// One baseline.
pub(super) fn value(figures: &[Figure<'_>]) -> Value {
    let name = baseline(figures);
    let benchmarks: Map<String, Value> = figures.iter().map(|f| (f.name.clone(), benchmark(f, &name))).collect();
    json!({ "name": name, "benchmarks": benchmarks })
}

/// Machines and commits: what two files that are compared usually differ in.
fn baseline(figures: &[Figure<'_>]) -> String {
    let of = |figure: &Figure<'_>| {
        let machine = figure.record.environment.machine.as_deref().unwrap_or("anonymous");
        format!("{machine}@{}", figure.record.run.commit.as_deref().unwrap_or(&figure.record.run.wattmark))
    };
    figures.iter().map(of).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("+")
}

fn benchmark(figure: &Figure<'_>, baseline: &str) -> Value {
    let samples = figure.record.time.as_ref().map_or(&[][..], |t| &t.samples_s);
    let ns: Vec<f64> = samples.iter().map(|s| s * NS_PER_S).collect();
    let case = &figure.record.case;
    json!({
        "baseline": baseline,
        "fullname": format!("{baseline}/{}", figure.name),
        "criterion_benchmark_v1": {
            "group_id": figure.name,
            "function_id": null,
            "value_str": null,
            "throughput": { "Bytes": figure.record.work.bytes as u64 },
            "full_id": figure.name,
            "directory_name": case.id,
        },
        "criterion_estimates_v1": {
            "mean": stats(&ns, mean),
            "median": stats(&ns, |s| median(s).unwrap_or(0.0)),
            "median_abs_dev": stats(&ns, |s| mad(s).unwrap_or(0.0)),
            "slope": null,
            "std_dev": stats(&ns, deviation),
        },
    })
}

/// As criterion does it: the samples drawn again one by one, and the percentiles of the statistic.
fn stats(samples: &[f64], statistic: fn(&[f64]) -> f64) -> Value {
    let Bootstrap { resamples, seed, .. } = Bootstrap::default();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut again = samples.to_vec();
    let drawn: Vec<f64> = (0..resamples)
        .map(|_| {
            again.iter_mut().for_each(|s| *s = samples[rng.random_range(0..samples.len())]);
            statistic(&again)
        })
        .collect();
    json!({
        "confidence_interval": {
            "confidence_level": 0.95,
            "lower_bound": quantile(&drawn, 0.025),
            "upper_bound": quantile(&drawn, 0.975),
        },
        "point_estimate": statistic(samples),
        "standard_error": deviation(&drawn),
    })
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len().max(1) as f64
}

fn deviation(samples: &[f64]) -> f64 {
    let centre = mean(samples);
    let squares: f64 = samples.iter().map(|s| (s - centre).powi(2)).sum();
    (squares / (samples.len().max(2) - 1) as f64).sqrt()
}
