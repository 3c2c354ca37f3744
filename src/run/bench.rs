//! Cases driven sample by sample from outside: what `cargo bench` needs to let criterion decide how often to launch.
//! Verifies before the first sample and keeps every one; the records are the same as a run's.

use std::{path::PathBuf, time::Duration};

use super::{EnergyMode, blank_record, energy::EnergyWatch};
use crate::{
    backend::{DeviceFacts, Discovery},
    kernel::SuiteCase,
    measure::{TuneCache, recorded_noise},
    power::Roots,
    record::{Environment, Record, RunInfo, Status, Stop, Time, TimeSource},
    worker::{Command, Event, HardwareLock, Session, SessionError, TuningChoice, WorkerProgram, discover_all},
};

/// Everything a benchmark harness shares among its cases.
pub struct Bench {
    /// The `wattmark` binary that workers run.
    pub worker: PathBuf,
    /// Identity of the run.
    pub info: RunInfo,
    /// The machine.
    pub environment: Environment,
    /// Whether joules are counted after the samples.
    pub energy: EnergyMode,
    /// Where meters are looked for.
    pub sensors: Roots,
    /// Tilings found earlier.
    pub tune_cache: TuneCache,
}

impl Bench {
    /// Every device of this machine, and what is missing.
    pub fn discover(&self) -> Discovery {
        discover_all(&self.worker)
    }

    /// Takes a device's hardware and starts its worker.
    ///
    /// # Errors
    /// Another run has the hardware, or the worker cannot be started.
    pub fn open(&self, facts: &DeviceFacts) -> Result<BenchDevice<'_>, String> {
        let mut note = |text: &str| eprintln!("note: {text}");
        let lock = HardwareLock::take(&facts.hardware, Duration::from_secs(600), || false, &mut note);
        let lock = lock.map_err(|e| e.to_string())?;
        let mut watch = EnergyWatch::new(self.energy, &self.sensors, &[], facts);
        watch.idle();
        let session = self.session(facts).map_err(|e| e.to_string())?;
        Ok(BenchDevice { bench: self, facts: facts.clone(), session, watch, _lock: lock })
    }

    fn session(&self, facts: &DeviceFacts) -> Result<Session, SessionError> {
        let program = WorkerProgram::Process(self.worker.clone());
        let mut session = Session::start(&program, Duration::from_secs(300), || false)?;
        session.ask(&Command::Open { device: facts.id.clone() })?;
        Ok(session)
    }
}

/// A device held for benchmarking.
pub struct BenchDevice<'b> {
    bench: &'b Bench,
    facts: DeviceFacts,
    session: Session,
    watch: EnergyWatch,
    _lock: HardwareLock,
}

/// A case under way on a device.
pub struct BenchCase {
    record: Record,
    samples: Vec<(f64, u32)>,
    device_clock: bool,
    energy: bool,
    started: std::time::Instant,
}

impl BenchCase {
    /// Why the case cannot be sampled; `None` if it can.
    pub fn reason(&self) -> Option<&str> {
        self.record.reason.as_deref()
    }
}

