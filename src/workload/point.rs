//! The serving point: how many sequences, how long, in which formats, on how many devices.
//! Knows no model.

use super::Format;

/// A part of serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// One prompt, all its tokens at once.
    Prefill,
    /// One token for every sequence.
    Decode,
}

impl Phase {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Prefill => "prefill",
            Phase::Decode => "decode",
        }
    }
}

/// Where a model is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Sequences that decode together.
    pub batch: u64,
    /// Cached tokens of each sequence while it decodes.
    pub context: u64,
    /// Tokens of the prompt whose prefill gives the time to the first token.
    pub prompt: u64,
    /// Format of the weights.
    pub weights: Format,
    /// Format of the KV cache.
    pub kv: Format,
    /// Devices that share every layer.
    pub devices: u64,
}

/// A point that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// A size out of reach.
    #[error("{name} is {value}: choose from 1 to {most}")]
    Size {
        /// Which.
        name: &'static str,
        /// What it is.
        value: u64,
        /// The most it can be.
        most: u64,
    },
    /// A model that cannot be split so.
    #[error("{model} does not split over {devices} devices: {name} = {value} is no multiple; choose another --devices")]
    Split {
        /// The model.
        model: String,
        /// Over how many.
        devices: u64,
        /// What is not divisible.
        name: &'static str,
        /// Its size.
        value: u64,
    },
}

/// Most sequences: more is a slip of the keyboard.
const MOST_BATCH: u64 = 1 << 16;
/// Most tokens of a sequence.
const MOST_TOKENS: u64 = 1 << 24;
/// Most devices.
const MOST_DEVICES: u64 = 1 << 10;

impl Point {
    /// A point with the KV cache in the weights' unquantised format, a prompt as long as the context, on one device.
    pub fn new(batch: u64, context: u64, weights: Format) -> Point {
        Point { batch, context, prompt: context, weights, kv: weights.wide(), devices: 1 }
    }

    pub(super) fn check(&self) -> Result<(), PointError> {
        for (name, value, most) in [
            ("batch", self.batch, MOST_BATCH),
            ("context", self.context, MOST_TOKENS),
            ("prompt", self.prompt, MOST_TOKENS),
            ("devices", self.devices, MOST_DEVICES),
        ] {
            if value == 0 || value > most {
                return Err(PointError::Size { name, value, most });
            }
        }
        Ok(())
    }
}
