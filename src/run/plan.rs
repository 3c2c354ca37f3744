//! What a run would do, and about how long it would take.
//! Only an estimate: the machine's speed is not known before it ran.

use super::{EnergyMode, Settings};
use crate::{
    backend::{DeviceClass, DeviceFacts},
    kernel::{Case, SuiteCase},
};

/// A case on a device, with an estimate.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The device's id.
    pub device: String,
    /// The case.
    pub case: SuiteCase,
    /// Seconds, about.
    pub seconds: f64,
    /// Already recorded; `--resume` leaves it out.
    pub done: bool,
}

/// Picks devices by patterns over their ids and names; no pattern picks all but mocks that were not asked for.
pub fn plan_devices(found: &[DeviceFacts], patterns: &[String]) -> Result<Vec<DeviceFacts>, String> {
    let matches = |facts: &DeviceFacts, pattern: &str| {
        let pattern = pattern.to_lowercase();
        let glob = wildmatch::WildMatch::new(&pattern);
        glob.matches(&facts.id) || facts.backend == pattern || glob.matches(&facts.name.to_lowercase())
    };
    for pattern in patterns {
        if !found.iter().any(|f| matches(f, pattern)) {
            let known = found.iter().map(|f| f.id.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!(
                "no device `{pattern}`: found are {known}; `wattmark devices` says what is missing and how to get it"
            ));
        }
    }
    Ok(found.iter().filter(|f| patterns.is_empty() || patterns.iter().any(|p| matches(f, p))).cloned().collect())
}

/// Seconds that a case is likely to take on a device, from its work and the device's class.
pub fn estimate_s(case: &Case, facts: &DeviceFacts, settings: Option<&Settings>, energy: EnergyMode) -> f64 {
    // Orders of magnitude of each class, for planning only; results never see them.
    let (flop_s, bytes_s) = match facts.class {
        DeviceClass::Discrete => (1e13, 1e12),
        DeviceClass::Integrated | DeviceClass::Virtual | DeviceClass::Other => (1e12, 5e10),
        DeviceClass::Cpu => (1e11, 3e10),
        DeviceClass::Software => (1e10, 4e9),
        DeviceClass::Mock => (1e12, 1e12),
    };
    let work = case.work();
    let launch = (work.flop / flop_s).max(work.bytes / bytes_s);
    let host = work.bytes / 2e8 + (work.flop / 5e10).min(2.0);
    let sampling = settings.map_or(0.0, |s| (s.warmup_s + s.max_s).max(launch * (s.min_samples as f64 + 2.0)));
    host + 3.0 * launch + sampling + energy.seconds()
}
