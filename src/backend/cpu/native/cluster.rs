//! Which of the CPUs a process may use are worth a thread: the big ones, where there are big and little.
//! It must not pin anything; the pool does.
//!
//! Work that waits for its slowest member runs at a little core's speed, and a sample spread over both kinds says little
//! about either. A user's own choice (`taskset`) stands: only what it allows is looked at.

use std::fs;
use std::path::Path;

/// The least share of the best capacity that counts as big: a prime core and its big neighbours, not little ones.
const BIG: f64 = 0.75;

/// The CPUs to use, and what decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Cluster {
    /// As the operating system numbers them.
    pub(in super::super) cpus: Vec<usize>,
    /// What was left out and why, for a reader of the result.
    pub(in super::super) note: Option<String>,
}

/// The big ones of `allowed`, by what the kernel says under `root` (`/sys/devices/system/cpu`); all of them where it
/// says nothing or they are alike.
pub(super) fn big(allowed: Vec<usize>, root: &Path) -> Cluster {
    let all = |cpus| Cluster { cpus, note: None };
    let Some((by, capacities)) = capacities(&allowed, root) else { return all(allowed) };
    let best = capacities.iter().copied().fold(0.0, f64::max);
    let (mut big, mut little) = (Vec::new(), Vec::new());
    for (&cpu, &capacity) in allowed.iter().zip(&capacities) {
        if capacity >= BIG * best { big.push(cpu) } else { little.push(cpu) }
    }
    if little.is_empty() {
        return all(allowed);
    }
    let next = allowed.iter().zip(&capacities).filter(|(cpu, _)| little.contains(cpu)).map(|(_, c)| c / best);
    let next = next.fold(0.0, f64::max);
    let note = format!("big cores only: CPUs {little:?} left out, at most {:.0} % of the best by {by}", next * 100.0);
    Cluster { cpus: big, note: Some(note) }
}

/// How fast each CPU is against the others. The kernel's own figure counts what a core does in a cycle; the highest
/// frequency stands in for it on Arm alone, as turbo bins of equal cores differ elsewhere.
fn capacities(cpus: &[usize], root: &Path) -> Option<(&'static str, Vec<f64>)> {
    let read = |file: &str| -> Option<Vec<f64>> {
        let one = |cpu: &usize| fs::read_to_string(root.join(format!("cpu{cpu}/{file}"))).ok()?.trim().parse().ok();
        let values: Option<Vec<f64>> = cpus.iter().map(one).collect();
        values.filter(|v| v.iter().all(|x| *x > 0.0))
    };
    let frequency =
        || read("cpufreq/cpuinfo_max_freq").filter(|_| cfg!(any(target_arch = "aarch64", target_arch = "arm")));
    let by = |name, found: Option<Vec<f64>>| Some((name, found?));
    by("cpu_capacity", read("cpu_capacity")).or_else(|| by("highest frequency", frequency()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(file: &str, values: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (cpu, value) in values.iter().enumerate() {
            let path = root.path().join(format!("cpu{cpu}/{file}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{value}\n")).unwrap();
        }
        root
    }

    fn chosen(file: &str, values: &[&str]) -> Cluster {
        big((0..values.len()).collect(), tree(file, values).path())
    }

    #[test]
    fn little_cores_are_left_out_and_named() {
        // An RK3588: four little cores, then two pairs of big ones.
        let rk3588 = ["414", "414", "414", "414", "1024", "1024", "1010", "1010"];
        let found = chosen("cpu_capacity", &rk3588);
        assert_eq!(found.cpus, [4, 5, 6, 7]);
        let note = found.note.unwrap();
        assert!(note.contains("[0, 1, 2, 3]") && note.contains("40 %") && note.contains("cpu_capacity"), "{note}");
        // A phone: one prime core, three big, four little.
        let phone = ["1024", "870", "870", "870", "300", "300", "300", "300"];
        assert_eq!(chosen("cpu_capacity", &phone).cpus, [0, 1, 2, 3]);
    }

    #[test]
    fn equal_or_silent_cores_all_count() {
        assert_eq!(chosen("cpu_capacity", &["1024"; 4]), Cluster { cpus: vec![0, 1, 2, 3], note: None });
        assert_eq!(chosen("cpu_capacity", &["1024", "414", "nonsense"]).cpus, [0, 1, 2], "half a story is none");
        assert_eq!(chosen("cpu_capacity", &["1024", "0"]).cpus, [0, 1]);
        assert_eq!(chosen("online", &["1", "1"]).cpus, [0, 1]);
    }

    #[test]
    fn a_users_own_choice_stands() {
        let root = tree("cpu_capacity", &["414", "414", "1024"]);
        assert_eq!(big(vec![0, 1], root.path()), Cluster { cpus: vec![0, 1], note: None });
    }

    #[test]
    fn frequency_stands_in_on_arm_alone() {
        let found = chosen("cpufreq/cpuinfo_max_freq", &["1800000", "2400000"]);
        let slow = chosen("cpufreq/cpuinfo_max_freq", &["1700000", "2400000"]);
        assert_eq!(found.cpus, [0, 1]);
        let arm = cfg!(any(target_arch = "aarch64", target_arch = "arm"));
        assert_eq!(slow.cpus, if arm { vec![1] } else { vec![0, 1] });
    }
}
