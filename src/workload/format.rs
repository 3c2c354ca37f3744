//! Formats of weights and of the KV cache: bytes, and which arithmetic a product in them runs in.
//! Converts nothing.

use std::{fmt, str::FromStr};

use crate::kernel::Dtype;

/// Weights that share one scale and one zero point in 4-bit formats, along K.
const GROUP: f64 = 128.0;

/// How a weight or a cached key or value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// 8-bit floats, activations too. Its scales, one a row, are not counted.
    Fp8,
    /// 8-bit integers, activations too. Its scales, one a row, are not counted.
    I8,
    /// 4-bit integers in groups of 128 with a 16-bit scale and a 4-bit zero point each; activations stay 16-bit floats.
    W4a16,
}

/// A format that no list holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{got}`: known are {known}")]
pub struct UnknownFormat {
    got: String,
    known: String,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 6] = [Format::F32, Format::F16, Format::Bf16, Format::Fp8, Format::I8, Format::W4a16];

    /// Its name, the same as of the kernels' dtype where there is one.
    pub fn name(self) -> &'static str {
        match self {
            Format::F32 => "f32",
            Format::F16 => "f16",
            Format::Bf16 => "bf16",
            Format::Fp8 => "fp8",
            Format::I8 => "i8",
            Format::W4a16 => "w4a16",
        }
    }

    /// Bytes of one stored element, with its share of scale and zero point.
    pub fn bytes(self) -> f64 {
        match self {
            Format::F32 => 4.0,
            Format::F16 | Format::Bf16 => 2.0,
            Format::Fp8 | Format::I8 => 1.0,
            Format::W4a16 => 0.5 + (2.0 + 0.5) / GROUP,
        }
    }

    /// Bytes of one activation that goes into a product.
    pub fn activation_bytes(self) -> f64 {
        if self == Format::W4a16 { 2.0 } else { self.bytes() }
    }

    /// The format of what is not quantised: embedding, output head, router, activations, attention.
    pub fn wide(self) -> Format {
        match self {
            Format::F32 | Format::F16 | Format::Bf16 => self,
            Format::Fp8 | Format::I8 | Format::W4a16 => Format::F16,
        }
    }

    /// The kernels' dtype of this name, where there is one.
    pub fn dtype(self) -> Option<Dtype> {
        self.name().parse().ok()
    }

    /// The catalogue's names of the arithmetic peak that counts, the best first. A format without units of its own is
    /// widened to 16-bit floats first.
    pub(super) fn peaks(self) -> &'static [&'static str] {
        match self {
            Format::F32 => &["fp32"],
            Format::F16 | Format::W4a16 => &["fp16", "bf16"],
            Format::Bf16 => &["bf16", "fp16"],
            Format::Fp8 => &["fp8", "fp16", "bf16"],
            Format::I8 => &["int8", "fp16", "bf16"],
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Format, UnknownFormat> {
        let lower = text.to_lowercase();
        let name = match lower.as_str() {
            "fp32" => "f32",
            "fp16" => "f16",
            "int8" => "i8",
            "int4" | "i4" => "w4a16",
            other => other,
        };
        Format::ALL
            .into_iter()
            .find(|f| f.name() == name)
            .ok_or_else(|| UnknownFormat { got: text.to_owned(), known: Format::ALL.map(Format::name).join(", ") })
    }
}
