//! A run: devices x cases, each verified, measured and recorded before the next starts.
//! Touches devices only through `worker`, and renders nothing; the observer hears what happens.

mod against;
mod bench;
mod case;
mod characterise;
mod energy;
mod plan;
mod resume;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use jiff::Timestamp;

pub use against::{Rival, Stores, run_against};
pub use bench::{Bench, BenchCase, BenchDevice};
pub use characterise::{CharacteriseError, CharacteriseOptions, Characterised, characterise};
pub use energy::EnergyMode;
pub use plan::{Planned, estimate_s, plan_devices};
pub use resume::{Done, done_already};

use crate::{
    backend::DeviceFacts,
    kernel::SuiteCase,
    measure::{Settings, TuneCache},
    record::{Appender, CaseInfo, Energy, Environment, Record, RunInfo, SCHEMA, Status, StoreError},
    worker::{Command, HardwareLock, LockError, Session, SessionError, WorkerProgram},
};

/// What a run is asked to do.
pub struct RunOptions {
    /// Devices, in order.
    pub devices: Vec<DeviceFacts>,
    /// Cases, in order.
    pub cases: Vec<SuiteCase>,
    /// Identity of the run, recorded with every result.
    pub info: RunInfo,
    /// The machine.
    pub environment: Environment,
    /// How cases are sampled; `None` verifies only.
    pub settings: Option<Settings>,
    /// Whether and how joules are counted.
    pub energy: EnergyMode,
    /// Where sensors are looked for.
    pub sensors: crate::power::Roots,
    /// What is known of this machine's meters beyond their own word.
    pub characterised: Vec<crate::power::characterise::Characteristic>,
    /// Search for tiles before each case.
    pub tune: bool,
    /// Tilings found earlier.
    pub tune_cache: TuneCache,
    /// Longest silence of a worker.
    pub watchdog: Duration,
    /// How long to wait for hardware that another run holds.
    pub patience: Duration,
    /// How workers run.
    pub program: WorkerProgram,
    /// True once the user asked to stop.
    pub interrupted: fn() -> bool,
    /// Cases that an earlier, interrupted run has recorded.
    pub done: Done,
}

/// Hears what a run does, as it does it.
pub trait Observer {
    /// A device's turn begins; so many cases are left for it.
    fn device(&mut self, facts: &DeviceFacts, cases: usize);
    /// A case begins.
    fn case(&mut self, facts: &DeviceFacts, case: &SuiteCase);
    /// A case ended and its record, if there is a file, is on disk.
    fn record(&mut self, record: &Record);
    /// Something the user should know now.
    fn note(&mut self, text: &str);
}

/// What a run did.
#[derive(Debug, Default)]
pub struct RunSummary {
    /// Every record, in order.
    pub records: Vec<Record>,
    /// The user stopped it.
    pub interrupted: bool,
    /// Wall seconds of the run.
    pub wall_s: f64,
    /// Seconds in named phases, over all cases and devices.
    pub phases_s: BTreeMap<String, f64>,
    /// Tilings after the run.
    pub tune_cache: TuneCache,
}

impl RunSummary {
    /// Share of the wall time that named phases account for.
    pub fn accounted(&self) -> f64 {
        if self.wall_s > 0.0 { self.phases_s.values().sum::<f64>() / self.wall_s } else { 1.0 }
    }
}

/// A run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The hardware cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A record cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Workers that died on one device before the rest of its cases is skipped.
const MOST_DEATHS: usize = 5;

/// Runs everything asked for, and appends each record to `store` before the next case starts.
///
/// # Errors
/// The hardware is held by another run, or a record cannot be written. Records written before are safe.
pub fn run(
    mut options: RunOptions,
    mut store: Option<&mut Appender>,
    observer: &mut dyn Observer,
) -> Result<RunSummary, RunError> {
    let start = std::time::Instant::now();
    let mut summary = RunSummary::default();
    for facts in std::mem::take(&mut options.devices) {
        let done = std::mem::take(&mut options.done);
        let cases: Vec<_> = options.cases.iter().filter(|c| !done.contains(c, &facts)).cloned().collect();
        options.done = done;
        observer.device(&facts, cases.len());
        if cases.is_empty() {
            continue;
        }
        let turn =
            Turn { options: &mut options, facts: &facts, summary: &mut summary, store: store.as_deref_mut(), observer };
        turn.take(&cases)?;
        if summary.interrupted {
            break;
        }
    }
    summary.wall_s = start.elapsed().as_secs_f64();
    summary.tune_cache = options.tune_cache;
    Ok(summary)
}

/// Why a device has no worker, as its cases' records say it.
struct Absent {
    status: Status,
    reason: String,
}

/// One device's turn.
struct Turn<'a> {
    options: &'a mut RunOptions,
    facts: &'a DeviceFacts,
    summary: &'a mut RunSummary,
    store: Option<&'a mut Appender>,
    observer: &'a mut dyn Observer,
}

