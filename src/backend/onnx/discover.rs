//! Which providers are there, each tried on a graph of one product: being built in says nothing of drivers and hardware.
//! Runs no case.

use std::collections::BTreeMap;

use super::{
    super::{
        DeviceError, DeviceFacts, Discovery, Missing, Track,
        emulation::emulation,
        host::{cpu_brand, last_level_cache, memory_bytes},
    },
    model::{GraphDef, Kind, Model, Node, ValueInfo},
    provider::{PROVIDERS, Place, Provider},
    runtime::{self, Runtime},
};

/// Assumed for what a provider does not tell of its GPU or NPU: as large as those of large GPUs, so that cold stays cold.
const ASSUMED_CACHE: u64 = 64 << 20;

pub(super) fn discover() -> Discovery {
    let runtime = match runtime::get() {
        Ok(runtime) => runtime,
        Err(missing) => return Discovery { devices: Vec::new(), missing: vec![missing] },
    };
    let mut found = Discovery::default();
    for answer in places(runtime) {
        match answer {
            Ok(place) => found.devices.push(facts(runtime, place, found.devices.len())),
            Err(missing) => found.missing.push(missing),
        }
    }
    found
}

/// The device that [`discover`] gave this id. Providers behind it in the list are not touched.
///
/// # Errors
/// The library or the device went away.
pub(super) fn find(id: &str) -> Result<(&'static Runtime, Place, DeviceFacts), DeviceError> {
    let gone = |why: String| DeviceError::Failed(format!("no device `{id}` (any more): {why}; run discovery again"));
    let runtime = runtime::get().map_err(|missing| gone(format!("{}; {}", missing.why, missing.fix)))?;
    let index = id.strip_prefix("onnx:").and_then(|rest| rest.parse::<usize>().ok());
    let place = index.and_then(|index| places(runtime).flatten().nth(index));
    let place = place.ok_or_else(|| gone(format!("ONNX Runtime {} has no such provider", runtime.version)))?;
    let facts = facts(runtime, place, index.unwrap_or_default());
    Ok((runtime, place, facts))
}

/// Every provider's targets in order: usable, or why not. Lazy: a provider is tried when its turn comes.
fn places(runtime: &'static Runtime) -> impl Iterator<Item = Result<Place, Missing>> {
    PROVIDERS.iter().flat_map(move |provider| -> Box<dyn Iterator<Item = Result<Place, Missing>>> {
        if !(provider.is_built)() {
            return Box::new(std::iter::once(Err(not_built(runtime, provider))));
        }
        let places = provider.targets.iter().map(move |target| Place { provider, target });
        Box::new(places.map(move |place| try_place(runtime, place)))
    })
}

fn not_built(runtime: &Runtime, provider: &Provider) -> Missing {
    Missing {
        what: format!("ONNX Runtime's provider {}", provider.name),
        why: format!("ONNX Runtime {} ({}) was built without it", runtime.version, runtime.file),
        fix: provider.fix.to_owned(),
    }
}

fn try_place(runtime: &Runtime, place: Place) -> Result<Place, Missing> {
    match runtime.session(place, &one_product()) {
        Ok(_) => Ok(place),
        Err(error) => Err(Missing {
            what: format!("ONNX Runtime's provider {place}"),
            why: error.to_string(),
            fix: place.provider.fix.to_owned(),
        }),
    }
}

/// The smallest graph that every provider knows: a product in f32.
fn one_product() -> Vec<u8> {
    use prost::Message as _;
    let port = |name| ValueInfo::new(name, Kind::F32, &[1, 1]);
    let graph = GraphDef {
        node: vec![Node::new("Gemm", &["a", "b"], &["c"]).int("transB", 1)],
        name: "probe".to_owned(),
        initializer: Vec::new(),
        input: vec![port("a"), port("b")],
        output: vec![port("c")],
    };
    Model::of(graph).encode_to_vec()
}

fn facts(runtime: &Runtime, place: Place, index: usize) -> DeviceFacts {
    let is_cpu = place.target.is_cpu();
    let (cache_bytes, cache_assumed) = if is_cpu { last_level_cache() } else { (ASSUMED_CACHE, true) };
    let brand = cpu_brand();
    let name = match (is_cpu, place.provider.name) {
        (true, "CPU") => brand,
        (true, provider) => format!("{brand} ({provider})"),
        (false, provider) => format!("{} of {brand} ({provider})", place.target.name),
    };
    let facts = DeviceFacts {
        id: format!("onnx:{index}"),
        backend: "onnx".to_owned(),
        name,
        class: place.target.class(),
        track: Track::Library,
        api: place.to_string(),
        driver: Some(format!("ONNX Runtime {}", runtime.version)),
        pci: None,
        uuid: None,
        memory_bytes: memory_bytes(),
        cache_bytes,
        cache_assumed,
        units: is_cpu.then_some(runtime.threads as u32),
        limits: BTreeMap::new(),
        features: vec![runtime.file.clone()],
        // A provider does not say which card it drives: the lock is on the sort of thing.
        hardware: if is_cpu { "cpu".to_owned() } else { format!("onnx-{}", place.target.name.to_lowercase()) },
        emulated: emulation(),
    };
    of_nvidia(place, facts)
}

/// NVIDIA's providers run on the first device of CUDA, which says more of itself, and whose lock they share.
#[cfg(feature = "cuda")]
fn of_nvidia(place: Place, facts: DeviceFacts) -> DeviceFacts {
    use super::super::{Backend as _, cuda::Cuda};
    if !matches!(place.provider.name, "CUDA" | "TensorRT") {
        return facts;
    }
    let Some(card) = Cuda.discover().devices.into_iter().next() else { return facts };
    let DeviceFacts { name, class, pci, uuid, memory_bytes, cache_bytes, cache_assumed, hardware, .. } = card;
    DeviceFacts { name, class, pci, uuid, memory_bytes, cache_bytes, cache_assumed, hardware, ..facts }
}

#[cfg(not(feature = "cuda"))]
fn of_nvidia(_: Place, facts: DeviceFacts) -> DeviceFacts {
    facts
}
