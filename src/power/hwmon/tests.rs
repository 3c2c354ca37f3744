//! GPU hwmon entries on fixture trees.
//! Must not read this machine's own hwmon.

use std::os::unix::fs::symlink;

use super::*;
use crate::power::{Series, matching};

fn roots(dir: &tempfile::TempDir) -> Roots {
    Roots::below(dir.path())
}

/// A hwmon folder whose device link ends in a PCI folder, as sysfs has it.
fn card(root: &Path, hwmon: &str, pci: &str, files: &[(&str, &str)]) -> PathBuf {
    let device = root.join("sys/devices/pci0000:00").join(pci);
    let dir = root.join("sys/class/hwmon").join(hwmon);
    fs::create_dir_all(&device).unwrap();
    fs::create_dir_all(&dir).unwrap();
    symlink(&device, dir.join("device")).unwrap();
    for (name, text) in files {
        fs::write(dir.join(name), format!("{text}\n")).unwrap();
    }
    dir
}

fn watts(sensor: &mut dyn Sensor) -> f64 {
    match sensor.read().unwrap().value {
        Value::Gauge { watts } => watts,
        Value::Counter { .. } => panic!("a counter"),
    }
}

#[test]
fn an_amd_card_keeps_both_gauges_and_finds_its_slot() {
    let dir = tempfile::tempdir().unwrap();
    card(dir.path(), "hwmon0", "0000:00:14.3", &[("name", "iwlwifi")]);
    let files =
        [("name", "amdgpu"), ("power1_average", "31000000"), ("power1_input", "35500000"), ("power1_label", "PPT")];
    card(dir.path(), "hwmon3", "0000:03:00.0", &files);
    let mut found = discover(&roots(&dir));
    assert!(found.missing.is_empty());
    assert_eq!(found.sensors.len(), 2);
    assert_eq!(watts(found.sensors[0].as_mut()), 31.0);
    assert_eq!(watts(found.sensors[1].as_mut()), 35.5);
    let info = found.sensors[0].info();
    assert_eq!(info.id, "amdgpu:0000:03:00.0:power1_average");
    assert_eq!(info.boundary, Boundary::Package);
    let infos: Vec<&SensorInfo> = found.sensors.iter().map(|s| s.info()).collect();
    let key = DeviceKey::pci("03:00.0").unwrap();
    assert_eq!(matching(infos.iter().copied(), &key).unwrap().len(), 2);
    let other = DeviceKey::pci("04:00.0").unwrap();
    assert!(matching(infos, &other).unwrap_err().why.contains("no meter is matched"));
}

#[test]
fn renumbering_does_not_change_an_id() {
    let ids = |hwmon: &str| {
        let dir = tempfile::tempdir().unwrap();
        card(dir.path(), hwmon, "0000:03:00.0", &[("name", "amdgpu"), ("power1_input", "1")]);
        discover(&roots(&dir)).sensors[0].info().id.clone()
    };
    assert_eq!(ids("hwmon1"), ids("hwmon7"));
}

#[test]
fn a_card_without_a_pci_link_is_not_given_to_a_device() {
    let dir = tempfile::tempdir().unwrap();
    let hwmon = dir.path().join("sys/class/hwmon/hwmon0");
    fs::create_dir_all(&hwmon).unwrap();
    fs::write(hwmon.join("name"), "xe").unwrap();
    fs::write(hwmon.join("energy1_input"), "5").unwrap();
    let found = discover(&roots(&dir));
    let info = found.sensors[0].info();
    assert!(info.matches.is_empty());
    let why = matching([info], &DeviceKey::pci("03:00.0").unwrap()).unwrap_err().why;
    assert!(why.contains("cannot tell which card"), "{why}");
}

#[test]
fn intel_energy_wraps_at_32_bits_of_microjoules() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        ("name", "xe"),
        ("energy1_input", "0"),
        ("energy1_label", "card"),
        ("energy2_input", "0"),
        ("energy2_label", "pkg"),
    ];
    let hwmon = card(dir.path(), "hwmon2", "0000:03:00.0", &files);
    let mut found = discover(&roots(&dir));
    assert_eq!(found.sensors[0].info().boundary, Boundary::GpuBoard);
    assert_eq!(found.sensors[1].info().boundary, Boundary::Package);
    let sensor = &mut found.sensors[0];
    for modulus in WRAPS_UJ {
        let mut series = Series::new(sensor.info().clone());
        // 100 W in steps of 10 ms, through the wrap.
        for i in 0..=300_u64 {
            let ticks = (modulus - 100_000_000 + i * 1_000_000) % modulus;
            series.push(Reading { t_ns: i * 10_000_000, value: Value::Counter { ticks } });
        }
        let window = crate::power::energy::Window { t0_ns: 500_000_000, t1_ns: 2_500_000_000 };
        let energy = crate::power::energy::measure(&series, window);
        assert!((energy.measured().unwrap().joules - 200.0).abs() < 1e-3);
    }
    fs::write(hwmon.join("energy1_input"), "17").unwrap();
    assert!(sensor.read().is_ok());
}

#[test]
fn an_impossible_accumulator_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let files = [("name", "amdgpu"), ("energy1_input", "1000")];
    let hwmon = card(dir.path(), "hwmon2", "0000:03:00.0", &files);
    let mut sensor = discover(&roots(&dir)).sensors.remove(0);
    sensor.read().unwrap();
    fs::write(hwmon.join("energy1_input"), "9000000000000").unwrap();
    let error = sensor.read().unwrap_err().to_string();
    assert!(error.contains("more than 3000 W"), "{error}");
}

#[test]
fn bad_files_are_missing_or_faults_and_never_zero() {
    for bad in ["", "-1", "n/a", "1e6"] {
        let dir = tempfile::tempdir().unwrap();
        card(dir.path(), "hwmon0", "0000:03:00.0", &[("name", "amdgpu"), ("power1_input", bad)]);
        let found = discover(&roots(&dir));
        assert!(found.sensors.is_empty());
        assert!(found.missing[0].why.contains(&format!("{bad:?}")));
    }
    let dir = tempfile::tempdir().unwrap();
    let hwmon = card(dir.path(), "hwmon0", "0000:03:00.0", &[("name", "amdgpu"), ("power1_input", "5")]);
    let mut sensor = discover(&roots(&dir)).sensors.remove(0);
    fs::write(hwmon.join("power1_input"), "9000000000").unwrap();
    assert!(matches!(sensor.read(), Err(SensorError::Implausible { .. })));
    fs::remove_file(hwmon.join("power1_input")).unwrap();
    assert!(matches!(sensor.read(), Err(SensorError::Gone { .. })));
}

#[test]
fn a_card_that_shows_nothing_and_a_machine_without_cards_say_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(discover(&roots(&dir)).missing[0].why.contains("no amdgpu, i915 or xe"));
    card(dir.path(), "hwmon0", "0000:00:02.0", &[("name", "i915")]);
    assert!(discover(&roots(&dir)).missing[0].fix.contains("use RAPL"));
}
