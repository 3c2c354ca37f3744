//! `wattmark wgsl2cuda`: a WGSL file as CUDA C++.
//! Puts the text together as a plan would, and leaves the translation to the library.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::{
    Outcome, Usage,
    kernel::ptx,
    output::{print, write_file},
};
use crate::{
    kernel::{
        Dtype, Elem, Tuning,
        source::{header, load_prelude, store_prelude, tunables},
    },
    wgsl2cuda::{Error, Options, Policy, translate},
};

/// Arguments of `wgsl2cuda`.
#[derive(Debug, Args)]
pub(super) struct Wgsl2cudaArgs {
    /// WGSL file; - is standard input
    file: PathBuf,
    /// A constant to put before the text, as in TILE_M=8; a tunable of ours that is not named takes its default
    #[arg(long = "const", value_name = "NAME=VALUE")]
    constants: Vec<String>,
    /// Put the loads and stores of this dtype before the text, as our kernels expect: f32, f16, bf16, i8, or w4a16g32 and its like
    #[arg(long, value_name = "DTYPE")]
    dtype: Option<String>,
    /// The compute entry point, where there are several
    #[arg(long, value_name = "NAME")]
    entry: Option<String>,
    /// A pipeline override, by name or @id, as in WIDTH=64
    #[arg(long = "override", value_name = "NAME=VALUE")]
    overrides: Vec<String>,
    /// WGSL to the letter, or what timed runs of kernels that stay in bounds use
    #[arg(long, value_enum, default_value_t = PolicyName::Strict)]
    policy: PolicyName,
    /// PTX for this architecture instead of CUDA C++, by NVRTC; as in sm_90
    #[arg(long, value_name = "ARCH")]
    ptx: Option<String>,
    /// Write to this file instead of standard output; - is standard output
    #[arg(short, long, value_name = "FILE", env = "WATTMARK_OUTPUT")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PolicyName {
    /// Indices held in bounds, workgroup memory zeroed, full accuracy
    Strict,
    /// None of these; division and exponentials by the fast instructions
    Timed,
}

pub(super) fn wgsl2cuda(args: &Wgsl2cudaArgs) -> anyhow::Result<Outcome> {
    let shown = args.file.display().to_string();
    let text = read(&args.file).with_context(|| format!("cannot read {shown}"))?;
    let (text, added) = assemble(args, &shown, &text)?;
    let policy = match args.policy {
        PolicyName::Strict => Policy::default(),
        PolicyName::Timed => Policy::timed(),
    };
    let overrides = pairs("--override", &args.overrides, |v| v.parse::<f64>().ok())?.into_iter().collect();
    let options = Options { entry: args.entry.clone(), overrides, policy };
    let made = translate(&text, &options).map_err(|error| in_file(error, added)).with_context(|| shown.clone())?;
    let text = match &args.ptx {
        Some(arch) => ptx(&made.source, arch, policy)?,
        None => made.source,
    };
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => write_file(path, &text)?,
        None => print(&text)?,
    }
    Ok(Outcome::Done)
}

fn read(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) }
}

/// The text with constants and preludes before it, and how many lines they are.
fn assemble(args: &Wgsl2cudaArgs, shown: &str, text: &str) -> anyhow::Result<(String, u32)> {
    let mut constants: Tuning = pairs("--const", &args.constants, |v| v.parse::<u32>().ok())?.into_iter().collect();
    for tunable in tunables(shown, text)? {
        constants.entry(tunable.name).or_insert(tunable.default);
    }
    let mut preludes = Vec::new();
    if let Some(name) = &args.dtype {
        let dtype: Dtype = name.parse()?;
        // The multiply-add ceiling computes in the dtype itself.
        preludes.extend(match (uses(text, "Real"), dtype) {
            (true, Dtype::F16) => vec!["enable f16;\n", "alias Real = f16;\n"],
            (true, _) => vec!["alias Real = f32;\n"],
            (false, _) => vec![load_prelude(dtype), store_prelude(Elem::output(dtype))],
        });
    }
    if constants.is_empty() && preludes.is_empty() {
        return Ok((text.to_owned(), 0));
    }
    let head = header(&constants, &preludes);
    // Directives of the file stay before everything else.
    let is_directive = |line: &str| ["enable ", "requires ", "diagnostic("].iter().any(|d| line.starts_with(d));
    let last = text.lines().enumerate().filter(|(_, line)| is_directive(line)).last();
    let directives = last.map_or(0, |(index, _)| index + 1);
    let at: usize = text.split_inclusive('\n').take(directives).map(str::len).sum();
    let (first, rest) = text.split_at(at);
    Ok((format!("{first}{head}{rest}"), head.matches('\n').count() as u32))
}

fn uses(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|w| w == word)
}

/// The error with the line it has in the file, not in the text put together.
fn in_file(error: Error, added: u32) -> Error {
    match error {
        Error::Unsupported { what, line, column } if line > added => {
            Error::Unsupported { what, line: line - added, column }
        }
        other => other,
    }
}

fn pairs<T>(option: &str, texts: &[String], parse: impl Fn(&str) -> Option<T>) -> anyhow::Result<Vec<(String, T)>> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=')?;
        Some((name.trim().to_owned(), parse(value.trim())?))
    };
    let bad = |text: &String| Usage(format!("`{option} {text}` is not NAME=VALUE with a number"));
    texts.iter().map(|text| Ok(pair(text).ok_or_else(|| bad(text))?)).collect()
}
