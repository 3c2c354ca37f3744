//! A library track: what a user of candle-core would call for the same cases, on the CPU, and on NVIDIA GPUs with the
//! feature `candle-cuda`.
//! Has no kernel of its own and measures no ceiling; those of the cpu and cuda backends stand for the same hardware.
//!
//! What candle-core cannot do on a CPU is `Unsupported` with that reason: it has no 8-bit and no bf16 matrix product.
//! candle allocates an output on every launch, so there is none to poison beforehand. Instead the output of the last
//! launch is kept for reading back, and [`super::Executable::poison`] drops it: a launch that never happened is an
//! error, and an unwritten element cannot pass because candle hands out whole tensors only.
//!
//! Known finding: the f16 product of more than one row stores its partial sums in f16 between blocks of depth (at
//! least [`F16_DEPTH`] deep, by the size of the L1 cache; on aarch64 with fp16 arithmetic it accumulates in f16
//! altogether). Such products are outside the tolerance of f32 accumulation, single elements by over 100 times their
//! rounding noise while the Frobenius error stays small, so they fail verification and get no throughput.

#[cfg(feature = "candle-cuda")]
mod cuda;
mod device;
mod discover;
mod executable;
mod ops;

#[cfg(feature = "candle-cuda")]
pub(super) use cuda::CandleCuda;

use super::{Backend, Device, DeviceError, Discovery};

/// Version of candle-core this build links; a test holds it to `Cargo.lock`.
const VERSION: &str = "0.11.1";

/// Least depth over which candle's f16 product accumulates in f32, on x86-64.
const F16_DEPTH: u64 = 512;

/// The candle backend.
pub(super) struct Candle;

impl Backend for Candle {
    fn name(&self) -> &'static str {
        "candle"
    }

    fn discover(&self) -> Discovery {
        Discovery { devices: vec![discover::facts()], missing: Vec::new() }
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        let facts = discover::facts();
        if id != facts.id {
            return Err(DeviceError::Failed(format!("candle has no device `{id}`; it has `{}`", facts.id)));
        }
        Ok(Box::new(device::CandleDevice::new(facts, candle_core::Device::Cpu)))
    }
}

/// Says what candle was doing; its own text may carry a backtrace, of which the first line is enough.
fn failed(doing: &str, error: &candle_core::Error) -> DeviceError {
    let text = error.to_string();
    DeviceError::Failed(format!("candle-core {VERSION}, {doing}: {}", text.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests;
