//! Meters that take long to answer, or speak when they like, read on a thread of their own.
//! Must not make a sampler wait, must not ask while nobody listens, and must never repeat an old reading as a new one.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::power::{Reading, Sensor, SensorError, SensorInfo, Value, clock, command};

/// Asks the meter once and says its watts. It must end by itself: whoever writes one sets a time limit.
pub(super) type Ask = Box<dyn FnMut() -> Result<f64, SensorError> + Send>;
/// The watts in a line that a program printed.
pub(super) type Parse = Box<dyn Fn(&str) -> Result<f64, SensorError> + Send>;

/// Nobody has listened for so many periods: the thread rests.
const LISTENER_PERIODS: u32 = 4;

/// What thread and sampler share.
#[derive(Default)]
struct Inbox {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    fresh: VecDeque<Result<Reading, SensorError>>,
    /// When somebody last listened.
    heard: Option<Instant>,
    stopped: bool,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in what the meter said. A failure that comes again while nobody fetches it is kept once.
    fn put(&self, said: Result<Reading, SensorError>) {
        let mut state = self.lock();
        let repeated = said.is_err() && matches!(state.fresh.back(), Some(Err(_)));
        if !repeated {
            state.fresh.push_back(said);
        }
        self.wake.notify_all();
    }

    /// Everything since the last call, up to the first failure.
    fn take(&self, out: &mut Vec<Reading>) -> Result<(), SensorError> {
        let mut state = self.lock();
        state.heard = Some(Instant::now());
        self.wake.notify_all();
        while let Some(said) = state.fresh.pop_front() {
            out.push(said?);
        }
        Ok(())
    }

    /// Waits for the first word, and takes it out.
    fn first(&self, limit: Duration) -> Option<Result<Reading, SensorError>> {
        let end = Instant::now() + limit;
        let mut state = self.lock();
        state.heard = Some(Instant::now());
        self.wake.notify_all();
        loop {
            if let Some(said) = state.fresh.pop_front() {
                return Some(said);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Tells the thread to end, at its next breath.
    fn stop(&self) {
        self.lock().stopped = true;
        self.wake.notify_all();
    }

    /// Waits until `next`, and while nobody listens. False when told to stop.
    fn rest(&self, next: Instant, attention: Duration) -> bool {
        let mut state = self.lock();
        while !state.stopped {
            let now = Instant::now();
            let listened = state.heard.is_some_and(|t| now.duration_since(t) < attention);
            let wait = match listened {
                true if now >= next => return true,
                true => next - now,
                false => Duration::from_secs(3600),
            };
            state = self.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }
}

/// A slow meter. Dropping it ends its thread, without waiting for an answer that may still be on its way.
pub(super) struct Background {
    info: SensorInfo,
    inbox: Arc<Inbox>,
    /// What speaks, where it is a program; it ends with the sensor.
    _program: Option<command::Killed>,
}

impl Background {
    /// Starts asking every `period`, once somebody listens.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub(super) fn start(info: SensorInfo, period: Duration, mut ask: Ask) -> Result<Self, SensorError> {
        let inbox = Arc::new(Inbox::default());
        let theirs = Arc::clone(&inbox);
        let attention = period * LISTENER_PERIODS + Duration::from_secs(1);
        let refused = |e: std::io::Error| SensorError::Driver {
            sensor: info.id.clone(),
            place: "its reader's thread".to_owned(),
            detail: e.to_string(),
        };
        std::thread::Builder::new()
            .name("slow-meter".to_owned())
            .spawn(move || {
                let mut next = Instant::now();
                while theirs.rest(next, attention) {
                    next = Instant::now() + period;
                    theirs.put(stamped(&mut ask));
                }
            })
            .map_err(refused)?;
        Ok(Self { info, inbox, _program: None })
    }

    /// Starts a program that goes on printing readings, one a line; each has the time at which its line came.
    ///
    /// # Errors
    /// The program cannot be started.
    pub(super) fn follow(info: SensorInfo, program: &mut Command, watts: Parse) -> Result<Self, SensorError> {
        let (sensor, place) = (info.id.clone(), info.source.clone());
        let failed = |detail: String| SensorError::Driver { sensor: sensor.clone(), place: place.clone(), detail };
        let mut child = program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(command::Killed)
            .map_err(|e| failed(format!("cannot start: {e}")))?;
        let pipe = child.0.stdout.take().ok_or_else(|| failed("no pipe to its output".to_owned()))?;
        let complaints = child.0.stderr.take().ok_or_else(|| failed("no pipe to its errors".to_owned()))?;
        let inbox = Arc::new(Inbox::default());
        let theirs = Arc::clone(&inbox);
        let complaint = std::thread::spawn(move || BufReader::new(complaints).lines().map_while(Result::ok).last());
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let reading = |watts| Reading { t_ns: clock::monotonic_ns(), value: Value::Gauge { watts } };
                theirs.put(watts(&line).map(reading));
            }
            let last = complaint.join().ok().flatten().map(|line| format!(": {line}")).unwrap_or_default();
            theirs.put(Err(SensorError::Gone { sensor, place, detail: format!("it ended{last}") }));
        });
        Ok(Self { info, inbox, _program: Some(child) })
    }

