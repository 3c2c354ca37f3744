//! One case on one device: prepare, verify, measure, count joules, and write down what happened.
//! Fills a record; appends none.

use super::{Phases, RunOptions, energy::EnergyWatch};
use crate::{
    backend::DeviceClass,
    kernel::SuiteCase,
    measure::stats::median,
    record::{Energy, Record, Status, Warning},
    worker::{Command, Event, Session, SessionError, TuningChoice},
};

/// In what state a case left its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Ready for the next case.
    Alive,
    /// Gone; the record says how.
    Dead,
    /// The user stopped the run.
    Interrupted,
}

/// Runs a case and fills its record.
pub(super) fn run_case(
    session: &mut Session,
    options: &mut RunOptions,
    watch: &mut EnergyWatch,
    suite_case: &SuiteCase,
    record: &mut Record,
) -> End {
    let mut clock = Phases::default();
    let result = steps(session, options, watch, suite_case, record, &mut clock);
    let end = match result {
        Ok(()) => {
            record.status = Status::Ok;
            record.reason = None;
            release(session, &mut clock)
        }
        Err(Stopped::Wrong(reason)) => {
            fail(record, Status::Failed, reason);
            release(session, &mut clock)
        }
        Err(Stopped::Session(SessionError::Unsupported(reason))) => {
            fail(record, Status::Unsupported, reason);
            End::Alive
        }
        Err(Stopped::Session(SessionError::Refused(reason))) => {
            fail(record, Status::Failed, reason);
            End::Alive
        }
        Err(Stopped::Session(SessionError::Dead(reason))) => {
            fail(record, Status::Failed, reason);
            End::Dead
        }
        Err(Stopped::Session(SessionError::Interrupted)) => {
            fail(record, Status::Skipped, "interrupted by the user".to_owned());
            End::Interrupted
        }
    };
    record.warnings.extend(circumstances(record));
    record.phases_s = clock.0;
    end
}

/// Why a case stopped before its end.
enum Stopped {
    /// The output is wrong; the worker is well.
    Wrong(String),
    /// The worker did not do it.
    Session(SessionError),
}

impl From<SessionError> for Stopped {
    fn from(error: SessionError) -> Stopped {
        Stopped::Session(error)
    }
}

fn steps(
    session: &mut Session,
    options: &mut RunOptions,
    watch: &mut EnergyWatch,
    suite_case: &SuiteCase,
    record: &mut Record,
    clock: &mut Phases,
) -> Result<(), Stopped> {
    let tuning = match options.tune_cache.get(&record.device, &suite_case.case) {
        _ if options.tune => TuningChoice::Search,
        Some(tuning) => TuningChoice::Given(tuning.clone()),
        None => TuningChoice::Default,
    };
    let prepare = Command::Prepare { case: record.case.id.clone(), tuning };
    let Event::Prepared { build, tried } = clock.time("prepare", || session.ask(&prepare))? else {
        return Err(confused("prepare"));
    };
    if !tried.is_empty() {
        options.tune_cache.set(&record.device, &suite_case.case, build.tuning.clone());
    }
    record.build = Some(build);
    let Event::Verified { verification } = clock.time("verify", || session.ask(&Command::Verify))? else {
        return Err(confused("verify"));
    };
    let failure = verification.failure.clone();
    record.verification = Some(verification);
    if let Some(failure) = failure {
        return Err(Stopped::Wrong(format!("the output is wrong: {failure}")));
    }
    let Some(settings) = &options.settings else {
        return Ok(());
    };
    let Event::Measured { measured } =
        clock.time("measure", || session.ask(&Command::Measure { settings: settings.clone() }))?
    else {
        return Err(confused("measure"));
    };
    let launch_s = median(&measured.time.samples_s).ok_or_else(|| confused("measure"))?;
    record.condition = measured.condition;
    record.warnings = measured.warnings;
    record.time = Some(measured.time);
    record.energy = if watch.wants(suite_case) {
        let (energy, warnings) = clock.time("energy", || watch.count(session, launch_s))?;
        record.warnings.extend(warnings);
        energy
    } else {
        watch.why_not(suite_case)
    };
    Ok(())
}

fn release(session: &mut Session, clock: &mut Phases) -> End {
    match clock.time("release", || session.ask(&Command::Release)) {
        Ok(_) | Err(SessionError::Refused(_) | SessionError::Unsupported(_)) => End::Alive,
        Err(SessionError::Dead(_)) => End::Dead,
        Err(SessionError::Interrupted) => End::Interrupted,
    }
}

fn fail(record: &mut Record, status: Status, reason: String) {
    record.status = status;
    // Samples of a case that ended badly are not evidence.
    record.time = None;
    record.energy = Energy::unmeasured(format!("the case is {}", status.name()), "");
    record.reason = Some(reason);
}

fn confused(doing: &str) -> Stopped {
    Stopped::Wrong(format!("the worker gave an answer to {doing} that makes no sense; is it another version?"))
}

/// Warnings that follow from where a case ran rather than from its samples.
fn circumstances(record: &Record) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut warn = |code: &str, text: String| found.push(Warning { code: code.to_owned(), text });
    if record.device.class == DeviceClass::Software && record.time.is_some() {
        warn("software_device", "drawn by the CPU: says nothing about a GPU; compare with software only".to_owned());
    }
    if let Some(how) = record.device.emulated.as_ref().filter(|_| record.time.is_some()) {
        warn("emulated", format!("{how}: says nothing about the hardware it names, nor about this machine's own"));
    }
    let busy = record.environment.load_1m.unwrap_or(0.0) / f64::from(record.environment.cpus.max(1));
    if busy > 0.5 && record.time.is_some() {
        warn(
            "loaded_machine",
            format!("load average was {:.0} % of the CPUs when the run started: close what else runs", busy * 100.0),
        );
    }
    if let Some(build) = &record.build
        && record.case.cache == crate::kernel::Cache::Cold
        && u64::from(build.buffer_sets) * build.set_bytes < 2 * record.device.cache_bytes
    {
        warn(
            "reduced_cold_sets",
            "memory did not allow enough buffer sets to leave the cache: the case is warmer than its name".to_owned(),
        );
    }
    found
}
