//! What a token costs: formulas of the catalogue with their roles filled by scenario, device and user, drawn.
//! Measures nothing: throughput comes in as a number.

mod hybrid;
mod price;
mod query;
mod solve;
#[cfg(test)]
mod tests;

pub use hybrid::{Hybrid, hybrid};
pub use price::{Filled, Priced, price};
pub use query::{CostError, Query, Throughput};
pub use solve::{BreakEven, break_even};
