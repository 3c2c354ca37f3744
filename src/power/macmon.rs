//! Apple silicon: the whole machine's watts, from the JSON lines that `macmon pipe` prints.
//! Must not count `cpu_power` and `gpu_power`: they come from Apple's energy model, not from a meter.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Reading, Roots, Sensor, SensorError, SensorInfo, Value,
    background::Inbox, clock, command,
};

const ID: &str = "macmon:sys_power";
const PERIOD_MS: u32 = 200;
/// A Mac with Apple silicon does not draw more.
const MOST_W: f64 = 500.0;
/// `macmon` prints its first line after it has looked around.
const FIRST: Duration = Duration::from_secs(5);

/// A running `macmon`; it ends with the sensor.
struct Macmon {
    info: SensorInfo,
    inbox: Arc<Inbox>,
    _child: command::Killed,
}

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

fn open(program: &Path) -> Result<Macmon, SensorError> {
    let source = format!("{} pipe", program.display());
    let failed = |detail: String| SensorError::Driver { sensor: ID.to_owned(), place: source.clone(), detail };
    let interval = PERIOD_MS.to_string();
    let mut child = Command::new(program)
        .args(["pipe", "--samples", "0", "--interval", interval.as_str()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(command::Killed)
        .map_err(|e| failed(format!("cannot start: {e}")))?;
    let pipe = child.0.stdout.take().ok_or_else(|| failed("no pipe to its output".to_owned()))?;
    let inbox = Arc::new(Inbox::default());
    let (theirs, place) = (Arc::clone(&inbox), source.clone());
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let watts = watts(&line);
            theirs.put(watts.map(|watts| Reading { t_ns: clock::monotonic_ns(), value: Value::Gauge { watts } }));
        }
        theirs.put(Err(SensorError::Gone { sensor: ID.to_owned(), place, detail: "it ended".to_owned() }));
    });
    let info = describe(source.clone());
    match inbox.first(FIRST) {
        Some(first) => first.map(|_| Macmon { info, inbox, _child: child }),
        None => Err(SensorError::NoReading { sensor: ID.to_owned(), place: source }),
    }
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

impl Sensor for Macmon {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let mut all = Vec::new();
        self.inbox.take(&mut all)?;
        all.pop().ok_or_else(|| SensorError::NoReading { sensor: ID.to_owned(), place: self.info.source.clone() })
    }

    fn read_into(&mut self, out: &mut Vec<Reading>) -> Result<(), SensorError> {
        self.inbox.take(out)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

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
