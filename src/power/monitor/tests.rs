//! Power monitors on fixture trees, those that fool other tools among them.
//! Must not read this machine's own hwmon or IIO.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::*;
use crate::power::{discover as discover_all, fixtures::Tree, matching};

fn ids(found: &Discovery) -> Vec<&str> {
    found.sensors.iter().map(|s| s.info().id.as_str()).collect()
}

fn sensor<'a>(found: &'a mut Discovery, id: &str) -> &'a mut Box<dyn Sensor> {
    let known = format!("{found:?}");
    found.sensors.iter_mut().find(|s| s.info().id == id).unwrap_or_else(|| panic!("no {id} in {known}"))
}

fn watts(found: &mut Discovery, id: &str) -> f64 {
    match sensor(found, id).read().unwrap().value {
        Value::Gauge { watts } => watts,
        Value::Counter { .. } => panic!("a counter"),
    }
}

/// What joules of a whole device would be taken from.
fn placed(found: &Discovery) -> Vec<String> {
    let infos: Vec<&SensorInfo> = found.sensors.iter().map(|s| s.info()).collect();
    let hits = matching(infos, &DeviceKey::WholeMachine).unwrap_or_default();
    hits.into_iter().map(|info| format!("{} at {}", info.id, info.boundary)).collect()
}

#[test]
fn orin_nano_is_its_input_rail_and_never_that_and_its_parts() {
    let tree = Tree::orin_nano("hwmon1");
    let mut found = discover(&tree.roots());
    assert!(found.missing.is_empty(), "{:?}", found.missing);
    assert_eq!(ids(&found), ["ina3221:VDD_IN", "ina3221:VDD_CPU_GPU_CV", "ina3221:VDD_SOC"]);
    assert_eq!(placed(&found), ["ina3221:VDD_IN at module"]);
    assert!((watts(&mut found, "ina3221:VDD_IN") - 5.008 * 1.52).abs() < 1e-9);
    let total = sensor(&mut found, "ina3221:VDD_IN").info().clone();
    assert_eq!(total.contains, ["ina3221:VDD_CPU_GPU_CV", "ina3221:VDD_SOC"]);
    // One rail for CPU, GPU and accelerators is nobody's.
    let shared = sensor(&mut found, "ina3221:VDD_CPU_GPU_CV").info().clone();
    assert!(shared.matches.is_empty() && shared.notes.iter().any(|n| n.contains("not the CPU alone")), "{shared:?}");
}

