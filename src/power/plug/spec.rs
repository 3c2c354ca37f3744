//! A plug named by the user: address, and what the plug cannot say of itself.
//! Connects to nothing.

use std::{fmt, str::FromStr};

use super::Maker;
use crate::power::{Boundary, DeviceKey, Gain};

/// How a plug is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// It is asked over HTTP.
    Http {
        /// Who made it.
        maker: Maker,
        /// Host name or address, with the port where it is not 80.
        host: String,
        /// Which of its outlets, from 0.
        channel: u32,
    },
    /// It speaks when it likes, through a broker.
    Mqtt {
        /// Host name or address of the broker.
        broker: String,
        /// Its port, where it is not MQTT's own.
        port: Option<u16>,
        /// Where the plug's messages go.
        topic: String,
        /// Where a message has the watts: a JSON pointer. Without one, where the makers known here put them.
        field: Option<String>,
    },
}

/// A plug named by the user.
#[derive(Clone, Debug, PartialEq)]
pub struct PlugSpec {
    /// How it is reached.
    pub address: Address,
    /// Its name in records; the maker's by default. Its address stays out of records.
    pub name: Option<String>,
    /// Where it sits: at the wall, unless said otherwise.
    pub boundary: Boundary,
    /// What it feeds.
    pub device: DeviceKey,
    /// Nominal seconds between its measurements.
    pub update_period_s: f64,
    /// Standard uncertainty of its time, seconds: it measures, then answers.
    pub clock_sigma_s: f64,
    /// Its accuracy, where known from its data sheet or a calibration.
    pub gain: Option<Gain>,
}

/// What is wrong with the text of a spec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{problem}; write shelly://HOST[/CHANNEL], tasmota://HOST[/CHANNEL] or mqtt://BROKER/TOPIC[,field=/POINTER], then \
     [,name=TEXT][,boundary=wall_ac][,device=whole-machine][,period=S][,clock=S][,accuracy=SHARE]"
)]
pub struct SpecError {
    problem: String,
}

fn wrong(problem: impl Into<String>) -> SpecError {
    SpecError { problem: problem.into() }
}

impl FromStr for PlugSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut parts = text.split(',');
        let address = parts.next().unwrap_or_default().trim();
        let (scheme, rest) = address.split_once("://").ok_or_else(|| wrong(format!("`{address}` names no maker")))?;
        let mut spec = Self {
            address: address_of(&scheme.to_lowercase(), rest)?,
            name: None,
            boundary: Boundary::WallAc,
            device: DeviceKey::WholeMachine,
            update_period_s: 1.0,
            clock_sigma_s: 0.5,
            gain: None,
        };
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| wrong(format!("`{part}` is no key=value")))?;
            spec.set(key.trim(), value.trim())?;
        }
        Ok(spec)
    }
}

fn address_of(scheme: &str, rest: &str) -> Result<Address, SpecError> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() || host.contains(['@', '?', '#', ' ']) {
        return Err(wrong(format!("`{host}` is no host; a name and password are not taken")));
    }
    if scheme == "mqtt" {
        return broker_of(host, path);
    }
    let maker = Maker::ALL.into_iter().find(|m| m.name() == scheme);
    let maker = maker.ok_or_else(|| wrong(format!("no plug of maker `{scheme}` is known")))?;
    let channel = match path.trim_end_matches('/') {
        "" => 0,
        path => path.parse().map_err(|_| wrong(format!("channel `{path}` is no number from 0")))?,
    };
    Ok(Address::Http { maker, host: host.to_owned(), channel })
}

fn broker_of(host: &str, topic: &str) -> Result<Address, SpecError> {
    let (broker, port) = match host.rsplit_once(':') {
        Some((broker, port)) => {
            (broker, Some(port.parse().map_err(|_| wrong(format!("`{port}` is no port of a broker")))?))
        }
        None => (host, None),
    };
    if broker.is_empty() || broker.starts_with('-') {
        return Err(wrong(format!("`{broker}` is no broker")));
    }
    // Readings of several plugs would be taken for one.
    if topic.is_empty() || topic.contains(['+', '#']) {
        return Err(wrong(format!("topic `{topic}` is not the topic of one plug")));
    }
    Ok(Address::Mqtt { broker: broker.to_owned(), port, topic: topic.to_owned(), field: None })
}

