//! Keys, boundaries, series and the list of families.
//! Must not look at this machine.

use super::*;
use crate::power::scripted::{Scripted, ScriptedClock};

#[test]
fn pci_ids_have_one_spelling() {
    let one = DeviceKey::Pci("0000:65:00.0".to_owned());
    for text in ["00000000:65:00.0", "0000:65:00.0", "65:00.0", " 0000:65:00.0 "] {
        assert_eq!(DeviceKey::pci(text), Some(one.clone()), "{text:?}");
    }
    assert_eq!(DeviceKey::pci("0000:AF:1F.7").unwrap().to_string(), "0000:af:1f.7");
    for text in ["", "x", "65:00", "65.0", "0000:+5:00.0", "0:0:0:0.0", "000:100:00.0", "é:00.0"] {
        assert_eq!(DeviceKey::pci(text), None, "{text:?}");
    }
}

#[test]
fn keys_and_boundaries_survive_text() {
    for text in ["cpu", "whole-machine", "0000:65:00.0", "GPU-1234"] {
        assert_eq!(DeviceKey::from(text.to_owned()).to_string(), text);
    }
    for b in Boundary::ALL {
        assert_eq!(b.as_str().parse(), Ok(b));
        assert_eq!(serde_json::to_string(&b).unwrap(), format!("\"{b}\""));
    }
    let why = "socket".parse::<Boundary>().unwrap_err().to_string();
    assert!(why.contains("wall_ac"), "{why}");
}

#[test]
fn an_empty_machine_has_a_reason_for_every_family() {
    let dir = tempfile::tempdir().unwrap();
    let found = discover(&Roots::below(dir.path()));
    assert!(found.sensors.is_empty());
    assert_eq!(found.missing.len(), 2, "RAPL and hwmon: {found:?}");
    for missing in &found.missing {
        assert!(!missing.why.is_empty() && !missing.fix.is_empty());
    }
}

#[test]
fn a_series_keeps_time_and_kind() {
    let meter = Scripted::gauge(&ScriptedClock::default(), 0.1, &[(1.0, 5.0)]);
    let mut series = meter.record(0.0, 1.0, 0.1);
    let n = series.readings.len();
    let last = series.readings[n - 1];
    series.push(last);
    series.push(Reading { t_ns: last.t_ns + 1, value: Value::Counter { ticks: 3 } });
    assert_eq!(series.readings.len(), n);
    assert_eq!(series.faults.len(), 2);
    let text = serde_json::to_string(&series).unwrap();
    assert_eq!(serde_json::from_str::<Series>(&text).unwrap(), series);
}

#[test]
fn repeated_faults_fold_until_a_reading_comes_between() {
    let meter = Scripted::gauge(&ScriptedClock::default(), 0.1, &[(1.0, 5.0)]);
    let mut series = meter.record(0.0, 0.1, 0.1);
    for t in [200, 300] {
        series.fault(t * 1_000_000, "gone".to_owned());
    }
    series.push(Reading { t_ns: 400_000_000, value: Value::Gauge { watts: 5.0 } });
    series.fault(500_000_000, "gone".to_owned());
    let counts: Vec<u64> = series.faults.iter().map(|f| f.count).collect();
    assert_eq!(counts, [2, 1]);
}

#[test]
fn a_lie_survives_json() {
    for watts in [f64::NAN, f64::INFINITY, -1.5, 250.0] {
        let value = Value::Gauge { watts };
        let text = serde_json::to_string(&value).unwrap();
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{back:?}"), format!("{value:?}"), "{text}");
    }
    let bare = SensorInfo::new("x", Kind::Gauge { resolution_w: None }, Boundary::Rail, Gain::assumed(0.1, "test"));
    let text = serde_json::to_string(&bare).unwrap();
    assert_eq!(serde_json::from_str::<SensorInfo>(&text).unwrap(), bare);
}