    /// What the meter says first: whether it is one at all.
    ///
    /// # Errors
    /// What it says instead of watts, or nothing within `limit`.
    pub(super) fn first(&self, limit: Duration) -> Result<Reading, SensorError> {
        self.inbox.first(limit).unwrap_or_else(|| {
            Err(SensorError::NoReading { sensor: self.info.id.clone(), place: self.info.source.clone() })
        })
    }
}

/// Watts, with the middle of the asking as their time.
fn stamped(ask: &mut Ask) -> Result<Reading, SensorError> {
    let before = clock::monotonic_ns();
    let watts = ask()?;
    let t_ns = before + (clock::monotonic_ns() - before) / 2;
    Ok(Reading { t_ns, value: Value::Gauge { watts } })
}

impl Sensor for Background {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let mut all = Vec::new();
        self.inbox.take(&mut all)?;
        all.pop()
            .ok_or_else(|| SensorError::NoReading { sensor: self.info.id.clone(), place: self.info.source.clone() })
    }

    fn read_into(&mut self, out: &mut Vec<Reading>) -> Result<(), SensorError> {
        self.inbox.take(out)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.inbox.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::power::{Boundary, Gain, Kind};

    fn meter(ask: Ask) -> Background {
        let info =
            SensorInfo::new("slow", Kind::Gauge { resolution_w: None }, Boundary::WallAc, Gain::assumed(0.1, "test"));
        Background::start(info, Duration::from_millis(5), ask).unwrap()
    }

    #[test]
    fn a_sampler_never_waits_for_a_slow_answer() {
        let slow = meter(Box::new(|| {
            std::thread::sleep(Duration::from_millis(300));
            Ok(7.0)
        }));
        let mut sensor: Box<dyn Sensor> = Box::new(slow);
        let start = Instant::now();
        let mut out = Vec::new();
        sensor.read_into(&mut out).unwrap();
        drop(sensor);
        assert!(out.is_empty() && start.elapsed() < Duration::from_millis(200), "{:?}", start.elapsed());
    }

    #[test]
    fn every_answer_comes_once_and_a_failure_ends_a_fetch() {
        let mut n = 0;
        let mut slow = meter(Box::new(move || {
            n += 1;
            if n == 3 {
                return Err(SensorError::Panicked { sensor: "slow".to_owned() });
            }
            Ok(f64::from(n))
        }));
        let first = slow.first(Duration::from_secs(5)).unwrap();
        assert_eq!(first.value, Value::Gauge { watts: 1.0 });
        std::thread::sleep(Duration::from_millis(100));
        let mut out = Vec::new();
        assert!(slow.read_into(&mut out).is_err());
        assert_eq!(out.iter().map(|r| r.value).collect::<Vec<_>>(), [Value::Gauge { watts: 2.0 }]);
        slow.read_into(&mut out).unwrap();
        assert_eq!(out[1].value, Value::Gauge { watts: 4.0 });
    }

    #[test]
    fn nobody_is_asked_while_nobody_listens() {
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let slow = meter(Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(1.0)
        }));
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        slow.first(Duration::from_secs(5)).unwrap();
        assert!(asked.load(Ordering::SeqCst) >= 1);
    }

    #[test]
    fn silence_is_no_reading() {
        let slow = meter(Box::new(|| {
            std::thread::sleep(Duration::from_secs(2));
            Ok(1.0)
        }));
        assert!(matches!(slow.first(Duration::from_millis(20)), Err(SensorError::NoReading { .. })));
    }
}
