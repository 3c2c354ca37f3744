//! Formats of weights and of the KV cache: bytes, and which arithmetic a product in them runs in.
//! Converts nothing.

use std::{fmt, str::FromStr};

use crate::kernel::{Dtype, OpUnit};

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
    /// 4-bit weights with a 16-bit scale for each of the groups that the kernels' dtype says.
    Int4(Dtype),
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
    pub const ALL: [Format; 9] = [
        Format::F32,
        Format::F16,
        Format::Bf16,
        Format::Fp8,
        Format::I8,
        Format::Int4(Dtype::W4A16G32),
        Format::Int4(Dtype::W4A16G128),
        Format::Int4(Dtype::W4A8G32),
        Format::Int4(Dtype::W4A8G128),
    ];

    /// Its name, the same as of the kernels' dtype where there is one.
    pub fn name(self) -> &'static str {
        match self {
            Format::F32 => "f32",
            Format::F16 => "f16",
            Format::Bf16 => "bf16",
            Format::Fp8 => "fp8",
            Format::I8 => "i8",
            Format::Int4(dtype) => dtype.name(),
        }
    }

    /// Bytes of one stored element, with its share of the scale.
    pub fn bytes(self) -> f64 {
        match self {
            Format::F32 => 4.0,
            Format::F16 | Format::Bf16 => 2.0,
            Format::Fp8 | Format::I8 => 1.0,
            Format::Int4(dtype) => 0.5 + dtype.int4().map_or(0.0, |w| 2.0 / w.group as f64),
        }
    }

    /// Bytes of one activation that goes into a product.
    pub fn activation_bytes(self) -> f64 {
        if let Format::Int4(dtype) = self { dtype.bytes() as f64 } else { self.bytes() }
    }

    /// The format of what is not quantised: embedding, output head, router, activations, attention.
    pub fn wide(self) -> Format {
        match self {
            Format::F32 | Format::F16 | Format::Bf16 => self,
            Format::Fp8 | Format::I8 | Format::Int4(_) => Format::F16,
        }
    }

    /// The kernels' dtype of this name, where there is one.
    pub fn dtype(self) -> Option<Dtype> {
        self.name().parse().ok()
    }

    /// The dtype of attention to keys and values in it.
    pub fn attention_dtype(self) -> Option<Dtype> {
        self.dtype().filter(|&d| d != Dtype::Fp8)
    }

    /// The dtype of a decode over a cache in it.
    pub fn cache_dtype(self) -> Option<Dtype> {
        match self {
            Format::I8 => Some(Dtype::Kv8),
            other => other.attention_dtype(),
        }
    }

    /// The format that decides the arithmetic of kernels of this dtype.
    pub fn of(dtype: Dtype) -> Format {
        let same = Format::ALL.into_iter().find(|f| f.dtype() == Some(dtype));
        // An 8-bit cache is widened before it is computed with.
        same.unwrap_or(Format::F16)
    }

    /// What a product in it counts.
    pub fn op_unit(self) -> OpUnit {
        self.dtype().map_or(OpUnit::Flop, Dtype::op_unit)
    }

    /// The catalogue's names of the arithmetic peak that counts, the best first. A format without units of its own is
    /// widened to 16-bit floats first.
    pub(super) fn peaks(self) -> &'static [&'static str] {
        match self {
            Format::F32 => &["fp32"],
            Format::Int4(dtype) if dtype.op_unit() == OpUnit::Op => Format::I8.peaks(),
            Format::F16 | Format::Int4(_) => &["fp16", "bf16"],
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
            // The customary group of what is published.
            "int4" | "i4" | "w4a16" => "w4a16g128",
            "w4a8" => "w4a8g128",
            other => other,
        };
        Format::ALL
            .into_iter()
            .find(|f| f.name() == name)
            .ok_or_else(|| UnknownFormat { got: text.to_owned(), known: Format::ALL.map(Format::name).join(", ") })
    }
}
