//! Which adapters there are, what each is, and why there are none where there are none.
//! Opens no device.

use std::{collections::BTreeMap, path::Path};

use super::{
    super::{DeviceClass, DeviceFacts, Discovery, Missing, NVIDIA_INTEGRATED, Track, emulation::emulation},
    DeviceError,
};

/// Name of the backend, the first part of its devices' ids.
pub(super) const NAME: &str = "wgpu";

/// PCI vendor id of NVIDIA.
pub(super) const NVIDIA: u32 = 0x10de;

/// Last-level cache assumed of a GPU: wgpu tells none, and few have more.
const ASSUMED_GPU_CACHE: u64 = 64 << 20;
/// Last-level cache assumed of a host that does not tell.
const ASSUMED_HOST_CACHE: u64 = 32 << 20;

/// Adapters of the interfaces asked for in `WGPU_BACKEND`, or of all that this system has, in a stable order.
pub(super) fn adapters() -> Vec<wgpu::Adapter> {
    let backends = wanted();
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    descriptor.flags = wgpu::InstanceFlags::empty();
    let instance = wgpu::Instance::new(descriptor);
    pollster::block_on(instance.enumerate_adapters(backends))
}

fn wanted() -> wgpu::Backends {
    let native = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12 | wgpu::Backends::GL;
    wgpu::Backends::from_env().unwrap_or(native) & native
}

/// Everything usable, and what might have been.
pub(super) fn discover() -> Discovery {
    let adapters = adapters();
    let infos: Vec<_> = adapters.iter().map(wgpu::Adapter::get_info).collect();
    let mut found = Discovery::default();
    for (index, adapter) in adapters.iter().enumerate() {
        if !adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) {
            found.missing.push(Missing {
                what: format!("{} ({})", infos[index].name, api(&infos[index])),
                why: "its driver has no compute shaders".to_owned(),
                fix: "update the driver, or use the device through another interface".to_owned(),
            });
            continue;
        }
        found.devices.push(facts(index, adapter, &infos));
    }
    found.missing.extend(interfaces().iter().filter(|i| !infos.iter().any(|info| api(info) == i.api)).map(missing));
    found
}

/// An interface that drivers of this system may offer, and how to get it.
struct Interface {
    api: &'static str,
    backend: wgpu::Backends,
    fix: &'static str,
}

const VULKAN: Interface = Interface {
    api: "vulkan",
    backend: wgpu::Backends::VULKAN,
    fix: if cfg!(target_os = "linux") {
        "install the GPU's Vulkan driver; without a GPU: `apt install mesa-vulkan-drivers` (Vulkan in software)"
    } else {
        "install or update the GPU's driver"
    },
};
const GL: Interface = Interface {
    api: "gl",
    backend: wgpu::Backends::GL,
    fix: "install the GPU's GL driver; without a GPU: `apt install libegl1 libgl1-mesa-dri` (GL in software)",
};
const METAL: Interface =
    Interface { api: "metal", backend: wgpu::Backends::METAL, fix: "run on a Mac with a GPU, outside a sandbox" };
const DX12: Interface =
    Interface { api: "dx12", backend: wgpu::Backends::DX12, fix: "install or update the GPU's driver" };

fn interfaces() -> &'static [Interface] {
    if cfg!(target_os = "macos") {
        &[METAL]
    } else if cfg!(windows) {
        &[DX12, VULKAN]
    } else {
        &[VULKAN, GL]
    }
}

fn missing(interface: &Interface) -> Missing {
    let (why, fix) = if wanted().contains(interface.backend) {
        ("no driver offers a device".to_owned(), interface.fix.to_owned())
    } else {
        let asked = std::env::var("WGPU_BACKEND").unwrap_or_default();
        (format!("WGPU_BACKEND={asked} leaves it out"), "unset WGPU_BACKEND".to_owned())
    };
    Missing { what: interface.api.to_owned(), why, fix }
}

/// The adapter that [`discover`] gave this id, and its facts.
pub(super) fn find(id: &str) -> Result<(wgpu::Adapter, DeviceFacts), DeviceError> {
    let adapters = adapters();
    let infos: Vec<_> = adapters.iter().map(wgpu::Adapter::get_info).collect();
    let index = id.strip_prefix(NAME).and_then(|rest| rest.strip_prefix(':')).and_then(|rest| rest.parse().ok());
    let found = index.and_then(|index: usize| adapters.into_iter().nth(index).map(|adapter| (index, adapter)));
    let Some((index, adapter)) = found else {
        return Err(DeviceError::Failed(format!(
            "no device `{id}` (any more): {} adapters are there; run discovery again",
            infos.len()
        )));
    };
    let facts = facts(index, &adapter, &infos);
    Ok((adapter, facts))
}

