//! What the CPU is, without running anything on it.
//! Starts no thread.

use std::collections::BTreeMap;

use super::{
    super::{
        DeviceClass, DeviceFacts, Track,
        emulation::emulation,
        host::{cpu_brand, last_level_cache, memory_bytes},
    },
    native::{isa::Isa, pool::cluster},
};

/// The facts of this machine's CPU.
pub(super) fn facts() -> DeviceFacts {
    let (cache_bytes, cache_assumed) = last_level_cache();
    let isa = Isa::detect();
    DeviceFacts {
        id: "cpu:0".to_owned(),
        backend: "cpu".to_owned(),
        name: cpu_brand(),
        class: DeviceClass::Cpu,
        track: Track::Native,
        api: isa.to_string(),
        driver: None,
        pci: None,
        uuid: None,
        memory_bytes: memory_bytes(),
        cache_bytes,
        cache_assumed,
        units: cluster().ok().map(|cluster| cluster.cpus.len() as u32),
        limits: BTreeMap::new(),
        features: isa.to_string().split('+').map(str::to_owned).collect(),
        hardware: "cpu".to_owned(),
        emulated: emulation(),
    }
}
