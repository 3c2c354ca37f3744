//! Turns a script into devices.
//! Runs no case; faults at `discover` and `open` strike here.

use std::collections::BTreeMap;

use super::{
    super::{Device, DeviceClass, DeviceError, DeviceFacts, Discovery, Missing, Track},
    VARIABLE,
    device::MockDevice,
    fault::{self, Moment},
    script::{DeviceScript, Script, Stage},
};

/// The devices of a script; an unusable script or device is in `missing` with the reason.
pub(super) fn discover(wanted: &str) -> Discovery {
    let mut found = Discovery::default();
    let script = match Script::load(wanted) {
        Ok(script) => script,
        Err(error) => {
            found.missing.push(Missing {
                what: "mock devices".to_owned(),
                why: error.to_string(),
                fix: format!("correct the script, or unset {VARIABLE}"),
            });
            return found;
        }
    };
    for (index, device) in script.devices.iter().enumerate() {
        match fault::strike(&device.faults, Moment::early(Stage::Discover)) {
            Ok(()) => found.devices.push(facts(index, device)),
            Err(error) => found.missing.push(Missing {
                what: format!("mock device `{}`", device.name),
                why: error.to_string(),
                fix: format!("drop the fault at `discover` from the script in {VARIABLE}"),
            }),
        }
    }
    found
}

/// Opens a script's device by id.
///
/// # Errors
/// The script is unusable, has no such device, or scripts a fault at `open`.
pub(super) fn open(wanted: &str, id: &str) -> Result<Box<dyn Device>, DeviceError> {
    let script = Script::load(wanted).map_err(|e| DeviceError::Failed(e.to_string()))?;
    let index = id.strip_prefix("mock:").and_then(|index| index.parse::<usize>().ok());
    let Some((index, device)) = index.and_then(|i| Some((i, script.devices.into_iter().nth(i)?))) else {
        return Err(DeviceError::Failed(format!("mock script {wanted} has no device `{id}`")));
    };
    fault::strike(&device.faults, Moment::early(Stage::Open))?;
    Ok(Box::new(MockDevice::new(facts(index, &device), device)?))
}

fn facts(index: usize, device: &DeviceScript) -> DeviceFacts {
    DeviceFacts {
        id: format!("mock:{index}"),
        backend: "mock".to_owned(),
        name: device.name.clone(),
        class: DeviceClass::Mock,
        track: Track::Native,
        api: "script".to_owned(),
        driver: None,
        pci: device.pci.clone(),
        uuid: device.uuid.clone(),
        memory_bytes: Some(device.memory_bytes),
        cache_bytes: device.cache_bytes,
        cache_assumed: false,
        units: None,
        limits: BTreeMap::new(),
        features: Vec::new(),
        hardware: format!("mock:{}", device.hardware.as_deref().unwrap_or(&device.name)),
        emulated: None,
    }
}
