//! candle on NVIDIA GPUs: the same operations, on tensors there. Built only where it is asked for, because candle compiles
//! its kernels with nvcc and links the CUDA libraries, so that such a binary does not start without them.
//! Finds no card itself; the cuda backend does.

use candle_core::Device as Place;

use super::{
    super::{Backend, Device, DeviceError, Discovery, cuda},
    VERSION,
    device::CandleDevice,
    failed,
};

/// Name of the backend, the first part of its devices' ids.
const NAME: &str = "candle-cuda";

/// The backend of candle's CUDA devices.
pub(in super::super) struct CandleCuda;

impl Backend for CandleCuda {
    fn name(&self) -> &'static str {
        NAME
    }

    fn discover(&self) -> Discovery {
        // What keeps a card from being used the cuda backend has said.
        Discovery { devices: cuda::library_devices(NAME, &format!("candle-core {VERSION}")), missing: Vec::new() }
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        let unknown = || DeviceError::Failed(format!("candle sees no device `{id}`; `wattmark devices` lists them"));
        let facts = self.discover().devices.into_iter().find(|facts| facts.id == id).ok_or_else(unknown)?;
        let ordinal = id.rsplit(':').next().and_then(|n| n.parse().ok()).ok_or_else(unknown)?;
        let place = Place::new_cuda(ordinal).map_err(|e| failed("opening the GPU", &e))?;
        Ok(Box::new(CandleDevice::new(facts, place)))
    }
}
