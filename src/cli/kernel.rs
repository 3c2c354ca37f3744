//! `wattmark kernel show`: what a case runs.
//! Plans for a device's limits, and opens no device unless one is named.

use clap::{Args, Subcommand, ValueEnum};

use super::{Outcome, Usage, output::print, select::tune_cache_path};
use crate::{
    backend::{Device, backends},
    kernel::{Case, Program, Target, Tuning},
    measure::TuneCache,
    wgsl2cuda::{self, Policy},
};

/// Subcommands of `kernel`.
#[derive(Debug, Subcommand)]
pub(super) enum KernelCommand {
    /// Print the final source of a case: generated constants, dtype prelude, kernel
    Show(ShowArgs),
}

/// Arguments of `kernel show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Case id, as in matmul/gemv/f32/m=1,n=4096,k=4096
    case: String,
    /// Plan for this device; without one, for the least that an embedded GPU offers
    #[arg(long, value_name = "DEVICE", env = "WATTMARK_DEVICE")]
    device: Option<String>,
    /// A tunable, as in TILE_M=8; repeat for more
    #[arg(long = "const", value_name = "NAME=VALUE")]
    constants: Vec<String>,
    /// What to show: the portable source, or what becomes of it on an NVIDIA GPU
    #[arg(long = "as", value_name = "FORM", default_value = "wgsl")]
    form: Form,
    /// Architecture for ptx and sass, as in sm_80, sm_90a
    #[arg(long, value_name = "ARCH", default_value = "sm_90a")]
    arch: String,
}

/// A form of a kernel's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The portable source
    Wgsl,
    /// CUDA C++, as translated
    Cuda,
    /// NVIDIA's portable assembly, by NVRTC
    Ptx,
    /// One architecture's instructions, by NVRTC and nvdisasm
    Sass,
}

pub(super) fn kernel(command: &KernelCommand) -> anyhow::Result<Outcome> {
    let KernelCommand::Show(args) = command;
    let case: Case = args.case.parse()?;
    let tuning = parse_constants(&args.constants)?;
    let Some(id) = &args.device else {
        print(&text(&case.family.program(&case, &Target::downlevel(), &tuning)?, args)?)?;
        return Ok(Outcome::Done);
    };
    let device = open(id)?;
    let tuning = if tuning.is_empty() { remembered(device.as_ref(), &case) } else { tuning };
    match (device.source(&case, &tuning)?, device.target()) {
        (Some(_), Some(target)) => print(&text(&case.family.program(&case, target, &tuning)?, args)?)?,
        (Some(source), None) => print(&source)?,
        (None, _) => {
            print(&format!("{id} runs no source text for this case: see the kernel's page in the repository\n"))?
        }
    }
    Ok(Outcome::Done)
}

fn open(id: &str) -> anyhow::Result<Box<dyn Device>> {
    let name = id.split(':').next().unwrap_or(id);
    let known = || backends().iter().map(|b| b.name()).collect::<Vec<_>>().join(", ");
    let backend = backends().into_iter().find(|b| b.name() == name);
    let backend = backend.ok_or_else(|| Usage(format!("no backend `{name}`: known are {}", known())))?;
    Ok(backend.open(id)?)
}

/// The tuning that an earlier search found for a device, or its default.
fn remembered(device: &dyn Device, case: &Case) -> Tuning {
    let cached = tune_cache_path().and_then(|p| TuneCache::load(&p).ok());
    let cached = cached.and_then(|c| c.get(device.facts(), case).cloned());
    cached.or_else(|| device.tunings(case).into_iter().next()).unwrap_or_default()
}

/// A program's distinct kernels in the form asked for.
fn text(program: &Program, args: &ShowArgs) -> anyhow::Result<String> {
    if args.form == Form::Wgsl {
        return Ok(program.source());
    }
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let mut shown = String::new();
    for pass in &program.passes {
        let kernel = (&*pass.source, pass.entry);
        if !seen.contains(&kernel) {
            seen.push(kernel);
            shown.push_str(&one(&pass.source, pass.entry, args)?);
        }
    }
    Ok(shown)
}

fn one(wgsl: &str, entry: &str, args: &ShowArgs) -> anyhow::Result<String> {
    let policy = Policy::timed();
    let options = wgsl2cuda::Options { entry: Some(entry.to_owned()), policy, ..Default::default() };
    let translation = wgsl2cuda::translate(wgsl, &options)?;
    match args.form {
        Form::Wgsl | Form::Cuda => Ok(translation.source),
        Form::Ptx => ptx(&translation.source, &args.arch, policy),
        Form::Sass => sass(&translation.source, &args.arch, policy),
    }
}

/// PTX of a CUDA text.
#[cfg(feature = "cuda")]
pub(super) fn ptx(source: &str, arch: &str, policy: Policy) -> anyhow::Result<String> {
    Ok(crate::backend::cuda::show::ptx(source, arch, policy.nvrtc_options())?)
}

#[cfg(feature = "cuda")]
fn sass(source: &str, arch: &str, policy: Policy) -> anyhow::Result<String> {
    Ok(crate::backend::cuda::show::sass(source, arch, policy.nvrtc_options())?)
}

/// Without the `cuda` feature nothing looks for NVRTC.
#[cfg(not(feature = "cuda"))]
pub(super) fn ptx(_source: &str, _arch: &str, _policy: Policy) -> anyhow::Result<String> {
    anyhow::bail!("this build has no CUDA: build it with the feature `cuda`, which is on by default")
}

#[cfg(not(feature = "cuda"))]
fn sass(source: &str, arch: &str, policy: Policy) -> anyhow::Result<String> {
    ptx(source, arch, policy)
}

fn parse_constants(texts: &[String]) -> anyhow::Result<Tuning> {
    let parse = |text: &String| {
        let (name, value) = text.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().parse::<u32>().ok()?))
    };
    texts
        .iter()
        .map(|t| parse(t).ok_or_else(|| Usage(format!("`--const {t}` is not NAME=VALUE with a whole number")).into()))
        .collect()
}