#[test]
fn hwmon_numbers_that_move_between_boots_change_nothing() {
    let names = |hwmon: &str| {
        let tree = Tree::orin_nano(hwmon).chip("hwmon9", "1-0021", "pwmfan", &[]).chip("hwmon0", "1-0022", "nvme", &[]);
        discover(&tree.roots()).sensors.iter().map(|s| s.info().id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("hwmon1"), names("hwmon5"));
}

#[test]
fn agx_orin_without_an_input_rail_is_the_sum_of_parts_that_hold_no_other() {
    let tree = Tree::agx_orin();
    let mut found = discover(&tree.roots());
    assert!(found.missing.is_empty(), "{:?}", found.missing);
    assert_eq!(placed(&found), ["jetson:module-sum at module"]);
    // 10 + 3 + 4.5 W; the memory's watt is inside the 5 V rail.
    assert!((watts(&mut found, "jetson:module-sum") - 17.5).abs() < 1e-9);
    assert_eq!(sensor(&mut found, "jetson:module-sum").info().contains.len(), 4);
}

#[test]
fn agx_orin_with_an_input_rail_takes_that_alone() {
    let tree = Tree::agx_orin().ina3221("hwmon5", "1-0042", [Some(("VDD_IN", "19000", "1000")), None, None]);
    let mut found = discover(&tree.roots());
    assert_eq!(placed(&found), ["ina3221:VDD_IN at module"]);
    assert!(!ids(&found).contains(&"jetson:module-sum"));
    assert_eq!(watts(&mut found, "ina3221:VDD_IN"), 19.0);
    assert_eq!(sensor(&mut found, "ina3221:VDD_IN").info().contains.len(), 4);
}

#[test]
fn a_sum_that_misses_a_rail_is_no_total() {
    for spoil in ["", "-300", "n/a"] {
        let tree = Tree::agx_orin();
        fs::write(tree.file("hwmon3", "curr2_input"), spoil).unwrap();
        let found = discover(&tree.roots());
        assert!(placed(&found).is_empty(), "{spoil:?}: {found:?}");
        let whys: String = found.missing.iter().map(|m| m.why.as_str()).collect();
        assert!(whys.contains("VDD_CPU_CV cannot be read") && whys.contains("curr2_input"), "{whys}");
    }
}

#[test]
fn a_missing_or_renamed_file_is_named_and_nothing_stands_in_for_it() {
    for file in ["curr1_input", "in1_input"] {
        let tree = Tree::orin_nano("hwmon1");
        fs::rename(tree.file("hwmon1", file), tree.file("hwmon1", "other_input")).unwrap();
        let found = discover(&tree.roots());
        assert!(placed(&found).is_empty(), "{found:?}");
        let missing = &found.missing[0];
        assert!(missing.what.contains("VDD_IN") && missing.why.contains(file), "{missing}");
    }
    // A label under another name is no label: the rail is one of unknown place.
    let tree = Tree::orin_nano("hwmon1");
    fs::rename(tree.file("hwmon1", "in1_label"), tree.file("hwmon1", "in1_name")).unwrap();
    let found = discover(&tree.roots());
    assert!(placed(&found).is_empty() && ids(&found).contains(&"ina3221:1-0040"), "{found:?}");
}

#[test]
fn a_rail_that_vanishes_or_turns_negative_takes_the_total_with_it() {
    let tree = Tree::agx_orin();
    let mut found = discover(&tree.roots());
    let current = tree.file("hwmon3", "curr1_input");
    fs::write(&current, "-40").unwrap();
    let total = sensor(&mut found, "jetson:module-sum");
    assert!(matches!(total.read(), Err(SensorError::Implausible { .. })));
    fs::write(&current, "9999999999").unwrap();
    assert!(matches!(total.read(), Err(SensorError::Implausible { .. })));
    fs::remove_file(&current).unwrap();
    assert!(matches!(total.read(), Err(SensorError::Gone { .. })));
    fs::write(&current, "2000").unwrap();
    assert!(total.read().is_ok());
}

#[test]
fn channels_that_are_off_or_lead_nowhere_are_left_out() {
    let tree = Tree::orin_nano("hwmon2");
    fs::write(tree.file("hwmon2", "in3_enable"), "0").unwrap();
    let found = discover(&tree.roots());
    assert_eq!(ids(&found), ["ina3221:VDD_IN", "ina3221:VDD_CPU_GPU_CV"]);
}

#[test]
fn thor_keeps_its_boards_input_apart_from_its_modules_rails() {
    let tree = Tree::thor();
    let mut found = discover(&tree.roots());
    assert_eq!(placed(&found), ["ina238:VIN at dc_in"]);
    assert_eq!(watts(&mut found, "ina238:VIN"), 41.0);
    assert_eq!(sensor(&mut found, "ina238:VIN").info().contains.len(), 3);
}

#[test]
fn xavier_is_the_sum_of_its_six_rails() {
    let (a, b) = (
        [Some(("GPU", "19000", "100")), Some(("CPU", "19000", "100")), Some(("SOC", "19000", "100"))],
        [Some(("CV", "19000", "100")), Some(("VDDRQ", "19000", "100")), Some(("SYS5V", "19000", "100"))],
    );
    let tree = Tree::new().ina3221("hwmon3", "1-0040", a).ina3221("hwmon4", "1-0041", b);
    let mut found = discover(&tree.roots());
    assert!((watts(&mut found, "jetson:module-sum") - 11.4).abs() < 1e-9);
}

#[test]
fn a_bare_chip_is_a_rail_until_its_user_says_where_it_sits() {
    let files = [
        // The shunt's voltage must not be taken for the supply's.
        ("in0_input", "20"),
        ("in1_input", "12010"),
        ("curr1_input", "1010"),
        ("power1_input", "12125000"),
        ("shunt_resistor", "10000"),
        ("update_interval", "140"),
    ];
    let tree = Tree::new().chip("hwmon2", "1-0040", "ina226", &files);
    let mut found = discover_all(&tree.roots());
    assert_eq!(ids(&found), ["ina226:1-0040"]);
    let info = sensor(&mut found, "ina226:1-0040").info().clone();
    assert_eq!((info.boundary, info.update_period_s, info.matches.len()), (Boundary::Rail, Some(0.14), 0));
    assert!(
        info.notes.iter().any(|n| n.contains("10 mOhm")) && info.notes.iter().any(|n| n.contains("--power-sensor"))
    );
    let mut roots = tree.roots();
    roots.placements.push("ina226:1-0040,boundary=dc_in".parse().unwrap());
    let mut found = discover_all(&roots);
    assert_eq!(placed(&found), ["ina226:1-0040 at dc_in"]);
    assert!((watts(&mut found, "ina226:1-0040") - 12.125).abs() < 1e-9);
}

#[test]
fn a_chip_without_a_power_file_multiplies_the_supplys_voltage() {
    let files = [("in0_input", "20"), ("in1_input", "5000"), ("curr1_input", "2000"), ("label", "vcc5v0_sys")];
    let tree = Tree::new().chip("hwmon2", "4-0041", "ina219", &files);
    let mut found = discover(&tree.roots());
    assert_eq!(watts(&mut found, "ina219:vcc5v0_sys"), 10.0);
}

#[test]
fn an_other_boards_label_is_not_nvidias() {
    let files = [("power1_input", "1000000"), ("label", "CPU")];
    let tree = Tree::new().chip("hwmon2", "1-0040", "ina226", &files);
    let mut found = discover(&tree.roots());
    let info = sensor(&mut found, "ina226:CPU").info();
    assert!(info.notes.iter().any(|n| n.contains("cannot tell which supply")), "{:?}", info.notes);
}

#[test]
fn one_label_on_two_chips_is_two_sensors() {
    let files = [("power1_input", "1000000"), ("label", "vin")];
    let tree = Tree::new().chip("hwmon2", "1-0040", "ina226", &files).chip("hwmon3", "1-0041", "ina226", &files);
    assert_eq!(ids(&discover(&tree.roots())), ["ina226:vin", "ina226:vin@1-0041"]);
}

fn iio(tree: &Tree, files: &[(&str, &str)]) -> PathBuf {
    let dir = tree.path("sys/devices/platform/i2c-1/1-0040/iio:device0");
    fs::create_dir_all(&dir).unwrap();
    let class = tree.path("sys/bus/iio/devices");
    fs::create_dir_all(&class).unwrap();
    symlink(&dir, class.join("iio:device0")).unwrap();
    for (file, text) in files {
        fs::write(dir.join(file), format!("{text}\n")).unwrap();
    }
    dir
}

#[test]
fn iio_power_is_its_count_times_its_scale_in_milliwatts() {
    let tree = Tree::new();
    let files = [
        ("name", "ina226"),
        ("in_voltage1_raw", "9600"),
        ("in_power2_raw", "485"),
        ("in_power2_scale", "25.000000"),
        ("in_shunt_resistor", "0.010000000"),
    ];
    let dir = iio(&tree, &files);
    let mut found = discover(&tree.roots());
    assert_eq!(ids(&found), ["ina226:1-0040:2"]);
    assert!((watts(&mut found, "ina226:1-0040:2") - 12.125).abs() < 1e-9);
    fs::write(dir.join("in_power2_raw"), "-1").unwrap();
    assert!(found.sensors[0].read().is_err());
}

#[test]
fn iio_without_a_scale_or_without_power_is_no_meter() {
    for files in [
        &[("name", "ina226"), ("in_power2_raw", "485")][..],
        &[("name", "ina226"), ("in_power2_raw", "485"), ("in_power2_scale", "0")],
        &[("name", "bme280"), ("in_temp_input", "20000")],
    ] {
        let tree = Tree::new();
        iio(&tree, files);
        let found = discover(&tree.roots());
        assert!(found.sensors.is_empty() && found.missing.is_empty(), "{found:?}");
    }
}

#[test]
fn files_that_are_no_numbers_are_named() {
    for bad in ["", "abc", "nan", "inf", "12,5", "-5"] {
        let tree = Tree::new().chip("hwmon2", "1-0040", "ina260", &[("power1_input", bad)]);
        let found = discover(&tree.roots());
        assert!(found.sensors.is_empty(), "{bad:?}");
        assert!(found.missing[0].why.contains("power1_input"), "{}", found.missing[0]);
    }
    let tree = Tree::new().chip("hwmon2", "1-0040", "ina260", &[]);
    assert!(discover(&tree.roots()).missing[0].why.contains("no channel"));
}

#[test]
fn without_a_device_link_the_name_is_said_to_move() {
    let tree = Tree::new();
    let dir = tree.path("sys/class/hwmon/hwmon6");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("name"), "ina260").unwrap();
    fs::write(dir.join("power1_input"), "5000000").unwrap();
    let found = discover(&tree.roots());
    assert_eq!(ids(&found), ["ina260:hwmon6"]);
    assert!(found.sensors[0].info().notes.iter().any(|n| n.contains("next boot")));
    assert!(Path::new(&found.sensors[0].info().source).ends_with("power1_input"));
}
