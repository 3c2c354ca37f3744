//! An external power meter that watches a mock device: a log that grows, with the watts its script gives it.
//! Knows nothing of joules: `power::csv_log` reads the log as it would any other.

use std::{
    fs::File,
    io::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{super::DeviceError, script::MeterScript};

/// A meter at work; it stops when dropped.
pub(super) struct Meter {
    shared: Arc<Shared>,
    logger: Option<JoinHandle<()>>,
}

/// What the device tells its meter.
#[derive(Default)]
struct Shared {
    /// Spans of work, newest last; the last one may not have ended yet.
    work: Mutex<Vec<(Instant, Option<Instant>)>>,
    unplugged: AtomicBool,
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Vec<(Instant, Option<Instant>)>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Share of the `seconds` up to `now` that the device was busy; of this moment, without any. Forgets what is older.
    fn busy(&self, now: Instant, seconds: Option<f64>) -> f64 {
        let mut work = self.work();
        let Some(from) = seconds.and_then(|s| now.checked_sub(Duration::from_secs_f64(s))) else {
            let busy = work.last().is_some_and(|(begin, end)| *begin <= now && end.is_none_or(|end| end > now));
            return f64::from(u8::from(busy));
        };
        work.retain(|(_, end)| end.is_none_or(|end| end > from));
        let within = |t: Instant| t.clamp(from, now);
        let busy: f64 = work.iter().map(|(a, b)| (within(b.unwrap_or(now)) - within(*a)).as_secs_f64()).sum();
        busy / (now - from).as_secs_f64()
    }
}

impl Meter {
    /// Starts logging. The file must be there, with its header line, as with a real logger that was started first.
    ///
    /// # Errors
    /// The file cannot be appended to.
    pub(super) fn start(script: &MeterScript) -> Result<Meter, DeviceError> {
        let log = File::options()
            .append(true)
            .open(&script.log)
            .map_err(|e| DeviceError::Failed(format!("mock meter log {}: {e}", script.log.display())))?;
        let shared = Arc::new(Shared::default());
        let (script, told) = (script.clone(), shared.clone());
        let logger = thread::spawn(move || write(log, &script, &told));
        Ok(Meter { shared, logger: Some(logger) })
    }

    /// The device draws its busy power while this runs.
    pub(super) fn load<T>(&self, work: impl FnOnce() -> T) -> T {
        self.shared.work().push((Instant::now(), None));
        let result = work();
        if let Some(last) = self.shared.work().last_mut() {
            last.1 = Some(Instant::now());
        }
        result
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.shared.unplugged.store(true, Ordering::Relaxed);
        if let Some(logger) = self.logger.take() {
            let _ = logger.join();
        }
    }
}

/// One line a period, until the meter is unplugged or its script falls silent.
fn write(mut log: File, script: &MeterScript, told: &Shared) {
    let start = Instant::now();
    let period = Duration::from_secs_f64(script.period_s.0);
    let mut next = start;
    // The last digit of a real meter moves; one that never does looks frozen.
    let mut digit = 0.0;
    while !told.unplugged.load(Ordering::Relaxed)
        && script.silent_after_s.is_none_or(|s| start.elapsed().as_secs_f64() < s.0)
    {
        let busy = told.busy(Instant::now(), script.averages_s.map(|s| s.0));
        let drawn = script.idle_w.0 + busy * (script.busy_w.0 - script.idle_w.0);
        let watts = script.gain * drawn + script.offset_w;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        // A line that cannot be written is a gap in the log, as a full disk under a real logger leaves one.
        let _ = writeln!(log, "{now:.6},{:.3}", watts + digit);
        digit = 0.001 - digit;
        next += period;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}
