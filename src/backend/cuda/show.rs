//! What the compilers make of CUDA text, for people to read: PTX, and the instructions of one architecture.
//! Needs a compiler and a disassembler, no GPU; measures nothing.

use std::{path::Path, process::Command};

use super::{
    super::Missing,
    nvrtc::{self, CompileError},
    search::Surroundings,
};

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// A compiler or a disassembler is not there.
    #[error("{}: {}; {}", .0.what, .0.why, .0.fix)]
    Missing(Missing),
    /// A virtual architecture has no instructions.
    #[error("`{0}` has no instructions of its own: name a real architecture, as in sm_90a")]
    Virtual(String),
    /// The compiler refused the text.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The disassembler could not be run, or refused the binary.
    #[error("{tool}: {why}; check that `{tool} --version` works and knows {arch}")]
    Tool {
        /// Its path.
        tool: String,
        /// What it said.
        why: String,
        /// Architecture of the binary.
        arch: String,
    },
}

/// PTX of a CUDA text for `sm_90` or `compute_90`, by the first NVRTC found.
///
/// # Errors
/// No compiler, or it refuses the text.
pub fn ptx(source: &str, arch: &str, options: &[&str]) -> Result<String, ShowError> {
    Ok(nvrtc::find().map_err(ShowError::Missing)?.compile(source, arch, options)?.ptx)
}

/// Instructions of a CUDA text for a real architecture (`sm_90`), by nvdisasm.
///
/// # Errors
/// No compiler, no disassembler, or one of them refuses.
pub fn sass(source: &str, arch: &str, options: &[&str]) -> Result<String, ShowError> {
    if !arch.starts_with("sm_") {
        return Err(ShowError::Virtual(arch.to_owned()));
    }
    let compiled = nvrtc::find().map_err(ShowError::Missing)?.compile(source, arch, options)?;
    let tool = Surroundings::system().tool("nvdisasm").ok_or_else(|| {
        ShowError::Missing(Missing {
            what: "nvdisasm, NVIDIA's disassembler".to_owned(),
            why: "it is neither on PATH nor in a CUDA toolkit nor in a Python package".to_owned(),
            fix: "pip install nvidia-cuda-nvdisasm".to_owned(),
        })
    })?;
    let file = std::env::temp_dir().join(format!("wattmark-{}.cubin", std::process::id()));
    let shown = std::fs::write(&file, &compiled.cubin).map_err(|e| e.to_string()).and_then(|()| run(&tool, &file));
    let _ = std::fs::remove_file(&file);
    shown.map_err(|why| ShowError::Tool { tool: tool.display().to_string(), why, arch: arch.to_owned() })
}

fn run(tool: &Path, file: &Path) -> Result<String, String> {
    let output = Command::new(tool).arg("--print-code").arg(file).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
