//! The driver's objects as values that free themselves: context, stream, memory, events, modules, graphs.
//! Knows no case and no kernel.

use std::{
    ffi::{CStr, CString, c_void},
    rc::Rc,
};

use cudarc::driver::sys;

use super::{
    super::DeviceError,
    error::{check, describe},
};

/// The device's primary context and one stream in it. All work goes to that stream, in order.
#[derive(Debug)]
pub(super) struct Context {
    device: sys::CUdevice,
    handle: sys::CUcontext,
    stream: sys::CUstream,
}

impl Context {
    /// Opens a device that discovery found.
    pub(super) fn open(device: sys::CUdevice, id: &str) -> Result<Rc<Context>, DeviceError> {
        let doing = format!("opening {id}");
        let mut handle = std::ptr::null_mut();
        // SAFETY: the driver is running and `device` came from it; a pointer is written.
        check(unsafe { sys::cuDevicePrimaryCtxRetain(&mut handle, device) }, &doing)?;
        let mut context = Context { device, handle, stream: std::ptr::null_mut() };
        context.bind()?;
        let flags = sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32;
        // SAFETY: the context is current; a pointer is written.
        check(unsafe { sys::cuStreamCreate(&mut context.stream, flags) }, &doing)?;
        Ok(Rc::new(context))
    }

    /// Makes the context current on this thread: every entry from outside does so first.
    pub(super) fn bind(&self) -> Result<(), DeviceError> {
        // SAFETY: the handle is retained until drop.
        check(unsafe { sys::cuCtxSetCurrent(self.handle) }, "making the context current")
    }

    /// The stream, for libraries that take one.
    pub(super) fn stream(&self) -> sys::CUstream {
        self.stream
    }

    /// Waits for all work; what went wrong in it is told here.
    pub(super) fn synchronize(&self, doing: &str) -> Result<(), DeviceError> {
        // SAFETY: the stream lives as long as the context.
        check(unsafe { sys::cuStreamSynchronize(self.stream) }, doing)
    }

    /// Free and total bytes of memory.
    pub(super) fn memory(&self) -> Result<(u64, u64), DeviceError> {
        let (mut free, mut total) = (0, 0);
        // SAFETY: the context is current; two integers are written.
        check(unsafe { sys::cuMemGetInfo_v2(&mut free, &mut total) }, "asking for free memory")?;
        Ok((free as u64, total as u64))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: created in `open`, destroyed here only; after a fault the driver refuses, which changes nothing.
        unsafe {
            if !self.stream.is_null() {
                let _ = sys::cuStreamDestroy_v2(self.stream);
            }
            let _ = sys::cuDevicePrimaryCtxRelease_v2(self.device);
        }
    }
}

/// Device memory.
#[derive(Debug)]
pub(super) struct Memory {
    context: Rc<Context>,
    address: sys::CUdeviceptr,
    bytes: u64,
}

impl Memory {
    /// Allocates; `name` is told if there is not enough.
    pub(super) fn allocate(context: &Rc<Context>, name: &str, bytes: u64) -> Result<Memory, DeviceError> {
        let mut address = 0;
        // SAFETY: the context is current; an address is written.
        let result = unsafe { sys::cuMemAlloc_v2(&mut address, bytes.max(1) as usize) };
        if result != sys::CUresult::CUDA_SUCCESS {
            let free = context.memory().map_or_else(|_| "?".to_owned(), |(free, _)| (free >> 20).to_string());
            let wanted = bytes.div_ceil(1 << 20);
            return Err(describe(result, &format!("allocating {wanted} MiB for `{name}` with {free} MiB free")));
        }
        Ok(Memory { context: Rc::clone(context), address, bytes })
    }

    /// Where it lies on the device.
    pub(super) fn address(&self) -> sys::CUdeviceptr {
        self.address
    }

    /// Its size.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Copies bytes to it, from its byte `at` on, and waits.
    pub(super) fn write(&self, at: u64, bytes: &[u8]) -> Result<(), DeviceError> {
        self.check_range(at, bytes.len() as u64)?;
        let stream = self.context.stream;
        // SAFETY: the range lies inside the allocation, checked above; the host's bytes outlive the copy, which is
        // waited for.
        let result =
            unsafe { sys::cuMemcpyHtoDAsync_v2(self.address + at, bytes.as_ptr().cast(), bytes.len(), stream) };
        check(result, "copying to the device")?;
        self.context.synchronize("copying to the device")
    }

