//! An external meter through the timestamped log it writes (CSV).
//! Must not guess: a unit, a time zone or a boundary that is not stated is an error that says so.

mod line;
mod spec;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::power::{
    Discovery, Gain, Kind, Missing, Reading, Roots, Sensor, SensorError, SensorInfo, Series, Value, clock,
};

pub use line::{CsvLogError, Header, Quantity, Row};
pub use spec::{CsvLogSpec, SpecError};

/// Energy columns are held in microjoules.
const JOULES_PER_TICK: f64 = 1e-6;

/// One quantity of one log, read as it grows.
pub struct CsvLog {
    spec: CsvLogSpec,
    info: SensorInfo,
    header: Header,
    quantity: Quantity,
    offset: u64,
    line: u64,
    /// Bytes after the last line break: a line still being written.
    partial: Vec<u8>,
    last_wall_ns: Option<i128>,
    fresh: VecDeque<Reading>,
}

impl CsvLog {
    /// Open a log at its first line, one sensor for each quantity it holds (power, energy, or both).
    ///
    /// # Errors
    /// [`CsvLogError`] when it cannot be opened or its header does not say what the columns are.
    pub fn open(spec: &CsvLogSpec) -> Result<Vec<Self>, CsvLogError> {
        let mut text = Vec::new();
        let file = File::open(&spec.path).map_err(|e| spec.io(e))?;
        // A header is short; a first line longer than this is not one.
        file.take(64 * 1024).read_to_end(&mut text).map_err(|e| spec.io(e))?;
        let Some(end) = text.iter().position(|b| *b == b'\n') else {
            return Err(CsvLogError::NoHeader(spec.path.clone()));
        };
        let first = String::from_utf8_lossy(&text[..end]);
        let header = Header::parse(&spec.path, &first)?;
        let logs = header.quantities().into_iter().map(|quantity| Self {
            info: describe(spec, quantity, &header),
            spec: spec.clone(),
            header: header.clone(),
            quantity,
            offset: end as u64 + 1,
            line: 1,
            partial: Vec::new(),
            last_wall_ns: None,
            fresh: VecDeque::new(),
        });
        Ok(logs.collect())
    }

    /// Read everything there is into a series; bad lines become faults that name the line.
    pub fn read_all(mut self) -> Series {
        let mut series = Series::new(self.info.clone());
        // Each call ends at a bad line or at the end of the file.
        while !series.poll(&mut self, clock::monotonic_ns()) {
            if series.faults.last().is_some_and(|f| f.count > 1) {
                break;
            }
        }
        if !self.partial.is_empty() {
            let what = format!(
                "meter log {}, line {}: no line break at its end, so it may be half written; left out",
                self.spec.path.display(),
                self.line + 1
            );
            series.fault(clock::monotonic_ns(), what);
        }
        series
    }

    /// Take in what the file gained since the last call, up to its first bad line.
    fn refill(&mut self) -> Result<(), CsvLogError> {
        self.append_new_bytes()?;
        let to_monotonic = (self.spec.clock_offset_s * 1e9) as i128 - clock::realtime_offset_ns();
        let bytes = std::mem::take(&mut self.partial);
        let mut from = 0;
        let mut result = Ok(());
        while result.is_ok()
            && let Some(length) = bytes[from..].iter().position(|b| *b == b'\n')
        {
            result = self.take_line(&bytes[from..from + length], to_monotonic);
            from += length + 1;
        }
        self.partial = bytes[from..].to_vec();
        result
    }

    fn take_line(&mut self, bytes: &[u8], to_monotonic: i128) -> Result<(), CsvLogError> {
        self.line += 1;
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let row = self.header.row(&self.spec.path, self.line, text)?;
        self.take(&row, to_monotonic)
    }

