//! How much a kernel does: operations and compulsory bytes, counted the same way for every backend.
//! Holds no rates; those are derived where a time is known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Work of one launch of a case.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Work {
    /// Floating-point operations; a multiply-add is two. For integer kernels, integer operations (`unit` says which).
    pub flop: f64,
    /// Compulsory traffic in bytes: every input read once, every output written once.
    pub bytes: f64,
    /// What `flop` counts.
    pub unit: OpUnit,
}

/// What an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OpUnit {
    /// Floating-point operations.
    Flop,
    /// Integer operations.
    Op,
}

impl OpUnit {
    /// The unit's name, as in `GFLOP/s` or `GOP/s`.
    pub fn name(self) -> &'static str {
        match self {
            OpUnit::Flop => "FLOP",
            OpUnit::Op => "OP",
        }
    }
}

impl Work {
    /// Operations per byte of compulsory traffic.
    pub fn intensity(self) -> f64 {
        self.flop / self.bytes
    }
}
