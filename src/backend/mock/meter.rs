//! An external power meter that watches a mock device: a log that grows, with the watts its script gives it.
//! Knows nothing of joules: `power::csv_log` reads the log as it would any other.

use std::{
    fs::File,
    io::Write as _,
    sync::{
        Arc,
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
    busy: AtomicBool,
    unplugged: AtomicBool,
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
        self.shared.busy.store(true, Ordering::Relaxed);
        let result = work();
        self.shared.busy.store(false, Ordering::Relaxed);
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
        let watts = if told.busy.load(Ordering::Relaxed) { script.busy_w.0 } else { script.idle_w.0 };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        // A line that cannot be written is a gap in the log, as a full disk under a real logger leaves one.
        let _ = writeln!(log, "{now:.6},{:.3}", watts + digit);
        digit = 0.001 - digit;
        next += period;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}
