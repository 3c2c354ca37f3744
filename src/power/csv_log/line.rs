//! Header and lines of a meter log, as pure functions of text.
//! Must not touch a file or a clock.

use std::io;
use std::path::{Path, PathBuf};

use crate::power::SensorError;

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum CsvLogError {
    /// The file cannot be opened or read.
    #[error("cannot read meter log {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no complete first line.
    #[error("meter log {path} has no header line yet", path = .0.display())]
    NoHeader(PathBuf),
    /// The header does not say what the columns are.
    #[error(
        "meter log {path}, line 1: {problem}; expected a time column (timestamp, timestamp_ms, time, \
         datetime) and one of watts, power_w, mw, joules, energy_j, wh, kwh"
    , path = path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// A line does not parse.
    #[error("meter log {path}, line {line}: {problem}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line number, the header being 1.
        line: u64,
        /// What was found, and what was expected.
        problem: String,
    },
    /// Time did not go forward.
    #[error(
        "meter log {path}, line {line}: its time is not later than the line before; line left out. Log \
         fractions of a second, in UTC"
    , path = path.display())]
    NotLater {
        /// The file.
        path: PathBuf,
        /// Line number, the header being 1.
        line: u64,
    },
    /// The file shrank.
    #[error(
        "meter log {path} shrank from {was} to {is} bytes: the logger rotated or restarted it; log to \
         one file for the whole run"
    , path = path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes already read.
        was: u64,
        /// Bytes there now.
        is: u64,
    },
}

impl CsvLogError {
    /// The same, as what the sensor `id` says.
    pub(super) fn for_sensor(self, id: &str) -> SensorError {
        let detail = self.to_string();
        let sensor = id.to_owned();
        match self {
            Self::Io { path, source } if source.kind() == io::ErrorKind::NotFound => {
                SensorError::Gone { sensor, place: path.display().to_string(), detail: source.to_string() }
            }
            _ => SensorError::Implausible { sensor, what: detail },
        }
    }
}

/// What a column measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Watts now.
    Power,
    /// Joules so far.
    Energy,
}

impl Quantity {
    /// The name used in sensor ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Energy => "energy",
        }
    }
}

/// One line, in SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Nanoseconds since the Unix epoch.
    pub wall_ns: i128,
    /// Watts, if the log has power and the cell is not blank.
    pub watts: Option<f64>,
    /// Joules so far, if the log has energy and the cell is not blank.
    pub joules: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Column {
    at: usize,
    /// SI units in one of the column's.
    scale: f64,
    /// Whether the name states the unit.
    stated: bool,
}

/// The columns of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    separator: char,
    columns: usize,
    time: Column,
    power: Option<Column>,
    energy: Option<Column>,
}

/// Seconds in one unit of a time column.
fn time_unit(name: &str) -> Option<f64> {
    match name {
        "timestamp" | "time" | "datetime" | "date" | "ts" | "unix" | "unixtime" | "epoch" | "timestamps" | "times"
        | "unixs" | "epochs" | "timeutc" | "timestamputc" => Some(1.0),
        "timestampms" | "timems" | "unixms" | "epochms" => Some(1e-3),
        _ => None,
    }
}

/// Watts in one unit of a power column, and whether the name says so.
fn power_unit(name: &str) -> Option<(f64, bool)> {
    match name {
        "watts" | "watt" | "w" | "powerw" | "powerwatts" | "activepowerw" => Some((1.0, true)),
        "mw" | "powermw" | "milliwatts" => Some((1e-3, true)),
        "kw" | "powerkw" | "kilowatts" => Some((1e3, true)),
        "power" => Some((1.0, false)),
        _ => None,
    }
}

/// Joules in one unit of an energy column.
fn energy_unit(name: &str) -> Option<f64> {
    match name {
        "joules" | "joule" | "j" | "energyj" | "energyjoules" => Some(1.0),
        "wh" | "energywh" | "watthours" => Some(3_600.0),
        "kwh" | "energykwh" => Some(3_600_000.0),
        _ => None,
    }
}

fn cells(text: &str, separator: char) -> Vec<&str> {
    text.split(separator).map(|cell| cell.trim().trim_matches('"').trim()).collect()
}

