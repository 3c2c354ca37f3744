//! What the CPU backends must know of the host: its name, its memory, its last-level cache.
//! Observes only; the record's environment is `record`'s business.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use sysinfo::System;

use super::DeviceError;

/// Taken where nothing tells the size of the last-level cache: as large as a desktop's, so that cold stays cold there.
const ASSUMED_CACHE_BYTES: u64 = 32 << 20;

/// Share of the available memory that stays free: the system and the reference need some too.
const RESERVE: f64 = 0.05;

/// Brand string of the first CPU, as the vendor writes it.
pub(crate) fn cpu_brand() -> String {
    let system = System::new().ok().map(|mut system| {
        system.refresh_cpu_all();
        system
    });
    let brand = system.as_ref().and_then(|s| Some(s.cpus().first()?.brand().trim().to_owned()));
    brand.filter(|b| !b.is_empty()).unwrap_or_else(|| format!("unnamed {} CPU", std::env::consts::ARCH))
}

/// Host memory in bytes, within this process's control group; absent where the system does not tell.
pub(crate) fn memory_bytes() -> Option<u64> {
    let system = observe_memory()?;
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    Some(system.total_memory().min(limit)).filter(|&total| total > 0)
}

/// Refuses an allocation that the available memory cannot hold, before the system kills the process for it.
///
/// # Errors
/// `OutOfMemory` with both numbers.
pub(crate) fn check_memory(bytes: u64) -> Result<(), DeviceError> {
    // Where the system does not tell, the allocator has the last word.
    let Some(system) = observe_memory() else { return Ok(()) };
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    check_against(bytes, system.available_memory().min(limit))
}

fn observe_memory() -> Option<System> {
    let mut system = System::new().ok()?;
    system.refresh_memory();
    Some(system)
}

fn check_against(bytes: u64, available: u64) -> Result<(), DeviceError> {
    let usable = (available as f64 * (1.0 - RESERVE)) as u64;
    if bytes <= usable {
        return Ok(());
    }
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(DeviceError::OutOfMemory(format!(
        "the case needs {} MiB of host memory and {} MiB of the {} MiB available may be used; \
         close other programs or choose a smaller shape",
        mib(bytes),
        usable >> 20,
        available >> 20
    )))
}

/// Bytes of last-level cache over all its instances, and whether that is an assumption.
pub(crate) fn last_level_cache() -> (u64, bool) {
    let found = from_sysfs(Path::new("/sys/devices/system/cpu")).or_else(from_command);
    found.map_or((ASSUMED_CACHE_BYTES, true), |bytes| (bytes, false))
}

/// Sums the caches of the highest level; CPUs that share one list the same `shared_cpu_list`.
fn from_sysfs(root: &Path) -> Option<u64> {
    let mut caches: BTreeMap<(u32, String), u64> = BTreeMap::new();
    for cpu in fs::read_dir(root).ok()?.flatten() {
        for index in fs::read_dir(cpu.path().join("cache")).into_iter().flatten().flatten() {
            let read = |name: &str| fs::read_to_string(index.path().join(name)).map(|t| t.trim().to_owned()).ok();
            if read("type").is_none_or(|kind| kind == "Instruction") {
                continue;
            }
            let level = read("level").and_then(|l| l.parse().ok());
            let size = read("size").as_deref().and_then(parse_size);
            if let (Some(level), Some(size), Some(shared)) = (level, size, read("shared_cpu_list")) {
                caches.insert((level, shared), size);
            }
        }
    }
    let last = caches.keys().next_back()?.0;
    Some(caches.range((last, String::new())..).map(|(_, size)| size).sum())
}

/// `32768K`, as sysfs writes sizes.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_shl(shift).filter(|&size| size > 0)
}

/// Systems without that sysfs: macOS has sysctl, others may have getconf. Both print plain bytes, or zero for "no idea".
fn from_command() -> Option<u64> {
    let candidates: &[(&str, &[&str])] = if cfg!(target_os = "macos") {
        &[("sysctl", &["-n", "hw.l3cachesize"]), ("sysctl", &["-n", "hw.perflevel0.l2cachesize"])]
    } else {
        &[("getconf", &["LEVEL3_CACHE_SIZE"]), ("getconf", &["LEVEL2_CACHE_SIZE"])]
    };
    candidates.iter().find_map(|(program, arguments)| {
        let output = Command::new(program).args(*arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok().filter(|&bytes: &u64| bytes > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(root: &Path, cpu: u32, index: u32, [kind, level, size, shared]: [&str; 4]) {
        let folder = root.join(format!("cpu{cpu}/cache/index{index}"));
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in [("type", kind), ("level", level), ("size", size), ("shared_cpu_list", shared)] {
            fs::write(folder.join(name), format!("{text}\n")).unwrap();
        }
    }

    #[test]
    fn sums_the_instances_of_the_last_level() {
        let root = tempfile::tempdir().unwrap();
        for (cpu, shared) in [(0, "0-1"), (1, "0-1"), (2, "2-3"), (3, "2-3")] {
            cache(root.path(), cpu, 0, ["Data", "1", "32K", &cpu.to_string()]);
            cache(root.path(), cpu, 1, ["Instruction", "1", "64K", &cpu.to_string()]);
            cache(root.path(), cpu, 3, ["Unified", "3", "16M", shared]);
        }
        assert_eq!(from_sysfs(root.path()), Some(32 << 20));
    }

    #[test]
    fn an_empty_tree_tells_nothing() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(from_sysfs(root.path()), None);
        assert_eq!(from_sysfs(&root.path().join("absent")), None);
        for bad in ["", "K", "0K", "12Q", "x"] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
    }

    #[test]
    fn this_host_has_a_cache_a_name_and_memory() {
        let (bytes, assumed) = last_level_cache();
        assert!(bytes >= 64 << 10 && (!assumed || bytes == ASSUMED_CACHE_BYTES));
        assert!(!cpu_brand().is_empty());
        check_memory(1 << 20).unwrap();
    }

    #[test]
    fn too_large_a_demand_names_both_numbers() {
        let error = check_against(4 << 30, 2 << 30).unwrap_err();
        assert!(
            matches!(&error, DeviceError::OutOfMemory(text) if text.contains("4096 MiB") && text.contains("2048 MiB"))
        );
        assert!(matches!(check_memory(u64::MAX), Err(DeviceError::OutOfMemory(_))));
    }
}
