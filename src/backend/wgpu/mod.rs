//! GPUs through wgpu — Vulkan, Metal, DX12, GL — and their software stand-ins: executes the portable track's programs.
//! Plans no kernel: buffers, passes and grids come from `kernel`; limits and features go to it as a `Target`.

mod device;
mod discover;
mod error;
mod executable;
#[cfg(test)]
mod tests;

pub(crate) use device::WgpuDevice;

use super::{Backend, Device, DeviceError, Discovery};

/// The wgpu backend.
pub(super) struct Wgpu;

impl Backend for Wgpu {
    fn name(&self) -> &'static str {
        discover::NAME
    }

    fn discover(&self) -> Discovery {
        discover::discover()
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(WgpuDevice::open(id, Limits::Adapter)?))
    }
}

/// Which limits and features to ask of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limits {
    /// All that it has.
    Adapter,
    /// Those every embedded GPU has, and no features.
    Downlevel,
}

/// Opens a device with no more than wgpu's downlevel limits and no features: what an embedded GPU offers. For checking
/// that every kernel runs there.
///
/// # Errors
/// As [`Backend::open`].
pub fn open_downlevel(id: &str) -> Result<Box<dyn Device>, DeviceError> {
    Ok(Box::new(WgpuDevice::open(id, Limits::Downlevel)?))
}
