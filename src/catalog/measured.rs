//! Measured inputs of claims that records have replaced.
//! Changes the catalogue in memory only; who measured, and whether it may stand, is decided elsewhere.

use super::{Catalog, Problems};
use crate::formula::{CellId, Content, Distribution, DistributionError, Given};

/// A record that was used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Citation {
    /// The file, as the user named it.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The run.
    pub run: String,
    /// The device and its track.
    pub device: String,
    /// The case.
    pub case: String,
}

/// What took the place of a published prior.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// True if some of it comes from neighbouring cases.
    pub interpolated: bool,
    /// How it was composed, in words.
    pub how: String,
    /// The records.
    pub records: Vec<Citation>,
}

/// A measured value that cannot stand.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// No distribution.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// A formula breaks with it.
    #[error("{0}")]
    Broken(Problems),
}

impl Catalog {
    /// Puts a measured value in the place of the published prior of a cell: low, most likely and high, in base units.
    ///
    /// # Errors
    /// The numbers are out of order, or a formula breaks with them; then nothing is changed.
    pub fn measure(
        &mut self,
        cell: CellId,
        (low, mode, high): (f64, f64, f64),
        measurement: Measurement,
    ) -> Result<(), MeasureError> {
        let Content::Given(before) = self.system.cell(cell).content.clone() else { return Ok(()) };
        let distribution = Distribution::of((low, mode, high), None, &[])?;
        let given = Given { low, mode, high, distribution, key: before.key.clone() };
        self.system.replace(cell, Content::Given(given));
        if let Err(problems) = self.recheck("--records") {
            self.system.replace(cell, Content::Given(before));
            return Err(MeasureError::Broken(problems));
        }
        self.measured.insert(cell, measurement);
        Ok(())
    }

    /// What replaced the prior of a cell, if anything did.
    pub fn measurement(&self, cell: CellId) -> Option<&Measurement> {
        self.measured.get(&cell)
    }
}
