//! Where a rendered result goes: standard output or a file, in the format asked for.
//! Renders nothing; `report` does.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use super::Usage;
use crate::report::Format;

/// Format and destination.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Format: table, md, json, jsonl or csv; by default the file's extension decides, else table
    #[arg(long, value_name = "FORMAT", env = "WATTMARK_FORMAT")]
    format: Option<String>,
    /// Write to this file instead of standard output; - is standard output
    #[arg(short, long, value_name = "FILE", env = "WATTMARK_OUTPUT")]
    output: Option<PathBuf>,
}

impl OutputArgs {
    /// The format asked for, by name or by the file's extension.
    pub(super) fn format(&self) -> anyhow::Result<Format> {
        if let Some(name) = &self.format {
            return name.parse().map_err(|e| Usage(format!("{e}")).into());
        }
        let extension = self.file().and_then(|f| f.extension()).and_then(|e| e.to_str());
        Ok(extension.and_then(|e| e.parse().ok()).unwrap_or(Format::Table))
    }

    /// True if the user named a format.
    pub(super) fn format_is_given(&self) -> bool {
        self.format.is_some()
    }

    /// The file, unless it is standard output.
    pub(super) fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|p| *p != Path::new("-"))
    }

    /// Writes text to the destination.
    pub(super) fn write(&self, text: &str) -> anyhow::Result<()> {
        match self.file() {
            Some(path) => write_file(path, text),
            None => print(text),
        }
    }
}

/// Replaces a file's contents in one step, so that a full disk leaves the old ones.
pub(super) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let beside = path.with_extension(format!("part{}", std::process::id()));
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .inspect_err(|_| drop(std::fs::remove_file(&beside)))
        .with_context(|| format!("cannot write {}; choose another file with -o", path.display()))
}

/// Prints to standard output. A reader that hung up (`| head`) is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// Columns of the terminal on standard output; `COLUMNS` decides where there is none.
pub(super) fn width() -> usize {
    let given = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let seen = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    given.or(seen).unwrap_or(100).clamp(40, 400)
}

/// Colours only on a terminal, and never with `NO_COLOR`.
pub(super) fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}
