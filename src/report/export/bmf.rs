//! Bencher Metric Format: <https://bencher.dev/docs/reference/bencher-metric-format>.
//! Bencher's own measures are used where it has them: `latency` in nanoseconds, `throughput` in operations a second.

use serde_json::{Map, Value, json};

use super::{Figure, NS_PER_S, energy_label};

/// Benchmarks by name, each with its measures.
pub(super) fn value(figures: &[Figure<'_>]) -> Value {
    Value::Object(figures.iter().map(|f| (f.name.clone(), measures(f))).collect())
}

fn measures(figure: &Figure<'_>) -> Value {
    let mut measures = Map::new();
    let s = figure.time.seconds;
    measures.insert("latency".to_owned(), metric(s.value * NS_PER_S, s.low * NS_PER_S, s.high * NS_PER_S));
    if let Some(rate) = figure.time.ops_per_s {
        measures.insert("throughput".to_owned(), metric(rate.value, rate.low, rate.high));
    }
    if let Some(energy) = &figure.energy {
        let slug = format!("{} joules", energy_label(energy)).replace([' ', '_'], "-");
        let j = energy.joules;
        measures.insert(slug, metric(j.value, j.value - j.u95, j.value + j.u95));
    }
    Value::Object(measures)
}

/// An end that is not known is left out.
fn metric(value: f64, low: f64, high: f64) -> Value {
    let mut metric = json!({ "value": value });
    for (key, end) in [("lower_value", low), ("upper_value", high)] {
        if end.is_finite() {
            metric[key] = end.into();
        }
    }
    metric
}
