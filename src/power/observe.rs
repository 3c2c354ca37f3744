//! What else moves power: limits, governors, power modes, supply, displays, other processes.
//! Must not change any of it, and must not take "cannot tell" for "no".

mod clocks;
mod process;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::power::{
    Roots,
    boards::{self, Board},
    sysfs,
};

pub use clocks::ClockLimits;
pub use process::{CpuTimes, HeavyProcess, cpu_times, heavy_between};

/// A display connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// As DRM names it, `card1-DP-1`.
    pub connector: String,
    /// True if a display is plugged in.
    pub connected: bool,
    /// True if the connector is driven, where the driver says.
    pub enabled: Option<bool>,
}

/// A power limit found in sysfs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerLimit {
    /// What it limits: `package-0 long_term`, or a card's PCI id.
    pub what: String,
    /// The limit in watts.
    pub watts: f64,
}

/// What a run stands in; a field is None where the machine does not tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Frequency governors in use, each once, sorted.
    pub governors: Option<Vec<String>>,
    /// Energy-performance preferences in use, each once, sorted.
    pub energy_preferences: Option<Vec<String>>,
    /// Whether the processor may exceed its base clock.
    pub boost: Option<bool>,
    /// The firmware's platform profile.
    pub platform_profile: Option<String>,
    /// Jetson power mode, as nvpmodel last stored it.
    pub nvpmodel: Option<String>,
    /// Its name, `30W`: the same number is another mode on another module.
    pub nvpmodel_name: Option<String>,
    /// Whether a Jetson's clocks are pinned as `jetson_clocks` pins them.
    pub jetson_clocks: Option<bool>,
    /// Limits of the clocks that the kernel shows.
    pub clocks: Vec<ClockLimits>,
    /// Processors that are switched off, as the kernel lists them: power modes of boards do that.
    pub cpus_offline: Option<String>,
    /// Power limits of CPU packages and AMD cards, as far as they can be read. NVIDIA's come with the
    /// board's state.
    pub power_limits: Vec<PowerLimit>,
    /// True if a supply is online; None without a word of mains or battery.
    pub on_ac: Option<bool>,
    /// State of each battery, `BAT0 Discharging`.
    pub batteries: Vec<String>,
    /// Display connectors; None without DRM.
    pub displays: Option<Vec<Display>>,
    /// Load averages over 1, 5 and 15 minutes.
    pub load_average: Option<[f64; 3]>,
}

impl Surroundings {
    /// What must be equal for two records to be paired. What the machine does not tell has no entry, but for those of
    /// `mode`, where it is a question mark.
    pub fn power_mode(&self) -> BTreeMap<String, String> {
        let mut mode = BTreeMap::from([("mode".to_owned(), self.mode())]);
        let mut tell = |key: &str, value: Option<String>| mode.extend(value.map(|value| (key.to_owned(), value)));
        tell("nvpmodel", self.nvpmodel_name.clone());
        tell("jetson_clocks", self.jetson_clocks.map(|on| if on { "on" } else { "off" }.to_owned()));
        let clocks: Vec<String> = self.clocks.iter().map(ToString::to_string).collect();
        tell("clocks", (!clocks.is_empty()).then(|| clocks.join(", ")));
        tell("cpus_offline", self.cpus_offline.clone());
        let connected = |all: &Vec<Display>| all.iter().filter(|d| d.connected).count().to_string();
        tell("displays_connected", self.displays.as_ref().map(connected));
        mode
    }

    /// What every machine is asked, as one line.
    fn mode(&self) -> String {
        let list = |v: &Option<Vec<String>>| v.as_ref().map_or("?".to_owned(), |v| v.join("+"));
        let text = |v: &Option<String>| v.clone().unwrap_or_else(|| "?".to_owned());
        let flag = |v: Option<bool>| match v {
            Some(true) => "on",
            Some(false) => "off",
            None => "?",
        };
        let limits: Vec<String> = self.power_limits.iter().map(|l| format!("{}={}W", l.what, l.watts)).collect();
        format!(
            "governor={} preference={} boost={} profile={} nvpmodel={} ac={} limits=[{}]",
            list(&self.governors),
            list(&self.energy_preferences),
            flag(self.boost),
            text(&self.platform_profile),
            text(&self.nvpmodel),
            flag(self.on_ac),
            limits.join(",")
        )
    }
}

