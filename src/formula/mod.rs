//! Formulas over quantities with units: parse, check in units, order, evaluate a column of draws at a time.
//! Knows nothing of claims, costs or files; whoever owns a formula says where it stands.
//!
//! Values inside are in base units (s, J, B, USD, tok, ...); numbers meet units only in [`Unit`].

mod boundary;
mod check;
mod cone;
mod dimension;
mod error;
mod eval;
mod expr;
mod interval;
mod lex;
mod order;
mod parse;
mod sample;
mod summary;
mod system;
#[cfg(test)]
mod tests;
mod tree;
mod unit;

pub use boundary::Boundary;
pub use cone::Cone;
pub(crate) use cone::NONE_HOLDS;
pub use dimension::Dimension;
pub use error::FormulaError;
pub use eval::CHUNK;
pub use expr::{Formula, Function};
pub use interval::Interval;
pub use order::Cycle;
pub use sample::{Distribution, DistributionError, Stream};
pub use summary::Summary;
pub use system::{Cell, CellId, Content, Fault, Given, Scope, System};
pub use unit::{Unit, UnitError};
