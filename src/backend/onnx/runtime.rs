//! ONNX Runtime itself: loads the first library that will do, once a process, and opens sessions on it.
//! Knows no case; a library that will not do is `Missing` with the way out, never a panic.

use std::{ffi::CStr, path::Path, sync::OnceLock};

use ort::{
    environment::{Environment, GlobalThreadPoolOptions},
    logging::LogLevel,
    session::{
        Session,
        builder::{AutoDevicePolicy, SessionBuilder},
    },
};

use super::{
    super::{
        DeviceError, Missing, cpu,
        search::{Surroundings, is_there},
    },
    provider::Place,
    search::{VARIABLE, foreign},
};

/// A loaded library.
pub(super) struct Runtime {
    environment: Environment,
    /// As the library says it: `1.24.1`.
    pub(super) version: String,
    /// The library's file name, without its folder.
    pub(super) file: String,
    /// Threads that the CPU's providers are told to use.
    pub(super) threads: usize,
}

/// The library, loaded at the first call: ort takes one a process.
///
/// # Errors
/// There is none that will do, and how to get one.
pub(super) fn get() -> Result<&'static Runtime, Missing> {
    static LOADED: OnceLock<Result<Runtime, Missing>> = OnceLock::new();
    LOADED.get_or_init(|| load(&Surroundings::system())).as_ref().map_err(Missing::clone)
}

fn load(around: &Surroundings<'_>) -> Result<Runtime, Missing> {
    let mut broken = Vec::new();
    for path in around.runtimes() {
        match Runtime::load(&path) {
            Ok(runtime) => return Ok(runtime),
            Err(why) if around.named().is_some() => broken.push(format!("{VARIABLE}={}: {why}", path.display())),
            // Most bare names are not there: only a file that is there and will not do is worth a word.
            Err(why) if is_there(&path) || !why.starts_with(NOT_LOADED) => {
                broken.push(format!("{}: {why}", path.display()));
            }
            Err(_) => {}
        }
    }
    let nowhere = "libonnxruntime is neither on the loader's path nor in a Python package";
    Err(Missing {
        what: "ONNX Runtime".to_owned(),
        why: if broken.is_empty() { nowhere.to_owned() } else { broken.join("; ") },
        fix: format!(
            "pip install onnxruntime (or onnxruntime-openvino), or name a libonnxruntime of 1.{} or later in {VARIABLE}",
            ort::MINOR_VERSION
        ),
    })
}

/// How [`version`] begins where the loader refused.
const NOT_LOADED: &str = "does not load";

/// The version of a library that will do.
///
/// # Errors
/// Why it will not.
fn version(path: &Path) -> Result<String, String> {
    if let Some(arch) = foreign(path) {
        return Err(format!("built for {arch}, this program for {}", std::env::consts::ARCH));
    }
    // SAFETY: loading runs the library's initialisers; a file of this name, or named by the user, is trusted to be ONNX
    // Runtime, whose initialisers have no preconditions.
    let library = unsafe { libloading::Library::new(path) }.map_err(|error| format!("{NOT_LOADED}: {error}"))?;
    // SAFETY: the symbol has this type in every version since 1.0.
    let base = unsafe { library.get::<unsafe extern "system" fn() -> *const ort::sys::OrtApiBase>(b"OrtGetApiBase\0") }
        .map_err(|_| "is no ONNX Runtime: it has no OrtGetApiBase".to_owned())?;
    // SAFETY: the function takes nothing and returns a static table, or null.
    let base = unsafe { base().as_ref() }.ok_or("is no ONNX Runtime: OrtGetApiBase gives nothing")?;
    // SAFETY: the function takes nothing and returns a static string.
    let version = unsafe { (base.GetVersionString)() };
    if version.is_null() {
        return Err("is no ONNX Runtime: it has no version".to_owned());
    }
    // SAFETY: not null, and a static string ended by zero.
    let version = unsafe { CStr::from_ptr(version) }.to_string_lossy().into_owned();
    // SAFETY: the function takes any number and answers null to those it does not know.
    let api = unsafe { (base.GetApi)(ort::MINOR_VERSION) };
    if api.is_null() {
        return Err(format!("is ONNX Runtime {version}, too old: 1.{} or later is needed", ort::MINOR_VERSION));
    }
    // Never unloaded: ort loads it again, and a runtime that leaves takes its threads' code along.
    std::mem::forget(library);
    Ok(version)
}

