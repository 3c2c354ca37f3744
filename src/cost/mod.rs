//! What a token costs: formulas of the catalogue with their roles filled by scenario, device and user, drawn.
//! Measures nothing: throughput comes in as a number.

mod compare;
mod fill;
mod hybrid;
mod known;
mod price;
mod query;
mod setup;
mod solve;
#[cfg(test)]
mod tests;
mod throughput;
mod tornado;
mod trial;
mod turn;

pub use compare::{Asked, Comparison, CostSide, Pair, Party, compare};
pub use fill::Filled;
pub use hybrid::{Hybrid, Range, Share, hybrid};
pub use known::KnownAnswer;
pub use price::{Priced, Step, Term, price};
pub use query::{CostError, Query};
pub use solve::{BreakEven, break_even};
pub use throughput::{Basis, Throughput, throughput_of};
pub use tornado::Swing;
pub use turn::{Curve, Turn};
