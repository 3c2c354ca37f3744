//! The native track on NVIDIA GPUs: tensor-core kernels in CUDA, compiled by NVRTC.
//! Runs no portable program; what it has no kernel for, it says is the portable track's.
//!
//! The texts lie in `kernels/{matmul,attention}/*.cu`, how their tiles move in `native.md` beside them, and what they are
//! written in in `kernels/native/`.
//!
//! | room | what for |
//! |---|---|
//! | `plan`, `matmul`, `attention` | tiles, launches and buffers of a case: pure functions |
//! | `source` | a kernel's text from its parts |
//! | `device`, `launch` | a plan on the card |

mod attention;
mod device;
mod launch;
mod matmul;
mod plan;
mod source;
#[cfg(test)]
mod tests;

use super::{
    super::{Backend, Device, DeviceError, Discovery, Track},
    discover, driver, nvrtc,
};

/// Name of the backend, the first part of its devices' ids.
const NAME: &str = "cuda-native";

/// The native backend.
pub(in super::super) struct CudaNative;

impl Backend for CudaNative {
    fn name(&self) -> &'static str {
        NAME
    }

    fn discover(&self) -> Discovery {
        // What is missing, the cuda backend has said: once is enough.
        let Ok(driver) = driver::driver() else { return Discovery::default() };
        let Ok(cards) = discover::cards(driver) else { return Discovery::default() };
        let Ok(nvrtc) = nvrtc::find_for(driver.cuda) else { return Discovery::default() };
        let compiler = format!("NVRTC {}", nvrtc.version());
        let usable = cards.iter().filter(|card| {
            card.refusal().is_none()
                && device::gpu(card, &nvrtc, driver.cuda).is_ok_and(|gpu| plan::refusal(&gpu).is_none())
        });
        let devices = usable.map(|card| card.facts(NAME, Track::Native, driver, &compiler)).collect();
        Discovery { devices, missing: Vec::new() }
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(device::NativeDevice::open(id)?))
    }
}
