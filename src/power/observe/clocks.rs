//! Between which frequencies processors, GPUs and memory may move: what `nvpmodel`, `jetson_clocks` and governors decide.
//! Must not read the frequency of the moment: it changes while nobody changes the mode.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::power::{Roots, sysfs};

/// Lowest and highest frequency that may be chosen for a clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockLimits {
    /// `cpu`, or a device as devfreq names it: `17000000.gpu`, `dmc`.
    pub what: String,
    /// Who chooses, where the driver tells.
    pub governor: Option<String>,
    /// Lowest, hertz.
    pub low_hz: u64,
    /// Highest, hertz.
    pub high_hz: u64,
}

impl ClockLimits {
    /// True if there is nothing to choose.
    pub fn pinned(&self) -> bool {
        self.low_hz == self.high_hz
    }
}

impl std::fmt::Display for ClockLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mhz = |hz: u64| (hz as f64 * 1e-6).round();
        match self.pinned() {
            true => write!(f, "{} {} MHz", self.what, mhz(self.high_hz))?,
            false => write!(f, "{} {}-{} MHz", self.what, mhz(self.low_hz), mhz(self.high_hz))?,
        }
        self.governor.as_ref().map_or(Ok(()), |governor| write!(f, " by {governor}"))
    }
}

/// Limits of every clock that the kernel shows: clusters of processors with the same limits once, then devices.
pub(super) fn limits(roots: &Roots) -> Vec<ClockLimits> {
    let policies = sysfs::entries(roots.sys.join("devices/system/cpu/cpufreq"));
    let policies = policies.iter().filter(|dir| sysfs::file_name(dir).starts_with("policy"));
    // The governors of processors stand in the power mode already. Their files count in kilohertz.
    let mut found: Vec<ClockLimits> =
        policies.filter_map(|dir| read(dir, "cpu", None, ("scaling_min_freq", "scaling_max_freq"), 1_000)).collect();
    for dir in sysfs::entries(roots.sys.join("class/devfreq")) {
        let governor = sysfs::text(dir.join("governor"));
        found.extend(read(&dir, sysfs::file_name(&dir), governor, ("min_freq", "max_freq"), 1));
    }
    found.sort();
    found.dedup();
    found
}

fn read(dir: &Path, what: &str, governor: Option<String>, files: (&str, &str), unit: u64) -> Option<ClockLimits> {
    let hz = |file: &str| sysfs::text(dir.join(file))?.parse::<u64>().ok()?.checked_mul(unit);
    Some(ClockLimits { what: what.to_owned(), governor, low_hz: hz(files.0)?, high_hz: hz(files.1)? })
}

/// The name that `/etc/nvpmodel.conf` gives to a mode stored as `pmode:0002`: `30W`.
pub(super) fn nvpmodel_name(roots: &Roots, status: &str) -> Option<String> {
    let id: u32 = status.split_whitespace().find_map(|word| word.strip_prefix("pmode:"))?.parse().ok()?;
    let conf = sysfs::text(roots.etc.join("nvpmodel.conf"))?;
    // `< POWER_MODEL ID=2 NAME=MODE_30W >`
    conf.lines().filter_map(|line| line.trim().strip_prefix('<')?.trim().strip_prefix("POWER_MODEL ")).find_map(
        |line| {
            let value = |key: &str| line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
            (value("ID")?.parse().ok() == Some(id))
                .then(|| value("NAME").map(|name| name.trim_end_matches('>').to_owned()))?
        },
    )
}

/// Whether the clocks stand as `jetson_clocks` leaves them: processors and GPU pinned. It keeps no state of its own that
/// any user may read, so this is what is there, whoever did it. None where processors or GPU do not show.
pub(super) fn as_jetson_clocks_leaves_them(clocks: &[ClockLimits]) -> Option<bool> {
    let gpu = |c: &&ClockLimits| ["gpu", "ga10b", "gv11b", "gp10b"].iter().any(|name| c.what.contains(name));
    let is_cpu = |c: &&ClockLimits| c.what == "cpu";
    let mut wanted = clocks.iter().filter(is_cpu).chain(clocks.iter().filter(gpu));
    let shown = clocks.iter().any(|c| is_cpu(&c)) && clocks.iter().any(|c| gpu(&c));
    shown.then(|| wanted.all(ClockLimits::pinned))
}
