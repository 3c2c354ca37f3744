//! Raspberry Pi 5: what its power chip (PMIC) puts out, by `vcgencmd pmic_read_adc`.
//! Must not scale the sum up to the input: that is a model, and what USB devices draw is in no rail.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Roots, Sensor, SensorError, SensorInfo,
    background::Background, boards, command,
};

const ID: &str = "pmic:pi5";
const PERIOD_S: f64 = 0.1;
/// The firmware answers in milliseconds.
const LIMIT: Duration = Duration::from_secs(2);
/// A Pi 5 takes 27 W at most.
const MOST_W: f64 = 40.0;

/// Find the PMIC where the board is one with it.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    if boards::detect(roots) != Some(boards::Board::RaspberryPi5) {
        return found;
    }
    let missing = |why: String, fix: &str| Missing::new("Raspberry Pi 5 power chip (PMIC)", why, fix);
    let Some(program) = command::find(roots, "vcgencmd") else {
        let why = "vcgencmd is not installed".to_owned();
        found
            .missing
            .push(missing(why, "sudo apt install raspi-utils (Raspberry Pi OS), then: vcgencmd pmic_read_adc"));
        return found;
    };
    match open(program) {
        Ok(sensor) => found.sensors.push(sensor),
        Err(error) => found.missing.push(missing(
            error.to_string(),
            "sudo usermod -aG video $USER and log in again; update the firmware: sudo rpi-eeprom-update -a",
        )),
    }
    found
}

fn open(program: PathBuf) -> Result<Box<dyn Sensor>, SensorError> {
    let source = format!("{} pmic_read_adc", program.display());
    let ask = move || {
        let text = command::output(ID, &program, &["pmic_read_adc"], LIMIT)?;
        watts(&text).map_err(|what| SensorError::Implausible { sensor: ID.to_owned(), what })
    };
    let sensor = Background::start(describe(source), Duration::from_secs_f64(PERIOD_S), Box::new(ask))?;
    sensor.first(LIMIT + Duration::from_secs(1))?;
    Ok(Box::new(sensor))
}

fn describe(source: String) -> SensorInfo {
    let gain = Gain::assumed_bound(0.05, "no accuracy is published for the PMIC's converters; 5 % taken");
    let mut info = SensorInfo::new(ID, Kind::Gauge { resolution_w: None }, Boundary::Module, gain);
    info.name = "Raspberry Pi 5 PMIC, sum of voltage times current over its outputs".to_owned();
    info.update_period_s = Some(PERIOD_S);
    info.matches = vec![DeviceKey::WholeMachine];
    info.source = source;
    // The program starts, asks the firmware and ends within this time.
    info.clock_sigma_s = 0.01;
    info.plausible_watts = MOST_W;
    info.notes.push(
        "outputs of the PMIC only: its own losses, USB devices, HATs and fans at 5 V are not in it; a published fit for \
         the 5 V input (1.1451 x + 0.5879 W) is a model and is not applied"
            .to_owned(),
    );
    info
}

/// Sums voltage times current over the outputs that report both.
///
/// Lines read `VDD_CORE_A current(7)=1.2345A` and `VDD_CORE_V volt(15)=0.8765V`. `EXT5V_V` and `BATT_V` are inputs, and
/// have no current.
fn watts(text: &str) -> Result<f64, String> {
    let mut amperes: BTreeMap<&str, f64> = BTreeMap::new();
    let mut volts: BTreeMap<&str, f64> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (kind, name, value) = parse(line).ok_or_else(|| format!("pmic_read_adc says {:?}", shortened(line)))?;
        if !value.is_finite() || value < 0.0 {
            return Err(format!("pmic_read_adc says {:?}, which cannot be", shortened(line)));
        }
        let known = if kind == Kin::Current { &mut amperes } else { &mut volts };
        if known.insert(name, value).is_some() {
            return Err(format!("pmic_read_adc names {name} twice"));
        }
    }
    if let Some((name, _)) = amperes.iter().find(|(name, _)| !volts.contains_key(*name)) {
        return Err(format!("pmic_read_adc gives a current of {name} without its voltage: the sum would be too small"));
    }
    if !amperes.contains_key("VDD_CORE") {
        return Err("pmic_read_adc does not name VDD_CORE: is this a Raspberry Pi 5?".to_owned());
    }
    Ok(amperes.iter().map(|(name, a)| a * volts[name]).sum())
}

#[derive(PartialEq)]
enum Kin {
    Current,
    Voltage,
}

fn parse(line: &str) -> Option<(Kin, &str, f64)> {
    let (name, rest) = line.trim().split_once(char::is_whitespace)?;
    let (what, value) = rest.trim().split_once('=')?;
    if what.starts_with("current(") {
        Some((Kin::Current, name.strip_suffix("_A")?, value.trim().strip_suffix('A')?.parse().ok()?))
    } else if what.starts_with("volt(") {
        Some((Kin::Voltage, name.strip_suffix("_V")?, value.trim().strip_suffix('V')?.parse().ok()?))
    } else {
        None
    }
}

fn shortened(line: &str) -> String {
    line.trim().chars().take(60).collect()
}

#[cfg(all(test, unix))]
mod tests;
