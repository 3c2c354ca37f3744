//! The entry points of one libcublasLt, loaded from a file of our choice, with cudarc's types.
//! Knows no case. cudarc's own loader knows no CUDA 13 file name, and panics without a library.

use std::{
    ffi::{c_int, c_void},
    path::Path,
};

use cudarc::{
    cublaslt::sys::{
        cublasLtHandle_t, cublasLtMatmulAlgo_t, cublasLtMatmulDesc_t, cublasLtMatmulHeuristicResult_t,
        cublasLtMatmulPreference_t, cublasLtMatrixLayout_t,
    },
    driver::sys::CUstream,
};
use libloading::Library;

use super::super::super::DeviceError;

/// `cublasStatus_t` as a number: a newer library may return codes that no enum of ours has.
pub(super) type Status = c_int;

type SetAttribute<T> = unsafe extern "C" fn(T, c_int, *const c_void, usize) -> Status;
type Destroy<T> = unsafe extern "C" fn(T) -> Status;

/// libcublasLt's entry points. The library is never unloaded: it keeps state on the device.
pub(super) struct Api {
    version: unsafe extern "C" fn() -> usize,
    pub(super) create: unsafe extern "C" fn(*mut cublasLtHandle_t) -> Status,
    pub(super) destroy: Destroy<cublasLtHandle_t>,
    pub(super) layout_create: unsafe extern "C" fn(*mut cublasLtMatrixLayout_t, c_int, u64, u64, i64) -> Status,
    pub(super) layout_destroy: Destroy<cublasLtMatrixLayout_t>,
    pub(super) desc_create: unsafe extern "C" fn(*mut cublasLtMatmulDesc_t, c_int, c_int) -> Status,
    pub(super) desc_destroy: Destroy<cublasLtMatmulDesc_t>,
    pub(super) desc_set: SetAttribute<cublasLtMatmulDesc_t>,
    pub(super) preference_create: unsafe extern "C" fn(*mut cublasLtMatmulPreference_t) -> Status,
    pub(super) preference_destroy: Destroy<cublasLtMatmulPreference_t>,
    pub(super) preference_set: SetAttribute<cublasLtMatmulPreference_t>,
    pub(super) heuristic: unsafe extern "C" fn(
        cublasLtHandle_t,
        cublasLtMatmulDesc_t,
        cublasLtMatrixLayout_t,
        cublasLtMatrixLayout_t,
        cublasLtMatrixLayout_t,
        cublasLtMatrixLayout_t,
        cublasLtMatmulPreference_t,
        c_int,
        *mut cublasLtMatmulHeuristicResult_t,
        *mut c_int,
    ) -> Status,
    pub(super) algo_config:
        unsafe extern "C" fn(*const cublasLtMatmulAlgo_t, c_int, *mut c_void, usize, *mut usize) -> Status,
    pub(super) matmul: unsafe extern "C" fn(
        cublasLtHandle_t,
        cublasLtMatmulDesc_t,
        *const c_void,
        *const c_void,
        cublasLtMatrixLayout_t,
        *const c_void,
        cublasLtMatrixLayout_t,
        *const c_void,
        *const c_void,
        cublasLtMatrixLayout_t,
        *mut c_void,
        cublasLtMatrixLayout_t,
        *const cublasLtMatmulAlgo_t,
        *mut c_void,
        usize,
        CUstream,
    ) -> Status,
}

impl Api {
    /// Loads a library.
    ///
    /// # Errors
    /// The loader's words, or the entry point that is missing.
    pub(super) fn load(path: &Path) -> Result<Api, String> {
        // SAFETY: loading runs the library's initialisers; those of NVIDIA's have no preconditions.
        let library = unsafe { Library::new(path) }.map_err(|error| error.to_string())?;
        // SAFETY: every type above is the signature that cublasLt.h declares for the name it is loaded by; enums are
        // passed as the integers they are.
        let api = unsafe {
            Api {
                version: symbol(&library, "cublasLtGetVersion")?,
                create: symbol(&library, "cublasLtCreate")?,
                destroy: symbol(&library, "cublasLtDestroy")?,
                layout_create: symbol(&library, "cublasLtMatrixLayoutCreate")?,
                layout_destroy: symbol(&library, "cublasLtMatrixLayoutDestroy")?,
                desc_create: symbol(&library, "cublasLtMatmulDescCreate")?,
                desc_destroy: symbol(&library, "cublasLtMatmulDescDestroy")?,
                desc_set: symbol(&library, "cublasLtMatmulDescSetAttribute")?,
                preference_create: symbol(&library, "cublasLtMatmulPreferenceCreate")?,
                preference_destroy: symbol(&library, "cublasLtMatmulPreferenceDestroy")?,
                preference_set: symbol(&library, "cublasLtMatmulPreferenceSetAttribute")?,
                heuristic: symbol(&library, "cublasLtMatmulAlgoGetHeuristic")?,
                algo_config: symbol(&library, "cublasLtMatmulAlgoConfigGetAttribute")?,
                matmul: symbol(&library, "cublasLtMatmul")?,
            }
        };
        std::mem::forget(library);
        Ok(api)
    }

    /// Major, minor and patch version.
    pub(super) fn version(&self) -> (usize, usize, usize) {
        // SAFETY: takes nothing and returns a number.
        let version = unsafe { (self.version)() };
        (version / 10000, version / 100 % 100, version % 100)
    }
}

/// # Safety
/// `F` is the type of a function pointer with that entry point's signature.
unsafe fn symbol<F: Copy>(library: &Library, name: &str) -> Result<F, String> {
    // SAFETY: the caller vouches for the type; the library is never unloaded once all are found.
    unsafe { library.get::<F>(name) }.map(|found| *found).map_err(|_| format!("it has no {name}: too old"))
}

/// Turns a status into our errors.
///
/// # Errors
/// Anything but success.
pub(super) fn check(status: Status, doing: &str) -> Result<(), DeviceError> {
    let text = |name: &str| format!("{doing}: cuBLASLt says {name}");
    match status {
        0 => Ok(()),
        1 => Err(DeviceError::Failed(format!(
            "{} (is it for a newer driver? install the one of the driver's CUDA version)",
            text("NOT_INITIALIZED")
        ))),
        3 => Err(DeviceError::OutOfMemory(text("ALLOC_FAILED"))),
        7 => Err(DeviceError::Failed(text("INVALID_VALUE"))),
        8 => Err(DeviceError::Unsupported(text("ARCH_MISMATCH"))),
        13 => Err(DeviceError::Lost(text("EXECUTION_FAILED"))),
        15 => Err(DeviceError::Unsupported(text("NOT_SUPPORTED"))),
        other => Err(DeviceError::Failed(text(&format!("status {other}")))),
    }
}
