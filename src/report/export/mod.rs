//! Results in the formats that other tools read: one file for each; those of one row a record are in `rows`.
//! Derives nothing: figures come from `metrics`. What a tool has no place for is left out, and said.

mod bmf;
mod critcmp;
mod dictionary;
mod github_action;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use dictionary::dictionary;
pub(crate) use rows::{Table, row};

use super::{
    json,
    metrics::{EnergyMetrics, TimeMetrics, derive},
    results::track,
};
use crate::record::{Record, Status, WindowKind};

/// A format of another tool that is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Bencher Metric Format, as bencher.dev takes it.
    Bmf,
    /// `customSmallerIsBetter` of github-action-benchmark.
    GithubActionBenchmark,
    /// What `critcmp --export` writes and `critcmp` compares.
    Critcmp,
}

/// Text for a tool, and what it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The file's text; ends with a line feed.
    pub text: String,
    /// What was left out, a sentence each.
    pub left_out: Vec<String>,
}

/// Renders records for a tool. Give whole runs: a figure is set against the ceilings of its own run.
pub fn export(tool: Tool, records: &[Record]) -> Exported {
    let (figures, left_out) = figures(records);
    let value = match tool {
        Tool::Bmf => bmf::value(&figures),
        Tool::GithubActionBenchmark => github_action::value(&figures),
        Tool::Critcmp => critcmp::value(&figures),
    };
    Exported { text: json::pretty(&value), left_out }
}

/// What is exported of one case on one device: trackers hold one figure for a name, not a history.
struct Figure<'r> {
    /// The same for every run of this case on this device.
    name: String,
    record: &'r Record,
    time: TimeMetrics,
    energy: Option<EnergyMetrics>,
}

/// The latest time of every case on every device, by name, and what that leaves out.
fn figures(records: &[Record]) -> (Vec<Figure<'_>>, Vec<String>) {
    let mut untimed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut older = 0;
    let mut latest: BTreeMap<String, Figure<'_>> = BTreeMap::new();
    for (record, metrics) in records.iter().zip(derive(records)) {
        let Some((time, energy)) = metrics.and_then(|m| Some((m.time?, m.energy.into_iter().next()))) else {
            let why =
                if record.status == Status::Ok { "only verified, or not even that" } else { record.status.name() };
            *untimed.entry(why).or_default() += 1;
            continue;
        };
        let figure = Figure { name: name(record), record, time, energy };
        match latest.get_mut(&figure.name) {
            None => drop(latest.insert(figure.name.clone(), figure)),
            Some(known) => {
                older += 1;
                let when = |r: &Record| (r.ended, r.run.id.clone());
                if when(record) > when(known.record) {
                    *known = figure;
                }
            }
        }
    }
    let mut left_out: Vec<String> =
        untimed.into_iter().map(|(why, n)| format!("{n} records without a time: {why}")).collect();
    if older > 0 {
        left_out.push(format!("{older} records of which a later run has the same case and device"));
    }
    (latest.into_values().collect(), left_out)
}

fn name(record: &Record) -> String {
    let device = &record.device;
    let machine = record.environment.machine.as_ref().map(|m| format!(" on {m}")).unwrap_or_default();
    format!("{} [{} {}, {} track{machine}]", record.case.id, device.id, device.name, track(record.case.track))
}

/// Names boundary and kind of windows, without which joules are not to be compared.
fn energy_label(energy: &EnergyMetrics) -> String {
    let short = if energy.window == WindowKind::Short { " short windows" } else { "" };
    format!("energy {}{short}", energy.boundary)
}

const NS_PER_S: f64 = 1e9;
