//! Devices behind one trait: discover, open, prepare a case, run it, read the output back.
//! Plans no kernel and judges no result; `kernel` and `measure` do.
//!
//! To add a backend: a folder here with the same file names as the others, and one line in [`backends`].

#[cfg(any(feature = "cuda", feature = "wgpu", test))]
pub(crate) mod board;
#[cfg(feature = "candle")]
mod candle;
mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
mod dense;
mod emulation;
mod host;
mod mock;
#[cfg(feature = "onnx")]
mod onnx;
#[cfg(any(feature = "cuda", feature = "onnx"))]
mod search;
#[cfg(feature = "wgpu")]
pub mod wgpu;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Case, Data, Inputs, Target, Tuning};

pub(crate) use dense::dense_f64;
pub(crate) use host::check_memory;

/// Every backend of this build, in the order tables show them.
pub fn backends() -> Vec<Box<dyn Backend>> {
    vec![
        Box::new(cpu::Cpu),
        #[cfg(feature = "candle")]
        Box::new(candle::Candle),
        #[cfg(feature = "candle-cuda")]
        Box::new(candle::CandleCuda),
        #[cfg(feature = "onnx")]
        Box::new(onnx::Onnx),
        #[cfg(feature = "cuda")]
        Box::new(cuda::Cuda),
        #[cfg(feature = "cuda")]
        Box::new(cuda::CudaNative),
        #[cfg(feature = "cuda")]
        Box::new(cuda::CublasLt),
        #[cfg(feature = "wgpu")]
        Box::new(wgpu::Wgpu),
        Box::new(mock::Mock),
    ]
}

/// Which question a result answers; see METHODOLOGY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Track {
    /// One WGSL file everywhere: what the hardware makes of the same program.
    Portable,
    /// The best we can write for one target.
    Native,
    /// What a user would call.
    Library,
}

impl Track {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Track::Portable => "portable",
            Track::Native => "native",
            Track::Library => "library",
        }
    }
}

/// What sort of thing a device is. Software rasterizers are never ranked with hardware unmarked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceClass {
    /// A CPU, used as one.
    Cpu,
    /// A GPU with memory of its own.
    Discrete,
    /// A GPU that shares the host's memory.
    Integrated,
    /// A GPU behind a hypervisor.
    Virtual,
    /// A GPU interface drawn by the CPU.
    Software,
    /// The driver does not say.
    Other,
    /// A scripted device, for tests.
    Mock,
}

/// What is known of a device without running anything on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceFacts {
    /// `backend:index`, valid on this machine and boot only.
    pub id: String,
    /// Backend name.
    pub backend: String,
    /// Marketing name as the driver gives it.
    pub name: String,
    /// Sort of device.
    pub class: DeviceClass,
    /// The track its results belong to.
    pub track: Track,
    /// Interface: `vulkan`, `gl`, `metal`, `dx12`, or the instruction sets a CPU kernel uses.
    pub api: String,
    /// Driver name and version; for a library its version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub driver: Option<String>,
    /// PCI address `domain:bus:device.function`, where the interface tells it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pci: Option<String>,
    /// Device UUID, where the interface tells it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uuid: Option<String>,
    /// Memory in bytes, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_bytes: Option<u64>,
    /// Last-level cache in bytes, as reported or assumed; decides how many buffer sets make a case cold.
    pub cache_bytes: u64,
    /// True if `cache_bytes` is an assumption because the interface does not tell.
    pub cache_assumed: bool,
    /// Hardware threads or compute units in use, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub units: Option<u32>,
    /// Limits that decide what runs.
    pub limits: BTreeMap<String, u64>,
    /// Features that decide what runs.
    pub features: Vec<String>,
    /// The physical thing behind it: two devices with one `hardware` never run at once.
    pub hardware: String,
    /// How it is known that another CPU plays this machine's, where one does: such a run is never taken for hardware.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub emulated: Option<String>,
}

impl DeviceFacts {
    /// What pairs records of one device across runs: stable across boots, no serial number in it. An emulated device
    /// is another device.
    pub fn key(&self) -> String {
        let place = self.uuid.as_deref().or(self.pci.as_deref()).unwrap_or(&self.name);
        let emulated = if self.emulated.is_some() { "/emulated" } else { "" };
        format!("{}/{}/{}/{}{emulated}", self.backend, self.api, place, self.driver.as_deref().unwrap_or("-"))
    }

    /// True if its speed is that of the hardware it names: neither drawn by a CPU, nor emulated, nor scripted.
    pub fn is_hardware(&self) -> bool {
        self.emulated.is_none() && !matches!(self.class, DeviceClass::Software | DeviceClass::Mock)
    }
}

/// Something that is not there, why, and how to get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// What: a backend, a driver, a sensor.
    pub what: String,
    /// Why it is not there.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

