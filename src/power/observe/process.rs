//! Other processes that use the processor while we measure.
//! Must not read command lines: a process is named by its short name only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::power::{Roots, sysfs};

/// Processor time used so far, in clock ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// All processors, busy and idle together.
    pub total: u64,
    /// Number of processors.
    pub processors: usize,
    /// Pid to short name, parent pid and ticks used.
    pub processes: BTreeMap<u32, (String, u32, u64)>,
}

/// A process that used the processor between two looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeavyProcess {
    /// Process id.
    pub pid: u32,
    /// Short name.
    pub name: String,
    /// Processors it kept busy, 1.0 being one whole processor.
    pub processors: f64,
}

/// Processor times now; None where procfs does not tell.
pub fn cpu_times(roots: &Roots) -> Option<CpuTimes> {
    let stat = sysfs::text(roots.proc.join("stat"))?;
    let all = stat.lines().find(|l| l.starts_with("cpu "))?;
    // user nice system idle iowait irq softirq steal; guest is inside user already.
    let total = all.split_whitespace().skip(1).take(8).map(|n| n.parse::<u64>().ok()).sum::<Option<u64>>()?;
    let processors = stat.lines().filter(|l| l.starts_with("cpu") && !l.starts_with("cpu ")).count();
    let mut processes = BTreeMap::new();
    for dir in sysfs::entries(&roots.proc) {
        let Ok(pid) = sysfs::file_name(&dir).parse::<u32>() else {
            continue;
        };
        // A process may end while we look.
        if let Some(p) = sysfs::text(dir.join("stat")).and_then(|t| parse_stat(&t)) {
            processes.insert(pid, p);
        }
    }
    Some(CpuTimes { total, processors, processes })
}

/// Name, parent and ticks from `/proc/PID/stat`. The name may hold spaces and brackets.
fn parse_stat(text: &str) -> Option<(String, u32, u64)> {
    let (head, rest) = text.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let user: u64 = fields.get(11)?.parse().ok()?;
    let system: u64 = fields.get(12)?.parse().ok()?;
    Some((name.to_owned(), parent, user.saturating_add(system)))
}

/// Processes that kept at least `least` processors busy between two looks, heaviest first. `ours` and its
/// descendants are left out.
pub fn heavy_between(before: &CpuTimes, after: &CpuTimes, ours: u32, least: f64) -> Vec<HeavyProcess> {
    let span = after.total.saturating_sub(before.total);
    if span == 0 {
        return Vec::new();
    }
    let ticks_per_processor = span as f64 / after.processors.max(1) as f64;
    let mut heavy: Vec<HeavyProcess> = after
        .processes
        .iter()
        .filter(|(pid, _)| !descends(after, **pid, ours))
        .map(|(pid, (name, _, ticks))| {
            // One that was not there before, or took over a pid, used all its ticks since.
            let then = match before.processes.get(pid) {
                Some((_, _, then)) if then <= ticks => *then,
                _ => 0,
            };
            HeavyProcess { pid: *pid, name: name.clone(), processors: (ticks - then) as f64 / ticks_per_processor }
        })
        .filter(|p| p.processors >= least)
        .collect();
    heavy.sort_by(|a, b| b.processors.total_cmp(&a.processors));
    heavy
}

fn descends(times: &CpuTimes, pid: u32, from: u32) -> bool {
    let mut at = pid;
    // A chain of parents is short; the bound keeps a changing table from looping.
    for _ in 0..64 {
        if at == from {
            return true;
        }
        match times.processes.get(&at) {
            Some((_, parent, _)) if *parent != 0 => at = *parent,
            _ => return false,
        }
    }
    false
}
