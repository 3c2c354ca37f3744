//! Which NVIDIA GPUs there are, what each is, and why there are none where there are none.
//! Opens no device: the driver tells all of this without a context.

use std::{collections::BTreeMap, ffi::CStr};

use cudarc::driver::sys::{self, CUdevice_attribute as Attribute};

use super::{
    super::{
        DeviceClass, DeviceError, DeviceFacts, Discovery, Missing, NVIDIA_INTEGRATED, Track, emulation::emulation,
    },
    arch,
    driver::{self, Driver},
    error::check,
    nvrtc::{self, Nvrtc},
};
use crate::power::DeviceKey;

/// Name of the backend, the first part of its devices' ids.
pub(super) const NAME: &str = "cuda";

/// Last-level cache assumed of a GPU that tells none.
const ASSUMED_CACHE: u64 = 64 << 20;

/// A GPU as the driver tells of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Card {
    /// The driver's number for it, after CUDA_VISIBLE_DEVICES.
    pub(super) ordinal: i32,
    pub(super) device: sys::CUdevice,
    pub(super) name: String,
    /// Compute capability, 90 for 9.0.
    pub(super) sm: u32,
    pub(super) uuid: Option<String>,
    /// In lower case; a GPU that is part of the processor has none.
    pub(super) pci: Option<String>,
    pub(super) integrated: bool,
    pub(super) memory_bytes: u64,
    pub(super) l2_bytes: Option<u64>,
    pub(super) multiprocessors: u32,
    /// Nobody may open it.
    pub(super) prohibited: bool,
    pub(super) limits: BTreeMap<String, u64>,
}

/// What facts are recorded as limits.
const LIMITS: &[(&str, Attribute)] = &[
    ("shared_bytes_per_block", Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK),
    ("shared_bytes_per_block_optin", Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
    ("shared_bytes_per_multiprocessor", Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR),
    ("registers_per_block", Attribute::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK),
    ("threads_per_block", Attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
    ("warp_size", Attribute::CU_DEVICE_ATTRIBUTE_WARP_SIZE),
];

/// Every GPU that the driver shows. Takes the driver as proof that it runs: without one, the first call panics.
pub(super) fn cards(_: &Driver) -> Result<Vec<Card>, DeviceError> {
    let mut count = 0;
    // SAFETY: the driver is running; one integer is written.
    check(unsafe { sys::cuDeviceGetCount(&mut count) }, "counting devices")?;
    (0..count).map(card).collect()
}

fn card(ordinal: i32) -> Result<Card, DeviceError> {
    let doing = format!("asking about GPU {ordinal}");
    let mut device = 0;
    // SAFETY: the ordinal is below the count; one integer is written.
    check(unsafe { sys::cuDeviceGet(&mut device, ordinal) }, &doing)?;
    let mut memory = 0;
    // SAFETY: the device is the driver's; one integer is written.
    check(unsafe { sys::cuDeviceTotalMem_v2(&mut memory, device) }, &doing)?;
    let attribute = |attribute| attribute_of(device, attribute);
    let major = attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    let minor = attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    let (Some(major), Some(minor)) = (major, minor) else {
        return Err(DeviceError::Failed(format!("{doing}: it does not tell its compute capability")));
    };
    let integrated = attribute(Attribute::CU_DEVICE_ATTRIBUTE_INTEGRATED).unwrap_or(0) != 0;
    let mode = attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_MODE).unwrap_or(0);
    let limits = LIMITS.iter().filter_map(|&(name, of)| Some((name.to_owned(), attribute(of)?)));
    Ok(Card {
        ordinal,
        device,
        name: text_of(|text, room| {
            // SAFETY: room for as many bytes as are given.
            unsafe { sys::cuDeviceGetName(text, room, device) }
        })
        .unwrap_or_else(|| format!("NVIDIA GPU {ordinal}")),
        sm: (10 * major + minor) as u32,
        uuid: uuid_of(device),
        pci: text_of(|text, room| {
            // SAFETY: room for as many bytes as are given.
            unsafe { sys::cuDeviceGetPCIBusId(text, room, device) }
        })
        .and_then(|address| pci_address(&address)),
        integrated,
        memory_bytes: memory as u64,
        l2_bytes: attribute(Attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE).filter(|&bytes| bytes > 0),
        multiprocessors: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT).unwrap_or(0) as u32,
        prohibited: mode == sys::CUcomputemode::CU_COMPUTEMODE_PROHIBITED as u64,
        limits: limits.collect(),
    })
}

