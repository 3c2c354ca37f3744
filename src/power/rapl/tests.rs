//! RAPL on fixture trees.
//! Must not read this machine's own powercap.

use std::fs;

use super::*;
use crate::power::energy::{Window, measure};
use crate::power::{Series, discover as discover_all};

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn roots(&self) -> Roots {
        Roots::below(self.0.path())
    }

    fn dir(&self, zone: &str) -> PathBuf {
        self.0.path().join("sys/class/powercap").join(zone)
    }

    fn zone(self, zone: &str, name: &str, energy: &str, range: &str) -> Self {
        let dir = self.dir(zone);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("name"), format!("{name}\n")).unwrap();
        fs::write(dir.join("energy_uj"), format!("{energy}\n")).unwrap();
        fs::write(dir.join("max_energy_range_uj"), format!("{range}\n")).unwrap();
        self
    }

    fn set(&self, zone: &str, energy: u64) {
        fs::write(self.dir(zone).join("energy_uj"), energy.to_string()).unwrap();
    }
}

const RANGE: &str = "262143328850";

fn ids(found: &Discovery) -> Vec<&str> {
    found.sensors.iter().map(|s| s.info().id.as_str()).collect()
}

fn ticks(reading: Reading) -> u64 {
    match reading.value {
        Value::Counter { ticks } => ticks,
        Value::Gauge { .. } => panic!("a gauge"),
    }
}

#[test]
fn one_socket_with_its_domains() {
    let tree = Tree::new()
        .zone("intel-rapl:0", "package-0", "1000", RANGE)
        .zone("intel-rapl:0:0", "core", "500", RANGE)
        .zone("intel-rapl:0:1", "dram", "200", "65712999613")
        .zone("intel-rapl:1", "psys", "4000", RANGE)
        .zone("intel-rapl-mmio:0", "package-0", "1000", RANGE);
    let found = discover(&tree.roots());
    assert!(found.missing.is_empty(), "{:?}", found.missing);
    assert_eq!(ids(&found), ["rapl:package-0", "rapl:core", "rapl:dram", "rapl:psys"]);
    let package = found.sensors[0].info();
    assert_eq!(package.boundary, Boundary::Package);
    assert_eq!(package.contains, ["rapl:core"]);
    assert_eq!(package.matches, [DeviceKey::Cpu]);
    let psys = found.sensors[3].info();
    assert_eq!(psys.boundary, Boundary::Module);
    assert_eq!(psys.matches, [DeviceKey::WholeMachine]);
    assert_eq!(psys.contains, ["rapl:package-0", "rapl:core", "rapl:dram"]);
}

#[test]
fn mmio_is_used_only_where_it_is_alone() {
    let tree = Tree::new().zone("intel-rapl-mmio:0", "package-0", "7", RANGE);
    let mut found = discover(&tree.roots());
    assert_eq!(ids(&found), ["rapl:package-0"]);
    assert_eq!(ticks(found.sensors[0].read().unwrap()), 7);
}

#[test]
fn a_wrap_of_one_socket_is_read_raw_and_unwrapped_later() {
    let tree = Tree::new().zone("intel-rapl:0", "package-0", "0", RANGE);
    let mut sensor = discover(&tree.roots()).sensors.remove(0);
    let mut series = Series::new(sensor.info().clone());
    let range: u64 = RANGE.parse().unwrap();
    // 100 W in steps of 10 ms, through the wrap.
    let start = range + 1 - 100 * 1_000_000;
    for i in 0..=300_u64 {
        tree.set("intel-rapl:0", (start + i * 1_000_000) % (range + 1));
        let mut reading = sensor.read().unwrap();
        reading.t_ns = i * 10_000_000;
        series.push(reading);
    }
    let window = Window { t0_ns: 500_000_000, t1_ns: 2_500_000_000 };
    let energy = measure(&series, window);
    let joules = energy.measured().unwrap().joules;
    assert!((joules - 200.0).abs() < 1e-3, "{joules}");
}

