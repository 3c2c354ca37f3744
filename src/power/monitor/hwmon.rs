//! Power monitors as hwmon shows them: which chips, which channels, which files.
//! Must not take a shunt's voltage for a supply's, nor a sum that the chip makes for a channel.

use std::path::Path;

use super::{
    Chip,
    channel::{Channel, Quantity, Source},
    milliseconds,
};
use crate::power::sysfs;

/// Drivers of chips that measure a supply's power. GPUs are `power::hwmon`'s.
const DRIVERS: &[&str] = &[
    "ina3221", "ina209", "ina219", "ina220", "ina226", "ina228", "ina230", "ina231", "ina233", "ina234", "ina237",
    "ina238", "ina260", "ina700", "ina780", "sq52206", "ltc2945", "ltc2947",
];

/// Every monitor chip below `sys`.
pub(super) fn chips(sys: &Path) -> Vec<Chip> {
    let named = sysfs::entries(sys.join("class/hwmon")).into_iter().filter_map(|dir| {
        let driver = sysfs::text(dir.join("name"))?;
        DRIVERS.contains(&driver.as_str()).then_some((driver, dir))
    });
    named.map(|(driver, dir)| chip(driver, &dir)).collect()
}

fn chip(driver: String, dir: &Path) -> Chip {
    let address = sysfs::link_target(dir, "device");
    let channels = if driver == "ina3221" { three_channels(dir) } else { one_channel(dir).into_iter().collect() };
    Chip {
        driver,
        stable: address.is_some(),
        place: address.unwrap_or_else(|| sysfs::file_name(dir).to_owned()),
        update_s: milliseconds(&dir.join("update_interval")),
        shunt_uohm: sysfs::text(dir.join("shunt_resistor")).and_then(|t| t.parse().ok()),
        channels,
    }
}

/// INA3221: channels 1 to 3 are supplies. `in4` to `in6` are the voltages of their shunts, `in7` the sum of those, and
/// `curr4` the sum of currents at different voltages: none of them is power.
fn three_channels(dir: &Path) -> Vec<Channel> {
    let connected = |n: &u32| {
        let off = sysfs::text(dir.join(format!("in{n}_enable"))).as_deref() == Some("0");
        let label = sysfs::text(dir.join(format!("in{n}_label")));
        // NVIDIA labels a channel that leads nowhere NC.
        let nowhere = label.as_deref().is_some_and(|l| matches!(l, "" | "NC" | "sum of shunt voltages"));
        // With half of its files a channel is one that fails, and is said to.
        let there = ["in", "curr"].iter().any(|kind| dir.join(format!("{kind}{n}_input")).exists());
        !off && !nowhere && there
    };
    (1..=3).filter(connected).map(|n| channel(dir, n, sysfs::text(dir.join(format!("in{n}_label"))))).collect()
}

/// Chips with one channel: the supply's voltage is `in1`, the shunt's `in0`. Where the board has a name for the chip it
/// stands in `label`, or in the channel's own label.
fn one_channel(dir: &Path) -> Option<Channel> {
    let label =
        ["power1_label", "in1_label", "curr1_label", "label"].iter().find_map(|file| sysfs::text(dir.join(file)));
    let label = label.filter(|l| !l.is_empty());
    if dir.join("power1_input").exists() {
        let source = Source::Power(Quantity { path: dir.join("power1_input"), unit: 1e-6 });
        return Some(Channel { label, number: 1, source });
    }
    (dir.join("in1_input").exists() && dir.join("curr1_input").exists()).then(|| channel(dir, 1, label))
}

fn channel(dir: &Path, number: u32, label: Option<String>) -> Channel {
    let quantity = |file: String| Quantity { path: dir.join(file), unit: 1e-3 };
    let source = Source::Product {
        volts: quantity(format!("in{number}_input")),
        amperes: quantity(format!("curr{number}_input")),
    };
    Channel { label, number, source }
}
