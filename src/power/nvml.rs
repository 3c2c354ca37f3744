//! NVIDIA boards through NVML, loaded at run time: energy, power, and what the throttle guard asks.
//! Must not link the driver, and must not merge counter and gauge: they have been seen 1.7x apart.

mod driver;
mod state;

use std::sync::{Arc, OnceLock};

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Reading, Roots, Sensor, SensorError, SensorInfo, Value, clock,
};

pub use state::{GpuProbe, GpuState, Throttle};

/// NVML field of the instant power of the GPU scope, mW.
const FIELD_POWER_INSTANT: u32 = 186;
/// NVML field of the averaged power of the GPU scope, mW.
const FIELD_POWER_AVERAGE: u32 = 185;

/// Above this a board is not drawing but broken, in watts.
const BOARD_LIMIT_W: f64 = 3_000.0;

/// Who a board is.
#[derive(Clone, Debug, PartialEq)]
struct Identity {
    /// As NVML writes it, `00000000:65:00.0`.
    pci: String,
    uuid: String,
    name: String,
}

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum NvmlFault {
    #[error("not supported on this device")]
    NotSupported,
    #[error("not permitted")]
    NotPermitted,
    #[error("{0}")]
    Lost(String),
    #[error("{0}")]
    Other(String),
}

/// The part of NVML that is used here, so that tests can script it.
trait Api: Send + Sync {
    fn count(&self) -> Result<u32, NvmlFault>;
    /// Version of the driver, as in `570.86.15`.
    fn driver_version(&self) -> Option<String>;
    fn identity(&self, index: u32) -> Result<Identity, NvmlFault>;
    /// Energy since the driver was loaded, mJ.
    fn energy_mj(&self, index: u32) -> Result<u64, NvmlFault>;
    /// A power field, mW.
    fn field_mw(&self, index: u32, field: u32) -> Result<u64, NvmlFault>;
    /// Plain power usage, mW.
    fn usage_mw(&self, index: u32) -> Result<u64, NvmlFault>;
    fn state(&self, index: u32) -> Result<GpuState, NvmlFault>;
}

/// Which of a board's figures a sensor reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meter {
    Energy,
    Instant,
    Average,
    Usage,
}

impl Meter {
    fn as_str(self) -> &'static str {
        match self {
            Self::Energy => "energy",
            Self::Instant => "power-instant",
            Self::Average => "power-average",
            Self::Usage => "power-usage",
        }
    }

    fn call(self) -> &'static str {
        match self {
            Self::Energy => "nvmlDeviceGetTotalEnergyConsumption",
            Self::Instant => "nvmlDeviceGetFieldValues(186, POWER_INSTANT)",
            Self::Average => "nvmlDeviceGetFieldValues(185, POWER_AVERAGE)",
            Self::Usage => "nvmlDeviceGetPowerUsage",
        }
    }

    fn milli(self, api: &dyn Api, index: u32) -> Result<u64, NvmlFault> {
        match self {
            Self::Energy => api.energy_mj(index),
            Self::Instant => api.field_mw(index, FIELD_POWER_INSTANT),
            Self::Average => api.field_mw(index, FIELD_POWER_AVERAGE),
            Self::Usage => api.usage_mw(index),
        }
    }
}

struct NvmlSensor {
    info: SensorInfo,
    api: Arc<dyn Api>,
    index: u32,
    meter: Meter,
}

fn sensor_error(id: &str, place: &str, fault: NvmlFault) -> SensorError {
    let sensor = id.to_owned();
    let place = place.to_owned();
    match fault {
        NvmlFault::Lost(detail) => SensorError::Gone { sensor, place, detail },
        NvmlFault::NotPermitted => SensorError::Permission {
            sensor,
            place,
            fix: "run where the driver's device files are readable".to_owned(),
        },
        other => SensorError::Driver { sensor, place, detail: other.to_string() },
    }
}

impl Sensor for NvmlSensor {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let milli = self
            .meter
            .milli(self.api.as_ref(), self.index)
            .map_err(|fault| sensor_error(&self.info.id, self.meter.call(), fault))?;
        let t_ns = clock::monotonic_ns();
        if self.meter == Meter::Energy {
            return Ok(Reading { t_ns, value: Value::Counter { ticks: milli } });
        }
        let watts = milli as f64 * 1e-3;
        if watts > BOARD_LIMIT_W {
            return Err(SensorError::Implausible {
                sensor: self.info.id.clone(),
                what: format!("{} says {watts:.0} W", self.meter.call()),
            });
        }
        Ok(Reading { t_ns, value: Value::Gauge { watts } })
    }
}

/// NVML, loaded once: initialising it again costs tens of milliseconds and a second set of handles.
fn shared_driver() -> Result<Arc<dyn Api>, Missing> {
    static DRIVER: OnceLock<Result<Arc<dyn Api>, Missing>> = OnceLock::new();
    DRIVER.get_or_init(driver::load).clone()
}