    /// Copies its bytes from `at` on to the host.
    pub(super) fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), DeviceError> {
        self.check_range(at, bytes.len() as u64)?;
        let stream = self.context.stream;
        // SAFETY: as in `write`; the host's bytes are borrowed exclusively until the copy is done.
        let result =
            unsafe { sys::cuMemcpyDtoHAsync_v2(bytes.as_mut_ptr().cast(), self.address + at, bytes.len(), stream) };
        check(result, "copying from the device")?;
        self.context.synchronize("copying from the device")
    }

    /// Copies all of another memory of the same size, without waiting.
    pub(super) fn copy_from(&self, other: &Memory) -> Result<(), DeviceError> {
        self.check_range(0, other.bytes)?;
        // SAFETY: both allocations hold that many bytes, checked above.
        let result = unsafe {
            sys::cuMemcpyDtoDAsync_v2(self.address, other.address, other.bytes as usize, self.context.stream)
        };
        check(result, "copying on the device")
    }

    /// Fills it with one byte, without waiting.
    pub(super) fn fill(&self, byte: u8) -> Result<(), DeviceError> {
        // SAFETY: the allocation holds that many bytes.
        let result = unsafe { sys::cuMemsetD8Async(self.address, byte, self.bytes as usize, self.context.stream) };
        check(result, "filling a buffer")
    }

    fn check_range(&self, at: u64, bytes: u64) -> Result<(), DeviceError> {
        if at.checked_add(bytes).is_some_and(|end| end <= self.bytes) {
            return Ok(());
        }
        Err(DeviceError::Failed(format!("bytes {at}+{bytes} lie outside a buffer of {}: a mistake here", self.bytes)))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated in `allocate`, freed here only, in the context that is kept alive until then.
        unsafe {
            let _ = sys::cuCtxSetCurrent(self.context.handle);
            let _ = sys::cuMemFree_v2(self.address);
        }
    }
}

/// A time stamp on the stream.
#[derive(Debug)]
pub(super) struct Event {
    context: Rc<Context>,
    handle: sys::CUevent,
}

impl Event {
    /// Makes one.
    pub(super) fn new(context: &Rc<Context>) -> Result<Event, DeviceError> {
        let mut handle = std::ptr::null_mut();
        let flags = sys::CUevent_flags::CU_EVENT_DEFAULT as u32;
        // SAFETY: the context is current; a pointer is written.
        check(unsafe { sys::cuEventCreate(&mut handle, flags) }, "making a time stamp")?;
        Ok(Event { context: Rc::clone(context), handle })
    }

    /// Stamps the stream after all work given so far.
    pub(super) fn record(&self) -> Result<(), DeviceError> {
        // SAFETY: event and stream are of one context and alive.
        check(unsafe { sys::cuEventRecord(self.handle, self.context.stream) }, "recording a time stamp")
    }

    /// Waits until the stamp is written.
    pub(super) fn synchronize(&self, doing: &str) -> Result<(), DeviceError> {
        // SAFETY: the event is alive.
        check(unsafe { sys::cuEventSynchronize(self.handle) }, doing)
    }

    /// Seconds since an earlier stamp; both are written.
    pub(super) fn seconds_since(&self, start: &Event) -> Result<f64, DeviceError> {
        let mut milliseconds = 0f32;
        // SAFETY: both events are alive and recorded; one float is written.
        let result = unsafe { sys::cuEventElapsedTime(&mut milliseconds, start.handle, self.handle) };
        check(result, "reading time stamps")?;
        Ok(f64::from(milliseconds) * 1e-3)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: created in `new`, destroyed here only.
        let _ = unsafe { sys::cuEventDestroy_v2(self.handle) };
    }
}

/// A kernel in a loaded module.
#[derive(Debug)]
pub(super) struct Function {
    context: Rc<Context>,
    module: sys::CUmodule,
    handle: sys::CUfunction,
}

/// Bytes of log that the driver's compiler may fill.
const JIT_LOG: usize = 4096;

impl Function {
    /// Loads an image, cubin or PTX, and takes one kernel from it.
    pub(super) fn load(context: &Rc<Context>, image: &[u8], symbol: &str) -> Result<Function, DeviceError> {
        // PTX is text that ends with a zero; a binary does not mind one more byte.
        let image = [image, &[0]].concat();
        let symbol = CString::new(symbol)
            .map_err(|_| DeviceError::Failed(format!("`{symbol:?}` is no symbol: it holds a zero byte")))?;
        let mut log = vec![0u8; JIT_LOG];
        let mut options =
            [sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER, sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES];
        let mut values: [*mut c_void; 2] = [log.as_mut_ptr().cast(), JIT_LOG as *mut c_void];
        let mut module = std::ptr::null_mut();
        // SAFETY: the context is current; the image is whole and ends with a zero; each option has a value of the kind
        // that its documentation asks for, and the log outlives the call.
        let result = unsafe {
            sys::cuModuleLoadDataEx(&mut module, image.as_ptr().cast(), 2, options.as_mut_ptr(), values.as_mut_ptr())
        };
        if result != sys::CUresult::CUDA_SUCCESS {
            let said = CStr::from_bytes_until_nul(&log).map(|text| text.to_string_lossy()).unwrap_or_default();
            let said = if said.is_empty() { String::new() } else { format!(" ({})", said.trim()) };
            return Err(describe(result, &format!("loading a kernel{said}")));
        }
        let mut function = Function { context: Rc::clone(context), module, handle: std::ptr::null_mut() };
        // SAFETY: the module is loaded, the name is a C string, a pointer is written.
        let result = unsafe { sys::cuModuleGetFunction(&mut function.handle, module, symbol.as_ptr()) };
        check(result, &format!("taking {symbol:?} from its module"))?;
        Ok(function)
    }

