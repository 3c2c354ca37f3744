//! Element types a kernel may be asked for, and the rounding each implies.
//! Does not convert arrays; see [`super::tensor`].

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CaseError;

/// Element type of a kernel's inputs. Accumulation is f32 for floats and i32 for `i8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// IEEE binary32.
    F32,
    /// IEEE binary16, accumulated in f32, written back as f16.
    F16,
    /// bfloat16, accumulated in f32, written back as bf16.
    Bf16,
    /// Signed 8-bit integers, accumulated and written as i32.
    I8,
}

impl Dtype {
    /// Every dtype, in the order tables show them.
    pub const ALL: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::I8];

    /// Name used in case ids and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F16 => "f16",
            Dtype::Bf16 => "bf16",
            Dtype::I8 => "i8",
        }
    }

    /// Size of one stored input element, in bytes.
    pub fn bytes(self) -> u64 {
        match self {
            Dtype::F32 => 4,
            Dtype::F16 | Dtype::Bf16 => 2,
            Dtype::I8 => 1,
        }
    }

    /// Size of one output element, in bytes: i8 kernels write i32.
    pub fn output_bytes(self) -> u64 {
        match self {
            Dtype::I8 => 4,
            other => other.bytes(),
        }
    }

    /// Unit roundoff of the stored format (half a unit in the last place, relative); zero for integers.
    pub fn unit_roundoff(self) -> f64 {
        match self {
            Dtype::F32 => f64::powi(2.0, -24),
            Dtype::F16 => f64::powi(2.0, -11),
            Dtype::Bf16 => f64::powi(2.0, -8),
            Dtype::I8 => 0.0,
        }
    }

    /// True where results must agree bit for bit across all backends.
    pub fn is_exact(self) -> bool {
        self == Dtype::I8
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Dtype {
    type Err = CaseError;

    fn from_str(text: &str) -> Result<Self, CaseError> {
        Dtype::ALL.into_iter().find(|d| d.name() == text).ok_or_else(|| CaseError::Unknown {
            what: "dtype",
            got: text.to_owned(),
            known: Dtype::ALL.map(Dtype::name).join(", "),
        })
    }
}
