//! NVIDIA's driver library: found before cudarc looks for it, and checked for every entry point that this backend calls.
//! Opens no device.

use std::{path::PathBuf, sync::OnceLock};

use cudarc::driver::sys;
use libloading::Library;

use super::{
    super::Missing,
    error,
    search::{Surroundings, is_there},
};

/// What is known of the driver once it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Driver {
    /// CUDA version that it supports, as in (12, 8).
    pub(super) cuda: (u32, u32),
    /// Version of the kernel module, as in `570.86.15`, where the system tells.
    pub(super) module: Option<String>,
}

/// Names that cudarc will look for, in its order.
const NAMES: &[&str] = if cfg!(windows) { &["nvcuda.dll"] } else { &["libcuda.so", "libcuda.so.1"] };

/// Entry points that this backend calls. cudarc panics at the first call of one that is absent.
const ENTRY_POINTS: &[&str] = &[
    "cuInit",
    "cuDriverGetVersion",
    "cuDeviceGetCount",
    "cuDeviceGet",
    "cuDeviceGetName",
    "cuDeviceGetUuid",
    "cuDeviceGetAttribute",
    "cuDeviceTotalMem_v2",
    "cuDeviceGetPCIBusId",
    "cuDevicePrimaryCtxRetain",
    "cuDevicePrimaryCtxRelease_v2",
    "cuCtxSetCurrent",
    "cuMemGetInfo_v2",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyDtoDAsync_v2",
    "cuMemsetD8Async",
    "cuStreamCreate",
    "cuStreamSynchronize",
    "cuStreamDestroy_v2",
    "cuStreamBeginCapture_v2",
    "cuStreamEndCapture",
    "cuGraphInstantiateWithFlags",
    "cuGraphUpload",
    "cuGraphLaunch",
    "cuGraphExecDestroy",
    "cuGraphDestroy",
    "cuEventCreate",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuEventElapsedTime",
    "cuEventDestroy_v2",
    "cuModuleLoadDataEx",
    "cuModuleUnload",
    "cuModuleGetFunction",
    "cuFuncGetAttribute",
    "cuFuncSetAttribute",
    "cuLaunchKernel",
];

/// What is said of every backend that needs the driver.
const WHAT: &str = "NVIDIA GPUs through CUDA";

/// The driver, started once a process.
///
/// # Errors
/// There is none, it is too old, or it does not start; and what to do.
pub(super) fn driver() -> Result<&'static Driver, Missing> {
    static DRIVER: OnceLock<Result<Driver, Missing>> = OnceLock::new();
    DRIVER.get_or_init(start).as_ref().map_err(Clone::clone)
}

fn start() -> Result<Driver, Missing> {
    let missing = |why: String, fix: String| Missing { what: WHAT.to_owned(), why, fix };
    let library = open().map_err(|why| {
        let fix = "nothing to do without an NVIDIA GPU; with one, install its driver, and in a container start it \
                   with --gpus all";
        missing(why, fix.to_owned())
    })?;
    let absent: Vec<&str> = ENTRY_POINTS.iter().copied().filter(|name| !has(&library, name)).collect();
    // The library stays: cudarc finds by name what is loaded already.
    std::mem::forget(library);
    if !absent.is_empty() {
        let why = format!("the driver is too old: its libcuda has no {}", absent.join(", "));
        return Err(missing(why, "update the NVIDIA driver to 470 or later".to_owned()));
    }
    // SAFETY: the library is there and has this entry point; it may be called at any time, any number of times.
    let result = unsafe { sys::cuInit(0) };
    if result != sys::CUresult::CUDA_SUCCESS {
        let (why, fix) = error::why_not_started(result);
        return Err(missing(why, fix));
    }
    let mut version = 0;
    // SAFETY: as above; it writes one integer.
    let result = unsafe { sys::cuDriverGetVersion(&mut version) };
    error::check(result, "asking the driver for its version")
        .map_err(|error| missing(error.to_string(), "check that nvidia-smi works".to_owned()))?;
    let version = version.unsigned_abs();
    let told = std::fs::read_to_string("/proc/driver/nvidia/version").ok();
    // Some containers hide the file, but not NVML.
    let module = told.as_deref().and_then(module_version).or_else(crate::power::nvml::driver_version);
    Ok(Driver { cuda: (version / 1000, version % 1000 / 10), module })
}

/// The loader's own path first, then the folders of drivers that containers and WSL leave out of it.
fn open() -> Result<Library, String> {
    let mut refused = None;
    let named = NAMES.iter().map(PathBuf::from);
    for path in named.chain(Surroundings::system().driver_libraries()) {
        // SAFETY: loading runs the driver library's initialisers, which have no preconditions.
        match unsafe { Library::new(&path) } {
            Ok(library) => return Ok(library),
            Err(error) if is_there(&path) => refused = Some(format!("{} does not load: {error}", path.display())),
            Err(_) => {}
        }
    }
    Err(refused.unwrap_or_else(|| format!("no NVIDIA driver: {} not found", NAMES[NAMES.len() - 1])))
}

fn has(library: &Library, name: &str) -> bool {
    // SAFETY: the address is looked up and not called.
    unsafe { library.get::<unsafe extern "C" fn()>(name) }.is_ok()
}

/// The first word that is a version, in what the kernel module says of itself.
fn module_version(told: &str) -> Option<String> {
    let first = told.lines().next()?;
    let is_version = |word: &&str| word.contains('.') && word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    first.split_whitespace().find(is_version).map(str::to_owned)
}

impl Driver {
    /// Its versions in words: `570.86.15, CUDA 12.8`.
    pub(super) fn describe(&self) -> String {
        let module = self.module.as_ref().map(|version| format!("{version}, ")).unwrap_or_default();
        format!("{module}CUDA {}.{}", self.cuda.0, self.cuda.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kernel_modules_tell_their_version() {
        let closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Fri Jan 24 00:00:00 UTC 2025\nGCC";
        let open = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n";
        assert_eq!(module_version(closed).as_deref(), Some("570.86.15"));
        assert_eq!(module_version(open).as_deref(), Some("580.65.06"));
        assert_eq!(module_version("nothing here"), None);
        let driver = Driver { cuda: (12, 8), module: Some("570.86.15".to_owned()) };
        assert_eq!(driver.describe(), "570.86.15, CUDA 12.8");
    }
}
