//! Plugs made of a thread and a socket, good and bad.
//! Must not leave this machine.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    time::Instant,
};

use super::*;
use crate::power::{Boundary, Series, Value, clock, energy};

/// Serves `answer(path)` as whole responses until the test ends; `None` keeps the caller waiting.
fn serve(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
                request.push(byte[0]);
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            match answer(request.split_whitespace().nth(1).unwrap_or_default()) {
                Some(response) => drop(stream.write_all(response.as_bytes())),
                None => kept.push(stream),
            }
        }
    });
    address
}

fn ok(body: &str) -> Option<String> {
    status("200 OK", body)
}

fn status(line: &str, body: &str) -> Option<String> {
    Some(format!("HTTP/1.1 {line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
}

fn find(address: &str) -> Discovery {
    let mut roots = Roots::below("/nonexistent");
    roots.plugs.push(address.parse().unwrap());
    discover(&roots)
}

fn later(path: &str) -> Option<String> {
    match path {
        "/shelly" => ok(r#"{"name":null,"id":"shellyplugsg3-x","gen":3,"auth_en":false}"#),
        "/rpc/Switch.GetStatus?id=0" => ok(r#"{"id":0,"output":true,"apower":41.5,"aenergy":{"total":12.3}}"#),
        _ => status("404 Not Found", "Not Found"),
    }
}

fn first(path: &str) -> Option<String> {
    match path {
        "/shelly" => ok(r#"{"type":"SHPLG-S","mac":"X","auth":false,"num_meters":1}"#),
        "/meter/0" => ok(r#"{"power":40.25,"is_valid":true,"total":99}"#),
        _ => status("404 Not Found", "Not Found"),
    }
}

fn tasmota(path: &str) -> Option<String> {
    assert_eq!(path, "/cm?cmnd=Status%208");
    ok(r#"{"StatusSNS":{"Time":"2026-01-01T00:00:00","ENERGY":{"Total":3.1,"Power":[12,34]}}}"#)
}

#[test]
fn each_maker_and_generation_is_read() {
    for (scheme, suffix, answer, watts) in [
        ("shelly", "", later as fn(&str) -> Option<String>, 41.5),
        ("shelly", "", first, 40.25),
        ("tasmota", "/1", tasmota, 34.0),
    ] {
        let host = serve(answer);
        let mut found = find(&format!("{scheme}://{host}{suffix},period=0.1"));
        assert!(found.missing.is_empty(), "{:?}", found.missing);
        let sensor = &mut found.sensors[0];
        assert_eq!(sensor.info().boundary, Boundary::WallAc);
        assert!(!sensor.info().id.contains("127.0.0.1"), "an address does not travel with records");
        let mut series = Series::new(sensor.info().clone());
        let end = Instant::now() + Duration::from_secs(20);
        while series.readings.len() < 3 && Instant::now() < end {
            series.poll(sensor.as_mut(), clock::monotonic_ns());
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(series.readings.len() >= 3 && series.readings.iter().all(|r| r.value == Value::Gauge { watts }));
    }
}

#[test]
fn a_plug_that_is_dead_slow_or_strange_is_a_reason_within_seconds() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let cases = [
        (format!("shelly://{closed}"), "refused"),
        (format!("shelly://{}", serve(|_| None)), "timeout"),
        (format!("tasmota://{}", serve(|_| status("500 Oops", "<html>Internal error</html>"))), "HTTP status 500"),
        (format!("tasmota://{}", serve(|_| ok("<html><body>Log in</body></html>"))), "Log in"),
        (format!("tasmota://{}", serve(|_| status("302 Found", ""))), "HTTP status 302"),
        (format!("tasmota://{}", serve(|_| status("401 Unauthorized", ""))), "switch its login off"),
        (format!("tasmota://{}", serve(|_| ok(r#"{"WARNING":"Need user=&password="}"#))), "web password"),
        (format!("tasmota://{}", serve(|_| ok(r#"{"StatusSNS":{"Time":"x"}}"#))), "may not measure power"),
        (format!("tasmota://{}", serve(|_| ok(r#"{"StatusSNS":{"ENERGY":{"Power":-3}}}"#))), "says -3 W"),
        (format!("tasmota://{}/1", serve(|_| ok(r#"{"StatusSNS":{"ENERGY":{"Power":3}}}"#))), "one channel"),
        (
            format!("tasmota://{}", serve(|_| Some("HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(1 << 20)))),
            "limit",
        ),
        (format!("shelly://{}", serve(|_| ok("{}"))), "what a Shelly says"),
        (
            format!("shelly://{}", serve(|path| if path == "/shelly" { later(path) } else { status("404 N", "") })),
            "holds no reading",
        ),
        (
            format!(
                "shelly://{}",
                serve(|p| if p == "/shelly" { first(p) } else { ok(r#"{"power":1,"is_valid":false}"#) })
            ),
            "invalid",
        ),
        (
            format!(
                "shelly://{}",
                serve(|p| if p == "/shelly" {
                    later(p)
                } else {
                    ok(r#"{"apower":0,"errors":["power_meter_failure"]}"#)
                })
            ),
            "power_meter_failure",
        ),
    ];
    for (address, why) in cases {
        let start = Instant::now();
        let found = find(&address);
        assert!(found.sensors.is_empty(), "{address}");
        let missing = &found.missing[0];
        assert!(missing.why.contains(why), "{address}: {missing}");
        assert!(start.elapsed() < Duration::from_secs(10), "{address} took {:?}", start.elapsed());
    }
}

#[test]
fn a_plug_that_dies_in_a_window_leaves_no_joules_and_holds_nobody_up() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    let dead = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&dead);
    let host = serve(move |path| if told.load(Ordering::SeqCst) { None } else { later(path) });
    let mut found = find(&format!("shelly://{host},period=0.1,clock=0.01"));
    let sensor = &mut found.sensors[0];
    let mut series = Series::new(sensor.info().clone());
    let t0_ns = clock::monotonic_ns() + 300_000_000;
    let mut slowest = Duration::ZERO;
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1500) {
        if start.elapsed() > Duration::from_millis(700) {
            dead.store(true, Ordering::SeqCst);
        }
        let before = Instant::now();
        series.poll(sensor.as_mut(), clock::monotonic_ns());
        slowest = slowest.max(before.elapsed());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(slowest < Duration::from_millis(200), "a poll took {slowest:?}");
    assert!(series.readings.len() > 2);
    let window = energy::Window { t0_ns, t1_ns: clock::monotonic_ns() };
    let energy = energy::measure(&series, window);
    assert!(energy.measured().is_none(), "{energy:?}");
}
