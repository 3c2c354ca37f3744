//! Meter logs: whole, growing, broken.
//! Must not depend on the time zone of the host.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::power::{
    Boundary, DeviceKey,
    energy::{Window, measure},
};
use proptest::prelude::*;

struct Log {
    dir: tempfile::TempDir,
}

impl Log {
    fn new(text: &str) -> Self {
        let log = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(log.path(), text).unwrap();
        log
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("plug.csv")
    }

    fn append(&self, text: &str) {
        let mut file = fs::OpenOptions::new().append(true).open(self.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn spec(&self) -> CsvLogSpec {
        CsvLogSpec::new(self.path(), Boundary::WallAc, DeviceKey::WholeMachine)
    }

    fn open(&self) -> CsvLog {
        CsvLog::open(&self.spec()).unwrap().remove(0)
    }
}

/// Unix seconds of a monotonic time on this host, as a logger would write it.
fn wall(monotonic_s: f64) -> String {
    format!("{:.6}", monotonic_s + clock::realtime_offset_ns() as f64 * 1e-9)
}

fn header(text: &str) -> Result<Header, CsvLogError> {
    Header::parse(Path::new("x.csv"), text)
}

fn row(head: &str, text: &str) -> Result<Row, CsvLogError> {
    header(head).unwrap().row(Path::new("x.csv"), 7, text)
}

#[test]
fn headers_are_found_in_many_spellings() {
    for (text, quantities) in [
        ("timestamp,watts", vec![Quantity::Power]),
        ("\u{feff}Time;Voltage (V);Power (W)", vec![Quantity::Power]),
        ("\"unix\"\t\"Energy (kWh)\"", vec![Quantity::Energy]),
        ("timestamp_ms,power_mw,joules", vec![Quantity::Energy, Quantity::Power]),
    ] {
        assert_eq!(header(text).unwrap().quantities(), quantities, "{text}");
    }
    for (text, problem) in [
        ("watts", "one column"),
        ("a,watts", "no time column"),
        ("time,volts", "no power or energy"),
        ("time,watts,power_w", "repeats"),
    ] {
        let why = header(text).unwrap_err().to_string();
        assert!(why.contains(problem) && why.contains("line 1"), "{why}");
    }
}

#[test]
fn units_and_times_come_out_in_si() {
    let r = row("timestamp_ms,power_mw,wh", "1700000000250,12500,2").unwrap();
    // A float holds Unix seconds to a quarter of a microsecond.
    assert!((r.wall_ns - 1_700_000_000_250_000_000).abs() < 1_000);
    assert_eq!((r.watts, r.joules), (Some(12.5), Some(7200.0)));
    let r = row("time;power (W)", "2023-11-14T22:13:20.5Z;12,5").unwrap();
    assert_eq!(r.wall_ns, 1_700_000_000_500_000_000);
    assert_eq!(r.watts, Some(12.5));
    let r = row("time,watts", "2023-11-14T23:13:20+01:00,3").unwrap();
    assert_eq!(r.wall_ns, 1_700_000_000_000_000_000);
    assert_eq!(row("time,watts", "1700000000,").unwrap().watts, None, "blank is absent");
}

#[test]
fn bad_lines_name_their_number_and_their_fault() {
    for (text, problem) in [
        ("1700000000", "1 columns, the header has 2"),
        ("1700000000,1,2", "3 columns"),
        ("1700000000,abc", "\"abc\" is not a non-negative power"),
        ("1700000000,-3", "not a non-negative"),
        ("1700000000,NaN", "not a non-negative"),
        ("1700000000,inf", "not a non-negative"),
        ("1700000000000,5", "timestamp_ms"),
        ("2023-11-14 22:13:20,5", "RFC 3339"),
        ("yesterday,5", "RFC 3339"),
    ] {
        let why = row("time,watts", text).unwrap_err().to_string();
        assert!(why.contains(problem) && why.contains("line 7"), "{why}");
    }
}

#[test]
fn a_log_is_placed_on_the_monotonic_clock_and_measured() {
    let t0 = clock::monotonic_ns() as f64 * 1e-9 + 1000.0;
    let mut text = "timestamp,watts\n".to_owned();
    for i in 0..=200 {
        text += &format!("{},{}\n", wall(t0 + f64::from(i)), 40.0);
    }
    let log = Log::new(&text);
    let series = log.open().read_all();
    assert!(series.faults.is_empty(), "{:?}", series.faults);
    assert_eq!(series.readings.len(), 201);
    let window = Window { t0_ns: ((t0 + 10.25) * 1e9) as u64, t1_ns: ((t0 + 190.25) * 1e9) as u64 };
    let energy = measure(&series, window);
    let m = energy.measured().unwrap();
    assert!((m.joules - 7200.0).abs() < 1e-3, "{}", m.joules);
    assert_eq!(m.boundary, Boundary::WallAc);
    assert!(m.budget.clock > 0.0);
    assert_eq!(m.grade, crate::power::energy::Grade::Published);
}

#[test]
fn a_cumulative_log_is_a_counter() {
    let t0 = clock::monotonic_ns() as f64 * 1e-9 + 1000.0;
    let mut text = "time,wh\n".to_owned();
    for i in 0..=200 {
        text += &format!("{},{:.6}\n", wall(t0 + f64::from(i)), f64::from(i) / 36.0);
    }
    let series = Log::new(&text).open().read_all();
    let window = Window { t0_ns: ((t0 + 10.0) * 1e9) as u64, t1_ns: ((t0 + 190.0) * 1e9) as u64 };
    // 1 Wh every 36 s is 100 W.
    let energy = measure(&series, window);
    assert!((energy.measured().unwrap().joules - 18_000.0).abs() < 0.1);
}

#[test]
fn a_growing_log_gives_each_line_once_and_waits_for_its_end() {
    let now = clock::monotonic_ns() as f64 * 1e-9;
    let log = Log::new("time,watts\n");
    let mut sensor = log.open();
    assert!(matches!(sensor.read(), Err(SensorError::NoReading { .. })));
    log.append(&format!("{},1\n{},2\n{},3", wall(now), wall(now + 1.0), wall(now + 2.0)));
    let mut out = Vec::new();
    sensor.read_into(&mut out).unwrap();
    assert_eq!(out.len(), 2, "the third has no line break yet");
    log.append("4\n");
    sensor.read_into(&mut out).unwrap();
    assert_eq!(out.len(), 3);
    assert_eq!(out[2].value, Value::Gauge { watts: 34.0 });
    sensor.read_into(&mut out).unwrap();
    assert_eq!(out.len(), 3);
}

#[test]
fn a_bad_line_is_a_fault_between_good_ones() {
    let now = clock::monotonic_ns() as f64 * 1e-9;
    let text = format!(
        "time,watts\n# restart\n{},1\nrubbish\n{},2\n{},3\n{},9",
        wall(now),
        wall(now + 1.0),
        wall(now + 1.0),
        wall(now + 2.0)
    );
    let series = Log::new(&text).open().read_all();
    assert_eq!(series.readings.len(), 2);
    let faults: Vec<&str> = series.faults.iter().map(|f| f.what.as_str()).collect();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].contains("line 4: 1 columns"));
    assert!(faults[1].contains("line 6: its time is not later"));
    assert!(faults[2].contains("line 7: no line break"));
}

