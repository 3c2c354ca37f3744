//! What each maker's plug is asked, and where the watts stand in its answer.
//! Must not open a connection itself, nor take a plug's word while the plug doubts it.

use serde_json::Value as Json;

use super::Client;
use crate::power::SensorError;

/// Who made the plug, or its firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Shelly, first generation and those after it.
    Shelly,
    /// Any plug with the Tasmota firmware.
    Tasmota,
}

/// Where an answer holds its watts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Shelly, first generation: `power`, with `is_valid` beside it.
    ShellyFirst,
    /// Shelly, later generations: `apower`, with `errors` beside it where there are any.
    ShellyLater,
    /// Tasmota: `StatusSNS.ENERGY.Power`, a list where the plug has several channels.
    Tasmota,
}

/// What to ask, and how to read the answer.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) path: String,
    pub(super) form: Form,
    pub(super) channel: u32,
    /// Smallest step of the watts in it.
    pub(super) resolution_w: f64,
}

impl Maker {
    /// Every maker.
    pub const ALL: [Maker; 2] = [Maker::Shelly, Maker::Tasmota];

    /// Name in an address: `shelly://…`.
    pub fn name(self) -> &'static str {
        match self {
            Maker::Shelly => "shelly",
            Maker::Tasmota => "tasmota",
        }
    }

    /// Finds out what this very plug wants to be asked.
    ///
    /// # Errors
    /// It does not answer, or is not what it was said to be.
    pub(super) fn question(self, client: &Client, channel: u32) -> Result<Question, SensorError> {
        match self {
            // Tasmota counts from one in its commands; the list in its answer is in that order.
            Maker::Tasmota => {
                Ok(Question { path: "/cm?cmnd=Status%208".to_owned(), form: Form::Tasmota, channel, resolution_w: 1.0 })
            }
            Maker::Shelly => shelly(client, channel),
        }
    }
}

/// `/shelly` is open on every generation; `gen` is there from the second on.
fn shelly(client: &Client, channel: u32) -> Result<Question, SensorError> {
    let about = client.json("/shelly")?;
    let (paths, form) = if about.get("gen").is_some() {
        (["/rpc/Switch.GetStatus?id=", "/rpc/PM1.GetStatus?id="], Form::ShellyLater)
    } else if about.get("type").is_some() {
        (["/meter/", "/emeter/"], Form::ShellyFirst)
    } else {
        return Err(SensorError::Malformed {
            sensor: client.id.clone(),
            place: format!("{}/shelly", client.base),
            text: super::shortened(&about.to_string()),
            expected: "what a Shelly says of itself (`gen` or `type`)",
        });
    };
    let asked = paths.map(|path| format!("{path}{channel}"));
    for path in &asked {
        // A model without this sort of channel says 404, or 500 to a call it does not know.
        if client.get(path)?.status == 200 {
            return Ok(Question { path: path.clone(), form, channel, resolution_w: 0.1 });
        }
    }
    Err(SensorError::NoReading { sensor: client.id.clone(), place: format!("{}{}", client.base, asked.join(" or ")) })
}

impl Question {
    /// The watts in an answer.
    ///
    /// # Errors
    /// Why there are none.
    pub(super) fn watts(&self, json: &Json) -> Result<f64, String> {
        let number = |value: Option<&Json>, name: &str| {
            value.and_then(Json::as_f64).ok_or_else(|| format!("no number at {name}; this plug may not measure power"))
        };
        match self.form {
            Form::ShellyFirst => {
                if json.get("is_valid") != Some(&Json::Bool(true)) {
                    return Err("the plug calls its own reading invalid (is_valid)".to_owned());
                }
                number(json.get("power"), "power")
            }
            Form::ShellyLater => match json.get("errors").and_then(Json::as_array) {
                Some(errors) if !errors.is_empty() => Err(format!("the plug reports {}", Json::from(errors.clone()))),
                _ => number(json.get("apower"), "apower"),
            },
            Form::Tasmota => {
                if let Some(warning) = json.get("WARNING") {
                    return Err(format!("the plug says {warning}: switch its web password off while measuring"));
                }
                let power = json.get("StatusSNS").and_then(|s| s.get("ENERGY")).and_then(|e| e.get("Power"));
                match power {
                    Some(Json::Array(all)) => number(all.get(self.channel as usize), "StatusSNS.ENERGY.Power[channel]"),
                    one if self.channel == 0 => number(one, "StatusSNS.ENERGY.Power"),
                    _ => Err(format!("this plug has one channel, 0; channel {} was asked for", self.channel)),
                }
            }
        }
    }
}