/// A figure of a device, where the driver tells it.
fn attribute_of(device: sys::CUdevice, attribute: Attribute) -> Option<u64> {
    let mut value = 0;
    // SAFETY: the device is the driver's; one integer is written.
    let result = unsafe { sys::cuDeviceGetAttribute(&mut value, attribute, device) };
    (result == sys::CUresult::CUDA_SUCCESS).then(|| u64::try_from(value).ok()).flatten()
}

fn text_of(ask: impl FnOnce(*mut std::ffi::c_char, i32) -> sys::CUresult) -> Option<String> {
    let mut bytes = [0u8; 256];
    // One byte less than there is, so that the last stays zero.
    let result = ask(bytes.as_mut_ptr().cast(), bytes.len() as i32 - 1);
    let text = CStr::from_bytes_until_nul(&bytes).ok()?.to_string_lossy().trim().to_owned();
    (result == sys::CUresult::CUDA_SUCCESS && !text.is_empty()).then_some(text)
}

fn uuid_of(device: sys::CUdevice) -> Option<String> {
    let mut uuid = sys::CUuuid { bytes: [0; 16] };
    // SAFETY: the device is the driver's; sixteen bytes are written.
    let result = unsafe { sys::cuDeviceGetUuid(&mut uuid, device) };
    let bytes = uuid.bytes.map(|b| b as u8);
    (result == sys::CUresult::CUDA_SUCCESS && bytes != [0; 16]).then(|| uuid_text(bytes))
}

