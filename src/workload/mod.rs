//! A transformer at a serving point as a list of kernel cases; from measured cases to tokens a second and joules a token.
//! Runs nothing and reads no file: shapes come from the catalogue, times from records that somebody hands in.
//!
//! The way through: [`Point`] and the model's shape give [`Op`]s ([`decode`], [`prefill`]); each is timed on the best
//! [`Basis`] that a device's [`Evidence`] allows; their sum is a [`Step`]; [`answer`] puts all of it together.

mod answer;
mod compose;
mod energy;
mod evidence;
mod experts;
mod format;
mod interpolate;
mod layers;
mod memory;
mod op;
mod point;
mod records;
mod roof;
mod suite;
#[cfg(test)]
mod tests;

pub use answer::{Answer, DeviceChoice, Query, WorkloadError, answer, answer_of, left_out};
pub use compose::{Basis, Part, Step};
pub use energy::{JoulesOf, StepJoules};
pub use evidence::{Evidence, Timed};
pub use experts::experts_touched;
pub use format::{Format, UnknownFormat};
pub use layers::{decode, prefill};
pub use memory::Fit;
pub use op::Op;
pub use point::{Phase, Point, PointError};
pub(crate) use records::{Collector, Observed, Origin};
pub use records::{Place, Records};
pub use roof::{Bounds, Least, Roofs};
pub use suite::as_suite;