impl PlugSpec {
    fn set(&mut self, key: &str, value: &str) -> Result<(), SpecError> {
        let number = |least: f64| match value.parse::<f64>() {
            Ok(number) if (least..=3600.0).contains(&number) => Ok(number),
            _ => Err(wrong(format!("{key}={value} is not a number from {least} to 3600"))),
        };
        match key {
            "field" => match &mut self.address {
                Address::Mqtt { field, .. } if value.starts_with('/') => *field = Some(value.to_owned()),
                Address::Mqtt { .. } => {
                    return Err(wrong(format!("field={value} is no JSON pointer, as /ENERGY/Power")));
                }
                Address::Http { .. } => return Err(wrong("field is for mqtt:// alone")),
            },
            "name" if !value.is_empty() => self.name = Some(value.to_owned()),
            "boundary" => self.boundary = value.parse().map_err(|e| wrong(format!("{key}={value}: {e}")))?,
            "device" => self.device = DeviceKey::from(value.to_owned()),
            "period" => self.update_period_s = number(0.1)?,
            "clock" => self.clock_sigma_s = number(0.0)?,
            "accuracy" => self.gain = Some(Gain::assumed_bound(number(0.0)?, "stated by the user with --power-plug")),
            _ => return Err(wrong(format!("there is no key `{key}`"))),
        }
        Ok(())
    }
}

impl fmt::Display for PlugSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Http { maker, host, channel } => write!(f, "{}://{host}/{channel}", maker.name()),
            Address::Mqtt { broker, port: None, topic, .. } => write!(f, "mqtt://{broker}/{topic}"),
            Address::Mqtt { broker, port: Some(port), topic, .. } => write!(f, "mqtt://{broker}:{port}/{topic}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_what_is_known_of_the_plug() {
        let plain: PlugSpec = "shelly://192.168.1.5".parse().unwrap();
        assert_eq!((plain.to_string().as_str(), plain.boundary), ("shelly://192.168.1.5/0", Boundary::WallAc));
        let full: PlugSpec =
            "Tasmota://plug.lan:8080/1, name=bench, boundary=dc_in, device=cpu, period=5, clock=1, accuracy=0.01"
                .parse()
                .unwrap();
        assert_eq!(full.to_string(), "tasmota://plug.lan:8080/1");
        assert_eq!((full.update_period_s, full.device), (5.0, DeviceKey::Cpu));
        let broker: PlugSpec = "mqtt://broker.lan:1884/tele/plug/SENSOR,field=/ENERGY/Power,period=10".parse().unwrap();
        let address = Address::Mqtt {
            broker: "broker.lan".to_owned(),
            port: Some(1884),
            topic: "tele/plug/SENSOR".to_owned(),
            field: Some("/ENERGY/Power".to_owned()),
        };
        assert_eq!((broker.address, broker.update_period_s), (address, 10.0));
        for (text, why) in [
            ("192.168.1.5", "names no maker"),
            ("mqtt://broker", "topic ``"),
            ("mqtt://broker/tele/+/SENSOR", "one plug"),
            ("mqtt://broker:lan/topic", "port"),
            ("mqtt://-v/topic", "no broker"),
            ("mqtt://me:secret@broker/topic", "password"),
            ("mqtt://broker/topic,field=power", "JSON pointer"),
            ("shelly://10.0.0.2,field=/power", "mqtt:// alone"),
            ("kasa://10.0.0.2", "maker `kasa`"),
            ("shelly://", "no host"),
            ("shelly://me:secret@10.0.0.2", "password"),
            ("shelly://10.0.0.2/left", "channel `left`"),
            ("shelly://10.0.0.2,boundary=moon", "boundary=moon"),
            ("shelly://10.0.0.2,period=0", "period=0"),
            ("shelly://10.0.0.2,period=nan", "period=nan"),
            ("shelly://10.0.0.2,colour=red", "no key `colour`"),
        ] {
            let error = text.parse::<PlugSpec>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("shelly://HOST"), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_spec_or_a_reason(text in "(shelly|tasmota|mqtt)?:?/{0,2}[ -~]{0,24}(,[a-z]{0,9}=[ -~]{0,6}){0,3}") {
            if let Ok(spec) = text.parse::<PlugSpec>() {
                proptest::prop_assert!(spec.update_period_s > 0.0 && spec.to_string().contains("://"));
            }
        }
    }
}