#[test]
fn two_sockets_are_one_sum_that_does_not_wrap() {
    let range: u64 = RANGE.parse().unwrap();
    let near = (range - 400).to_string();
    let tree =
        Tree::new().zone("intel-rapl:0", "package-0", "1000", RANGE).zone("intel-rapl:1", "package-1", &near, RANGE);
    let mut found = discover(&tree.roots());
    assert_eq!(ids(&found), ["rapl:package-sum"]);
    let sensor = &mut found.sensors[0];
    assert_eq!(ticks(sensor.read().unwrap()), 0);
    tree.set("intel-rapl:0", 1500);
    tree.set("intel-rapl:1", 99);
    assert_eq!(ticks(sensor.read().unwrap()), 500 + 500);
    assert!(sensor.info().source.contains(" + "));
}

#[test]
fn a_socket_that_goes_back_voids_the_sum_for_good() {
    let tree = Tree::new().zone("intel-rapl:0", "package-0", "1000", RANGE).zone(
        "intel-rapl:1",
        "package-1",
        "5000000",
        RANGE,
    );
    let mut sensor = discover(&tree.roots()).sensors.remove(0);
    sensor.read().unwrap();
    tree.set("intel-rapl:1", 10);
    assert!(matches!(sensor.read(), Err(SensorError::Implausible { .. })));
    tree.set("intel-rapl:1", 5_000_001);
    assert!(sensor.read().is_err());
}

#[test]
fn a_socket_that_cannot_be_read_withholds_the_sum() {
    let tree =
        Tree::new().zone("intel-rapl:0", "package-0", "1000", RANGE).zone("intel-rapl:1", "package-1", "", RANGE);
    let found = discover(&tree.roots());
    assert!(found.sensors.is_empty());
    assert!(found.missing[0].what.contains("package-1"));
}

#[test]
fn what_is_no_energy_is_missing_with_its_text() {
    for bad in ["", "abc", "-5", "1.5", "18446744073709551616"] {
        let tree = Tree::new().zone("intel-rapl:0", "package-0", bad, RANGE);
        let found = discover(&tree.roots());
        assert!(found.sensors.is_empty(), "{bad:?}");
        assert!(found.missing[0].why.contains(&format!("{bad:?}")), "{}", found.missing[0]);
    }
    for bad in ["", "0", "x", "18446744073709551615"] {
        let tree = Tree::new().zone("intel-rapl:0", "package-0", "5", bad);
        let found = discover(&tree.roots());
        assert!(found.sensors.is_empty(), "{bad:?}");
        assert!(found.missing[0].why.contains("max_energy_range_uj"));
    }
}

#[test]
fn unreadable_files_and_absent_trees_say_what_to_do() {
    let tree = Tree::new().zone("intel-rapl:0", "package-0", "5", RANGE);
    let energy = tree.dir("intel-rapl:0").join("energy_uj");
    // Mode 000 does not stop root; a folder in the file's place does.
    fs::remove_file(&energy).unwrap();
    fs::create_dir(&energy).unwrap();
    let found = discover(&tree.roots());
    assert!(found.sensors.is_empty());
    assert!(found.missing[0].fix.contains("CVE-2020-8694"));
    let nothing = discover(&Tree::new().roots());
    assert!(nothing.missing[0].fix.contains("modprobe intel_rapl_msr"));
    assert!(discover_all(&Tree::new().roots()).sensors.is_empty());
}

#[test]
fn a_zone_that_goes_away_is_gone() {
    let tree = Tree::new().zone("intel-rapl:0", "package-0", "5", RANGE);
    let mut sensor = discover(&tree.roots()).sensors.remove(0);
    fs::remove_dir_all(tree.dir("intel-rapl:0")).unwrap();
    assert!(matches!(sensor.read(), Err(SensorError::Gone { .. })));
}
