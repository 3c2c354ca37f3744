//! How a number comes to be: warm-up, sampling, the stopping rule, the throttle guard, the statistics of samples.
//! Knows executables and clocks; knows no backend, no case list and no file.

mod resample;
mod sampling;
pub mod stats;
mod stopping;
mod tune;

pub use sampling::{Measured, Settings, measure, run_for};
pub use stopping::{median_noise, recorded_noise};
pub use tune::{TuneCache, TuneError, tune};
