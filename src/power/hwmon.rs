//! GPU power and energy from hwmon: amdgpu, i915 and xe.
//! Must not trust a hwmon number, which moves between boots: cards are matched by PCI id.

use std::fs;
use std::path::{Path, PathBuf};

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Reading, Roots, Sensor, SensorError, SensorInfo, Value, clock,
    sysfs,
};

/// Above this a card is not drawing but broken, in watts.
const CARD_LIMIT_W: f64 = 3_000.0;

const FIX: &str = "let your user read it: sudo chmod a+r on this file";

/// Ticks (uJ) at which an energy count may start again: at 32 bits of microjoules, or where the 32-bit
/// register behind it runs out, at 2^-14 J a unit. Recent drivers count on in software.
const WRAPS_UJ: [u64; 2] = [1 << 32, (1 << 18) * 1_000_000];

/// One attribute file: microwatts or microjoules.
struct HwmonSensor {
    info: SensorInfo,
    path: PathBuf,
    last: Option<(u64, u64)>,
}

impl HwmonSensor {
    /// An accumulator is held to what a card can draw: they have been seen to report the impossible.
    fn check_step(&self, ticks: u64, t_ns: u64) -> Result<(), SensorError> {
        let Some((before, before_ns)) = self.last else {
            return Ok(());
        };
        let elapsed_s = t_ns.saturating_sub(before_ns) as f64 * 1e-9;
        let joules = ticks.saturating_sub(before) as f64 * 1e-6;
        // One late update may carry a tenth of a second, hence the allowance.
        if joules <= CARD_LIMIT_W * (elapsed_s + 0.1) {
            return Ok(());
        }
        Err(SensorError::Implausible {
            sensor: self.info.id.clone(),
            what: format!(
                "{} rose by {joules:.1} J in {elapsed_s:.3} s, more than {CARD_LIMIT_W} W",
                self.path.display()
            ),
        })
    }
}

impl Sensor for HwmonSensor {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let raw = sysfs::unsigned(&self.info.id, &self.path, FIX)?;
        let t_ns = clock::monotonic_ns();
        if self.info.is_counter() {
            let step = self.check_step(raw, t_ns);
            self.last = Some((raw, t_ns));
            step?;
            return Ok(Reading { t_ns, value: Value::Counter { ticks: raw } });
        }
        let watts = raw as f64 * 1e-6;
        if watts > self.info.plausible_watts {
            return Err(SensorError::Implausible {
                sensor: self.info.id.clone(),
                what: format!("{} says {watts:.0} W", self.path.display()),
            });
        }
        Ok(Reading { t_ns, value: Value::Gauge { watts } })
    }
}

/// Find amdgpu, i915 and xe meters below `roots.sys`.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    let tree = roots.sys.join("class/hwmon");
    let mut cards = 0;
    for dir in sysfs::entries(&tree) {
        let Some(driver) = sysfs::text(dir.join("name")) else {
            continue;
        };
        if !matches!(driver.as_str(), "amdgpu" | "i915" | "xe") {
            continue;
        }
        cards += 1;
        let before = found.sensors.len() + found.missing.len();
        for file in attributes(&driver) {
            let path = dir.join(file);
            if path.exists() {
                open(&driver, &dir, file, &mut found);
            }
        }
        if found.sensors.len() + found.missing.len() == before {
            found.missing.push(Missing::new(
                format!("{driver} power ({})", dir.display()),
                "the driver shows neither power nor energy for this card",
                "integrated Intel graphics: use RAPL; otherwise try a newer kernel",
            ));
        }
    }
    if cards == 0 {
        found.missing.push(Missing::new(
            "AMD or Intel GPU power (hwmon)",
            format!("no amdgpu, i915 or xe entry under {}", tree.display()),
            "nothing to do without such a card; with one, load its kernel driver",
        ));
    }
    found
}

/// Attribute files to look for. `power1_average` and `power1_input` are different figures where both are
/// there, and both are kept.
fn attributes(driver: &str) -> &'static [&'static str] {
    match driver {
        "amdgpu" => &["power1_average", "power1_input", "energy1_input"],
        _ => &["energy1_input", "energy2_input"],
    }
}

fn open(driver: &str, dir: &Path, file: &str, found: &mut Discovery) {
    let path = dir.join(file);
    let pci = pci_of(dir);
    // Without a PCI id the hwmon number is all there is to tell two cards apart.
    let place = match &pci {
        Some(key) => key.to_string(),
        None => sysfs::file_name(dir).to_owned(),
    };
    let id = format!("{driver}:{place}:{file}");
    if let Err(e) = sysfs::unsigned(&id, &path, FIX) {
        let fix = match &e {
            SensorError::Permission { .. } => format!("sudo chmod a+r {}", path.display()),
            _ => "wake the card (a suspended GPU does not answer) or update the kernel".to_owned(),
        };
        let missing = Missing::new(format!("{driver} {file} of {place}"), e.to_string(), fix);
        found.missing.push(missing);
        return;
    }
    let stem = file.split('_').next().unwrap_or(file);
    let label = sysfs::text(dir.join(format!("{stem}_label")));
    let mut info = describe(driver, file, label.as_deref(), id);
    info.source = path.display().to_string();
    match pci {
        Some(key) => info.matches.push(key),
        None => info.notes.push("its device link gives no PCI id: cannot tell which card".to_owned()),
    }
    found.sensors.push(Box::new(HwmonSensor { info, path, last: None }));
}

/// The PCI id behind a hwmon folder, through its `device` link.
fn pci_of(dir: &Path) -> Option<DeviceKey> {
    let device = fs::canonicalize(dir.join("device")).ok()?;
    DeviceKey::pci(sysfs::file_name(&device))
}

fn describe(driver: &str, file: &str, label: Option<&str>, id: String) -> SensorInfo {
    let amd = driver == "amdgpu";
    // AMD's figure is package power tracking: no regulators, no fans. Intel labels its channels; without a
    // label channel 1 is documented as the whole device.
    let boundary = match (amd, label, file) {
        (true, _, _) | (false, Some("pkg"), _) | (false, None, "energy2_input") => Boundary::Package,
        (false, Some("card") | None, _) => Boundary::GpuBoard,
        (false, Some(_), _) => Boundary::Rail,
    };
    let kind = if file.starts_with("energy") {
        Kind::Counter { joules_per_tick: 1e-6, wraps_at: if amd { Vec::new() } else { WRAPS_UJ.to_vec() } }
    } else {
        Kind::Gauge { resolution_w: Some(1e-6) }
    };
    let gain = Gain::assumed(0.05, "no accuracy is published; 5 % taken until checked against a wall meter");
    let mut info = SensorInfo::new(id, kind, boundary, gain);
    info.name = match label {
        Some(label) => format!("{driver} {file} ({label})"),
        None => format!("{driver} {file}"),
    };
    info.update_period_s = Some(if file.starts_with("power") { 0.1 } else { 0.01 });
    info.averaging_window_s = (file == "power1_average").then_some(1.0);
    info.plausible_watts = CARD_LIMIT_W;
    info.notes.push(
        "update period and averaging window are assumptions; the observed period is used where longer".to_owned(),
    );
    info
}

#[cfg(all(test, unix))]
mod tests;