fn facts(index: usize, adapter: &wgpu::Adapter, infos: &[wgpu::AdapterInfo]) -> DeviceFacts {
    let info = &infos[index];
    let class = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => DeviceClass::Discrete,
        wgpu::DeviceType::IntegratedGpu => DeviceClass::Integrated,
        wgpu::DeviceType::VirtualGpu => DeviceClass::Virtual,
        wgpu::DeviceType::Cpu => DeviceClass::Software,
        wgpu::DeviceType::Other => DeviceClass::Other,
    };
    let software = class == DeviceClass::Software;
    let pci = Some(info.device_pci_bus_id.to_lowercase()).filter(|pci| !pci.is_empty());
    let (cache_bytes, cache_assumed) = match host_cache(Path::new("/sys/devices/system/cpu/cpu0/cache")) {
        Some(bytes) if software => (bytes, false),
        _ if software => (ASSUMED_HOST_CACHE, true),
        _ => (ASSUMED_GPU_CACHE, true),
    };
    let driver = format!("{} {}", info.driver, info.driver_info).trim().to_owned();
    DeviceFacts {
        id: format!("{NAME}:{index}"),
        backend: NAME.to_owned(),
        name: info.name.clone(),
        class,
        track: Track::Portable,
        api: api(info).to_owned(),
        driver: Some(driver).filter(|d| !d.is_empty()),
        hardware: if software { "cpu".to_owned() } else { hardware(info, pci.as_deref(), infos) },
        pci,
        uuid: None,
        memory_bytes: software.then(host_memory).flatten(),
        cache_bytes,
        cache_assumed,
        units: software.then(host_threads).flatten(),
        limits: limits(&adapter.limits(), info),
        features: features(adapter.features()),
        emulated: emulation(),
    }
}

fn api(info: &wgpu::AdapterInfo) -> &'static str {
    match info.backend {
        wgpu::Backend::Vulkan => "vulkan",
        wgpu::Backend::Metal => "metal",
        wgpu::Backend::Dx12 => "dx12",
        wgpu::Backend::Gl => "gl",
        _ => "other",
    }
}

/// What the lock is on: the PCI address, or the name. GL tells no address, so it borrows that of the one GPU of its
/// vendor that another interface shows.
fn hardware(info: &wgpu::AdapterInfo, pci: Option<&str>, infos: &[wgpu::AdapterInfo]) -> String {
    if let Some(pci) = pci {
        return pci.to_owned();
    }
    if info.vendor == NVIDIA && info.device_type == wgpu::DeviceType::IntegratedGpu {
        return NVIDIA_INTEGRATED.to_owned();
    }
    let same = |other: &&wgpu::AdapterInfo| other.vendor == info.vendor && !other.device_pci_bus_id.is_empty();
    let mut addresses: Vec<_> = infos.iter().filter(same).map(|o| o.device_pci_bus_id.to_lowercase()).collect();
    addresses.dedup();
    match &addresses[..] {
        [only] => only.clone(),
        _ => info.name.clone(),
    }
}

fn limits(limits: &wgpu::Limits, info: &wgpu::AdapterInfo) -> BTreeMap<String, u64> {
    let named = [
        ("max_storage_buffer_binding_size", limits.max_storage_buffer_binding_size),
        ("max_buffer_size", limits.max_buffer_size),
        ("max_storage_buffers_per_shader_stage", u64::from(limits.max_storage_buffers_per_shader_stage)),
        ("max_compute_workgroup_storage_size", u64::from(limits.max_compute_workgroup_storage_size)),
        ("max_compute_invocations_per_workgroup", u64::from(limits.max_compute_invocations_per_workgroup)),
        ("max_compute_workgroup_size_x", u64::from(limits.max_compute_workgroup_size_x)),
        ("max_compute_workgroups_per_dimension", u64::from(limits.max_compute_workgroups_per_dimension)),
        ("subgroup_min_size", u64::from(info.subgroup_min_size)),
        ("subgroup_max_size", u64::from(info.subgroup_max_size)),
    ];
    named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Features that decide what runs or how it is timed.
pub(super) const USED: wgpu::Features = wgpu::Features::SHADER_F16.union(wgpu::Features::TIMESTAMP_QUERY);

fn features(features: wgpu::Features) -> Vec<String> {
    let known = USED | wgpu::Features::SUBGROUP | wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX;
    (features & known).iter_names().map(|(name, _)| name.to_lowercase()).collect()
}

/// The largest cache of the first CPU, from a `cache` folder as in sysfs.
fn host_cache(folder: &Path) -> Option<u64> {
    let entries = std::fs::read_dir(folder).ok()?;
    let sizes = entries.filter_map(|entry| {
        let text = std::fs::read_to_string(entry.ok()?.path().join("size")).ok()?;
        let text = text.trim();
        let (digits, unit) = match text.strip_suffix('K') {
            Some(digits) => (digits, 1 << 10),
            None => (text.strip_suffix('M')?, 1 << 20),
        };
        Some(digits.parse::<u64>().ok()? * unit)
    });
    sizes.max()
}

fn host_memory() -> Option<u64> {
    let memory = sysinfo::MemoryRefreshKind::nothing().with_ram();
    let system = sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(memory));
    system.ok().map(|system| system.total_memory()).filter(|&bytes| bytes > 0)
}

/// Threads of Mesa's rasterizer: as many as CPUs unless told otherwise.
fn host_threads() -> Option<u32> {
    let told = std::env::var("LP_NUM_THREADS").ok().and_then(|v| v.parse().ok()).filter(|&threads| threads > 0);
    told.or_else(|| std::thread::available_parallelism().ok().and_then(|n| u32::try_from(n.get()).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_cache_counts() {
        let root = tempfile::tempdir().unwrap();
        for (name, size) in [("index0", "32K\n"), ("index2", "1024K\n"), ("index3", "32M\n"), ("index4", "odd\n")] {
            std::fs::create_dir(root.path().join(name)).unwrap();
            std::fs::write(root.path().join(name).join("size"), size).unwrap();
        }
        assert_eq!(host_cache(root.path()), Some(32 << 20));
        assert_eq!(host_cache(&root.path().join("index0/none")), None);
    }
}
