//! NVIDIA's run-time compiler, found where toolkits, drivers and PyPI wheels put it: CUDA C++ to PTX and cubin.
//! Runs nothing and needs no GPU; which architecture to compile for is decided in `arch`.

mod library;
#[cfg(test)]
mod tests;
mod usage;

use std::{ffi::CString, path::Path, sync::Arc};

pub use self::usage::Usage;

use super::{
    super::Missing,
    search::{Surroundings, is_there},
};

/// The variable that names a libnvrtc to use instead of searching.
pub(super) const VARIABLE: &str = "WATTMARK_NVRTC";

/// A run-time compiler.
#[derive(Clone)]
pub struct Nvrtc {
    api: Arc<library::Api>,
    version: (u32, u32),
    archs: Vec<u32>,
}

/// What came of a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// Portable assembly.
    pub ptx: String,
    /// Binary for the architecture; empty if a virtual one (`compute_90`) was asked for.
    pub cubin: Vec<u8>,
    /// What the compilers said.
    pub log: String,
    /// What each kernel takes of the card, where the log tells: not for a virtual architecture.
    pub usage: Vec<Usage>,
}

/// The text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("NVRTC {version} for {arch}: {what}{}", tail(.log))]
pub struct CompileError {
    /// Version of the compiler.
    pub version: String,
    /// Architecture asked for.
    pub arch: String,
    /// NVRTC's name for it.
    pub what: String,
    /// What the compilers said.
    pub log: String,
}

/// The log below the message; its first lines hold the first error.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).take(12).collect();
    if lines.is_empty() { String::new() } else { format!("\n{}", lines.join("\n")) }
}

/// The first compiler that loads.
///
/// # Errors
/// There is none, and the one command that installs one.
pub fn find() -> Result<Nvrtc, Missing> {
    find_in(&Surroundings::system(), None)
}

/// As [`find`], but one that this driver can load the output of goes first. `driver` is its CUDA version, as in
/// (12, 8).
///
/// # Errors
/// As [`find`].
pub(super) fn find_for(driver: (u32, u32)) -> Result<Nvrtc, Missing> {
    find_in(&Surroundings::system(), Some(driver))
}

fn find_in(around: &Surroundings<'_>, driver: Option<(u32, u32)>) -> Result<Nvrtc, Missing> {
    let mut newer = None;
    let mut broken = Vec::new();
    for path in around.libraries(VARIABLE, "nvrtc") {
        match Nvrtc::load(&path) {
            // A newer major's output is for newer drivers: kept for when there is nothing better.
            Ok(found) if driver.is_some_and(|driver| driver.0 < found.version.0) => newer = newer.or(Some(found)),
            Ok(found) => return Ok(found),
            // Most bare names are not there: only a file that is there and does not load is worth a word.
            Err(why) if is_there(&path) => broken.push(format!("{}: {why}", path.display())),
            Err(why) if (around.variable)(VARIABLE).is_some() => {
                broken.push(format!("{VARIABLE}={}: {why}", path.display()));
            }
            Err(_) => {}
        }
    }
    newer.ok_or_else(|| {
        let nowhere = "libnvrtc is neither on the loader's path nor in a CUDA toolkit nor in a Python package";
        Missing {
            what: "NVRTC, NVIDIA's run-time compiler".to_owned(),
            why: if broken.is_empty() { nowhere.to_owned() } else { broken.join("; ") },
            fix: fix(driver),
        }
    })
}

/// The one command that installs a compiler for a driver.
pub(super) fn fix(driver: Option<(u32, u32)>) -> String {
    let package = match driver {
        Some((major @ 11..=12, _)) => format!("nvidia-cuda-nvrtc-cu{major}"),
        Some((major, _)) => format!("'nvidia-cuda-nvrtc=={major}.*'"),
        None => "nvidia-cuda-nvrtc".to_owned(),
    };
    format!("pip install {package} (or name a libnvrtc in {VARIABLE})")
}

impl Nvrtc {
    /// Loads one library.
    ///
    /// # Errors
    /// Why it is of no use.
    fn load(path: &Path) -> Result<Nvrtc, String> {
        let api = library::Api::load(path)?;
        let version = api.version()?;
        let archs = api.archs()?;
        Ok(Nvrtc { api: Arc::new(api), version, archs })
    }

    /// Its version, as in `13.0`.
    pub fn version(&self) -> String {
        format!("{}.{}", self.version.0, self.version.1)
    }

    /// Major and minor version.
    pub(super) fn version_pair(&self) -> (u32, u32) {
        self.version
    }

    /// Architectures it can compile for, as 10 x major + minor, in ascending order.
    pub fn archs(&self) -> &[u32] {
        &self.archs
    }

    /// The file it was loaded from, or the bare name that the loader found.
    pub fn path(&self) -> &Path {
        &self.api.path
    }

    /// Compiles a whole CUDA C++ text for one architecture, real (`sm_90a`: PTX and cubin) or virtual (`compute_90`:
    /// PTX alone). It is C++17 unless an option says otherwise; no include path is set.
    ///
    /// # Errors
    /// The compiler's log.
    pub fn compile(&self, source: &str, arch: &str, options: &[&str]) -> Result<Compiled, CompileError> {
        let failed =
            |what: String, log: String| CompileError { version: self.version(), arch: arch.to_owned(), what, log };
        let plainly = |what: String| failed(what, String::new());
        let c_string = |text: &str| CString::new(text).map_err(|_| plainly("the text holds a zero byte".to_owned()));
        let real = arch.starts_with("sm_");
        let mut given = vec![c_string(&format!("--gpu-architecture={arch}"))?];
        // Compilers before 12 do not know how to hand options on.
        if real && self.version.0 >= 12 {
            given.push(c_string("--ptxas-options=-v")?);
        }
        // Older compilers default to older languages.
        if !options.iter().any(|option| option.contains("-std=")) {
            given.push(c_string("--std=c++17")?);
        }
        for option in options {
            given.push(c_string(option)?);
        }
        let given: Vec<_> = given.iter().map(CString::as_c_str).collect();
        let source = c_string(source)?;
        let program = self.api.create(&source).map_err(plainly)?;
        let outcome = program.compile(&given);
        let log = text_of(program.log().unwrap_or_default());
        if let Err(what) = outcome {
            return Err(failed(what, log));
        }
        let ptx = text_of(program.ptx().map_err(plainly)?);
        let cubin = if real { program.cubin().map_err(plainly)? } else { Vec::new() };
        let usage = usage::usages(&log);
        Ok(Compiled { ptx, cubin, log, usage })
    }
}

/// NVRTC's texts end with a zero byte that it counts.
fn text_of(mut bytes: Vec<u8>) -> String {
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl std::fmt::Debug for Nvrtc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nvrtc {} at {}", self.version(), self.path().display())
    }
}
