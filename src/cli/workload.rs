//! `wattmark workload`: a model on a device at a serving point, as kernels, tokens a second and joules a token.
//! The composition is `workload`'s, the words of a table `report`'s.

use std::path::PathBuf;

use clap::Args;

use super::{
    Outcome, Usage,
    catalog::CatalogArgs,
    output::{OutputArgs, print, write_file},
    records::load,
    serving,
};
use crate::{
    report::{Format as Shown, workload::Workload},
    workload::{Format, Point, Query, WorkloadError, answer, as_suite, decode, prefill},
};

/// Arguments of `workload`.
#[derive(Debug, Args)]
pub(super) struct WorkloadArgs {
    /// A model of the catalogue, as in llama-3.1-8b
    model: String,
    /// A device of the catalogue, as in h100-sxm; or one of the records, by id, backend or a pattern of its name
    #[arg(long, value_name = "DEVICE", env = "WATTMARK_WORKLOAD_DEVICE")]
    device: String,
    /// Sequences that decode together
    #[arg(long, value_name = "N", default_value_t = 1)]
    batch: u64,
    /// Tokens of each sequence in the cache while it decodes
    #[arg(long, value_name = "N", default_value_t = 2048)]
    context: u64,
    /// Tokens of the prompt whose prefill is the time to the first token; the context without it
    #[arg(long, value_name = "N")]
    prompt: Option<u64>,
    /// Format of the weights: f32, f16, bf16, fp8, i8, w4a16g32, w4a16g128, w4a8g32, w4a8g128
    #[arg(long, value_name = "FORMAT", default_value = "bf16")]
    dtype: String,
    /// Format of the KV cache; without it the weights', or f16 where those are quantised
    #[arg(long, value_name = "FORMAT")]
    kv_dtype: Option<String>,
    /// Devices that share every layer; their communication is not counted
    #[arg(long, value_name = "N", default_value_t = 1)]
    devices: u64,
    /// Share of the device's memory kept free for activations and runtime
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    reserve: f64,
    /// Record files, or folders that hold them
    #[arg(long, value_name = "PATH", num_args = 1..)]
    records: Vec<PathBuf>,
    /// Only records of this track: portable, native or library
    #[arg(long, value_name = "TRACK")]
    track: Option<String>,
    /// Write the kernels as a suite that `wattmark run --suite FILE` measures, and compose nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["records", "output"])]
    as_suite: Option<PathBuf>,
    #[command(flatten)]
    catalog: CatalogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl WorkloadArgs {
    fn point(&self) -> anyhow::Result<Point> {
        let format = |text: &str| text.parse::<Format>().map_err(|e| Usage(e.to_string()));
        let mut point = Point::new(self.batch, self.context, format(&self.dtype)?);
        point.prompt = self.prompt.unwrap_or(self.context);
        point.devices = self.devices;
        if let Some(kv) = &self.kv_dtype {
            point.kv = format(kv)?;
        }
        Ok(point)
    }
}

pub(super) fn workload(args: &WorkloadArgs) -> anyhow::Result<Outcome> {
    let format = args.output.format()?;
    let reserve = serving::reserve(args.reserve)?;
    let (point, track) = (args.point()?, args.track.as_deref().map(serving::track).transpose()?);
    let catalog = args.catalog.load()?;
    if let (Some(path), Some(model)) = (&args.as_suite, catalog.models.get(&args.model)) {
        let (decode, prefill) = (decode(model, &point).map_err(usage)?, prefill(model, &point).map_err(usage)?);
        let ops: Vec<_> = decode.iter().chain(&prefill).collect();
        write_file(path, &as_suite(model, &point, &ops))?;
        eprintln!("{}: measure it with `wattmark run --suite {0} -o FILE.jsonl`", path.display());
        return Ok(Outcome::Done);
    }
    let records = load(&args.records)?;
    let query = Query { model: &args.model, device: &args.device, point, track, reserve };
    let found = answer(&catalog, &records, &query).map_err(|e| match e {
        WorkloadError::Untimed { .. } => anyhow::Error::from(e),
        e => usage(e),
    })?;
    let rows = Workload { answer: &found, records: &records };
    if format != Shown::Json {
        args.output.show(&rows)?;
        return Ok(Outcome::Done);
    }
    match args.output.file() {
        Some(path) => write_file(path, &rows.document())?,
        None => print(&rows.document())?,
    }
    Ok(Outcome::Done)
}

fn usage(error: impl std::fmt::Display) -> anyhow::Error {
    Usage(error.to_string()).into()
}
