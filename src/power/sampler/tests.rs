//! The thread itself, on the real clock with mock meters.
//! Must not assert how fast the host is.

use super::*;
use crate::power::scripted::{Scripted, ScriptedClock, Trouble};
use crate::power::{Reading, SensorError};

/// A scripted meter stamped with the real clock.
struct Live(Scripted);

impl Sensor for Live {
    fn info(&self) -> &SensorInfo {
        self.0.info()
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let t_ns = clock::monotonic_ns();
        Ok(Reading { t_ns, ..self.0.read()? })
    }
}

fn live(trouble: Option<Trouble>) -> Box<dyn Sensor> {
    let meter = Scripted::gauge(&ScriptedClock::default(), 0.01, &[(1.0, 50.0)]);
    Box::new(Live(match trouble {
        Some(trouble) => meter.with(trouble),
        None => meter,
    }))
}

/// Wait for something to be seen, for ten seconds at most.
fn until(mut seen: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if seen() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("not seen within ten seconds");
}

#[test]
fn readings_arrive_in_order_and_sensors_come_back() {
    let sampler = Sampler::start(vec![live(None), live(None)], SamplerConfig::default()).unwrap();
    until(|| sampler.counts().iter().all(|n| *n >= 10));
    let snapshot = sampler.snapshot();
    let (series, sensors) = sampler.stop();
    assert_eq!(sensors.len(), 2);
    for (s, early) in series.iter().zip(&snapshot) {
        assert!(s.readings.len() >= early.readings.len());
        assert!(s.readings.windows(2).all(|p| p[0].t_ns < p[1].t_ns));
        assert!(s.faults.is_empty());
    }
}

#[test]
fn gone_and_panicking_meters_leave_faults_while_the_others_run_on() {
    let sensors =
        vec![live(Some(Trouble::Disappears { at_s: 0.0 })), live(Some(Trouble::Panics { at_s: 0.0 })), live(None)];
    let config = SamplerConfig { retry: Duration::from_millis(10), ..SamplerConfig::default() };
    let sampler = Sampler::start(sensors, config).unwrap();
    until(|| {
        let series = sampler.snapshot();
        series[2].readings.len() > 5 && series[..2].iter().all(|s| s.faults.iter().any(|f| f.count > 2))
    });
    let (series, _) = sampler.stop();
    assert!(series[0].readings.is_empty() && series[1].readings.is_empty());
    assert_eq!(series[0].faults.len(), 1, "one fault, counted");
    assert!(series[1].faults[0].what.contains("panicked"));
}

#[test]
fn what_is_old_is_forgotten_but_for_the_edge() {
    let sampler = Sampler::start(vec![live(None)], SamplerConfig::default()).unwrap();
    until(|| sampler.counts()[0] >= 10);
    let cut = sampler.snapshot()[0].readings[5].t_ns;
    sampler.discard_before(cut);
    assert_eq!(sampler.snapshot()[0].readings[0].t_ns, cut);
}

#[test]
fn polls_are_a_quarter_of_the_period_and_not_under_the_floor() {
    let config = SamplerConfig::default();
    let mut info = live(None).info().clone();
    assert_eq!(config.period_for(&info), Duration::from_millis(10));
    info.update_period_s = Some(1.0);
    assert_eq!(config.period_for(&info), Duration::from_millis(250));
    for odd in [None, Some(f64::NAN), Some(-1.0), Some(f64::INFINITY)] {
        info.update_period_s = odd;
        assert_eq!(config.period_for(&info), Duration::from_millis(10));
    }
}

#[test]
fn a_sampler_without_sensors_stops() {
    let (series, sensors) = Sampler::start(Vec::new(), SamplerConfig::default()).unwrap().stop();
    assert!(series.is_empty() && sensors.is_empty());
}
