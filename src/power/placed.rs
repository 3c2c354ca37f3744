//! The user's word on where a meter sits, for chips that cannot tell.
//! Must not invent a meter: a place for one that is not there is said to be missing.

use std::str::FromStr;

use crate::power::{Boundary, DeviceKey, Discovery, Gain, Missing, described};

/// Where a meter sits, by its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The meter's id, as `wattmark sensors` shows it.
    pub sensor: String,
    /// Where in the power path.
    pub boundary: Boundary,
    /// What it feeds.
    pub device: DeviceKey,
    /// Its accuracy, where known from its data sheet or a calibration.
    pub gain: Option<Gain>,
}

/// What is wrong with the text of a placement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; write ID,boundary=dc_in[,device=whole-machine][,accuracy=SHARE]")]
pub struct PlacementError {
    problem: String,
}

impl FromStr for Placement {
    type Err = PlacementError;

    fn from_str(text: &str) -> Result<Self, PlacementError> {
        let wrong = |problem: String| PlacementError { problem };
        let mut parts = text.split(',').map(str::trim);
        let sensor = parts.next().filter(|id| !id.is_empty() && !id.contains('='));
        let sensor = sensor.ok_or_else(|| wrong("no sensor is named".to_owned()))?.to_owned();
        let (mut boundary, mut device, mut gain) = (None, DeviceKey::WholeMachine, None);
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| wrong(format!("`{part}` is no key=value")))?;
            match (key.trim(), value.trim()) {
                ("boundary", v) => boundary = Some(v.parse().map_err(|e| wrong(format!("{part}: {e}")))?),
                ("device", v) => device = DeviceKey::from(v.to_owned()),
                ("accuracy", v) => match v.parse::<f64>() {
                    Ok(share) if (0.0..1.0).contains(&share) => {
                        gain = Some(Gain::assumed_bound(share, "stated by the user with --power-sensor"));
                    }
                    _ => return Err(wrong(format!("{part}: give a share, 0.01 for 1 %"))),
                },
                (key, _) => return Err(wrong(format!("there is no key `{key}`"))),
            }
        }
        let boundary = boundary.ok_or_else(|| wrong(format!("where {sensor} sits is not said")))?;
        Ok(Self { sensor, boundary, device, gain })
    }
}

/// Puts every meter that the user placed where the user says.
pub(super) fn place(placements: &[Placement], found: &mut Discovery) {
    for placement in placements {
        let Some(at) = found.sensors.iter().position(|s| s.info().id == placement.sensor) else {
            let ids: Vec<&str> = found.sensors.iter().map(|s| s.info().id.as_str()).collect();
            let known = if ids.is_empty() { "none is".to_owned() } else { format!("there are {}", ids.join(", ")) };
            found.missing.push(Missing::new(
                format!("sensor {}", placement.sensor),
                format!("it was placed with --power-sensor and is not there; {known}"),
                "take the id from `wattmark sensors`",
            ));
            continue;
        };
        let inner = found.sensors.remove(at);
        let mut info = inner.info().clone();
        info.boundary = placement.boundary;
        info.matches = vec![placement.device.clone()];
        info.gain = placement.gain.clone().unwrap_or(info.gain);
        info.notes.retain(|note| !note.starts_with("cannot tell which supply"));
        info.notes.push("placed by the user".to_owned());
        found.sensors.insert(at, described(inner, info));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::scripted::{Scripted, ScriptedClock};

    #[test]
    fn a_placement_needs_a_meter_and_a_boundary() {
        let full: Placement = "ina226:1-0040, boundary=dc_in, device=cpu, accuracy=0.01".parse().unwrap();
        assert_eq!(
            (full.sensor.as_str(), full.boundary, full.device),
            ("ina226:1-0040", Boundary::DcIn, DeviceKey::Cpu)
        );
        for (text, why) in [
            ("", "no sensor"),
            ("boundary=dc_in", "no sensor"),
            ("ina226:1-0040", "not said"),
            ("ina226:1-0040,boundary=moon", "moon"),
            ("ina226:1-0040,boundary=dc_in,accuracy=2", "share"),
            ("ina226:1-0040,boundary=dc_in,colour=red", "no key `colour`"),
        ] {
            let error = text.parse::<Placement>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("ID,boundary="), "{text}: {error}");
        }
    }

    #[test]
    fn the_users_word_goes_over_the_chips_and_a_meter_that_is_not_there_is_named() {
        let meter = Scripted::gauge(&ScriptedClock::default(), 0.1, &[(1.0, 5.0)]);
        let mut found = Discovery { sensors: vec![Box::new(meter)], missing: vec![] };
        let word = |text: &str| text.parse::<Placement>().unwrap();
        place(&[word("scripted:gauge,boundary=dc_in"), word("ina226:9,boundary=dc_in")], &mut found);
        let info = found.sensors[0].info();
        assert_eq!((info.boundary, &info.matches[..]), (Boundary::DcIn, &[DeviceKey::WholeMachine][..]));
        assert!(found.sensors[0].read().is_ok());
        assert!(found.missing[0].why.contains("scripted:gauge"), "{}", found.missing[0]);
    }
}
