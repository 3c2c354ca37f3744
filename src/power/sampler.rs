//! A thread that polls meters and keeps what they say.
//! Must not judge a reading, must not panic, and must stay out of the way of what is measured.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::power::{Sensor, SensorInfo, Series, clock};

/// How often to poll.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplerConfig {
    /// Shortest time between two polls of one meter; under a millisecond counts as one.
    pub period: Duration,
    /// Polls in one update period of a meter; enough to place an update in time, few enough not to be felt.
    pub polls_per_update: f64,
    /// Time between two tries of a meter that failed.
    pub retry: Duration,
}

impl Default for SamplerConfig {
    fn default() -> Self {
        Self { period: Duration::from_millis(10), polls_per_update: 4.0, retry: Duration::from_millis(100) }
    }
}

impl SamplerConfig {
    /// For finding out what a meter does: a millisecond, or a twenty-fifth of its update period.
    pub fn fine() -> Self {
        Self { period: Duration::from_millis(1), polls_per_update: 25.0, ..Self::default() }
    }

    /// Time between polls of one meter: its share of the update period, but not under [`Self::period`].
    pub fn period_for(&self, info: &SensorInfo) -> Duration {
        let share = info.update_period_s.unwrap_or(0.0) / self.polls_per_update;
        let floor = self.period.max(Duration::from_millis(1));
        Duration::try_from_secs_f64(share).map_or(floor, |share| share.max(floor))
    }
}

/// The thread could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SamplerError {
    /// The system refused a thread.
    #[error("cannot start the power sampler thread: {0}; raise the process limit (ulimit -u)")]
    Spawn(#[from] io::Error),
}

#[derive(Default)]
struct Shared {
    series: Mutex<Vec<Series>>,
    stop: Mutex<bool>,
    wake: Condvar,
}

/// The lock's content, also after a panic elsewhere: readings are whole or absent, never half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running sampler. Dropping it stops the thread.
pub struct Sampler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Vec<Box<dyn Sensor>>>>,
}

impl Sampler {
    /// Start polling. Begin at least two update periods before a window and end as much after it, so that
    /// its edges can be interpolated.
    ///
    /// # Errors
    /// [`SamplerError::Spawn`] when the system refuses a thread.
    pub fn start(sensors: Vec<Box<dyn Sensor>>, config: SamplerConfig) -> Result<Self, SamplerError> {
        let shared = Arc::new(Shared::default());
        *lock(&shared.series) = sensors.iter().map(|s| Series::new(s.info().clone())).collect();
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("power-sampler".to_owned())
            .spawn(move || poll_until_stopped(sensors, config, &theirs))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// A copy of everything read so far, one series a sensor in the order given to [`Sampler::start`].
    pub fn snapshot(&self) -> Vec<Series> {
        lock(&self.shared.series).clone()
    }

    /// Readings taken so far, per sensor.
    pub fn counts(&self) -> Vec<usize> {
        lock(&self.shared.series).iter().map(|s| s.readings.len()).collect()
    }

    /// Forget what is older than `t_ns`, so that a long run does not grow for ever.
    pub fn discard_before(&self, t_ns: u64) {
        for series in lock(&self.shared.series).iter_mut() {
            series.discard_before(t_ns);
        }
    }

    /// Stop and hand back the series and the sensors.
    pub fn stop(mut self) -> (Vec<Series>, Vec<Box<dyn Sensor>>) {
        let sensors = self.halt();
        (std::mem::take(&mut *lock(&self.shared.series)), sensors)
    }

    fn halt(&mut self) -> Vec<Box<dyn Sensor>> {
        *lock(&self.shared.stop) = true;
        self.shared.wake.notify_all();
        self.thread.take().and_then(|t| t.join().ok()).unwrap_or_default()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.halt();
    }
}

fn poll_until_stopped(
    mut sensors: Vec<Box<dyn Sensor>>,
    config: SamplerConfig,
    shared: &Shared,
) -> Vec<Box<dyn Sensor>> {
    let periods: Vec<u64> = sensors.iter().map(|s| nanoseconds(config.period_for(s.info()))).collect();
    let retry_ns = nanoseconds(config.retry);
    let mut due = vec![clock::monotonic_ns(); sensors.len()];
    // Read into a series of our own, so that a slow meter does not hold the lock.
    let mut own: Vec<Series> = sensors.iter().map(|s| Series::new(s.info().clone())).collect();
    while !stopped_before(shared, due.iter().min().copied()) {
        for (i, sensor) in sensors.iter_mut().enumerate() {
            let now = clock::monotonic_ns();
            if now < due[i] {
                continue;
            }
            let read = own[i].poll(sensor.as_mut(), now);
            let wait = if read { periods[i] } else { periods[i].max(retry_ns) };
            // Missed turns are not made up for: a burst of late polls would say nothing new.
            let next = due[i].saturating_add(wait);
            due[i] = if next > now { next } else { now.saturating_add(wait) };
            hand_over(&mut own[i], &mut lock(&shared.series)[i]);
        }
    }
    sensors
}

fn hand_over(own: &mut Series, kept: &mut Series) {
    for reading in own.readings.drain(..) {
        kept.push(reading);
    }
    for fault in own.faults.drain(..) {
        kept.fault(fault.last_ns, fault.what);
    }
}

/// Wait until the next turn is due. True when told to stop.
fn stopped_before(shared: &Shared, due: Option<u64>) -> bool {
    let mut stop = lock(&shared.stop);
    while !*stop {
        let wait = match due {
            Some(due) => Duration::from_nanos(due.saturating_sub(clock::monotonic_ns())),
            None => Duration::from_secs(3600),
        };
        if wait.is_zero() {
            return false;
        }
        stop = match shared.wake.wait_timeout(stop, wait) {
            Ok((guard, _)) => guard,
            Err(poisoned) => poisoned.into_inner().0,
        };
    }
    true
}

fn nanoseconds(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
