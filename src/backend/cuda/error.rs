//! The driver's result codes as [`DeviceError`]s: what happened, and whether the context survived it.
//! Decides nothing about what to do next.

use cudarc::driver::sys::CUresult;

use super::super::DeviceError;

/// Turns a call's result into ours; `doing` completes "while ...".
///
/// # Errors
/// Anything but success.
pub(super) fn check(result: CUresult, doing: &str) -> Result<(), DeviceError> {
    if result == CUresult::CUDA_SUCCESS {
        return Ok(());
    }
    Err(describe(result, doing))
}

/// A code in words. Codes after which every further call in this process fails are `Lost`: the worker is restarted.
pub(super) fn describe(result: CUresult, doing: &str) -> DeviceError {
    use CUresult as Code;
    let failed = |text: String| DeviceError::Failed(format!("{doing}: {text}"));
    let lost = |text: &str| DeviceError::Lost(format!("{doing}: {text} ({result:?})"));
    match result {
        Code::CUDA_ERROR_OUT_OF_MEMORY => DeviceError::OutOfMemory(format!(
            "{doing}: the device has too little free memory; choose a smaller shape or end other processes on the GPU \
             (nvidia-smi lists them)"
        )),
        Code::CUDA_ERROR_ILLEGAL_ADDRESS => lost("a kernel read or wrote outside its buffers"),
        Code::CUDA_ERROR_MISALIGNED_ADDRESS => lost("a kernel read or wrote at a misaligned address"),
        Code::CUDA_ERROR_LAUNCH_TIMEOUT => lost("a kernel ran longer than the display's watchdog allows"),
        Code::CUDA_ERROR_ILLEGAL_INSTRUCTION
        | Code::CUDA_ERROR_INVALID_ADDRESS_SPACE
        | Code::CUDA_ERROR_INVALID_PC
        | Code::CUDA_ERROR_HARDWARE_STACK_ERROR
        | Code::CUDA_ERROR_ASSERT
        | Code::CUDA_ERROR_LAUNCH_FAILED => lost("a kernel failed on the device"),
        Code::CUDA_ERROR_ECC_UNCORRECTABLE | Code::CUDA_ERROR_NVLINK_UNCORRECTABLE => {
            lost("an uncorrectable memory or link error; see dmesg for the Xid, reset or replace the GPU")
        }
        Code::CUDA_ERROR_CONTEXT_IS_DESTROYED | Code::CUDA_ERROR_DEINITIALIZED | Code::CUDA_ERROR_UNKNOWN => {
            lost("the driver gave up this process's context; dmesg may hold an Xid")
        }
        Code::CUDA_ERROR_DEVICE_UNAVAILABLE => failed(
            "another process holds the GPU in exclusive mode; end it, or `nvidia-smi -c DEFAULT` as root".to_owned(),
        ),
        Code::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES => DeviceError::Unsupported(format!(
            "{doing}: the kernel takes more registers or shared memory than a block of this GPU has; tune smaller tiles"
        )),
        Code::CUDA_ERROR_UNSUPPORTED_PTX_VERSION => failed(
            "the driver is older than the compiler's PTX; update the driver, or install an NVRTC of the driver's \
             CUDA version"
                .to_owned(),
        ),
        Code::CUDA_ERROR_NO_BINARY_FOR_GPU | Code::CUDA_ERROR_INVALID_IMAGE | Code::CUDA_ERROR_INVALID_PTX => {
            failed(format!(
                "the compiled kernel is not for this GPU and driver ({result:?}); install an NVRTC of the driver's \
                     CUDA version"
            ))
        }
        other => failed(format!("{other:?}")),
    }
}

/// Why the driver would not start, and what to do, for [`super::super::Missing`].
pub(super) fn why_not_started(result: CUresult) -> (String, String) {
    use CUresult as Code;
    let visible = std::env::var("CUDA_VISIBLE_DEVICES");
    let (why, fix) = match result {
        Code::CUDA_ERROR_NO_DEVICE => match &visible {
            Ok(value) => (format!("CUDA_VISIBLE_DEVICES={value} leaves no device"), "unset CUDA_VISIBLE_DEVICES"),
            Err(_) => (
                "the driver lists no device".to_owned(),
                "check `nvidia-smi -L`; in a container, start it with --gpus all",
            ),
        },
        Code::CUDA_ERROR_STUB_LIBRARY => (
            "the libcuda found first is a toolkit's stub, not the driver's".to_owned(),
            "take the toolkit's `stubs` folder out of LD_LIBRARY_PATH",
        ),
        Code::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => {
            ("libcuda and the kernel module are of different versions".to_owned(), "reboot after the driver update")
        }
        Code::CUDA_ERROR_SYSTEM_NOT_READY => {
            ("the GPUs' fabric is not up".to_owned(), "start the fabric manager: systemctl start nvidia-fabricmanager")
        }
        Code::CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE => (
            "a forward-compatibility libcuda is loaded that this GPU does not support".to_owned(),
            "take the `compat` folder out of LD_LIBRARY_PATH",
        ),
        Code::CUDA_ERROR_UNKNOWN | Code::CUDA_ERROR_OPERATING_SYSTEM => (
            format!("the driver does not start ({result:?})"),
            "load its kernel modules (modprobe nvidia nvidia_uvm) and check that /dev/nvidia* can be read",
        ),
        other => (format!("the driver does not start ({other:?})"), "check that nvidia-smi works"),
    };
    (why, fix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kills_the_context_is_lost_and_the_rest_is_not() {
        for code in [
            CUresult::CUDA_ERROR_ILLEGAL_ADDRESS,
            CUresult::CUDA_ERROR_LAUNCH_FAILED,
            CUresult::CUDA_ERROR_ECC_UNCORRECTABLE,
            CUresult::CUDA_ERROR_LAUNCH_TIMEOUT,
        ] {
            assert!(matches!(describe(code, "running"), DeviceError::Lost(text) if text.starts_with("running: ")));
        }
        let memory = describe(CUresult::CUDA_ERROR_OUT_OF_MEMORY, "allocating `b`, 12 MiB");
        assert!(matches!(&memory, DeviceError::OutOfMemory(text) if text.contains("`b`")));
        let busy = describe(CUresult::CUDA_ERROR_DEVICE_UNAVAILABLE, "opening cuda:0").to_string();
        assert!(busy.contains("another process") && busy.contains("exclusive"), "{busy}");
        assert!(matches!(
            describe(CUresult::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "launching"),
            DeviceError::Unsupported(_)
        ));
        assert_eq!(check(CUresult::CUDA_SUCCESS, "anything"), Ok(()));
    }

    #[test]
    fn a_driver_that_does_not_start_has_a_fix() {
        for code in
            [CUresult::CUDA_ERROR_SYSTEM_NOT_READY, CUresult::CUDA_ERROR_UNKNOWN, CUresult::CUDA_ERROR_NO_DEVICE]
        {
            let (why, fix) = why_not_started(code);
            assert!(!why.is_empty() && !fix.is_empty());
        }
        assert!(why_not_started(CUresult::CUDA_ERROR_SYSTEM_NOT_READY).1.contains("fabricmanager"));
    }
}
