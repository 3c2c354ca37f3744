//! What the throttle guard asks of a board: clocks, temperature, limits, reasons.
//! Must not decide what to do with a sample; it says what the board said.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Api, sensor_error, shared_driver};
use crate::power::{DeviceKey, Missing, SensorError};

/// Bits of NVML's clock event reasons, with their names.
const REASONS: [(u64, &str); 9] = [
    (0x001, "gpu_idle"),
    (0x002, "application_clocks"),
    (0x004, "sw_power_cap"),
    (0x008, "hw_slowdown"),
    (0x010, "sync_boost"),
    (0x020, "sw_thermal_slowdown"),
    (0x040, "hw_thermal_slowdown"),
    (0x080, "hw_power_brake"),
    (0x100, "display_clocks"),
];
const SLOWDOWN: u64 = 0x008 | 0x020 | 0x040 | 0x080;
const POWER_CAP: u64 = 0x004;

/// Why the clocks are where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// NVML's bit mask.
    pub bits: u64,
}

impl Throttle {
    /// From NVML's bit mask.
    pub fn from_bits(bits: u64) -> Self {
        Self { bits }
    }

    /// Thermal or hardware slowdown: a sample taken under it is dropped and retaken.
    pub fn is_slowdown(self) -> bool {
        self.bits & SLOWDOWN != 0
    }

    /// Held by the power limit: a sample taken under it is kept and labelled.
    pub fn is_power_capped(self) -> bool {
        self.bits & POWER_CAP != 0
    }

    /// The names of the reasons that make a slowdown.
    pub fn slowdown(self) -> Vec<String> {
        Throttle::from_bits(self.bits & SLOWDOWN).reasons()
    }

    /// The names of the reasons; an unknown bit is shown as a number.
    pub fn reasons(self) -> Vec<String> {
        let mut left = self.bits;
        let mut names = Vec::new();
        for (bit, name) in REASONS {
            if left & bit != 0 {
                names.push(name.to_owned());
                left &= !bit;
            }
        }
        if left != 0 {
            names.push(format!("unknown(0x{left:x})"));
        }
        names
    }
}

/// A board at one moment; what it does not tell is None.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GpuState {
    /// Graphics clock, MHz.
    pub graphics_clock_mhz: Option<u32>,
    /// SM clock, MHz.
    pub sm_clock_mhz: Option<u32>,
    /// Memory clock, MHz.
    pub memory_clock_mhz: Option<u32>,
    /// Die temperature, degrees Celsius.
    pub temperature_c: Option<u32>,
    /// The power limit in force, W.
    pub power_limit_w: Option<f64>,
    /// The power limit the board came with, W.
    pub default_power_limit_w: Option<f64>,
    /// Why the clocks are where they are.
    pub throttle: Option<Throttle>,
    /// Processes with a compute context on the board, ours among them.
    pub compute_processes: Option<u32>,
}

/// Asks one board for its state.
pub struct GpuProbe {
    api: Arc<dyn Api>,
    index: u32,
    id: String,
}

impl GpuProbe {
    /// The probe of the board with this PCI id or UUID.
    ///
    /// # Errors
    /// [`Missing`] without NVML, or without such a board among those that NVML lists.
    pub fn open(device: &DeviceKey) -> Result<Self, Missing> {
        Self::open_with(shared_driver()?, device)
    }

    pub(super) fn open_with(api: Arc<dyn Api>, device: &DeviceKey) -> Result<Self, Missing> {
        let what = format!("NVML state of {device}");
        let mut seen = Vec::new();
        let count = api.count().map_err(|e| Missing::new(&what, e.to_string(), "check that nvidia-smi works"))?;
        for index in 0..count {
            let Ok(who) = api.identity(index) else {
                continue;
            };
            let pci = DeviceKey::pci(&who.pci);
            if pci.as_ref() == Some(device) || *device == DeviceKey::Uuid(who.uuid.clone()) {
                let id = format!("nvml:{device}");
                return Ok(Self { api, index, id });
            }
            seen.push(who.pci);
        }
        Err(Missing::new(
            what,
            format!("NVML lists [{}] and no such board", seen.join(", ")),
            "check the id against nvidia-smi -q; CUDA_VISIBLE_DEVICES does not change NVML's list",
        ))
    }

    /// The board now.
    ///
    /// # Errors
    /// [`SensorError`] when the board cannot be reached; a figure it does not tell is None, not an error.
    pub fn state(&self) -> Result<GpuState, SensorError> {
        self.api.state(self.index).map_err(|fault| sensor_error(&self.id, "NVML device state", fault))
    }
}
