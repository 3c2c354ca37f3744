//! Paired statistics between two sets of records: is B faster than A, and how sure is that?
//! Measures nothing and prints nothing; a pair that cannot be judged is listed with the reason, never dropped.

mod verdict;

pub use verdict::{DEFAULT_MARGIN, Verdict, interleaved_ratio, ratio};