/// As NVML and nvidia-smi write it.
fn uuid_text(bytes: [u8; 16]) -> String {
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("GPU-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The address as wgpu writes it; GPUs inside a processor say bus 0, device 0, which is no address.
fn pci_address(text: &str) -> Option<String> {
    let address = DeviceKey::pci(text)?.to_string();
    let is_address = address.split_once(':').is_some_and(|(_, place)| !place.starts_with("00:00."));
    is_address.then_some(address)
}

impl Card {
    /// Facts of it under a backend's name; `compiler` is what made its kernels.
    pub(super) fn facts(&self, backend: &str, track: Track, driver: &Driver, compiler: &str) -> DeviceFacts {
        let mut features = vec![format!("sm_{}", self.sm)];
        if self.integrated {
            features.push("unified_memory".to_owned());
        }
        DeviceFacts {
            id: format!("{backend}:{}", self.ordinal),
            backend: backend.to_owned(),
            name: self.name.clone(),
            class: if self.integrated { DeviceClass::Integrated } else { DeviceClass::Discrete },
            track,
            api: backend.to_owned(),
            driver: Some(format!("{}, {compiler}", driver.describe())),
            hardware: self.hardware(),
            pci: self.pci.clone(),
            uuid: self.uuid.clone(),
            memory_bytes: Some(self.memory_bytes),
            cache_bytes: self.l2_bytes.unwrap_or(ASSUMED_CACHE),
            cache_assumed: self.l2_bytes.is_none(),
            units: Some(self.multiprocessors).filter(|&units| units > 0),
            limits: self.limits.clone(),
            features,
            emulated: emulation(),
        }
    }

    /// What the lock is on: as wgpu names the same card.
    fn hardware(&self) -> String {
        match &self.pci {
            Some(address) => address.clone(),
            None if self.integrated => NVIDIA_INTEGRATED.to_owned(),
            None => self.name.clone(),
        }
    }

    /// What nobody can change from here.
    pub(super) fn refusal(&self) -> Option<Missing> {
        self.prohibited.then(|| Missing {
            what: format!("{} (GPU {})", self.name, self.ordinal),
            why: "its compute mode is `prohibited`".to_owned(),
            fix: "as root: nvidia-smi -c DEFAULT".to_owned(),
        })
    }
}

/// Everything usable, and what might have been.
pub(super) fn discover() -> Discovery {
    let none = |missing: Missing| Discovery { devices: Vec::new(), missing: vec![missing] };
    let driver = match driver::driver() {
        Ok(driver) => driver,
        Err(missing) => return none(missing),
    };
    let cards = match cards(driver) {
        Ok(cards) => cards,
        Err(error) => {
            let what = "NVIDIA GPUs through CUDA".to_owned();
            return none(Missing { what, why: error.to_string(), fix: "check that nvidia-smi works".to_owned() });
        }
    };
    match nvrtc::find_for(driver.cuda) {
        Ok(nvrtc) => with_compiler(&cards, driver, &nvrtc),
        Err(missing) => {
            let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
            let why = format!("{} is there, but {}: {}", names.join(", "), missing.what, missing.why);
            none(Missing { what: "NVIDIA GPUs through CUDA".to_owned(), why, fix: missing.fix })
        }
    }
}

fn with_compiler(cards: &[Card], driver: &Driver, nvrtc: &Nvrtc) -> Discovery {
    let mut found = Discovery::default();
    for card in cards {
        if let Some(refusal) = card.refusal() {
            found.missing.push(refusal);
            continue;
        }
        match arch::choose(card.sm, nvrtc.archs(), nvrtc.version_pair(), driver.cuda) {
            Ok(_) => {
                let compiler = format!("NVRTC {}", nvrtc.version());
                found.devices.push(card.facts(NAME, Track::Portable, driver, &compiler));
            }
            Err(missing) => found.missing.push(Missing { what: format!("{}: {}", card.name, missing.what), ..missing }),
        }
    }
    found
}

/// The card that an id of `backend` names.
pub(super) fn find(driver: &Driver, backend: &str, id: &str) -> Result<Card, DeviceError> {
    let cards = cards(driver)?;
    let ordinal = id.strip_prefix(backend).and_then(|rest| rest.strip_prefix(':')).and_then(|rest| rest.parse().ok());
    let found = ordinal.and_then(|ordinal: i32| cards.iter().find(|card| card.ordinal == ordinal));
    found.cloned().ok_or_else(|| {
        DeviceError::Failed(format!("no device `{id}` (any more): {} GPUs are there; run discovery again", cards.len()))
    })
}

/// What is missing, as an error of opening a device.
pub(super) fn as_error(missing: Missing) -> DeviceError {
    DeviceError::Failed(format!("{}: {}; {}", missing.what, missing.why, missing.fix))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn h200() -> Card {
        Card {
            ordinal: 0,
            device: 0,
            name: "NVIDIA H200".to_owned(),
            sm: 90,
            uuid: Some(uuid_text(*b"0123456789abcdef")),
            pci: pci_address("0000:AB:00.0"),
            integrated: false,
            memory_bytes: 150_754_820_096,
            l2_bytes: Some(60 << 20),
            multiprocessors: 132,
            prohibited: false,
            limits: BTreeMap::from([("shared_bytes_per_block_optin".to_owned(), 232_448)]),
        }
    }

    #[test]
    fn facts_say_what_the_lock_and_the_records_need() {
        let driver = Driver { cuda: (13, 0), module: Some("580.65.06".to_owned()) };
        let facts = h200().facts(NAME, Track::Portable, &driver, "NVRTC 13.0");
        assert_eq!((facts.id.as_str(), facts.hardware.as_str()), ("cuda:0", "0000:ab:00.0"));
        assert_eq!(facts.uuid.as_deref(), Some("GPU-30313233-3435-3637-3839-616263646566"));
        assert_eq!(facts.driver.as_deref(), Some("580.65.06, CUDA 13.0, NVRTC 13.0"));
        assert_eq!((facts.class, facts.cache_bytes, facts.cache_assumed), (DeviceClass::Discrete, 60 << 20, false));
        assert!(facts.key().starts_with("cuda/cuda/GPU-3031"));
    }

    #[test]
    fn a_gpu_inside_the_processor_has_no_address() {
        let driver = Driver { cuda: (12, 6), module: None };
        let orin = Card { pci: pci_address("0000:00:00.0"), integrated: true, sm: 87, ..h200() };
        let facts = orin.facts(NAME, Track::Portable, &driver, "NVRTC 12.6");
        assert_eq!((facts.pci, facts.hardware.as_str()), (None, NVIDIA_INTEGRATED));
        assert_eq!(facts.class, DeviceClass::Integrated);
        assert_eq!(facts.features, ["sm_87", "unified_memory"]);
        assert_eq!(pci_address("0000000F:01:00.0").as_deref(), Some("000f:01:00.0"));
    }

    #[test]
    fn a_prohibited_card_is_missing_with_a_fix() {
        let refusal = Card { prohibited: true, ..h200() }.refusal().unwrap();
        assert!(refusal.what.contains("H200") && refusal.fix.contains("nvidia-smi"));
        assert!(h200().refusal().is_none());
    }
}