    /// A figure of the compiled kernel.
    pub(super) fn attribute(&self, attribute: sys::CUfunction_attribute) -> Result<u32, DeviceError> {
        let mut value = 0;
        // SAFETY: the function is loaded; one integer is written.
        check(unsafe { sys::cuFuncGetAttribute(&mut value, attribute, self.handle) }, "asking about a kernel")?;
        Ok(value.unsigned_abs())
    }

    /// Allows launches with this much dynamic shared memory.
    pub(super) fn allow_dynamic_shared(&self, bytes: u32) -> Result<(), DeviceError> {
        let attribute = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        // SAFETY: the function is loaded.
        let result = unsafe { sys::cuFuncSetAttribute(self.handle, attribute, bytes as i32) };
        check(result, "asking for more shared memory than 48 KiB")
    }

    /// Gives one launch to the stream.
    ///
    /// # Safety
    /// `parameters` holds one pointer for every parameter of the kernel, each to a value of its size; the kernel stays
    /// inside the memory that it is given, and that memory lives until the stream is done.
    pub(super) unsafe fn launch(
        &self,
        grid: [u32; 3],
        block: [u32; 3],
        dynamic_shared: u32,
        parameters: &[*mut c_void],
    ) -> Result<(), DeviceError> {
        // SAFETY: the caller vouches for the parameters, which the driver copies and does not write.
        let result = unsafe {
            sys::cuLaunchKernel(
                self.handle,
                grid[0],
                grid[1],
                grid[2],
                block[0],
                block[1],
                block[2],
                dynamic_shared,
                self.context.stream,
                parameters.as_ptr().cast_mut(),
                std::ptr::null_mut(),
            )
        };
        check(result, "launching a kernel")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // SAFETY: loaded in `load`, unloaded here only.
        unsafe {
            let _ = sys::cuCtxSetCurrent(self.context.handle);
            let _ = sys::cuModuleUnload(self.module);
        }
    }
}

/// Work that was captured once and is launched as a whole.
#[derive(Debug)]
pub(super) struct Graph {
    context: Rc<Context>,
    handle: sys::CUgraphExec,
}

impl Graph {
    /// Captures what `work` gives to the stream; nothing of it runs.
    pub(super) fn capture(
        context: &Rc<Context>,
        work: impl FnOnce() -> Result<(), DeviceError>,
    ) -> Result<Graph, DeviceError> {
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: the stream is alive and not capturing.
        check(unsafe { sys::cuStreamBeginCapture_v2(context.stream, mode) }, "capturing a graph")?;
        let worked = work();
        let mut captured = std::ptr::null_mut();
        // SAFETY: the capture begun above ends here whatever became of the work; a pointer is written.
        let ended = check(unsafe { sys::cuStreamEndCapture(context.stream, &mut captured) }, "capturing a graph");
        let mut handle = std::ptr::null_mut();
        let made = worked.and(ended).and_then(|()| {
            // SAFETY: the graph was captured just now; a pointer is written.
            check(unsafe { sys::cuGraphInstantiateWithFlags(&mut handle, captured, 0) }, "making a graph")
        });
        if !captured.is_null() {
            // SAFETY: captured just now, destroyed here only; what was made of it stands by itself.
            let _ = unsafe { sys::cuGraphDestroy(captured) };
        }
        made?;
        let graph = Graph { context: Rc::clone(context), handle };
        // SAFETY: graph and stream are alive and of one context.
        check(unsafe { sys::cuGraphUpload(graph.handle, context.stream) }, "uploading a graph")?;
        Ok(graph)
    }

    /// Gives the captured work to the stream.
    pub(super) fn launch(&self) -> Result<(), DeviceError> {
        // SAFETY: graph and stream are alive and of one context; the memory it works on is kept by its owner.
        check(unsafe { sys::cuGraphLaunch(self.handle, self.context.stream) }, "launching a graph")
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: made in `capture`, destroyed here only.
        let _ = unsafe { sys::cuGraphExecDestroy(self.handle) };
    }
}
