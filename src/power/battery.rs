//! A laptop's battery as a meter: what it gives while nothing else feeds the machine.
//! Must not speak while a charger is plugged in: the battery then sees only what goes into or out of itself.

use std::path::PathBuf;

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Reading, Roots, Sensor, SensorError, SensorInfo, Value, clock,
    sysfs,
};

const FIX: &str = "let your user read it: sudo chmod a+r on this file";
/// A laptop does not draw more from its battery.
const MOST_W: f64 = 300.0;

struct Battery {
    info: SensorInfo,
    dir: PathBuf,
}

impl Battery {
    fn watts(&self) -> Result<f64, SensorError> {
        let id = &self.info.id;
        let status = sysfs::text(self.dir.join("status")).ok_or_else(|| SensorError::Gone {
            sensor: id.clone(),
            place: self.dir.join("status").display().to_string(),
            detail: "not readable".to_owned(),
        })?;
        let implausible = |what: String| Err(SensorError::Implausible { sensor: id.clone(), what });
        if status != "Discharging" {
            return implausible(format!(
                "the battery is {status}: unplug the charger, the battery then feeds everything"
            ));
        }
        let number = |file: &str| sysfs::number(id, &self.dir.join(file), FIX).map(f64::abs);
        // Drivers disagree on the sign of a current that leaves the battery; the status is what tells.
        let watts = if self.dir.join("power_now").exists() {
            number("power_now")? * 1e-6
        } else {
            number("voltage_now")? * 1e-6 * (number("current_now")? * 1e-6)
        };
        match watts {
            w if w > MOST_W => implausible(format!("{} gives {w:.0} W", self.dir.display())),
            // A fuel gauge that has not measured yet shows nought; a machine that runs draws something.
            0.0 => implausible("the fuel gauge shows 0 W while discharging".to_owned()),
            w => Ok(w),
        }
    }
}

impl Sensor for Battery {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let watts = self.watts()?;
        Ok(Reading { t_ns: clock::monotonic_ns(), value: Value::Gauge { watts } })
    }
}

/// Find the battery below `roots.sys`. Several batteries feed a machine in turns or together: no one of them is a meter.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    let all: Vec<PathBuf> = sysfs::entries(roots.sys.join("class/power_supply"))
        .into_iter()
        .filter(|dir| sysfs::text(dir.join("type")).as_deref() == Some("Battery"))
        // A mouse has a battery too; it does not feed the machine.
        .filter(|dir| sysfs::text(dir.join("scope")).as_deref() != Some("Device"))
        .filter(|dir| dir.join("power_now").exists() || dir.join("current_now").exists())
        .collect();
    let [dir] = &all[..] else {
        if all.len() > 1 {
            found.missing.push(Missing::new(
                "battery power",
                format!("{} batteries feed this machine, and their sum is not taken at one time", all.len()),
                "meter the charger with the batteries full (--power-plug, --power-log)",
            ));
        }
        return found;
    };
    let battery = Battery { info: describe(dir), dir: dir.clone() };
    match battery.watts() {
        Ok(_) => found.sensors.push(Box::new(battery)),
        Err(error) => found.missing.push(Missing::new(
            "battery power",
            error.to_string(),
            "unplug the charger, or meter it with the battery full (--power-plug, --power-log)",
        )),
    }
    found
}

fn describe(dir: &std::path::Path) -> SensorInfo {
    let gain = Gain::assumed_bound(0.05, "fuel gauges publish no accuracy for power; 5 % taken");
    let id = format!("battery:{}", sysfs::file_name(dir));
    let mut info = SensorInfo::new(id, Kind::Gauge { resolution_w: Some(1e-3) }, Boundary::DcIn, gain);
    info.name = "battery while it feeds the machine, display included".to_owned();
    // Fuel gauges average over seconds and seldom say over how many.
    info.update_period_s = Some(2.0);
    info.averaging_window_s = Some(4.0);
    info.matches = vec![DeviceKey::WholeMachine];
    info.source = dir.join("power_now").display().to_string();
    info.clock_sigma_s = 0.5;
    info.plausible_watts = MOST_W;
    info.notes.push(
        "the whole laptop, display included; update period and averaging are assumptions until `wattmark sensors \
         characterise` has measured them"
            .to_owned(),
    );
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laptop(files: &[(&str, &str)]) -> (tempfile::TempDir, Roots) {
        let dir = tempfile::tempdir().unwrap();
        let battery = dir.path().join("sys/class/power_supply/qcom-battmgr-bat");
        std::fs::create_dir_all(&battery).unwrap();
        for (file, text) in files {
            std::fs::write(battery.join(file), format!("{text}\n")).unwrap();
        }
        let roots = Roots::below(dir.path());
        (dir, roots)
    }

    #[test]
    fn a_discharging_battery_is_a_meter_whatever_its_sign() {
        for power in ["8250000", "-8250000"] {
            let (_dir, roots) = laptop(&[("type", "Battery"), ("status", "Discharging"), ("power_now", power)]);
            let mut found = discover(&roots);
            assert_eq!(found.sensors[0].read().unwrap().value, Value::Gauge { watts: 8.25 });
            assert_eq!(found.sensors[0].info().boundary, Boundary::DcIn);
        }
        let files =
            [("type", "Battery"), ("status", "Discharging"), ("voltage_now", "12000000"), ("current_now", "-500000")];
        let (_dir, roots) = laptop(&files);
        assert_eq!(discover(&roots).sensors[0].read().unwrap().value, Value::Gauge { watts: 6.0 });
    }

    #[test]
    fn a_charging_full_or_silent_battery_is_none() {
        for (status, power, why) in [
            ("Charging", "30000000", "Charging"),
            ("Full", "0", "Full"),
            ("Not charging", "0", "Not charging"),
            ("Discharging", "0", "0 W"),
            ("Discharging", "n/a", "n/a"),
            ("Discharging", "nan", "NaN"),
            ("Discharging", "900000000", "900 W"),
        ] {
            let (_dir, roots) = laptop(&[("type", "Battery"), ("status", status), ("power_now", power)]);
            let found = discover(&roots);
            assert!(found.sensors.is_empty());
            assert!(found.missing[0].why.contains(why), "{}", found.missing[0]);
        }
    }

    #[test]
    fn plugging_in_during_a_window_is_a_fault() {
        let (dir, roots) = laptop(&[("type", "Battery"), ("status", "Discharging"), ("power_now", "8000000")]);
        let mut sensor = discover(&roots).sensors.remove(0);
        std::fs::write(dir.path().join("sys/class/power_supply/qcom-battmgr-bat/status"), "Charging").unwrap();
        assert!(sensor.read().unwrap_err().to_string().contains("unplug"));
    }

    #[test]
    fn a_mouse_and_a_second_battery_are_not_the_machine() {
        let (_dir, roots) = laptop(&[("type", "Battery"), ("scope", "Device"), ("power_now", "1")]);
        let found = discover(&roots);
        assert!(found.sensors.is_empty() && found.missing.is_empty());
        let (dir, roots) = laptop(&[("type", "Battery"), ("status", "Discharging"), ("power_now", "5000000")]);
        let second = dir.path().join("sys/class/power_supply/BAT1");
        std::fs::create_dir_all(&second).unwrap();
        std::fs::write(second.join("type"), "Battery").unwrap();
        std::fs::write(second.join("power_now"), "1000000").unwrap();
        assert!(discover(&roots).missing[0].why.contains("2 batteries"));
    }
}