impl Turn<'_> {
    fn take(mut self, cases: &[SuiteCase]) -> Result<(), RunError> {
        let mut clock = Phases::default();
        let patience = self.options.patience;
        let observer = &mut *self.observer;
        let (hardware, interrupted) = (&self.facts.hardware, self.options.interrupted);
        let lock =
            clock.time("wait", || HardwareLock::take(hardware, patience, interrupted, &mut |t| observer.note(t)));
        if let Err(LockError::Interrupted { .. }) = lock {
            self.summary.interrupted = true;
            return Ok(());
        }
        let _lock = lock?;
        let mut watch = clock.time("sensors", || {
            let options = &*self.options;
            energy::EnergyWatch::new(options.energy, &options.sensors, &options.characterised, self.facts)
        });
        clock.time("idle", || watch.idle());
        let mut worker = clock.time("open", || self.open(0));
        let mut deaths = 0;
        for suite_case in cases {
            self.observer.case(self.facts, suite_case);
            let mut record = self.blank(suite_case);
            match &mut worker {
                Err(absent) => {
                    record.status = absent.status;
                    record.reason = Some(absent.reason.clone());
                }
                Ok(session) => match case::run_case(session, self.options, &mut watch, suite_case, &mut record) {
                    case::End::Alive => {}
                    case::End::Interrupted => self.summary.interrupted = true,
                    case::End::Dead => {
                        deaths += 1;
                        worker = clock.time("open", || self.open(deaths));
                    }
                },
            }
            self.summary.interrupted |= (self.options.interrupted)();
            record.ended = Timestamp::now();
            clock.add(&record.phases_s);
            clock.time("record", || self.keep(record))?;
            if self.summary.interrupted {
                break;
            }
        }
        clock.time("close", || drop(worker));
        clock.time("idle", || watch.idle());
        for (phase, seconds) in clock.0 {
            *self.summary.phases_s.entry(phase).or_default() += seconds;
        }
        Ok(())
    }

    /// A worker with the device open, unless so many before it died that the next would, too.
    fn open(&self, deaths: usize) -> Result<Session, Absent> {
        let id = &self.facts.id;
        if deaths >= MOST_DEATHS {
            let reason = format!("the worker for {id} died {deaths} times; its other cases were not tried");
            return Err(Absent { status: Status::Skipped, reason });
        }
        let absent =
            |error: SessionError| Absent { status: Status::Failed, reason: format!("cannot open {id}: {error}") };
        let mut session =
            Session::start(&self.options.program, self.options.watchdog, self.options.interrupted).map_err(absent)?;
        session.ask(&Command::Open { device: id.clone() }).map_err(absent)?;
        Ok(session)
    }

    fn keep(&mut self, record: Record) -> Result<(), RunError> {
        if let Some(store) = &mut self.store {
            store.append(&record)?;
        }
        self.observer.record(&record);
        self.summary.records.push(record);
        Ok(())
    }

    fn blank(&self, suite_case: &SuiteCase) -> Record {
        blank_record(self.options.info.clone(), self.options.environment.clone(), self.facts, suite_case)
    }
}

/// A record with nothing observed yet.
fn blank_record(run: RunInfo, environment: Environment, facts: &DeviceFacts, suite_case: &SuiteCase) -> Record {
    Record {
        schema: SCHEMA.to_owned(),
        run,
        ended: Timestamp::now(),
        case: CaseInfo::of(&suite_case.case, facts.track, &suite_case.why),
        device: facts.clone(),
        status: Status::Skipped,
        reason: None,
        build: None,
        verification: None,
        work: suite_case.case.work(),
        time: None,
        energy: Energy::unmeasured("the case was not timed", ""),
        condition: None,
        environment,
        phases_s: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

/// Seconds by phase name.
#[derive(Default)]
pub(crate) struct Phases(BTreeMap<String, f64>);

impl Phases {
    fn time<T>(&mut self, phase: &str, work: impl FnOnce() -> T) -> T {
        let start = std::time::Instant::now();
        let result = work();
        *self.0.entry(phase.to_owned()).or_default() += start.elapsed().as_secs_f64();
        result
    }

    fn add(&mut self, other: &BTreeMap<String, f64>) {
        for (phase, seconds) in other {
            *self.0.entry(phase.clone()).or_default() += seconds;
        }
    }
}

/// Where records go unless the user says otherwise: `results/` under the current folder.
pub fn default_record_path(suite: &str, now: Timestamp) -> PathBuf {
    let suite = std::path::Path::new(suite).file_stem().map_or("suite".into(), |s| s.to_string_lossy());
    PathBuf::from("results").join(format!("{}-{suite}.jsonl", now.strftime("%Y%m%dT%H%M%SZ")))
}
