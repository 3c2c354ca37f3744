//! The machine a run happened on, as far as it decides numbers and may be told.
//! Never holds a user name, a path or a serial number; the host appears under an alias, or not at all.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Facts about the host that decide numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The machine's alias: chosen by the user, or its host name; absent with `--anonymous`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub machine: Option<String>,
    /// Operating system and version.
    pub os: String,
    /// Kernel version.
    pub kernel: String,
    /// Instruction-set architecture.
    pub arch: String,
    /// CPU brand string.
    pub cpu: String,
    /// Logical CPUs this process may use.
    pub cpus: u32,
    /// Host memory in bytes.
    pub memory_bytes: u64,
    /// Runs under a hypervisor, where the CPU says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub virtualised: Option<bool>,
    /// One-minute load average when the run started.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load_1m: Option<f64>,
    /// What else moves power or speed: governor, power profile, nvpmodel, displays, battery.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub power_mode: BTreeMap<String, String>,
    /// Environment variables that choose drivers, devices or thread counts, and are set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub variables: BTreeMap<String, String>,
}

/// How the machine is named in records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostAlias {
    /// By its host name.
    Host,
    /// By a name the user chose.
    Named(String),
    /// Not at all.
    Anonymous,
}

/// Variables that decide which device runs, how, or how fast. Values that hold a path are recorded as set, not shown.
const VARIABLES: &[&str] = &[
    "WGPU_BACKEND",
    "WGPU_ADAPTER_NAME",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_MODULE_LOADING",
    "CUDA_FORCE_PTX_JIT",
    "NVIDIA_TF32_OVERRIDE",
    "RAYON_NUM_THREADS",
    "LP_NUM_THREADS",
    "GALLIUM_DRIVER",
    "LIBGL_ALWAYS_SOFTWARE",
    "MESA_LOADER_DRIVER_OVERRIDE",
    "VK_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "VK_LOADER_DRIVERS_SELECT",
    "CANDLE_NUM_THREADS",
    "CANDLE_CPU_MASK",
    "CANDLE_CPU_AFFINITY",
    "WATTMARK_MOCK",
];

/// Observes the host now.
pub fn observe(alias: &HostAlias) -> Environment {
    use sysinfo::System;
    let system = System::new().ok().map(|mut system| {
        system.refresh_memory();
        system.refresh_cpu_all();
        system
    });
    let brand = system.as_ref().and_then(|s| Some(s.cpus().first()?.brand().trim().to_owned()));
    let unknown = |_| "unknown".to_owned();
    Environment {
        machine: match alias {
            HostAlias::Host => System::host_name().ok(),
            HostAlias::Named(name) => Some(name.clone()),
            HostAlias::Anonymous => None,
        },
        os: System::long_os_version().unwrap_or_else(|_| std::env::consts::OS.to_owned()),
        kernel: System::kernel_version().unwrap_or_else(unknown),
        arch: std::env::consts::ARCH.to_owned(),
        cpu: brand.filter(|b| !b.is_empty()).unwrap_or_else(|| "unknown".to_owned()),
        cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        memory_bytes: system.map_or(0, |s| s.total_memory()),
        virtualised: virtualised(),
        load_1m: System::load_average().ok().map(|load| load.one),
        power_mode: BTreeMap::new(),
        variables: VARIABLES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), shown(&std::env::var(name).ok()?))))
            .collect(),
    }
}

fn shown(value: &str) -> String {
    if value.contains(['/', '\\']) { "(a path)".to_owned() } else { value.to_owned() }
}

fn virtualised() -> Option<bool> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let flags = info.lines().find(|l| l.starts_with("flags"))?;
    Some(flags.split_whitespace().any(|f| f == "hypervisor"))
}