impl Header {
    /// Read the header line: comma, semicolon or tab between names; case, spaces, underscores and brackets
    /// in a name do not matter, so `Power (W)` is `power_w`.
    ///
    /// # Errors
    /// [`CsvLogError::Header`] without a time column, without a quantity, or with one of them twice.
    pub fn parse(path: &Path, text: &str) -> Result<Self, CsvLogError> {
        let fail = |problem: String| CsvLogError::Header { path: path.to_owned(), problem };
        let text = text.trim_start_matches('\u{feff}').trim();
        let separator = [';', '\t', ',']
            .into_iter()
            .find(|c| text.contains(*c))
            .ok_or_else(|| fail(format!("{text:?} is one column")))?;
        let names = cells(text, separator);
        let (mut time, mut power, mut energy) = (None, None, None);
        for (at, name) in names.iter().enumerate() {
            let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            let (slot, scale, stated) = if let Some(scale) = time_unit(&plain) {
                (&mut time, scale, true)
            } else if let Some((scale, stated)) = power_unit(&plain) {
                (&mut power, scale, stated)
            } else if let Some(scale) = energy_unit(&plain) {
                (&mut energy, scale, true)
            } else {
                continue;
            };
            if slot.replace(Column { at, scale, stated }).is_some() {
                return Err(fail(format!("column {name:?} repeats a quantity already named")));
            }
        }
        let Some(time) = time else {
            return Err(fail(format!("no time column among {names:?}")));
        };
        if power.is_none() && energy.is_none() {
            return Err(fail(format!("no power or energy column among {names:?}")));
        }
        Ok(Self { separator, columns: names.len(), time, power, energy })
    }

    /// The quantities the log holds.
    pub fn quantities(&self) -> Vec<Quantity> {
        let power = self.power.map(|_| Quantity::Power);
        let energy = self.energy.map(|_| Quantity::Energy);
        energy.into_iter().chain(power).collect()
    }

    pub(super) fn notes(&self, quantity: Quantity) -> Vec<String> {
        match (quantity, self.power) {
            (Quantity::Power, Some(column)) if !column.stated => {
                vec!["the column is called power without a unit; taken as watts".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    /// Read line number `line`.
    ///
    /// # Errors
    /// [`CsvLogError::Line`] for a wrong number of columns, a time without an offset, or what is no number.
    pub fn row(&self, path: &Path, line: u64, text: &str) -> Result<Row, CsvLogError> {
        let fail = |problem: String| CsvLogError::Line { path: path.to_owned(), line, problem };
        let cells = cells(text, self.separator);
        if cells.len() != self.columns {
            let (found, wanted) = (cells.len(), self.columns);
            return Err(fail(format!("{found} columns, the header has {wanted}")));
        }
        let value = |column: Option<Column>, what: &str| match column {
            Some(c) if !cells[c.at].is_empty() => {
                let number = self.number(cells[c.at]).filter(|v| v.is_finite() && *v >= 0.0);
                number
                    .map(|v| Some(v * c.scale))
                    .ok_or_else(|| fail(format!("{:?} is not a non-negative {what}", cells[c.at])))
            }
            _ => Ok(None),
        };
        Ok(Row {
            wall_ns: self.wall_ns(cells[self.time.at]).map_err(fail)?,
            watts: value(self.power, "power")?,
            joules: value(self.energy, "energy")?,
        })
    }

    /// A number; with semicolons between columns the decimal mark may be a comma.
    fn number(&self, text: &str) -> Option<f64> {
        if self.separator != ',' && !text.contains('.') {
            return text.replacen(',', ".", 1).parse().ok();
        }
        text.parse().ok()
    }

    fn wall_ns(&self, text: &str) -> Result<i128, String> {
        if let Some(number) = self.number(text) {
            let seconds = number * self.time.scale;
            // 2001 to 5138: outside it the unit is not seconds.
            if !(1e9..1e11).contains(&seconds) {
                return Err(format!(
                    "time {text} is not in Unix seconds; name the column timestamp_ms if it is in \
                     milliseconds"
                ));
            }
            return Ok((seconds * 1e9).round() as i128);
        }
        text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_nanosecond).map_err(|e| {
            format!(
                "time {text:?} is neither Unix seconds nor RFC 3339 with an offset, such as \
                     2026-01-31T12:00:00.250Z: {e}"
            )
        })
    }
}
