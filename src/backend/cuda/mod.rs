//! NVIDIA GPUs through CUDA: executes the portable track's programs, translated by `wgsl2cuda`, compiled by NVRTC;
//! the native track's tensor-core kernels; and the library track by cuBLASLt.
//! Plans no kernel, and touches no library before it has been found: cudarc panics where one is absent.
//!
//! See `README.md` beside this file for how to get it running on a fresh machine and on a Jetson.
//!
//! | room | what for |
//! |---|---|
//! | `search` | where NVIDIA's libraries may lie |
//! | `driver`, `error` | the driver library, checked before use; its codes as our errors |
//! | `discover` | which GPUs there are |
//! | `nvrtc`, `arch`, `cache`, `compile` | from CUDA text to a loaded kernel, for the card's architecture |
//! | `resources` | the driver's objects, freed when dropped |
//! | `sets`, `launch` | a case's buffers; a kernel's parameters |
//! | `device`, `executable`, `graph`, `flush` | a case on the card: prepared, launched, timed |
//! | `native` | tensor-core kernels: planned, launched |
//! | `library` | cuBLASLt |
//! | `show` | what the compilers make of a kernel, for people to read |

mod arch;
mod cache;
mod compile;
mod device;
mod discover;
mod driver;
mod error;
mod executable;
mod flush;
mod graph;
mod launch;
mod library;
mod native;
pub mod nvrtc;
mod resources;
mod search;
mod sets;
pub mod show;
#[cfg(test)]
mod tests;

pub(super) use {library::CublasLt, native::CudaNative};

use super::{Backend, Device, DeviceError, Discovery};

/// The GPUs that a library may use, under its backend's name; none without a driver.
#[cfg(feature = "candle-cuda")]
pub(super) fn library_devices(backend: &str, library: &str) -> Vec<super::DeviceFacts> {
    let Ok(driver) = driver::driver() else { return Vec::new() };
    let cards = discover::cards(driver).unwrap_or_default();
    let usable = cards.iter().filter(|card| card.refusal().is_none());
    usable.map(|card| card.facts(backend, super::Track::Library, driver, library)).collect()
}

/// The CUDA backend.
pub(super) struct Cuda;

impl Backend for Cuda {
    fn name(&self) -> &'static str {
        discover::NAME
    }

    fn discover(&self) -> Discovery {
        discover::discover()
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(device::CudaDevice::open(id)?))
    }
}
