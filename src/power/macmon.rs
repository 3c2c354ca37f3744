//! Apple silicon: the whole machine's watts, from the JSON lines that `macmon pipe` prints.
//! Must not count `cpu_power` and `gpu_power`: they come from Apple's energy model, not from a meter.

use std::{path::Path, process::Command, time::Duration};

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Roots, SensorError, SensorInfo, background::Background,
    command,
};

const ID: &str = "macmon:sys_power";
const PERIOD_MS: u32 = 200;
/// A Mac with Apple silicon does not draw more.
const MOST_W: f64 = 500.0;
/// `macmon` prints its first line after it has looked around.
const FIRST: Duration = Duration::from_secs(5);

/// Find `macmon` among the programs.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    // That it is absent on a Mac says `boards`.
    let Some(program) = command::find(roots, "macmon") else { return found };
    match open(&program) {
        Ok(sensor) => found.sensors.push(Box::new(sensor)),
        Err(error) => found.missing.push(Missing::new(
            "macmon",
            error.to_string(),
            "run `macmon pipe -s 1` to see what it says; brew upgrade macmon",
        )),
    }
    found
}

fn open(program: &Path) -> Result<Background, SensorError> {
    let interval = PERIOD_MS.to_string();
    let mut pipe = Command::new(program);
    pipe.args(["pipe", "--samples", "0", "--interval", interval.as_str()]);
    let info = describe(format!("{} pipe", program.display()));
    let sensor = Background::follow(info, &mut pipe, Box::new(watts))?;
    sensor.first(FIRST)?;
    Ok(sensor)
}

fn watts(line: &str) -> Result<f64, SensorError> {
    let sensor = || ID.to_owned();
    let malformed = || SensorError::Malformed {
        sensor: sensor(),
        place: "macmon pipe".to_owned(),
        text: line.chars().take(40).collect(),
        expected: "a JSON object with sys_power in watts",
    };
    let json: serde_json::Value = serde_json::from_str(line).map_err(|_| malformed())?;
    let watts = json.get("sys_power").and_then(serde_json::Value::as_f64).ok_or_else(malformed)?;
    if watts > 0.0 && watts <= MOST_W {
        return Ok(watts);
    }
    // Zero is what macmon prints where the controller has no such value.
    let what = format!("sys_power is {watts} W: this Mac's controller does not tell, or tells nonsense");
    Err(SensorError::Implausible { sensor: sensor(), what })
}

fn describe(source: String) -> SensorInfo {
    let gain = Gain::assumed_bound(0.05, "Apple publishes no accuracy for the controller's PSTR; 5 % taken");
    let mut info = SensorInfo::new(ID, Kind::Gauge { resolution_w: None }, Boundary::DcIn, gain);
    info.name = "whole Mac, by its system management controller (PSTR)".to_owned();
    info.update_period_s = Some(1.0);
    info.averaging_window_s = Some(1.0);
    info.matches = vec![DeviceKey::WholeMachine];
    info.source = source;
    info.clock_sigma_s = 0.2;
    info.plausible_watts = MOST_W;
    info.notes.push(
        "the whole Mac, display included; update period and averaging are assumptions until `wattmark sensors \
         characterise` has measured them; Apple's model of CPU, GPU and ANE power is no meter and is not counted"
            .to_owned(),
    );
    info
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::power::Value;

    const LINE: &str =
        r#"{"timestamp":"2026-01-01T00:00:00Z","cpu_power":0.2,"gpu_power":0.02,"all_power":0.22,"sys_power":5.875}"#;

    fn mac(script: &str) -> (tempfile::TempDir, Roots) {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("usr/bin");
        std::fs::create_dir_all(&bin).unwrap();
        let program = bin.join("macmon");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let roots = Roots::below(dir.path());
        (dir, roots)
    }

    #[test]
    fn the_whole_machine_is_metered_and_the_model_left_out() {
        let (_dir, roots) = mac(&format!("for i in 1 2 3 4 5 6; do echo '{LINE}'; sleep 0.05; done; exec sleep 30"));
        let mut found = discover(&roots);
        assert_eq!(found.sensors.len(), 1, "{:?}", found.missing);
        std::thread::sleep(Duration::from_millis(300));
        let mut out = Vec::new();
        found.sensors[0].read_into(&mut out).unwrap();
        assert!(!out.is_empty() && out.iter().all(|r| r.value == Value::Gauge { watts: 5.875 }), "{out:?}");
        assert_eq!(found.sensors[0].info().boundary, Boundary::DcIn);
    }

    #[test]
    fn a_macmon_that_ends_is_gone() {
        let (_dir, roots) = mac(&format!("echo '{LINE}'; sleep 0.1"));
        let mut sensor = discover(&roots).sensors.remove(0);
        std::thread::sleep(Duration::from_millis(600));
        let mut out = Vec::new();
        assert!(matches!(sensor.read_into(&mut out), Err(SensorError::Gone { .. })));
    }

    #[test]
    fn old_versions_zeros_and_other_text_are_reasons() {
        for (script, why) in [
            ("echo '{\"cpu_power\":1.0}'; sleep 1", "sys_power"),
            ("echo '{\"sys_power\":0.0}'; sleep 1", "does not tell"),
            ("echo '{\"sys_power\":-4}'; sleep 1", "nonsense"),
            ("echo 'error: unexpected argument'; exit 2", "unexpected"),
            ("exit 2", "gone"),
        ] {
            let (_dir, roots) = mac(script);
            let found = discover(&roots);
            assert!(found.sensors.is_empty());
            assert!(found.missing[0].why.contains(why), "{}", found.missing[0]);
        }
    }
}
