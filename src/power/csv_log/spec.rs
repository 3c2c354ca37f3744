//! A log named by the user, with what its file cannot say of itself: where the meter sits, its period, clock and gain.
//! Opens nothing.

use std::{path::PathBuf, str::FromStr};

use super::CsvLogError;
use crate::power::{Boundary, DeviceKey, Gain};

/// A log named by the user, with what a file cannot say of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvLogSpec {
    /// The file.
    pub path: PathBuf,
    /// Where the meter sits.
    pub boundary: Boundary,
    /// What it sees.
    pub device: DeviceKey,
    /// Nominal seconds between lines.
    pub update_period_s: f64,
    /// Seconds to add to the log's time stamps, found from an on/off load pattern.
    pub clock_offset_s: f64,
    /// Standard uncertainty of the time stamps against this machine's clock, seconds.
    pub clock_sigma_s: f64,
    /// The meter's accuracy, where known from its data sheet or a calibration.
    pub gain: Option<Gain>,
}

/// What is wrong with the text of a spec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{problem}; write PATH[,boundary=wall_ac][,device=whole-machine][,period=S][,offset=S][,clock=S][,accuracy=SHARE]"
)]
pub struct SpecError {
    problem: String,
}

impl CsvLogSpec {
    /// A 1 Hz log with half a second of clock uncertainty: assumptions to be replaced by what is known.
    pub fn new(path: impl Into<PathBuf>, boundary: Boundary, device: DeviceKey) -> Self {
        Self {
            path: path.into(),
            boundary,
            device,
            update_period_s: 1.0,
            clock_offset_s: 0.0,
            clock_sigma_s: 0.5,
            gain: None,
        }
    }

    pub(super) fn io(&self, source: std::io::Error) -> CsvLogError {
        CsvLogError::Io { path: self.path.clone(), source }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), SpecError> {
        let number = |least: f64| match value.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= least => Ok(number),
            _ => Err(wrong(format!("{key}={value} is not a number of at least {least}"))),
        };
        match key {
            "boundary" => self.boundary = value.parse().map_err(|e| wrong(format!("{key}={value}: {e}")))?,
            "device" => self.device = DeviceKey::from(value.to_owned()),
            "period" => self.update_period_s = number(1e-6)?,
            "offset" => self.clock_offset_s = number(f64::MIN)?,
            "clock" => self.clock_sigma_s = number(0.0)?,
            "accuracy" => self.gain = Some(Gain::assumed_bound(number(0.0)?, "stated by the user with --power-log")),
            _ => return Err(wrong(format!("there is no key `{key}`"))),
        }
        Ok(())
    }
}

/// `PATH`, then `key=value` after commas: `boundary`, `device`, `period` (seconds between lines), `offset` (seconds to
/// add to the log's time), `clock` (its standard uncertainty, seconds), `accuracy` (bound of the gain, a share).
impl FromStr for CsvLogSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut parts = text.split(',');
        let path = parts.next().unwrap_or_default().trim();
        if path.is_empty() {
            return Err(wrong("no file is named".to_owned()));
        }
        let mut spec = Self::new(path, Boundary::WallAc, DeviceKey::WholeMachine);
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| wrong(format!("`{part}` is no key=value")))?;
            spec.set(key.trim(), value.trim())?;
        }
        Ok(spec)
    }
}

fn wrong(problem: String) -> SpecError {
    SpecError { problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_a_path_and_what_is_known_of_the_meter() {
        let plain: CsvLogSpec = "meter.csv".parse().unwrap();
        assert_eq!(plain, CsvLogSpec::new("meter.csv", Boundary::WallAc, DeviceKey::WholeMachine));
        let full: CsvLogSpec =
            r"C:\logs\m.csv, boundary=module, device=0000:01:00.0, period=0.1, offset=-1.5, clock=0.01, accuracy=0.02"
                .parse()
                .unwrap();
        assert_eq!(full.path, PathBuf::from(r"C:\logs\m.csv"));
        assert_eq!((full.update_period_s, full.clock_offset_s, full.clock_sigma_s), (0.1, -1.5, 0.01));
        assert_eq!(Some(full.device), DeviceKey::pci("0000:01:00.0"));
        assert!(full.gain.is_some());
        for (text, why) in [
            ("", "no file"),
            ("m.csv,dc_in", "key=value"),
            ("m.csv,boundary=moon", "boundary=moon"),
            ("m.csv,period=0", "period=0"),
            ("m.csv,clock=-1", "clock=-1"),
            ("m.csv,colour=1", "no key `colour`"),
        ] {
            let error = text.parse::<CsvLogSpec>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("PATH["), "{text}: {error}");
        }
    }
}
