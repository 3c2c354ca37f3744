//! The real NVML behind the small interface of this room.
//! Must not be reached by tests: there is no board to script here.

use std::sync::Arc;

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use nvml_wrapper::enums::device::SampleValue;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::structs::device::FieldId;

use super::{Api, GpuState, Identity, NvmlFault, Throttle};
use crate::power::Missing;

impl From<NvmlError> for NvmlFault {
    fn from(e: NvmlError) -> Self {
        match e {
            NvmlError::NotSupported | NvmlError::FailedToLoadSymbol(_) => Self::NotSupported,
            NvmlError::NoPermission => Self::NotPermitted,
            NvmlError::GpuLost | NvmlError::NotFound | NvmlError::Uninitialized => Self::Lost(e.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}

/// Load the library and initialise it.
pub(super) fn load() -> Result<Arc<dyn Api>, Missing> {
    match Nvml::init() {
        Ok(nvml) => Ok(Arc::new(Driver(nvml))),
        Err(e) => {
            let fix = match &e {
                NvmlError::LibloadingError(_) => {
                    "nothing to do without an NVIDIA board; with one, install its driver, and in a \
                     container start it with --gpus all (utility capability)"
                }
                NvmlError::DriverNotLoaded => "load the kernel module: sudo modprobe nvidia",
                NvmlError::LibRmVersionMismatch => "library and kernel module differ: reboot after the driver update",
                _ => "check that nvidia-smi works",
            };
            Err(Missing::new("NVIDIA boards (NVML)", e.to_string(), fix))
        }
    }
}

struct Driver(Nvml);

impl Api for Driver {
    fn count(&self) -> Result<u32, NvmlFault> {
        Ok(self.0.device_count()?)
    }

    fn driver_version(&self) -> Option<String> {
        self.0.sys_driver_version().ok()
    }

    fn identity(&self, index: u32) -> Result<Identity, NvmlFault> {
        let device = self.0.device_by_index(index)?;
        Ok(Identity { pci: device.pci_info()?.bus_id, uuid: device.uuid()?, name: device.name()? })
    }

    fn energy_mj(&self, index: u32) -> Result<u64, NvmlFault> {
        Ok(self.0.device_by_index(index)?.total_energy_consumption()?)
    }

    fn field_mw(&self, index: u32, field: u32) -> Result<u64, NvmlFault> {
        let device = self.0.device_by_index(index)?;
        let sample = device
            .field_values_for(&[FieldId(field)])?
            .pop()
            .ok_or_else(|| NvmlFault::Other(format!("no answer for field {field}")))??;
        let impossible = |v: String| NvmlFault::Other(format!("field {field} says {v} mW"));
        match sample.value? {
            SampleValue::U32(v) => Ok(u64::from(v)),
            SampleValue::U64(v) => Ok(v),
            SampleValue::I64(v) => u64::try_from(v).map_err(|_| impossible(v.to_string())),
            SampleValue::F64(v) if v.is_finite() && v >= 0.0 => Ok(v.round() as u64),
            SampleValue::F64(v) => Err(impossible(v.to_string())),
        }
    }

    fn usage_mw(&self, index: u32) -> Result<u64, NvmlFault> {
        Ok(u64::from(self.0.device_by_index(index)?.power_usage()?))
    }

    fn state(&self, index: u32) -> Result<GpuState, NvmlFault> {
        let device = self.0.device_by_index(index)?;
        let watts = |mw: u32| f64::from(mw) * 1e-3;
        Ok(GpuState {
            graphics_clock_mhz: device.clock_info(Clock::Graphics).ok(),
            sm_clock_mhz: device.clock_info(Clock::SM).ok(),
            memory_clock_mhz: device.clock_info(Clock::Memory).ok(),
            temperature_c: device.temperature(TemperatureSensor::Gpu).ok(),
            power_limit_w: device.enforced_power_limit().ok().map(watts),
            default_power_limit_w: device.power_management_limit_default().ok().map(watts),
            throttle: device.current_throttle_reasons().ok().map(|r| Throttle::from_bits(r.bits())),
            compute_processes: device.running_compute_processes_count().ok(),
        })
    }
}
