//! Smart plugs on the local network: Shelly (all generations) and Tasmota over plain HTTP, any that speaks MQTT.
//! Must not hang, follow a redirect, or send anything but a question; it never switches a plug.

mod maker;
mod mqtt;
mod spec;

use std::time::Duration;

use crate::power::{Discovery, Gain, Kind, Missing, Roots, SensorError, SensorInfo, background::Background};

pub use maker::Maker;
use maker::Question;
pub use spec::{Address, PlugSpec, SpecError};

/// Longest wait for an answer, name look-up and connection included.
const LIMIT: Duration = Duration::from_secs(2);
/// Longest answer that is taken in.
const MOST_BYTES: u64 = 64 * 1024;
/// What a household socket can carry, with room for 32 A.
const MOST_W: f64 = 8_000.0;

/// A plug that can be asked.
#[derive(Clone)]
struct Client {
    agent: ureq::Agent,
    id: String,
    /// `http://host:port`.
    base: String,
}

/// An answer: its status and its text.
struct Answer {
    status: u16,
    text: String,
}

impl Client {
    fn new(id: &str, host: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(LIMIT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A proxy between a plug and its reader would delay, cache or leak; plugs are on the local network.
            .proxy(None)
            .user_agent("wattmark")
            .build();
        Self { agent: config.into(), id: id.to_owned(), base: format!("http://{host}") }
    }

    fn get(&self, path: &str) -> Result<Answer, SensorError> {
        let url = format!("{}{path}", self.base);
        let failed =
            |e: ureq::Error| SensorError::Driver { sensor: self.id.clone(), place: url.clone(), detail: e.to_string() };
        let mut response = self.agent.get(&url).call().map_err(failed)?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(MOST_BYTES).read_to_string().map_err(failed)?;
        Ok(Answer { status, text })
    }

    /// The JSON of a good answer.
    fn json(&self, path: &str) -> Result<serde_json::Value, SensorError> {
        let answer = self.get(path)?;
        let place = format!("{}{path}", self.base);
        if answer.status == 401 {
            let fix = "switch its login off while measuring, or log it yourself and use --power-log".to_owned();
            return Err(SensorError::Permission { sensor: self.id.clone(), place, fix });
        }
        if answer.status != 200 {
            let detail = format!("HTTP status {}: {}", answer.status, shortened(&answer.text));
            return Err(SensorError::Driver { sensor: self.id.clone(), place, detail });
        }
        serde_json::from_str(&answer.text).map_err(|_| SensorError::Malformed {
            sensor: self.id.clone(),
            place,
            text: shortened(&answer.text),
            expected: "JSON of a plug",
        })
    }

    fn watts(&self, question: &Question) -> Result<f64, SensorError> {
        let json = self.json(&question.path)?;
        let watts = question.watts(&json).map_err(|what| SensorError::Implausible {
            sensor: self.id.clone(),
            what: format!("{}{}: {what}", self.base, question.path),
        })?;
        plausible(&self.id, &format!("{}{}", self.base, question.path), watts)
    }
}

/// Ask every plug that the user named.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    for spec in &roots.plugs {
        let kind = match &spec.address {
            Address::Http { maker, .. } => maker.name(),
            Address::Mqtt { .. } => "mqtt",
        };
        // The address stays out of the name, which travels with records.
        let plain = format!("plug:{}", spec.name.as_deref().unwrap_or(kind));
        let taken = found.sensors.iter().filter(|s| s.info().id.split('#').next() == Some(&plain)).count();
        let id = if taken == 0 { plain } else { format!("{plain}#{}", taken + 1) };
        let (opened, check) = match &spec.address {
            Address::Http { maker, host, channel } => {
                (ask(spec, &id, *maker, host, *channel), format!("open http://{host} in a browser from this machine"))
            }
            Address::Mqtt { broker, port, topic, field } => {
                let source = mqtt::Source { broker, port: *port, topic, field: field.as_deref() };
                (source.open(roots, describe(spec, &id, "MQTT plug".to_owned(), None)), source.check())
            }
        };
        match opened {
            Ok(sensor) => found.sensors.push(Box::new(sensor)),
            Err(error) => found.missing.push(Missing::new(
                format!("smart plug {spec}"),
                error.to_string(),
                format!("{check}; see --power-plug in `wattmark run --help`"),
            )),
        }
    }
    found
}

fn ask(spec: &PlugSpec, id: &str, maker: Maker, host: &str, channel: u32) -> Result<Background, SensorError> {
    let client = Client::new(id, host);
    let question = maker.question(&client, channel)?;
    client.watts(&question)?;
    let info = describe(spec, id, format!("{} plug, channel {channel}", maker.name()), Some(question.resolution_w));
    // Twice as often as the plug measures, so that no value is missed.
    let period = Duration::from_secs_f64(spec.update_period_s / 2.0);
    Background::start(info, period, Box::new(move || client.watts(&question)))
}

fn describe(spec: &PlugSpec, id: &str, name: String, resolution_w: Option<f64>) -> SensorInfo {
    let gain = spec.gain.clone().unwrap_or_else(|| {
        Gain::assumed_bound(0.02, "no accuracy given for this plug; 2 % taken: state the data sheet's")
    });
    let mut info = SensorInfo::new(id, Kind::Gauge { resolution_w }, spec.boundary, gain);
    info.name = name;
    info.update_period_s = Some(spec.update_period_s);
    info.averaging_window_s = Some(spec.update_period_s);
    info.matches = vec![spec.device.clone()];
    info.source = spec.to_string();
    info.clock_sigma_s = spec.clock_sigma_s;
    info.plausible_watts = MOST_W;
    info.notes.push(
        "power only: a plug's energy count moves in steps too coarse for a window; period and delay are assumptions until \
         `wattmark sensors characterise` has measured them"
            .to_owned(),
    );
    info
}

/// Watts that a plug may draw.
fn plausible(id: &str, place: &str, watts: f64) -> Result<f64, SensorError> {
    if (0.0..=MOST_W).contains(&watts) {
        return Ok(watts);
    }
    Err(SensorError::Implausible { sensor: id.to_owned(), what: format!("{place} says {watts} W") })
}

fn shortened(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect()
}

#[cfg(test)]
mod tests;
