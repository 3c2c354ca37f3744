//! The one device candle always has: the host's CPU.
//! Opens nothing.

use std::collections::BTreeMap;

use candle_core::utils;

use super::{
    super::{DeviceClass, DeviceFacts, Track, emulation::emulation, host},
    VERSION,
};

/// Facts of the CPU as candle uses it: candle's own thread count (RAYON_NUM_THREADS, else physical cores).
pub(super) fn facts() -> DeviceFacts {
    let (cache_bytes, cache_assumed) = host::last_level_cache();
    let features = [
        ("avx2", utils::with_avx()),
        ("f16c", utils::with_f16c()),
        ("neon", utils::with_neon()),
        ("mkl", utils::has_mkl()),
        ("accelerate", utils::has_accelerate()),
    ];
    DeviceFacts {
        id: "candle:0".to_owned(),
        backend: "candle".to_owned(),
        name: host::cpu_brand(),
        class: DeviceClass::Cpu,
        track: Track::Library,
        api: format!("candle-core {VERSION}"),
        driver: Some(VERSION.to_owned()),
        pci: None,
        uuid: None,
        memory_bytes: host::memory_bytes(),
        cache_bytes,
        cache_assumed,
        units: Some(utils::get_num_threads() as u32),
        limits: BTreeMap::new(),
        features: features.into_iter().filter(|f| f.1).map(|f| f.0.to_owned()).collect(),
        hardware: "cpu".to_owned(),
        emulated: emulation(),
    }
}