    fn append_new_bytes(&mut self) -> Result<(), CsvLogError> {
        let mut file = File::open(&self.spec.path).map_err(|e| self.spec.io(e))?;
        let length = file.metadata().map_err(|e| self.spec.io(e))?.len();
        if length < self.offset {
            return Err(CsvLogError::Truncated { path: self.spec.path.clone(), was: self.offset, is: length });
        }
        file.seek(SeekFrom::Start(self.offset)).map_err(|e| self.spec.io(e))?;
        let read = file.read_to_end(&mut self.partial).map_err(|e| self.spec.io(e))?;
        self.offset += read as u64;
        Ok(())
    }

    fn take(&mut self, row: &Row, to_monotonic: i128) -> Result<(), CsvLogError> {
        if self.last_wall_ns.is_some_and(|last| row.wall_ns <= last) {
            return Err(CsvLogError::NotLater { path: self.spec.path.clone(), line: self.line });
        }
        self.last_wall_ns = Some(row.wall_ns);
        // A line from before this machine was started has no place on its clock.
        let Ok(t_ns) = u64::try_from(row.wall_ns + to_monotonic) else {
            return Ok(());
        };
        let value = match self.quantity {
            Quantity::Power => row.watts.map(|watts| Value::Gauge { watts }),
            Quantity::Energy => {
                row.joules.map(|joules| Value::Counter { ticks: (joules / JOULES_PER_TICK).round() as u64 })
            }
        };
        // A blank cell is a gap, not a zero.
        self.fresh.extend(value.map(|value| Reading { t_ns, value }));
        Ok(())
    }
}

impl Sensor for CsvLog {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let mut all = Vec::new();
        self.read_into(&mut all)?;
        all.pop().ok_or_else(|| SensorError::NoReading {
            sensor: self.info.id.clone(),
            place: self.spec.path.display().to_string(),
        })
    }

    fn read_into(&mut self, out: &mut Vec<Reading>) -> Result<(), SensorError> {
        let result = self.refill();
        out.extend(self.fresh.drain(..));
        result.map_err(|e| e.for_sensor(&self.info.id))
    }
}

/// Open every log that the user named.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    for spec in &roots.csv_logs {
        match CsvLog::open(spec) {
            Ok(logs) => {
                for mut log in logs {
                    // Two logs of one name in different folders are two meters.
                    let plain = log.info.id.clone();
                    let mut n = 1;
                    while found.sensors.iter().any(|s| s.info().id == log.info.id) {
                        n += 1;
                        log.info.id = format!("{plain}#{n}");
                    }
                    found.sensors.push(Box::new(log));
                }
            }
            Err(e) => found.missing.push(Missing::new(
                format!("meter log {}", spec.path.display()),
                e.to_string(),
                "start the logger first; header line with a time column and watts, joules, wh or kwh",
            )),
        }
    }
    found
}

fn describe(spec: &CsvLogSpec, quantity: Quantity, header: &Header) -> SensorInfo {
    let kind = match quantity {
        Quantity::Energy => Kind::Counter { joules_per_tick: JOULES_PER_TICK, wraps_at: Vec::new() },
        Quantity::Power => Kind::Gauge { resolution_w: None },
    };
    let gain = spec
        .gain
        .clone()
        .unwrap_or_else(|| Gain::assumed(0.02, "no accuracy given for this meter; 2 % taken: state the data sheet's"));
    let stem = spec.path.file_stem().and_then(|s| s.to_str()).unwrap_or("log");
    let id = format!("csv:{stem}:{}", quantity.as_str());
    let mut info = SensorInfo::new(id, kind, spec.boundary, gain);
    info.name = format!("external meter, {} in {}", quantity.as_str(), spec.path.display());
    info.update_period_s = Some(spec.update_period_s);
    info.matches = vec![spec.device.clone()];
    info.source = spec.path.display().to_string();
    info.clock_sigma_s = spec.clock_sigma_s;
    info.plausible_watts = 100_000.0;
    info.notes = header.notes(quantity);
    if spec.clock_offset_s != 0.0 {
        info.notes.push(format!("time stamps shifted by {} s", spec.clock_offset_s));
    }
    info
}

#[cfg(test)]
mod tests;
