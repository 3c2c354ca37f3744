//! A short search for the tiles that suit a device, and the cache that remembers it.
//! A tuning is cached for one device, driver, case and source; anything else starts from the defaults.

use std::{collections::BTreeMap, path::Path, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Device, DeviceError, DeviceFacts},
    file,
    kernel::{Case, Inputs, Reference, Tuning, verify_against},
};

/// What went wrong with the tune cache. Never stops a run: defaults are used instead.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// The file cannot be read or written.
    #[error("tune cache {path}: {source}; defaults are used. Delete the file or fix its permissions")]
    File {
        /// The cache file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no tune cache.
    #[error("tune cache {path} is damaged ({source}); defaults are used. Delete it and run `wattmark tune` again")]
    Damaged {
        /// The cache file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}

/// Tunings found earlier, by device key and driver, then by case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TuneCache {
    /// Version of wattmark that wrote it; another version's kernels may differ, so its entries are not used.
    #[serde(default)]
    wattmark: String,
    #[serde(default)]
    devices: BTreeMap<String, BTreeMap<String, Tuning>>,
}

impl TuneCache {
    /// Reads a cache; a missing file, or one of another version, is an empty cache.
    ///
    /// # Errors
    /// The file exists and cannot be used.
    pub fn load(path: &Path) -> Result<TuneCache, TuneError> {
        let file = |source| TuneError::File { path: path.to_owned(), source };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(TuneCache::default()),
            Err(error) => return Err(file(error)),
        };
        let cache: TuneCache =
            serde_json::from_str(&text).map_err(|source| TuneError::Damaged { path: path.to_owned(), source })?;
        Ok(if cache.wattmark == env!("CARGO_PKG_VERSION") { cache } else { TuneCache::default() })
    }

    /// Writes the cache, replacing the file in one step.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn save(&self, path: &Path) -> Result<(), TuneError> {
        let failed = |source| TuneError::File { path: path.to_owned(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let cache = TuneCache { wattmark: env!("CARGO_PKG_VERSION").to_owned(), ..self.clone() };
        let text = serde_json::to_string_pretty(&cache).expect("a map of strings and numbers is JSON");
        file::replace(path, |out| out.write_all(text.as_bytes())).map_err(failed)
    }

    /// The tuning found for a case on this device under this driver.
    pub fn get(&self, facts: &DeviceFacts, case: &Case) -> Option<&Tuning> {
        self.devices.get(&facts.key())?.get(&entry(case))
    }

    /// Remembers a tuning.
    pub fn set(&mut self, facts: &DeviceFacts, case: &Case, tuning: Tuning) {
        self.devices.entry(facts.key()).or_default().insert(entry(case), tuning);
    }
}

/// Cache states share a tuning: the id without its last part.
fn entry(case: &Case) -> String {
    let id = case.id();
    id.rsplit_once('/').map_or(id.clone(), |(head, _)| head.to_owned())
}

/// Seconds that each candidate is timed for.
const CANDIDATE_S: f64 = 0.05;

/// Tries a device's candidate tunings for a case and returns the fastest one that verifies, with its seconds per
/// launch beside every candidate's.
///
/// # Errors
/// No candidate runs and verifies; the text holds the last reason.
pub fn tune(
    device: &mut dyn Device,
    case: &Case,
    inputs: &Inputs,
    pulse: &mut dyn FnMut(),
) -> Result<(Tuning, Vec<(Tuning, f64)>), DeviceError> {
    let candidates = device.tunings(case);
    let reference = case.family.reference(case, inputs);
    let mut timed: Vec<(Tuning, f64)> = Vec::new();
    let mut last = DeviceError::Unsupported("this device has no tunings for the case".to_owned());
    for tuning in candidates {
        match time_candidate(device, case, inputs, &reference, &tuning, pulse) {
            Ok(seconds) => timed.push((tuning, seconds)),
            Err(lost @ DeviceError::Lost(_)) => return Err(lost),
            Err(error) => last = error,
        }
        pulse();
    }
    let best = timed.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(tuning, _)| tuning.clone());
    best.map(|best| (best, timed)).ok_or(last)
}

fn time_candidate(
    device: &mut dyn Device,
    case: &Case,
    inputs: &Inputs,
    reference: &Reference,
    tuning: &Tuning,
    pulse: &mut dyn FnMut(),
) -> Result<f64, DeviceError> {
    let mut exe = device.prepare(case, inputs, tuning)?;
    exe.poison()?;
    exe.run(1)?;
    if let Some(failure) = verify_against(case, reference, &exe.output()?).failure {
        return Err(DeviceError::Failed(failure));
    }
    pulse();
    let mut best = f64::INFINITY;
    let start = std::time::Instant::now();
    while best.is_infinite() || start.elapsed().as_secs_f64() < CANDIDATE_S {
        let elapsed = exe.run(1)?;
        best = best.min(elapsed.device_s.unwrap_or(elapsed.host_s));
    }
    Ok(best)
}