impl Runtime {
    fn load(path: &Path) -> Result<Runtime, String> {
        let version = version(path)?;
        let builder = ort::init_from(path).map_err(|error| one_line(&error.to_string()))?;
        let threads = cpu::threads();
        // One pool for all sessions: with one each, those that idle would spin beside the one that works.
        let environment = GlobalThreadPoolOptions::default()
            .with_intra_threads(threads)
            .and_then(|pool| builder.with_telemetry(false).with_name("wattmark").with_global_thread_pool(pool).build())
            .map_err(|error| one_line(error.message()))?;
        if std::env::var_os("ORT_LOG").is_none() {
            // What matters comes back as an error too.
            environment.set_log_level(LogLevel::Fatal);
        }
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Runtime { environment, version, file, threads })
    }

    /// A session of a model on a provider's target, and on nothing else.
    ///
    /// # Errors
    /// `Unsupported` where the provider does not run the whole graph; `OutOfMemory`; `Failed`.
    pub(super) fn session(&self, place: Place, model: &[u8]) -> Result<Session, DeviceError> {
        let failed = |error: ort::Error| refusal(place, &error);
        self.builder(place).and_then(|mut builder| builder.commit_from_memory(model)).map_err(failed)
    }

    fn builder(&self, place: Place) -> ort::Result<SessionBuilder> {
        // ort's default would pick a provider by itself; builds that cannot pick refuse to be told.
        let builder = Session::builder(&self.environment)?;
        let builder = builder.with_auto_device(AutoDevicePolicy::PreferCPU).unwrap_or_else(|error| error.recover());
        let Some(provider) = place.registration(self.threads) else { return Ok(builder) };
        let builder = builder.with_execution_providers([provider.error_on_failure()])?;
        Ok(builder.with_disable_cpu_fallback()?)
    }
}

/// What a refused session means for a case.
fn refusal(place: Place, error: &ort::Error) -> DeviceError {
    let text = one_line(error.message());
    if text.contains("fallback to CPU EP has been explicitly disabled") {
        return DeviceError::Unsupported(format!(
            "{place} does not run the whole graph: ONNX Runtime would fall back to the CPU for the rest, which is no \
             result of {place}"
        ));
    }
    if ["bad_alloc", "Failed to allocate", "out of memory"].iter().any(|sign| text.contains(sign)) {
        return DeviceError::OutOfMemory(format!("{place}: {text}"));
    }
    let by_code = matches!(error.code(), ort::ErrorCode::NotImplemented | ort::ErrorCode::InvalidGraph);
    let by_text = ["does not support", "not supported", "unsupported", "limitation"].iter().any(|s| text.contains(s));
    let why = format!("{place}: {text}");
    if by_code || by_text { DeviceError::Unsupported(why) } else { DeviceError::Failed(why) }
}

/// The runtime's messages run over many lines, with places in its own source in between.
pub(super) fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        // The reason stands at the end.
        Some(_) => format!("… {}", line.chars().skip(line.chars().count() - MOST).collect::<String>()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_runtime_is_missing_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libonnxruntime.so");
        std::fs::write(&path, "no library").unwrap();
        let named = path.clone();
        let variable = |name: &str| (name == VARIABLE).then(|| named.clone().into_os_string());
        let around = Surroundings { variable: &variable, root: folder.path(), python: &Vec::new };
        let missing = load(&around).err().unwrap();
        assert!(missing.why.contains("ORT_DYLIB_PATH=") && missing.why.contains(NOT_LOADED), "{missing:?}");
        assert!(missing.fix.contains("1.22 or later"), "{missing:?}");
    }

    #[test]
    fn long_messages_keep_their_end() {
        assert_eq!(one_line("one\n  two\n\n"), "one two");
        let long = format!("{} the reason", "a place in the source ".repeat(40));
        let line = one_line(&long);
        assert!(line.starts_with('…') && line.ends_with("the reason") && line.chars().count() == 402, "{line}");
    }
}
