//! What the rails of Jetson modules are, by label, and how they make the module's total.
//! Must not sum rails of a board it does not know, nor count one rail twice.

use super::{MonitorSensor, whole_machine};
use crate::power::{Boundary, Discovery, Gain, Missing, SensorInfo};

/// A rail that NVIDIA's developer guides name.
pub(super) struct Rail {
    label: &'static str,
    boundary: Boundary,
    what: &'static str,
}

/// Rails of Orin, Xavier and Thor. A `Rail` here is a part; the others are totals.
const RAILS: &[Rail] = &[
    rail_of("VDD_IN", Boundary::Module, "input of the module: its total, never to be added to the other rails"),
    rail_of("VIN", Boundary::DcIn, "input of module and carrier board together, fans and USB devices included"),
    rail_of("VDD_CPU_GPU_CV", Boundary::Rail, "CPU, GPU and vision accelerators together: not the CPU alone"),
    rail_of("VDD_CPU_CV", Boundary::Rail, "CPU and vision accelerators"),
    rail_of("VDD_GPU_SOC", Boundary::Rail, "GPU and SoC core"),
    rail_of("VDD_SOC", Boundary::Rail, "SoC core"),
    rail_of("VIN_SYS_5V0", Boundary::Rail, "5 V system rail: I/O, storage and memory"),
    rail_of("VDDQ_VDD2_1V8AO", Boundary::Rail, "memory and always-on 1.8 V, fed by VIN_SYS_5V0"),
    rail_of("VDD_GPU", Boundary::Rail, "GPU"),
    rail_of("VDD_CPU_SOC_MSS", Boundary::Rail, "CPU, SoC and memory subsystem"),
    rail_of("GPU", Boundary::Rail, "GPU"),
    rail_of("CPU", Boundary::Rail, "CPU"),
    rail_of("SOC", Boundary::Rail, "SoC core"),
    rail_of("CV", Boundary::Rail, "vision accelerators"),
    rail_of("VDDRQ", Boundary::Rail, "memory"),
    rail_of("SYS5V", Boundary::Rail, "5 V system rail"),
];

const fn rail_of(label: &'static str, boundary: Boundary, what: &'static str) -> Rail {
    Rail { label, boundary, what }
}

/// A module without a rail for its total: which rails make it, and which lie inside one of those.
struct Layout {
    board: &'static str,
    parts: &'static [&'static str],
    inside: &'static [&'static str],
}

const LAYOUTS: &[Layout] = &[
    Layout { board: "AGX Orin", parts: &["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"], inside: &["VDDQ_VDD2_1V8AO"] },
    Layout { board: "AGX Xavier", parts: &["GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"], inside: &[] },
];

/// Largest relative error of NVIDIA's monitors, until one is held against a meter.
fn gain() -> Gain {
    Gain::assumed_bound(0.05, "NVIDIA publishes no bound for the monitors of its modules: 5 % taken")
}

/// The rail of this label on a chip of this driver. Other boards call a supply `CPU` too; NVIDIA's rails hang on the
/// INA3221, and Thor's input on an INA238.
pub(super) fn rail(driver: &str, label: &str) -> Option<&'static Rail> {
    let wanted = if label == "VIN" { "ina238" } else { "ina3221" };
    RAILS.iter().find(|rail| rail.label == label).filter(|_| driver == wanted)
}

impl Rail {
    /// Says in a sensor what the rail is.
    pub(super) fn apply(&self, info: &mut SensorInfo) {
        info.name = format!("{}: {}", self.label, self.what);
        info.boundary = self.boundary;
        info.gain = gain();
        if self.boundary == Boundary::Rail {
            info.notes.push(format!("{}; one rail, shown and not counted as a device's energy", self.what));
        } else {
            info.notes.push(self.what.to_owned());
            info.matches = whole_machine();
        }
    }
}

/// Completes totals: a total that has a rail of its own learns what it contains; a module without one gets the sum of
/// its parts, if all of them can be read.
pub(super) fn totals(sensors: &mut Vec<MonitorSensor>, found: &mut Discovery) {
    let is_part = |sensor: &&MonitorSensor| sensor.info.boundary == Boundary::Rail;
    let parts: Vec<(String, &str)> =
        sensors.iter().filter(is_part).filter_map(|s| Some((s.info.id.clone(), label_of(s)?))).collect();
    let ids: Vec<String> = parts.iter().map(|(id, _)| id.clone()).collect();
    let mut inner = ids.clone();
    let mut has_module = false;
    // From the inside out: what stands at the board's input contains the module's total, too.
    for boundary in [Boundary::Module, Boundary::DcIn] {
        for sensor in sensors.iter_mut() {
            if sensor.info.boundary == boundary && label_of(sensor).is_some() {
                sensor.info.contains = inner.clone();
                inner.push(sensor.info.id.clone());
                has_module |= boundary == Boundary::Module;
            }
        }
    }
    if has_module {
        return;
    }
    for layout in LAYOUTS {
        let of = |label: &str| parts.iter().find(|(_, l)| *l == label).map(|(id, _)| id.clone());
        let known: Vec<String> = layout.parts.iter().filter_map(|label| of(label)).collect();
        // One label of a layout may be another board's; its first rails together are its signature.
        if known.len() < 2 {
            continue;
        }
        if known.len() < layout.parts.len() {
            let gone: Vec<&str> = layout.parts.iter().copied().filter(|label| of(label).is_none()).collect();
            found.missing.push(Missing::new(
                format!("total of the {} module", layout.board),
                format!("{} cannot be read, and a sum without it would look right and be too small", gone.join(", ")),
                "enable the rail (inN_enable), or meter the board's input",
            ));
            continue;
        }
        let contains = known.iter().cloned().chain(layout.inside.iter().filter_map(|label| of(label))).collect();
        let total = sum(layout, &known, contains, sensors);
        for sensor in sensors.iter_mut().filter(|s| s.info.boundary == Boundary::DcIn && label_of(s).is_some()) {
            sensor.info.contains.push(total.info.id.clone());
        }
        sensors.push(total);
    }
}

fn sum(layout: &Layout, parts: &[String], contains: Vec<String>, sensors: &[MonitorSensor]) -> MonitorSensor {
    let parts: Vec<&MonitorSensor> = sensors.iter().filter(|s| parts.contains(&s.info.id)).collect();
    let mut info = SensorInfo::new("jetson:module-sum", parts[0].info.kind.clone(), Boundary::Module, gain());
    info.name = format!("{} module: {}", layout.board, layout.parts.join(" + "));
    info.update_period_s = parts.iter().filter_map(|s| s.info.update_period_s).reduce(f64::max);
    info.averaging_window_s = parts.iter().filter_map(|s| s.info.averaging_window_s).reduce(f64::max);
    info.matches = whole_machine();
    info.plausible_watts = parts.iter().map(|s| s.info.plausible_watts).sum();
    info.contains = contains;
    info.source = parts.iter().map(|s| s.info.source.clone()).collect::<Vec<_>>().join(" + ");
    info.notes.push(format!("sum of {}: this module has no rail for its total", layout.parts.join(", ")));
    if !layout.inside.is_empty() {
        info.notes.push(format!("{} lies inside and is not added", layout.inside.join(", ")));
    }
    MonitorSensor { info, channels: parts.iter().flat_map(|s| s.channels.clone()).collect() }
}

/// The label of a sensor that is one known rail.
fn label_of(sensor: &MonitorSensor) -> Option<&'static str> {
    let [channel] = &sensor.channels[..] else { return None };
    let driver = sensor.info.id.split(':').next()?;
    rail(driver, channel.label.as_deref()?).map(|rail| rail.label)
}
