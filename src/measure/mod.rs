//! Warm-up, sampling, stopping, energy windows and the statistics of samples.
//! Derives no rate and writes no report; `report` does, from records.

pub mod stats;
