//! One side of a comparison: every record of one case on one device, pooled.
//! Judges nothing; keeps what a reader needs to tell what was compared.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    backend::{DeviceClass, Track},
    measure::stats,
    record::{Record, Status, TimeSource},
};

/// One side, in short.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Side {
    /// Runs the records come from.
    pub runs: Vec<String>,
    /// Version of wattmark, and commit where known.
    pub wattmark: String,
    /// `backend:index`.
    pub device_id: String,
    /// Marketing name.
    pub device: String,
    /// What pairs the device across runs.
    pub device_key: String,
    /// Sort of device: software rasterizers are labelled.
    pub class: DeviceClass,
    /// How it is known that another CPU played this device's, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulated: Option<String>,
    /// Interface or instruction sets.
    pub api: String,
    /// Which question the result answers.
    pub track: Track,
    /// How it went.
    pub status: Status,
    /// Whether the output was right; absent if nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Whose clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<TimeSource>,
    /// Median seconds per launch over all samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Number of samples.
    pub samples: usize,
    /// SHA-256 of the final source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
}

/// All records of one key on one side.
#[derive(Debug)]
pub(super) struct Pool<'r> {
    /// In file order; never empty.
    all: Vec<&'r Record>,
    /// Those with a time that counts.
    timed: Vec<&'r Record>,
}

impl<'r> Pool<'r> {
    /// Pools records of one key.
    pub(super) fn of(all: Vec<&'r Record>) -> Pool<'r> {
        let counts = |r: &&&Record| {
            r.status == Status::Ok && r.verification.as_ref().is_some_and(|v| v.passed) && r.time.is_some()
        };
        let timed = all.iter().filter(counts).copied().collect();
        Pool { all, timed }
    }

    /// The record that speaks for the pool: the last that counts, or the last of all.
    pub(super) fn speaker(&self) -> &'r Record {
        self.timed.last().or(self.all.last()).expect("a pool is made from at least one record")
    }

    /// Seconds per launch of all samples that count, in the order taken.
    pub(super) fn samples(&self) -> Vec<f64> {
        self.timed.iter().filter_map(|r| r.time.as_ref()).flat_map(|t| t.samples_s.iter().copied()).collect()
    }

    /// Samples of each round, where all of them were taken in rounds of fresh workers; empty otherwise.
    pub(super) fn rounds(&self) -> Vec<u32> {
        let each: Vec<&[u32]> = self.timed.iter().filter_map(|r| r.time.as_ref()).map(|t| &t.rounds[..]).collect();
        if each.iter().any(|rounds| rounds.is_empty()) { Vec::new() } else { each.concat() }
    }

    /// True if there is a time that counts.
    pub(super) fn is_timed(&self) -> bool {
        !self.timed.is_empty()
    }

    /// Power modes of the records that count, or of all where none does.
    pub(super) fn power_modes(&self) -> Vec<&'r BTreeMap<String, String>> {
        let from = if self.is_timed() { &self.timed } else { &self.all };
        from.iter().map(|r| &r.environment.power_mode).collect()
    }

    /// Clocks of the records that count, each once.
    pub(super) fn clocks(&self) -> Vec<TimeSource> {
        let mut clocks = Vec::new();
        for clock in self.timed.iter().filter_map(|r| r.time.as_ref()).map(|t| t.clock) {
            if !clocks.contains(&clock) {
                clocks.push(clock);
            }
        }
        clocks
    }

    /// Why there is no time that counts, in words.
    pub(super) fn why_not(&self) -> String {
        let record = self.speaker();
        let reason = record.reason.as_deref().unwrap_or("no reason recorded");
        match (record.status, &record.verification) {
            (Status::Ok, Some(v)) if !v.passed => {
                format!("not verified: {}", v.failure.as_deref().unwrap_or("the output was wrong"))
            }
            (Status::Ok, None) => "not verified: an unverified case has no throughput".to_owned(),
            (Status::Ok, Some(_)) => "verified, but not timed".to_owned(),
            (status, _) => format!("{}: {reason}", status.name()),
        }
    }

    /// A note if not every record of the pool counts, or more than one does.
    pub(super) fn note(&self, side: &str) -> Option<String> {
        (self.all.len() > 1).then(|| {
            format!("{side}: samples of {} of {} records of this case are pooled", self.timed.len(), self.all.len())
        })
    }

    /// The side, in short.
    pub(super) fn side(&self) -> Side {
        let record = self.speaker();
        let mut runs: Vec<String> = self.all.iter().map(|r| r.run.id.clone()).collect();
        runs.dedup();
        let samples = self.samples();
        let commit = record.run.commit.as_ref().map(|c| format!(" ({c})")).unwrap_or_default();
        Side {
            runs,
            wattmark: format!("{}{commit}", record.run.wattmark),
            device_id: record.device.id.clone(),
            device: record.device.name.clone(),
            device_key: record.device.key(),
            class: record.device.class,
            emulated: record.device.emulated.clone(),
            api: record.device.api.clone(),
            track: record.case.track,
            status: record.status,
            verified: record.verification.as_ref().map(|v| v.passed),
            clock: record.time.as_ref().filter(|_| self.is_timed()).map(|t| t.clock),
            seconds: stats::median(&samples),
            samples: samples.len(),
            source_sha256: record.build.as_ref().map(|b| b.source_sha256.clone()),
        }
    }
}
