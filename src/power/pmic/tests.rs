//! The PMIC's text and a `vcgencmd` made of a script.
//! Must not look for a real one.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::power::{Series, Value, clock};

/// As a Raspberry Pi 5 at rest prints it, shortened.
const IDLE: &str = "     3V7_WL_SW_A current(0)=0.10000000A
   3V3_SYS_A current(1)=0.20000000A
    HDMI_A current(22)=0.01000000A
  VDD_CORE_A current(7)=1.50000000A
     3V7_WL_SW_V volt(8)=3.70000000V
    3V3_SYS_V volt(9)=3.30000000V
   VDD_CORE_V volt(15)=0.80000000V
     HDMI_V volt(23)=5.00000000V
     EXT5V_V volt(24)=5.15000000V
     BATT_V volt(25)=0.00000000V
";

#[test]
fn only_outputs_with_both_voltage_and_current_are_summed() {
    let sum = 0.1 * 3.7 + 0.2 * 3.3 + 0.01 * 5.0 + 1.5 * 0.8;
    assert!((watts(IDLE).unwrap() - sum).abs() < 1e-12);
}

#[test]
fn half_a_list_another_text_and_impossible_values_are_refused() {
    let without = |line: &str| IDLE.lines().filter(|l| !l.contains(line)).collect::<Vec<_>>().join("\n");
    for (text, why) in [
        (without("VDD_CORE_V"), "current of VDD_CORE without its voltage"),
        (without("VDD_CORE"), "does not name VDD_CORE"),
        (String::new(), "does not name VDD_CORE"),
        ("error=2 error_msg=\"Invalid arguments\"".to_owned(), "Invalid arguments"),
        (IDLE.replace("1.50000000A", "-1.50000000A"), "cannot be"),
        (IDLE.replace("1.50000000A", "nanA"), "cannot be"),
        (IDLE.replace("1.50000000A", "fastA"), "fastA"),
        (format!("{IDLE}{IDLE}"), "twice"),
    ] {
        let said = watts(&text).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

/// A Pi with a `vcgencmd` that runs these shell lines.
fn pi(script: &str) -> (tempfile::TempDir, Roots) {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    write("proc/device-tree/compatible", "raspberrypi,5-model-b\0brcm,bcm2712\0");
    write("list", IDLE);
    if !script.is_empty() {
        let text = format!("#!/bin/sh\ncd {}\n{script}\n", dir.path().display());
        let program = write("usr/bin/vcgencmd", &text);
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let roots = Roots::below(dir.path());
    (dir, roots)
}

#[test]
fn a_pi_5_is_metered_at_its_module() {
    let (_dir, roots) = pi("[ \"$1\" = pmic_read_adc ] && cat list");
    let mut found = discover(&roots);
    assert!(found.missing.is_empty(), "{:?}", found.missing);
    let sensor = &mut found.sensors[0];
    assert_eq!((sensor.info().id.as_str(), sensor.info().boundary), ("pmic:pi5", Boundary::Module));
    let mut series = Series::new(sensor.info().clone());
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while series.readings.len() < 3 && std::time::Instant::now() < end {
        series.poll(sensor.as_mut(), clock::monotonic_ns());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(series.faults.is_empty(), "{:?}", series.faults);
    let Value::Gauge { watts } = series.readings[2].value else { panic!("a counter") };
    assert!((watts - 2.28).abs() < 1e-9, "{watts}");
}

#[test]
fn a_tool_that_is_absent_refused_or_stuck_is_a_reason() {
    for (script, why) in [
        ("", "not installed"),
        ("echo 'VCHI initialization failed'; exit 1", "exit"),
        ("exec sleep 60", "no end within"),
        ("exec sleep 60 >&-", "no end within"),
    ] {
        let (_dir, roots) = pi(script);
        let start = std::time::Instant::now();
        let found = discover(&roots);
        assert!(found.sensors.is_empty());
        let missing = &found.missing[0];
        assert!(missing.why.contains(why) && !missing.fix.is_empty(), "{missing}");
        assert!(start.elapsed() < Duration::from_secs(20), "it hung");
    }
}

#[test]
fn another_board_is_not_asked() {
    let (dir, roots) = pi("touch asked");
    std::fs::write(dir.path().join("proc/device-tree/compatible"), "raspberrypi,4-model-b\0brcm,bcm2711\0").unwrap();
    let found = discover(&roots);
    assert!(found.sensors.is_empty() && found.missing.is_empty() && !dir.path().join("asked").exists());
}

proptest::proptest! {
    #[test]
    fn any_text_is_watts_or_a_reason(text in "([ A-Z0-9_]{0,8}(current|volt)?[(]?[0-9]{0,3}[)]?=?[-0-9a-zA-Z.]{0,10}\n?){0,6}") {
        if let Ok(watts) = watts(&text) {
            proptest::prop_assert!(watts.is_finite() && watts >= 0.0);
        }
    }
}