#[test]
fn truncation_and_loss_are_faults() {
    let log = Log::new(&format!("time,watts\n{},1\n", wall(5.0)));
    let mut sensor = log.open();
    sensor.read().unwrap();
    fs::write(log.path(), "time,watts\n").unwrap();
    assert!(sensor.read().unwrap_err().to_string().contains("shrank"));
    fs::remove_file(log.path()).unwrap();
    assert!(matches!(sensor.read(), Err(SensorError::Gone { .. })));
    assert!(matches!(CsvLog::open(&log.spec()), Err(CsvLogError::Io { .. })));
    assert!(matches!(CsvLog::open(&Log::new("time,w").spec()), Err(CsvLogError::NoHeader(_))));
}

#[test]
fn discovery_names_what_it_cannot_open() {
    let log = Log::new("time,power,joules\n");
    let mut roots = Roots::below(log.dir.path());
    roots.csv_logs = vec![log.spec(), CsvLogSpec::new("/nonexistent/x.csv", Boundary::DcIn, DeviceKey::Cpu)];
    let found = discover(&roots);
    let ids: Vec<&str> = found.sensors.iter().map(|s| s.info().id.as_str()).collect();
    assert_eq!(ids, ["csv:plug:energy", "csv:plug:power"]);
    assert!(found.sensors[1].info().notes[0].contains("taken as watts"));
    assert!(found.missing[0].what.contains("/nonexistent/x.csv"));
}

#[test]
fn two_logs_of_one_name_are_two_meters() {
    let (a, b) = (Log::new("time,watts\n"), Log::new("time,watts\n"));
    let mut roots = Roots::below(a.dir.path());
    roots.csv_logs = vec![a.spec(), b.spec()];
    let found = discover(&roots);
    let ids: Vec<&str> = found.sensors.iter().map(|s| s.info().id.as_str()).collect();
    assert_eq!(ids, ["csv:plug:power", "csv:plug:power#2"]);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(head in "\\PC{0,60}", line in "\\PC{0,60}") {
        if let Ok(h) = header(&head) {
            let _ = h.row(Path::new("x.csv"), 2, &line);
        }
        let _ = row("time,watts", &line);
        let _ = row("time;watts", &line);
    }

    #[test]
    fn a_written_row_is_read_back(t in 1_000_000_000_u32.., w in 0.0_f64..1e5) {
        let r = row("time,watts", &format!("{t},{w}")).unwrap();
        prop_assert_eq!(r.wall_ns, i128::from(t) * 1_000_000_000);
        prop_assert_eq!(r.watts, Some(w));
    }
}
