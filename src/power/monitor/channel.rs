//! One channel of a power monitor: the files behind it and how they make watts.
//! Must not clamp: a negative or impossible reading is an error that names the file.

use std::path::PathBuf;

use crate::power::{SensorError, sysfs};

/// What to do about a file that refuses.
pub(super) const FIX: &str = "let your user read it: sudo chmod a+r on this file";

/// A file and what one of its units is worth.
#[derive(Clone, Debug)]
pub(super) struct Quantity {
    pub(super) path: PathBuf,
    /// Volts, amperes or watts per unit.
    pub(super) unit: f64,
}

/// How a channel tells its power.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The chip multiplies.
    Power(Quantity),
    /// Volts times amperes; read one after the other, so a step between the two is seen half.
    Product { volts: Quantity, amperes: Quantity },
}

/// One channel.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    /// What the board calls it.
    pub(super) label: Option<String>,
    /// As the chip counts them.
    pub(super) number: u32,
    pub(super) source: Source,
}

impl Channel {
    /// Watts now, read for the sensor `id`.
    pub(super) fn watts(&self, id: &str) -> Result<f64, SensorError> {
        match &self.source {
            Source::Power(power) => read(id, power, "W"),
            Source::Product { volts, amperes } => Ok(read(id, volts, "V")? * read(id, amperes, "A")?),
        }
    }

    /// The files, for people.
    pub(super) fn source(&self) -> String {
        match &self.source {
            Source::Power(power) => power.path.display().to_string(),
            Source::Product { volts, amperes } => format!("{} x {}", volts.path.display(), amperes.path.display()),
        }
    }
}

fn read(id: &str, quantity: &Quantity, unit: &str) -> Result<f64, SensorError> {
    let value = sysfs::number(id, &quantity.path, FIX)? * quantity.unit;
    if value >= 0.0 {
        return Ok(value);
    }
    let what = format!(
        "{} says {value:.4} {unit}: a supply that takes power back, a shunt wired the other way round, or a broken reading",
        quantity.path.display()
    );
    Err(SensorError::Implausible { sensor: id.to_owned(), what })
}
