//! The `customSmallerIsBetter` input of github-action-benchmark: time, and joules where they are measured.
//! Rates are left out: more of them is better.

use serde_json::{Value, json};

use super::{Figure, NS_PER_S, energy_label};

/// One entry for each quantity.
pub(super) fn value(figures: &[Figure<'_>]) -> Value {
    figures.iter().flat_map(entries).collect()
}

fn entries(figure: &Figure<'_>) -> Vec<Value> {
    let run = &figure.record.run;
    let commit = run.commit.as_ref().map(|c| format!(" at {c}")).unwrap_or_default();
    let extra = format!("run {}, wattmark {}{commit}, suite {}", run.id, run.wattmark, run.suite);
    let entry = |what: &str, unit: &str, value: f64, half: f64| {
        let mut entry = json!({ "name": format!("{}: {what}", figure.name), "unit": unit, "value": value });
        if half.is_finite() {
            entry["range"] = format!("± {half:.3e}").into();
        }
        entry["extra"] = extra.clone().into();
        entry
    };
    let s = figure.time.seconds;
    let mut entries = vec![entry("time", "ns", s.value * NS_PER_S, (s.high - s.low) / 2.0 * NS_PER_S)];
    if let Some(energy) = &figure.energy {
        entries.push(entry(&energy_label(energy), "J", energy.joules.value, energy.joules.u95));
    }
    entries
}