impl BenchDevice<'_> {
    /// Builds and verifies a case. What goes wrong is in the case's [`BenchCase::reason`].
    pub fn start(&mut self, suite_case: &SuiteCase) -> BenchCase {
        let record = blank_record(self.bench.info.clone(), self.bench.environment.clone(), &self.facts, suite_case);
        let mut case = BenchCase {
            record,
            samples: Vec::new(),
            device_clock: true,
            energy: suite_case.energy && self.watch.wants(suite_case),
            started: std::time::Instant::now(),
        };
        if !case.energy {
            case.record.energy = self.watch.why_not(suite_case);
        }
        if let Err(error) = self.prepare(suite_case, &mut case.record) {
            self.give_up(&mut case, &error);
        }
        case
    }

    fn prepare(&mut self, suite_case: &SuiteCase, record: &mut Record) -> Result<(), SessionError> {
        let tuning = self.bench.tune_cache.get(&self.facts, &suite_case.case).cloned();
        let tuning = tuning.map_or(TuningChoice::Default, TuningChoice::Given);
        let prepared = self.session.ask(&Command::Prepare { case: record.case.id.clone(), tuning })?;
        if let Event::Prepared { build, .. } = prepared {
            record.build = Some(build);
        }
        if let Event::Verified { verification } = self.session.ask(&Command::Verify)? {
            let failure = verification.failure.clone();
            record.verification = Some(verification);
            if let Some(failure) = failure {
                self.session.ask(&Command::Release)?;
                return Err(SessionError::Refused(format!("the output is wrong: {failure}")));
            }
        }
        Ok(())
    }

    /// Launches the case `launches` times and returns how long that took in all, by the device's clock if it has one.
    pub fn sample(&mut self, case: &mut BenchCase, launches: u64) -> Duration {
        // A harness may ask for more launches than a device should queue at once.
        let mut left = launches;
        let mut total = 0.0;
        while left > 0 && case.record.reason.is_none() {
            let now = left.min(1_000_000) as u32;
            match self.session.ask(&Command::Sample { launches: now }) {
                Ok(Event::Sampled { launch_s, device_clock }) => {
                    case.samples.push((launch_s, now));
                    case.device_clock &= device_clock;
                    total += launch_s * f64::from(now);
                }
                Ok(_) => self.give_up(case, &SessionError::Refused("the worker's answer makes no sense".to_owned())),
                Err(error) => self.give_up(case, &error),
            }
            left -= u64::from(now);
        }
        Duration::from_secs_f64(total.max(1e-9))
    }

    fn give_up(&mut self, case: &mut BenchCase, error: &SessionError) {
        case.record.status =
            if matches!(error, SessionError::Unsupported(_)) { Status::Unsupported } else { Status::Failed };
        case.record.reason = Some(error.to_string());
        if matches!(error, SessionError::Dead(_))
            && let Ok(session) = self.bench.session(&self.facts)
        {
            self.session = session;
        }
    }

    /// Counts joules if they are wanted, lets go of the case and returns its record.
    pub fn finish(&mut self, mut case: BenchCase) -> Record {
        let sampling_wall_s = case.started.elapsed().as_secs_f64();
        if case.record.reason.is_none() {
            let kept = after_warm_up(&case.samples);
            let samples_s: Vec<f64> = kept.iter().map(|(s, _)| *s).collect();
            let launch_s = samples_s.iter().copied().fold(f64::INFINITY, f64::min);
            if samples_s.is_empty() {
                case.record.status = Status::Skipped;
                case.record.reason = Some("the harness took no sample".to_owned());
            } else {
                case.record.status = Status::Ok;
                case.record.time = Some(Time {
                    clock: if case.device_clock { TimeSource::Device } else { TimeSource::Host },
                    noise: recorded_noise(&samples_s),
                    samples_s,
                    rounds: Vec::new(),
                    launches_per_sample: kept.iter().map(|(_, n)| *n).max().unwrap_or(1),
                    warmup_s: 0.0,
                    sampling_wall_s,
                    outside_samples_s: None,
                    stop: Stop::SampleLimit,
                    dropped: 0,
                    clock_check: None,
                });
                if case.energy
                    && let Ok((energy, warnings)) = self.watch.count(&mut self.session, launch_s)
                {
                    case.record.energy = energy;
                    case.record.warnings.extend(warnings);
                }
            }
            // A worker that dies while letting go is replaced at the next case.
            let _ = self.session.ask(&Command::Release);
        }
        case.record.ended = jiff::Timestamp::now();
        case.record
    }
}

/// Criterion warms up with 1, 2, 4, ... launches before it samples: those first samples are not evidence.
fn after_warm_up(samples: &[(f64, u32)]) -> &[(f64, u32)] {
    let doubling = samples.iter().enumerate().take_while(|(i, (_, n))| 1u32.checked_shl(*i as u32) == Some(*n)).count();
    if doubling < samples.len() { &samples[doubling..] } else { samples }
}

#[cfg(test)]
mod tests {
    use super::after_warm_up;

    #[test]
    fn the_doubling_front_is_dropped() {
        let samples = [(9.0, 1), (5.0, 2), (2.0, 4), (1.0, 3), (1.1, 6)];
        assert_eq!(after_warm_up(&samples), &samples[3..]);
        assert_eq!(after_warm_up(&samples[..2]).len(), 2);
    }
}
