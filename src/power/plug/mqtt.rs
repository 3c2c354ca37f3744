//! A plug whose messages come through an MQTT broker, read by Mosquitto's client.
//! Must not publish, and must not take a retained message, which is old, for a reading.

use std::{process::Command, time::Duration};

use serde_json::Value as Json;

use super::{plausible, shortened};
use crate::power::{Roots, SensorError, SensorInfo, background::Background, command};

/// Where plugs put their watts: the message itself (Shelly, first generation), Shelly later on, Tasmota, Zigbee2MQTT.
const KNOWN: [&str; 4] = ["", "/apower", "/ENERGY/Power", "/power"];
/// A plug that speaks less often than it was said to is given some time more.
const PERIODS_TO_FIRST: f64 = 3.0;
/// Shortest wait for a first message: broker and plug may sleep.
const LEAST_FIRST: Duration = Duration::from_secs(5);

/// Whose messages, and what in them.
pub(super) struct Source<'a> {
    pub(super) broker: &'a str,
    pub(super) port: Option<u16>,
    pub(super) topic: &'a str,
    pub(super) field: Option<&'a str>,
}

impl Source<'_> {
    /// Subscribes, and waits for the first message.
    ///
    /// # Errors
    /// There is no `mosquitto_sub`, the broker refuses, nothing comes, or what comes is no watts.
    pub(super) fn open(&self, roots: &Roots, info: SensorInfo) -> Result<Background, SensorError> {
        let program = command::find(roots, "mosquitto_sub").ok_or_else(|| SensorError::Driver {
            sensor: info.id.clone(),
            place: info.source.clone(),
            detail:
                "there is no `mosquitto_sub`, which reads it: install Mosquitto's clients (Debian: mosquitto-clients)"
                    .to_owned(),
        })?;
        let mut subscribe = Command::new(program);
        subscribe.args(self.arguments());
        let wait = LEAST_FIRST.as_secs_f64().max(PERIODS_TO_FIRST * info.update_period_s.unwrap_or_default());
        let (id, place, field) = (info.id.clone(), info.source.clone(), self.field.map(str::to_owned));
        let watts = move |line: &str| plausible(&id, &place, watts(line, field.as_deref(), &id, &place)?);
        let sensor = Background::follow(info, &mut subscribe, Box::new(watts))?;
        sensor.first(Duration::from_secs_f64(wait))?;
        Ok(sensor)
    }

    /// `-R` leaves out what the broker kept from earlier; one message is one line.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = ["-R", "-F", "%p", "-h", self.broker, "-t", self.topic].map(str::to_owned).to_vec();
        if let Some(port) = self.port {
            arguments.extend(["-p".to_owned(), port.to_string()]);
        }
        arguments
    }

    /// What a user types to see the messages.
    pub(super) fn check(&self) -> String {
        format!(
            "run `mosquitto_sub {}`: a message must come in every period (period=S; Tasmota: `TelePeriod 10`); name, \
             password and certificates it takes from its own file, ~/.config/mosquitto_sub",
            self.arguments().join(" ")
        )
    }
}

fn watts(line: &str, field: Option<&str>, id: &str, place: &str) -> Result<f64, SensorError> {
    let message: Option<Json> = serde_json::from_str(line).ok();
    let at = |pointer: &str| message.as_ref()?.pointer(pointer)?.as_f64();
    let found = match field {
        Some(pointer) => at(pointer),
        None => KNOWN.into_iter().find_map(at),
    };
    found.ok_or_else(|| SensorError::Malformed {
        sensor: id.to_owned(),
        place: place.to_owned(),
        text: shortened(line),
        expected: if field.is_some() {
            "watts at that field"
        } else {
            "watts at a field known here: give field=/POINTER"
        },
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::power::{Discovery, Roots, Value, plug::discover};

    /// A plug whose `mosquitto_sub` is the script; `None`: there is no such program.
    fn find(spec: &str, script: Option<&str>) -> (tempfile::TempDir, Discovery) {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("usr/bin");
        std::fs::create_dir_all(&bin).unwrap();
        if let Some(script) = script {
            let program = bin.join("mosquitto_sub");
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut roots = Roots::below(dir.path());
        roots.plugs.push(spec.parse().unwrap());
        let found = discover(&roots);
        (dir, found)
    }

    #[test]
    fn every_message_is_a_reading_wherever_its_maker_puts_the_watts() {
        for (message, field) in [
            ("41.5", ""),
            (r#"{"id":0,"output":true,"apower":41.5,"voltage":230.1}"#, ""),
            (r#"{"Time":"2026-01-01T00:00:00","ENERGY":{"Total":3.1,"Power":41.5}}"#, ""),
            (r#"{"power":41.5,"linkquality":90}"#, ""),
            (r#"{"power":3,"channels":[{"w":41.5}]}"#, ",field=/channels/0/w"),
        ] {
            let script = format!("for i in 1 2 3; do echo '{message}'; sleep 0.02; done; exec sleep 30");
            let (_dir, mut found) = find(&format!("mqtt://broker/a/b{field}"), Some(&script));
            assert!(found.missing.is_empty(), "{:?}", found.missing);
            let sensor = &mut found.sensors[0];
            assert!(!sensor.info().id.contains("broker"), "an address does not travel with records");
            std::thread::sleep(std::time::Duration::from_millis(300));
            let mut out = Vec::new();
            sensor.read_into(&mut out).unwrap();
            assert!(
                !out.is_empty() && out.iter().all(|r| r.value == Value::Gauge { watts: 41.5 }),
                "{message}: {out:?}"
            );
        }
    }

    #[test]
    fn the_broker_the_topic_and_nothing_retained_are_asked_for() {
        let script = r#"echo "$*" > "$(dirname "$0")/asked"; echo 1; exec sleep 30"#;
        let (dir, found) = find("mqtt://broker.lan:1884/tele/plug/SENSOR", Some(script));
        assert_eq!(found.sensors.len(), 1, "{:?}", found.missing);
        let asked = std::fs::read_to_string(dir.path().join("usr/bin/asked")).unwrap();
        assert_eq!(asked.trim(), "-R -F %p -h broker.lan -t tele/plug/SENSOR -p 1884");
    }

    #[test]
    fn silence_refusal_and_other_messages_are_reasons() {
        for (script, why) in [
            (None, "mosquitto-clients"),
            (Some("echo 'Error: Connection refused' >&2; exit 1"), "it ended: Error: Connection refused"),
            (Some("exec sleep 30"), "holds no reading"),
            (Some("echo online; exec sleep 30"), "online"),
            (Some("echo '{\"state\":\"ON\"}'; exec sleep 30"), "field=/POINTER"),
            (Some("echo -7; exec sleep 30"), "says -7 W"),
            (Some("echo 1e9; exec sleep 30"), "says 1000000000 W"),
        ] {
            let (_dir, found) = find("mqtt://broker/a/b", script);
            assert!(found.sensors.is_empty(), "{script:?}");
            let missing = found.missing[0].to_string();
            assert!(missing.contains(why) && missing.contains("mosquitto_sub"), "{script:?}: {missing}");
        }
    }
}
