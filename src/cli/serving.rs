//! Arguments that say where and how each side of a cost serves, and from which records its speed is composed.
//! Composes nothing; `cost` and `workload` do.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;

use super::{Usage, records::load};
use crate::{
    backend::Track,
    cost::PointAsked,
    workload::{Format, Records},
};

/// Where each side serves.
#[derive(Debug, Clone, Args)]
pub(super) struct ServingArgs {
    /// Record files, or folders that hold them: speeds and joules are composed from them where they reach
    #[arg(long, value_name = "PATH", num_args = 1..)]
    records: Vec<PathBuf>,
    /// Sequences that decode together, of every side or as in edge=1; without it 64, at the edge 8
    #[arg(long, value_name = "[SIDE=]N")]
    batch: Vec<String>,
    /// Tokens of each sequence in the cache; without it 2048
    #[arg(long, value_name = "[SIDE=]N")]
    context: Vec<String>,
    /// Format of the weights: f32, f16, bf16, fp8, i8, w4a16; without it bf16
    #[arg(long, value_name = "[SIDE=]FORMAT")]
    dtype: Vec<String>,
    /// Format of the KV cache; without it the weights', or f16 where those are quantised
    #[arg(long, value_name = "[SIDE=]FORMAT")]
    kv_dtype: Vec<String>,
    /// Devices that share every layer; their communication is not counted
    #[arg(long, value_name = "[SIDE=]N")]
    devices: Vec<String>,
    /// Only records of this track: portable, native or library
    #[arg(long, value_name = "TRACK")]
    track: Option<String>,
    /// Share of the devices' memory kept free for activations and runtime
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    reserve: f64,
}

/// Serving points by side.
#[derive(Debug)]
pub(super) struct ServingPoints {
    pub(super) records: Records,
    pub(super) track: Option<Track>,
    pub(super) reserve: f64,
    points: BTreeMap<String, PointAsked>,
}

impl ServingArgs {
    /// What is asked of each side. The records are read whole, or not at all.
    pub(super) fn read(&self, sides: &[&str]) -> anyhow::Result<ServingPoints> {
        let number = |what: &'static str| {
            move |text: &str| match text.parse::<u64>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(Usage(format!("{what} {text}: write a whole number above 0")).into()),
            }
        };
        let format = |what: &'static str| {
            move |text: &str| text.parse::<Format>().map_err(|e| Usage(format!("{what}: {e}")).into())
        };
        let batch = BySide::parse("--batch", &self.batch, sides, number("--batch"))?;
        let context = BySide::parse("--context", &self.context, sides, number("--context"))?;
        let devices = BySide::parse("--devices", &self.devices, sides, number("--devices"))?;
        let weights = BySide::parse("--dtype", &self.dtype, sides, format("--dtype"))?;
        let kv = BySide::parse("--kv-dtype", &self.kv_dtype, sides, format("--kv-dtype"))?;
        let point = |side: &str| PointAsked {
            batch: batch.of(side).copied(),
            context: context.of(side).copied(),
            weights: weights.of(side).copied(),
            kv: kv.of(side).copied(),
            devices: devices.of(side).copied(),
        };
        Ok(ServingPoints {
            track: self.track.as_deref().map(track).transpose()?,
            reserve: reserve(self.reserve)?,
            points: sides.iter().map(|s| ((*s).to_owned(), point(s))).collect(),
            records: load(&self.records)?,
        })
    }
}

impl ServingPoints {
    /// What is asked of a side.
    pub(super) fn of(&self, side: &str) -> PointAsked {
        self.points.get(side).copied().unwrap_or_default()
    }
}

/// A track by its name.
pub(super) fn track(text: &str) -> anyhow::Result<Track> {
    let known = [Track::Portable, Track::Native, Track::Library];
    let found = known.into_iter().find(|t| t.name() == text);
    Ok(found.ok_or_else(|| Usage(format!("no track `{text}`: known are portable, native, library")))?)
}

/// A share of memory that may be kept free.
pub(super) fn reserve(share: f64) -> anyhow::Result<f64> {
    if (0.0..1.0).contains(&share) {
        Ok(share)
    } else {
        Err(Usage(format!("--reserve {share}: a share from 0 to 1")).into())
    }
}

/// A value for every side, or for one.
#[derive(Debug, Clone)]
pub(super) struct BySide<T> {
    all: Option<T>,
    sides: BTreeMap<String, T>,
}

impl<T> BySide<T> {
    /// Reads `VALUE` and `SIDE=VALUE`; the last of several stands.
    pub(super) fn parse(
        what: &str,
        texts: &[String],
        sides: &[&str],
        read: impl Fn(&str) -> anyhow::Result<T>,
    ) -> anyhow::Result<BySide<T>> {
        let mut found = BySide { all: None, sides: BTreeMap::new() };
        for text in texts {
            let (side, value) = text.split_once('=').map_or((None, text.as_str()), |(s, v)| (Some(s.trim()), v));
            let value = read(value.trim())?;
            match side {
                None => found.all = Some(value),
                Some(side) if sides.contains(&side) => drop(found.sides.insert(side.to_owned(), value)),
                Some(side) => {
                    let what = format!("{what} {text}: no side `{side}` is asked for; there is {}", sides.join(", "));
                    return Err(Usage(what).into());
                }
            }
        }
        Ok(found)
    }

    /// A side's own, else every side's.
    pub(super) fn of(&self, side: &str) -> Option<&T> {
        self.sides.get(side).or(self.all.as_ref())
    }
}