/// Version of NVIDIA's driver, as in `570.86.15`, where NVML is there to tell it.
pub fn driver_version() -> Option<String> {
    shared_driver().ok()?.driver_version()
}

/// Find every NVIDIA board's meters.
pub fn discover(roots: &Roots) -> Discovery {
    if !roots.nvml {
        return Discovery::default();
    }
    match shared_driver() {
        Ok(api) => discover_with(&api),
        Err(missing) => Discovery { sensors: Vec::new(), missing: vec![missing] },
    }
}

fn discover_with(api: &Arc<dyn Api>) -> Discovery {
    let mut found = Discovery::default();
    let count = match api.count() {
        Ok(0) => {
            let why = "the driver is loaded and lists no device";
            found.missing.push(Missing::new("NVIDIA boards (NVML)", why, "check nvidia-smi -L"));
            return found;
        }
        Ok(n) => n,
        Err(fault) => {
            let fix = "check nvidia-smi -L";
            found.missing.push(Missing::new("NVIDIA boards (NVML)", fault.to_string(), fix));
            return found;
        }
    };
    for index in 0..count {
        match api.identity(index) {
            Ok(who) => open_board(api, index, &who, &mut found),
            Err(fault) => found.missing.push(Missing::new(
                format!("NVIDIA board {index}"),
                fault.to_string(),
                "check nvidia-smi and dmesg for this board (Xid errors)",
            )),
        }
    }
    found
}

fn open_board(api: &Arc<dyn Api>, index: u32, who: &Identity, found: &mut Discovery) {
    let mut gauges = 0;
    for meter in [Meter::Energy, Meter::Instant, Meter::Average, Meter::Usage] {
        if meter == Meter::Usage && gauges > 0 {
            continue;
        }
        match meter.milli(api.as_ref(), index) {
            Ok(_) => {
                gauges += u32::from(meter != Meter::Energy);
                found.sensors.push(Box::new(NvmlSensor {
                    info: describe(who, meter),
                    api: Arc::clone(api),
                    index,
                    meter,
                }));
            }
            Err(fault) => found.missing.push(Missing::new(
                format!("{} of {} ({})", meter.as_str(), who.name, who.pci),
                format!("{}: {fault}", meter.call()),
                match meter {
                    Meter::Energy => "needs Volta or later; under vGPU or MIG ask the host",
                    Meter::Usage => "this board shows no power: use an external meter",
                    _ => "needs driver 530 or later",
                },
            )),
        }
    }
}

fn describe(who: &Identity, meter: Meter) -> SensorInfo {
    let pci = DeviceKey::pci(&who.pci);
    let place = pci.as_ref().map_or(who.uuid.clone(), ToString::to_string);
    let kind = match meter {
        Meter::Energy => Kind::Counter { joules_per_tick: 1e-3, wraps_at: Vec::new() },
        _ => Kind::Gauge { resolution_w: Some(1e-3) },
    };
    // Nobody publishes an accuracy; the fits that were published are 5 % off at most in slope.
    let gain = Gain::assumed_bound(
        0.05,
        "gains of 0.954 (A100-40G PCIe) and 1.044 (RTX 4090) are published for the gauge; +-5 % taken \
         as a rectangular bound, for the counter too",
    );
    let id = format!("nvml:{place}:{}", meter.as_str());
    let mut info = SensorInfo::new(id, kind, Boundary::GpuBoard, gain);
    info.name = format!("{} {}", who.name, meter.as_str());
    info.source = meter.call().to_owned();
    info.update_period_s = Some(0.1);
    info.matches.extend(pci);
    info.matches.push(DeviceKey::Uuid(who.uuid.clone()));
    info.plausible_watts = BOARD_LIMIT_W;
    info.notes
        .push("offsets of -1.2 to -22.6 W are published: near idle it is further off than the budget says".to_owned());
    match meter {
        Meter::Energy => {
            info.notes.push("updates every 10-100 ms; at idle it has been seen 1.7x from the gauge".to_owned())
        }
        Meter::Instant => {
            info.averaging_window_s = Some(0.025);
            info.notes.push("on A100 and H100 it sees about a quarter of the time".to_owned());
        }
        Meter::Average => info.averaging_window_s = Some(1.0),
        Meter::Usage => {
            info.averaging_window_s = Some(1.0);
            info.notes.push(
                "fallback: neither field 186 nor 185 answered; instant or a 1 s average depending on \
                 the board (a 1 s average on Hopper and Ada)"
                    .to_owned(),
            );
        }
    }
    if matches!(meter, Meter::Instant | Meter::Average) {
        info.notes.push("GPU scope: on Grace Hopper the module draws more than this".to_owned());
    }
    info
}

#[cfg(test)]
mod tests;
