//! Power monitor chips on I2C (INA3221, INA238, INA226, INA260 and kin), through hwmon or IIO.
//! Must not add up what already contains each other, nor guess which supply a bare chip sits in.

mod channel;
mod hwmon;
mod iio;
mod jetson;

use channel::{Channel, FIX};

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Reading, Roots, Sensor, SensorError, SensorInfo, Value, clock,
    sysfs,
};

/// Above this a channel of such a chip is not drawing but broken, in watts.
const LIMIT_W: f64 = 1_000.0;

/// A chip, as the kernel shows it.
struct Chip {
    /// The driver's name for it: `ina3221`.
    driver: String,
    /// Bus and address where they can be told, `1-0040`; else the folder, which moves between boots.
    place: String,
    /// Whether `place` stays between boots.
    stable: bool,
    /// Seconds from one conversion to the next, where the driver tells; it averages over as long.
    update_s: Option<f64>,
    /// The shunt that its watts rest on, in micro-ohms, where the driver tells.
    shunt_uohm: Option<f64>,
    channels: Vec<Channel>,
}

/// Watts of one channel, or the sum of several that do not contain each other.
struct MonitorSensor {
    info: SensorInfo,
    channels: Vec<Channel>,
}

impl Sensor for MonitorSensor {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let before = clock::monotonic_ns();
        let mut watts = 0.0;
        // One rail that cannot be read takes the sum with it: a part of a sum looks right and is too small.
        for channel in &self.channels {
            watts += channel.watts(&self.info.id)?;
        }
        let t_ns = before + (clock::monotonic_ns() - before) / 2;
        if watts > self.info.plausible_watts {
            let what = format!("{} says {watts:.0} W", self.info.source);
            return Err(SensorError::Implausible { sensor: self.info.id.clone(), what });
        }
        Ok(Reading { t_ns, value: Value::Gauge { watts } })
    }
}

/// Find monitor chips below `roots.sys`. A machine without one is no news.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    let chips: Vec<Chip> = hwmon::chips(&roots.sys).into_iter().chain(iio::chips(&roots.sys)).collect();
    let mut readable: Vec<MonitorSensor> = Vec::new();
    for chip in &chips {
        if chip.channels.is_empty() {
            found.missing.push(Missing::new(
                format!("power monitor {} at {}", chip.driver, chip.place),
                "its driver shows no channel with power, or with voltage and current",
                "see that its channels are enabled (inN_enable) and that its shunt is described in the device tree",
            ));
        }
        for channel in &chip.channels {
            let sensor = describe(chip, channel, &readable);
            match channel.watts(&sensor.info.id) {
                Ok(_) => readable.push(sensor),
                Err(error) => found.missing.push(Missing::new(
                    format!("power monitor channel {}", sensor.info.id),
                    error.to_string(),
                    match error {
                        SensorError::Permission { .. } => FIX,
                        _ => "a rail that is switched off does not answer; else see the kernel's log for the chip",
                    },
                )),
            }
        }
    }
    jetson::totals(&mut readable, &mut found);
    found.sensors.extend(readable.into_iter().map(|sensor| Box::new(sensor) as Box<dyn Sensor>));
    found
}

/// A sensor for one channel: by its label where it has one, because labels stay when everything else moves.
fn describe(chip: &Chip, channel: &Channel, others: &[MonitorSensor]) -> MonitorSensor {
    let plain = match &channel.label {
        Some(label) => format!("{}:{label}", chip.driver),
        None if channel.number == 1 => format!("{}:{}", chip.driver, chip.place),
        None => format!("{}:{}:{}", chip.driver, chip.place, channel.number),
    };
    // Two chips may carry one label.
    let taken = others.iter().any(|other| other.info.id == plain);
    let id = if taken { format!("{plain}@{}", chip.place) } else { plain };
    let mut info = SensorInfo::new(id, Kind::Gauge { resolution_w: None }, Boundary::Rail, gain(chip));
    info.name = format!("{} channel {} at {}", chip.driver, channel.number, chip.place);
    info.plausible_watts = LIMIT_W;
    info.source = channel.source();
    info.update_period_s = Some(chip.update_s.unwrap_or(ASSUMED_PERIOD_S));
    info.averaging_window_s = chip.update_s;
    if chip.update_s.is_none() {
        info.notes.push(format!("the driver tells no update interval; {ASSUMED_PERIOD_S} s taken"));
    }
    if !chip.stable {
        info.notes.push("no bus address behind it: its name may change at the next boot".to_owned());
    }
    if let Some(shunt) = chip.shunt_uohm {
        info.notes
            .push(format!("scaled for a shunt of {} mOhm: check the board's, the error is the ratio", shunt / 1e3));
    }
    match channel.label.as_deref().and_then(|label| jetson::rail(&chip.driver, label)) {
        Some(rail) => rail.apply(&mut info),
        None => info.notes.push(
            "cannot tell which supply it sits in: say so with --power-sensor ID,boundary=...,device=...".to_owned(),
        ),
    }
    MonitorSensor { info, channels: vec![channel.clone()] }
}

/// Taken where the driver does not say: drivers poll a conversion that is faster.
const ASSUMED_PERIOD_S: f64 = 0.1;

fn gain(chip: &Chip) -> Gain {
    match chip.driver.as_str() {
        "ina260" => Gain::published_bound(0.005, "INA260 data sheet: gain error with its own shunt, over temperature"),
        _ => Gain::assumed_bound(0.05, "the chip is better than 1 %, its shunt is not known: 5 % taken"),
    }
}

/// Everything behind a meter.
fn whole_machine() -> Vec<DeviceKey> {
    vec![DeviceKey::WholeMachine]
}

/// Milliseconds in a file, as seconds; none if it is not there or makes no sense.
fn milliseconds(path: &std::path::Path) -> Option<f64> {
    let ms: f64 = sysfs::text(path)?.parse().ok()?;
    (ms.is_finite() && ms > 0.0).then_some(ms * 1e-3)
}

#[cfg(all(test, unix))]
mod tests;
