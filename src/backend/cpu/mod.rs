//! The CPU, used as one: native kernels for the best instruction set it has. Always there.
//! Discovers, uploads and times; the kernels are in `native`.

mod device;
mod discover;
mod executable;
mod native;
mod quantized;

use super::{Backend, Device, DeviceError, Discovery};

/// The CPU backend.
pub(super) struct Cpu;

/// How many threads the pool has, for libraries that bring their own: one for each big CPU this process may use.
#[cfg(feature = "onnx")]
pub(super) fn threads() -> usize {
    native::pool::cluster().map_or(1, |cluster| cluster.cpus.len())
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn discover(&self) -> Discovery {
        Discovery { devices: vec![discover::facts()], missing: Vec::new() }
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        let facts = discover::facts();
        if id != facts.id {
            return Err(DeviceError::Failed(format!("no device `{id}`: the CPU is `{}`", facts.id)));
        }
        Ok(Box::new(device::CpuDevice::open(facts)?))
    }
}
