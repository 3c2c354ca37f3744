//! Element types a kernel may be asked for, and the rounding each implies.
//! Does not convert arrays; see [`super::tensor`].

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseError, Elem, OpUnit};

/// Element type of a kernel's inputs. Accumulation is f32 for floats and i32 for `i8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// IEEE binary32.
    F32,
    /// binary32 in memory, rounded to TF32 (10 bits after the point) on its way into a product; sums and results are f32.
    Tf32,
    /// IEEE binary16, accumulated in f32, written back as f16.
    F16,
    /// bfloat16, accumulated in f32, written back as bf16.
    Bf16,
    /// 8-bit floats of 4 exponent and 3 mantissa bits (e4m3), accumulated in f32, written as bf16.
    Fp8,
    /// Signed 8-bit integers, accumulated and written as i32.
    I8,
    /// 4-bit weights with an f16 scale for every 32 of them along K; activations f16, accumulated in f32, written as f16.
    W4A16G32,
    /// The same with a scale for every 128.
    W4A16G128,
    /// 4-bit weights as in `W4A16G32`; the kernel quantises its f16 activations to i8, 32 at a time.
    W4A8G32,
    /// The same in groups of 128.
    W4A8G128,
    /// Attention over a KV cache of 8-bit integers, an f16 scale for every key and every value of a head; queries and
    /// outputs are f16, sums f32.
    Kv8,
}

/// What 4-bit weights are multiplied with, and how many share a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int4 {
    /// Weights along K that share a scale: 32 or 128.
    pub group: usize,
    /// Activations are quantised to i8, a group at a time, before they are multiplied.
    pub a8: bool,
}

impl Dtype {
    /// Every dtype, in the order tables show them.
    pub const ALL: [Dtype; 11] = [
        Dtype::F32,
        Dtype::Tf32,
        Dtype::F16,
        Dtype::Bf16,
        Dtype::Fp8,
        Dtype::I8,
        Dtype::W4A16G32,
        Dtype::W4A16G128,
        Dtype::W4A8G32,
        Dtype::W4A8G128,
        Dtype::Kv8,
    ];

    /// Name used in case ids and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::Tf32 => "tf32",
            Dtype::F16 => "f16",
            Dtype::Bf16 => "bf16",
            Dtype::Fp8 => "fp8",
            Dtype::I8 => "i8",
            Dtype::W4A16G32 => "w4a16g32",
            Dtype::W4A16G128 => "w4a16g128",
            Dtype::W4A8G32 => "w4a8g32",
            Dtype::W4A8G128 => "w4a8g128",
            Dtype::Kv8 => "kv8",
        }
    }

    /// How weights lie and what they meet, if they have 4 bits.
    pub fn int4(self) -> Option<Int4> {
        match self {
            Dtype::W4A16G32 => Some(Int4 { group: 32, a8: false }),
            Dtype::W4A16G128 => Some(Int4 { group: 128, a8: false }),
            Dtype::W4A8G32 => Some(Int4 { group: 32, a8: true }),
            Dtype::W4A8G128 => Some(Int4 { group: 128, a8: true }),
            Dtype::F32 | Dtype::Tf32 | Dtype::F16 | Dtype::Bf16 | Dtype::Fp8 | Dtype::I8 | Dtype::Kv8 => None,
        }
    }

    /// Size of one stored input element, in bytes; of an activation where weights or cache have fewer bits.
    pub fn bytes(self) -> u64 {
        Elem::input(self).bytes()
    }

    /// Size of one output element, in bytes: i8 kernels write i32.
    pub fn output_bytes(self) -> u64 {
        Elem::output(self).bytes()
    }

    /// What its products count: integer operations where both sides are integers.
    pub fn op_unit(self) -> OpUnit {
        if self == Dtype::I8 || self.int4().is_some_and(|w| w.a8) { OpUnit::Op } else { OpUnit::Flop }
    }

    /// Unit roundoff of the stored format of activations (half a unit in the last place, relative); zero for integers.
    pub fn unit_roundoff(self) -> f64 {
        Elem::input(self).unit_roundoff()
    }

    /// What an input loses, relative, where hardware narrows it before it multiplies: TF32's last place, for whether it
    /// rounds or cuts is the hardware's choice.
    pub fn narrowing(self) -> f64 {
        if self == Dtype::Tf32 { f64::powi(2.0, -10) } else { 0.0 }
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