/// Look around, below the given roots.
pub fn surroundings(roots: &Roots) -> Surroundings {
    let cpu = roots.sys.join("devices/system/cpu");
    let (on_ac, batteries) = supplies(&roots.sys);
    let nvpmodel = sysfs::text(roots.var.join("lib/nvpmodel/status"));
    let clocks = clocks::limits(roots);
    let jetson = nvpmodel.is_some() || boards::detect(roots) == Some(Board::Jetson);
    Surroundings {
        governors: per_core(&cpu, "scaling_governor"),
        energy_preferences: per_core(&cpu, "energy_performance_preference"),
        boost: boost(&cpu),
        platform_profile: sysfs::text(roots.sys.join("firmware/acpi/platform_profile")),
        nvpmodel_name: nvpmodel.as_deref().and_then(|status| clocks::nvpmodel_name(roots, status)),
        nvpmodel,
        jetson_clocks: clocks::as_jetson_clocks_leaves_them(&clocks).filter(|_| jetson),
        clocks,
        cpus_offline: sysfs::text(cpu.join("offline")).filter(|list| !list.is_empty()),
        power_limits: power_limits(&roots.sys),
        on_ac,
        batteries,
        displays: displays(&roots.sys),
        load_average: sysfs::text(roots.proc.join("loadavg")).and_then(|t| load_average(&t)),
    }
}

fn per_core(cpu: &Path, file: &str) -> Option<Vec<String>> {
    let mut all: Vec<String> = sysfs::entries(cpu)
        .iter()
        .filter(|dir| {
            let number = sysfs::file_name(dir).strip_prefix("cpu");
            number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
        .filter_map(|dir| sysfs::text(dir.join("cpufreq").join(file)))
        .collect();
    all.sort();
    all.dedup();
    (!all.is_empty()).then_some(all)
}

fn boost(cpu: &Path) -> Option<bool> {
    match sysfs::text(cpu.join("cpufreq/boost")).as_deref() {
        Some("1") => return Some(true),
        Some("0") => return Some(false),
        _ => {}
    }
    match sysfs::text(cpu.join("intel_pstate/no_turbo")).as_deref() {
        Some("1") => Some(false),
        Some("0") => Some(true),
        _ => None,
    }
}

fn watts_in(path: impl AsRef<Path>) -> Option<f64> {
    Some(sysfs::text(path)?.parse::<u64>().ok()? as f64 * 1e-6)
}

fn power_limits(sys: &Path) -> Vec<PowerLimit> {
    let mut found = Vec::new();
    for zone in sysfs::entries(sys.join("class/powercap")) {
        let Some(name) = sysfs::text(zone.join("name")) else {
            continue;
        };
        if !sysfs::file_name(&zone).starts_with("intel-rapl:") {
            continue;
        }
        for n in 0..3 {
            let Some(watts) = watts_in(zone.join(format!("constraint_{n}_power_limit_uw"))) else {
                continue;
            };
            let constraint = sysfs::text(zone.join(format!("constraint_{n}_name")));
            let constraint = constraint.unwrap_or_else(|| format!("constraint {n}"));
            let what = format!("{name} {constraint}");
            found.push(PowerLimit { what, watts });
        }
    }
    for card in sysfs::entries(sys.join("class/hwmon")) {
        if let Some(watts) = watts_in(card.join("power1_cap")) {
            // The PCI id stays when hwmon numbers move.
            let device = std::fs::canonicalize(card.join("device")).unwrap_or(card);
            let what = sysfs::file_name(&device).to_owned();
            found.push(PowerLimit { what, watts });
        }
    }
    found
}

fn supplies(sys: &Path) -> (Option<bool>, Vec<String>) {
    let (mut online, mut mains_offline) = (false, false);
    let mut batteries = Vec::new();
    for dir in sysfs::entries(sys.join("class/power_supply")) {
        let on = sysfs::text(dir.join("online")).map(|t| t != "0");
        match sysfs::text(dir.join("type")).as_deref() {
            Some("Mains") => {
                online |= on == Some(true);
                mains_offline |= on == Some(false);
            }
            Some("USB") => online |= on == Some(true),
            // A mouse has a battery too; it does not feed the machine.
            Some("Battery") if sysfs::text(dir.join("scope")).as_deref() != Some("Device") => {
                let status = sysfs::text(dir.join("status")).unwrap_or_else(|| "unknown".to_owned());
                batteries.push(format!("{} {status}", sysfs::file_name(&dir)));
            }
            _ => {}
        }
    }
    // An unused USB port is a supply that is offline, on a desktop too: alone it says nothing.
    let on_ac = match (online, mains_offline || !batteries.is_empty()) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    (on_ac, batteries)
}

fn displays(sys: &Path) -> Option<Vec<Display>> {
    let drm = sys.join("class/drm");
    if !drm.is_dir() {
        return None;
    }
    let connectors = sysfs::entries(drm).into_iter().filter_map(|dir| {
        let status = sysfs::text(dir.join("status"))?;
        Some(Display {
            connector: sysfs::file_name(&dir).to_owned(),
            connected: status == "connected",
            enabled: sysfs::text(dir.join("enabled")).map(|e| e == "enabled"),
        })
    });
    Some(connectors.collect())
}

fn load_average(text: &str) -> Option<[f64; 3]> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next()?.ok().filter(|v| v.is_finite());
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests;