/// What a backend found on this machine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Discovery {
    /// Usable devices.
    pub devices: Vec<DeviceFacts>,
    /// What might have been.
    pub missing: Vec<Missing>,
}

/// What went wrong on a device. The text says what, where and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The device cannot run this, by its limits or features; not a fault.
    #[error("{0}")]
    Unsupported(String),
    /// No memory for it.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// The device is gone: driver reset, hang, unplugged.
    #[error("the device was lost: {0}")]
    Lost(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// A way to reach devices.
pub trait Backend {
    /// Name, the first part of its devices' ids.
    fn name(&self) -> &'static str;

    /// Looks for devices. Never fails: what is not there is in `missing`.
    fn discover(&self) -> Discovery;

    /// Opens a device by the id that [`Backend::discover`] gave it.
    ///
    /// # Errors
    /// The device went away, or the driver refused.
    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError>;
}

/// An open device.
pub trait Device {
    /// What is known of it.
    fn facts(&self) -> &DeviceFacts;

    /// Tunings worth trying for a case, the default first; empty or one entry where there is nothing to choose.
    fn tunings(&self, case: &Case) -> Vec<Tuning>;

    /// The limits it plans the portable track for; absent where a device runs no programs.
    fn target(&self) -> Option<&Target> {
        None
    }

    /// The final source a case would run, where the device runs source.
    ///
    /// # Errors
    /// Why the device cannot run the case.
    fn source(&self, case: &Case, tuning: &Tuning) -> Result<Option<String>, DeviceError>;

    /// Compiles and uploads a case. `sets` buffer sets are made if the case is cold.
    ///
    /// # Errors
    /// `Unsupported` by limits or features; anything else is a failure.
    fn prepare<'d>(
        &'d mut self,
        case: &Case,
        inputs: &Inputs,
        tuning: &Tuning,
    ) -> Result<Box<dyn Executable + 'd>, DeviceError>;
}

/// A case ready to run on a device.
pub trait Executable {
    /// Launches the case `launches` times back to back and waits for the last.
    ///
    /// # Errors
    /// The launch failed or the device is gone.
    fn run(&mut self, launches: u32) -> Result<Elapsed, DeviceError>;

    /// Fills the output with [`crate::kernel::poison`] bytes, in every buffer set.
    ///
    /// # Errors
    /// As [`Executable::run`].
    fn poison(&mut self) -> Result<(), DeviceError>;

    /// Reads back the output of the next launch's buffer set, after a launch of one.
    ///
    /// # Errors
    /// As [`Executable::run`].
    fn output(&mut self) -> Result<Data, DeviceError>;

    /// What was built: recorded with the result.
    fn build(&self) -> &Build;

    /// Clocks, temperature and throttling now, as far as the device tells.
    fn condition(&mut self) -> Condition {
        Condition::default()
    }
}

/// What a backend made of a case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Build {
    /// SHA-256 of the final source, for kernels that have one; of kernel name and version otherwise.
    pub source_sha256: String,
    /// Where the kernel comes from: `portable`, an instruction set, or `library NAME VERSION`.
    pub implementation: String,
    /// Tunables it was built with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub tuning: Tuning,
    /// Buffer sets that launches rotate among.
    pub buffer_sets: u32,
    /// Bytes of one set's inputs and output on the device.
    pub set_bytes: u64,
    /// Anything a reader of the number should know.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// How long some launches took, by which clocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elapsed {
    /// Host clock around submission and completion, seconds.
    pub host_s: f64,
    /// Device timestamps around the launches, seconds, where there are any.
    pub device_s: Option<f64>,
}

/// A reading of what else decides a device's speed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// Core clock, MHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_mhz: Option<u32>,
    /// Memory clock, MHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_clock_mhz: Option<u32>,
    /// Temperature, degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temperature_c: Option<f64>,
    /// Slowed down by heat or by hardware protection: the sample is dropped and retaken.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub slowdown: Vec<String>,
    /// Held back by a power cap: the sample is kept and labelled.
    #[serde(default)]
    pub power_capped: bool,
}

/// What the lock is on for an NVIDIA GPU inside a processor, which has no PCI address: one a machine, whatever
/// interface reaches it.
#[cfg(any(feature = "cuda", feature = "wgpu"))]
pub(crate) const NVIDIA_INTEGRATED: &str = "nvidia-integrated";

/// Buffer sets that make a case cold: together over twice the last-level cache, at least two, within a quarter of the
/// device's memory. One set for hot cases.
pub fn buffer_sets(case: &Case, facts: &DeviceFacts, set_bytes: u64) -> u32 {
    if case.cache == crate::kernel::Cache::Hot {
        return 1;
    }
    let wanted = (2 * facts.cache_bytes).div_ceil(set_bytes.max(1)) + 1;
    let affordable = facts.memory_bytes.unwrap_or(4 << 30) / 4 / set_bytes.max(1);
    wanted.min(affordable.max(1)).clamp(1, 4096) as u32
}
