//! The library track through ONNX Runtime, and the road to NPUs: cases as graphs, run by whichever provider is there.
//! Has no kernel of its own and measures no ceiling; the cpu backend's ceilings stand for the same hardware.
//!
//! The runtime is found at run time (`$ORT_DYLIB_PATH`, the loader's path, Python's packages); nothing of it is needed to
//! build. A device is one execution provider on one of its targets. ONNX Runtime gives what a provider does not know to the
//! CPU without a word: every session but the CPU's own forbids that, so a graph that a provider does not run whole is
//! `Unsupported` with that reason and never a number.
//!
//! Weights, K and V are bound as inputs, stored as in every other backend; only `MatMulNBits` has them as constants, which
//! its notes say. Inputs and outputs are bound once, before the first launch; the output is poisoned where it lies.
//! For a provider with memory of its own this means that inputs are copied there once and the output back in every launch.
//!
//! Run so far: CPU and OpenVINO on CPU. Every other provider: not yet run.
//!
//! Known finding: where the last block of a row is not whole, OpenVINO (2025.4) rounds dequantised 4-bit weights to f16
//! before it multiplies. Such products are outside the tolerance and get no throughput.

mod attention;
mod device;
mod discover;
mod executable;
mod graph;
mod matmul;
mod model;
mod provider;
mod runtime;
mod search;

use super::{Backend, Device, DeviceError, Discovery};

/// The ONNX Runtime backend.
pub(super) struct Onnx;

impl Backend for Onnx {
    fn name(&self) -> &'static str {
        "onnx"
    }

    fn discover(&self) -> Discovery {
        discover::discover()
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        let (runtime, place, facts) = discover::find(id)?;
        Ok(Box::new(device::OnnxDevice::new(runtime, place, facts)))
    }
}
