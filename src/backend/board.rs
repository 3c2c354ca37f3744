//! What a GPU's board says of itself while it works, for every backend that reaches the GPU: clocks, heat, throttling.
//! Measures nothing and decides nothing; a board that tells nothing is an empty condition, not an error.

use super::Condition;
use crate::power::nvml::{GpuProbe, GpuState};

/// A way to ask a board, where there is one.
#[derive(Default)]
pub(crate) struct Board(Option<GpuProbe>);

impl From<GpuProbe> for Board {
    fn from(probe: GpuProbe) -> Board {
        Board(Some(probe))
    }
}

impl Board {
    /// The NVIDIA board of a device, by its UUID or its PCI address.
    #[cfg(any(feature = "cuda", feature = "wgpu"))]
    pub(crate) fn of(facts: &super::DeviceFacts) -> Board {
        use crate::power::DeviceKey;
        let uuid = facts.uuid.clone().map(DeviceKey::Uuid);
        let keys = uuid.into_iter().chain(facts.pci.as_deref().and_then(DeviceKey::pci));
        Board(keys.into_iter().find_map(|key| GpuProbe::open(&key).ok()))
    }

    /// The board now.
    pub(crate) fn condition(&self) -> Condition {
        let state = self.0.as_ref().and_then(|probe| probe.state().ok());
        state.as_ref().map(condition_of).unwrap_or_default()
    }
}

fn condition_of(state: &GpuState) -> Condition {
    Condition {
        clock_mhz: state.sm_clock_mhz.or(state.graphics_clock_mhz),
        memory_clock_mhz: state.memory_clock_mhz,
        temperature_c: state.temperature_c.map(f64::from),
        slowdown: state.throttle.map(|throttle| throttle.slowdown()).unwrap_or_default(),
        power_capped: state.throttle.is_some_and(|throttle| throttle.is_power_capped()),
    }
}
