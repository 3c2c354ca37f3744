//! Power monitors as the industrial I/O subsystem shows them: `in_powerN_raw` times `in_powerN_scale`, in milliwatts.
//! Must not use a channel without its scale: a raw count is no power.

use std::path::Path;

use super::{
    Chip,
    channel::{Channel, Quantity, Source},
};
use crate::power::sysfs;

/// Every IIO device below `sys` that has a channel of power.
pub(super) fn chips(sys: &Path) -> Vec<Chip> {
    let devices = sysfs::entries(sys.join("bus/iio/devices"));
    let devices = devices.iter().filter(|dir| sysfs::file_name(dir).starts_with("iio:device"));
    devices.filter_map(|dir| chip(dir)).collect()
}

fn chip(dir: &Path) -> Option<Chip> {
    let driver = sysfs::text(dir.join("name"))?;
    let channels: Vec<Channel> =
        sysfs::entries(dir).iter().filter_map(|file| channel(dir, sysfs::file_name(file))).collect();
    if channels.is_empty() {
        return None;
    }
    let address = std::fs::canonicalize(dir).ok().and_then(|d| Some(sysfs::file_name(d.parent()?).to_owned()));
    // An I2C address, `1-0040`; the folder of the class itself says nothing.
    let address = address.filter(|a| a.contains('-'));
    Some(Chip {
        driver,
        stable: address.is_some(),
        place: address.unwrap_or_else(|| sysfs::file_name(dir).to_owned()),
        update_s: None,
        shunt_uohm: sysfs::text(dir.join("in_shunt_resistor")).and_then(|t| t.parse::<f64>().ok()).map(|ohm| ohm * 1e6),
        channels,
    })
}

/// A channel from the name of its file: `in_power2_raw` or `in_power2_input`, the number being optional.
fn channel(dir: &Path, file: &str) -> Option<Channel> {
    let (stem, kind) = file.rsplit_once('_')?;
    let number = stem.strip_prefix("in_power")?;
    let number = if number.is_empty() { 1 } else { number.parse().ok()? };
    let unit = match kind {
        "input" => 1e-3,
        "raw" if !dir.join(format!("{stem}_input")).exists() => {
            let scale: f64 = sysfs::text(dir.join(format!("{stem}_scale")))?.parse().ok()?;
            Some(scale * 1e-3).filter(|unit| unit.is_finite() && *unit > 0.0)?
        }
        _ => return None,
    };
    let label = [format!("{stem}_label"), "label".to_owned()].iter().find_map(|f| sysfs::text(dir.join(f)));
    let source = Source::Power(Quantity { path: dir.join(file), unit });
    Some(Channel { label: label.filter(|l| !l.is_empty()), number, source })
}
