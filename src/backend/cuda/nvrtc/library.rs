//! The entry points of one libnvrtc, loaded from a file of our choice.
//! Knows no option and no architecture; cudarc's own loader knows fixed names only, and panics without them.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    path::{Path, PathBuf},
};

use libloading::Library;

use super::super::search::libraries_in;

/// `nvrtcResult` as a number: a newer library may return codes that no enum of ours has.
type Status = c_int;
/// `nvrtcProgram`.
pub(super) type Program = *mut c_void;

type Text = unsafe extern "C" fn(Program, *mut c_char) -> Status;
type Size = unsafe extern "C" fn(Program, *mut usize) -> Status;

/// libnvrtc's entry points. The library is never unloaded: it keeps threads and state of its own.
pub(super) struct Api {
    pub(super) path: PathBuf,
    version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> Status,
    error_string: unsafe extern "C" fn(Status) -> *const c_char,
    archs_count: unsafe extern "C" fn(*mut c_int) -> Status,
    archs: unsafe extern "C" fn(*mut c_int) -> Status,
    create: unsafe extern "C" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> Status,
    destroy: unsafe extern "C" fn(*mut Program) -> Status,
    compile: unsafe extern "C" fn(Program, c_int, *const *const c_char) -> Status,
    ptx: (Size, Text),
    cubin: (Size, Text),
    log: (Size, Text),
}

impl Api {
    /// Loads a library.
    ///
    /// # Errors
    /// The loader's words, or the entry point that is missing.
    pub(super) fn load(path: &Path) -> Result<Api, String> {
        // NVRTC opens its builtins by bare name when it compiles; one that is loaded already is found by that name.
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            for builtins in libraries_in(folder, "nvrtc-builtins") {
                // SAFETY: as below.
                if let Ok(library) = unsafe { Library::new(builtins) } {
                    std::mem::forget(library);
                }
            }
        }
        // SAFETY: loading runs the library's initialisers; those of NVIDIA's compiler library have no preconditions.
        let library = unsafe { Library::new(path) }.map_err(|error| error.to_string())?;
        // SAFETY: every type above is the signature that nvrtc.h declares for the name it is loaded by.
        let api = unsafe {
            Api {
                path: path.to_owned(),
                version: symbol(&library, "nvrtcVersion")?,
                error_string: symbol(&library, "nvrtcGetErrorString")?,
                archs_count: symbol(&library, "nvrtcGetNumSupportedArchs")?,
                archs: symbol(&library, "nvrtcGetSupportedArchs")?,
                create: symbol(&library, "nvrtcCreateProgram")?,
                destroy: symbol(&library, "nvrtcDestroyProgram")?,
                compile: symbol(&library, "nvrtcCompileProgram")?,
                ptx: (symbol(&library, "nvrtcGetPTXSize")?, symbol(&library, "nvrtcGetPTX")?),
                cubin: (symbol(&library, "nvrtcGetCUBINSize")?, symbol(&library, "nvrtcGetCUBIN")?),
                log: (symbol(&library, "nvrtcGetProgramLogSize")?, symbol(&library, "nvrtcGetProgramLog")?),
            }
        };
        std::mem::forget(library);
        Ok(api)
    }

    fn result(&self, status: Status) -> Result<(), String> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: takes any number and returns a static string or null.
        let text = unsafe { (self.error_string)(status) };
        if text.is_null() {
            return Err(format!("NVRTC error {status}"));
        }
        // SAFETY: not null, and a static C string by NVRTC's documentation.
        Err(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }

    /// Major and minor version.
    pub(super) fn version(&self) -> Result<(u32, u32), String> {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: both point to integers.
        self.result(unsafe { (self.version)(&mut major, &mut minor) })?;
        Ok((major.unsigned_abs(), minor.unsigned_abs()))
    }

    /// Architectures it can compile for, as 10 x major + minor, in ascending order.
    pub(super) fn archs(&self) -> Result<Vec<u32>, String> {
        let mut count = 0;
        // SAFETY: points to an integer.
        self.result(unsafe { (self.archs_count)(&mut count) })?;
        let mut archs = vec![0 as c_int; count.max(0) as usize];
        if !archs.is_empty() {
            // SAFETY: room for as many integers as the library has just said it writes.
            self.result(unsafe { (self.archs)(archs.as_mut_ptr()) })?;
        }
        archs.sort_unstable();
        Ok(archs.into_iter().map(c_int::unsigned_abs).collect())
    }

    /// A program of one text, to be destroyed by dropping the guard.
    pub(super) fn create(&self, source: &CStr) -> Result<Guard<'_>, String> {
        let mut program = std::ptr::null_mut();
        let no_headers = std::ptr::null();
        // SAFETY: the text is a C string that NVRTC copies; no headers are given, which null pointers and 0 say.
        let status =
            unsafe { (self.create)(&mut program, source.as_ptr(), c"kernel.cu".as_ptr(), 0, no_headers, no_headers) };
        self.result(status)?;
        Ok(Guard { api: self, program })
    }
}

/// A program that is destroyed when dropped.
pub(super) struct Guard<'a> {
    api: &'a Api,
    program: Program,
}

impl Guard<'_> {
    /// Compiles with these options.
    pub(super) fn compile(&self, options: &[&CStr]) -> Result<(), String> {
        let pointers: Vec<*const c_char> = options.iter().map(|option| option.as_ptr()).collect();
        // SAFETY: the program lives until the guard is dropped; the options are C strings that outlive the call.
        self.api.result(unsafe { (self.api.compile)(self.program, pointers.len() as c_int, pointers.as_ptr()) })
    }

    /// The portable assembly.
    pub(super) fn ptx(&self) -> Result<Vec<u8>, String> {
        self.read(self.api.ptx)
    }

    /// The binary; empty unless a real architecture was compiled for.
    pub(super) fn cubin(&self) -> Result<Vec<u8>, String> {
        self.read(self.api.cubin)
    }

    /// What the compilers said.
    pub(super) fn log(&self) -> Result<Vec<u8>, String> {
        self.read(self.api.log)
    }

    fn read(&self, (size, text): (Size, Text)) -> Result<Vec<u8>, String> {
        let mut bytes = 0;
        // SAFETY: the program is alive and `bytes` points to an integer.
        self.api.result(unsafe { size(self.program, &mut bytes) })?;
        let mut buffer = vec![0u8; bytes];
        if bytes > 0 {
            // SAFETY: room for as many bytes as the library has just said it writes.
            self.api.result(unsafe { text(self.program, buffer.as_mut_ptr().cast()) })?;
        }
        Ok(buffer)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // SAFETY: created by this library and destroyed here only.
        let _ = unsafe { (self.api.destroy)(&mut self.program) };
    }
}

/// An entry point by name.
///
/// # Safety
/// `F` is the type of a function pointer with that entry point's signature.
unsafe fn symbol<F: Copy>(library: &Library, name: &str) -> Result<F, String> {
    // SAFETY: the caller vouches for the type; the library is never unloaded once all are found.
    unsafe { library.get::<F>(name) }.map(|found| *found).map_err(|_| format!("it has no {name}: too old"))
}
