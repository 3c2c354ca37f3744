//! Claims put to the test: draws, verdicts, break-evens, and why.
//! Reads no file and prints nothing; the catalogue says what is known, `report` shows what was found.

mod break_even;
mod corners;
mod evaluate;
mod finding;
mod headline;
mod measured;
#[cfg(test)]
mod tests;
mod tornado;
mod trial;

pub use break_even::BreakEven;
pub use evaluate::{Basis, DerivedResult, InputResult, Outcome, Settings, evaluate};
pub use finding::{Finding, findings};
pub use headline::{Condition, Headline, Strength};
pub use measured::{Kept, replace_priors};
pub use tornado::Swing;
