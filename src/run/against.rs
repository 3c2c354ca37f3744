//! Two builds against each other on one device: A B B A, sample by sample.
//! On a noisy host the only sound comparison: whatever disturbs one disturbs the other.

use super::{Observer, RunError, RunOptions, RunSummary, blank_record};
use crate::{
    backend::DeviceFacts,
    compare::INTERLEAVED,
    kernel::SuiteCase,
    measure::{Settings, median_noise},
    record::{Energy, Record, Status, Stop, Time, TimeSource},
    worker::{Command, Event, HardwareLock, Session, SessionError, TuningChoice, WorkerProgram},
};

/// The other build.
pub struct Rival {
    /// Its binary.
    pub program: WorkerProgram,
    /// Name under which its records go: `commit` of its run information.
    pub name: String,
}

/// Rounds of A B B A at least.
const LEAST_ROUNDS: usize = 10;

/// Runs every case on both builds, interleaved, and returns the records of this build and of the rival.
///
/// # Errors
/// The hardware is held by another run, or a worker cannot be started.
pub fn run_against(
    options: &RunOptions,
    rival: &Rival,
    observer: &mut dyn Observer,
) -> Result<(RunSummary, RunSummary), RunError> {
    let (mut ours, mut theirs) = (RunSummary::default(), RunSummary::default());
    let start = std::time::Instant::now();
    for facts in &options.devices {
        observer.device(facts, options.cases.len());
        let _lock = HardwareLock::take(&facts.hardware, options.patience, &mut |t| observer.note(t))?;
        for suite_case in &options.cases {
            observer.case(facts, suite_case);
            let (a, b) = duel(options, rival, facts, suite_case)?;
            observer.record(&a);
            observer.record(&b);
            ours.records.push(a);
            theirs.records.push(b);
            if (options.interrupted)() {
                ours.interrupted = true;
                return Ok((ours, theirs));
            }
        }
    }
    ours.wall_s = start.elapsed().as_secs_f64();
    theirs.wall_s = ours.wall_s;
    Ok((ours, theirs))
}

/// One case on both builds. A failure of either is recorded on its own record, and leaves the other untimed.
fn duel(
    options: &RunOptions,
    rival: &Rival,
    facts: &DeviceFacts,
    suite_case: &SuiteCase,
) -> Result<(Record, Record), RunError> {
    let blank = || blank_record(options.info.clone(), options.environment.clone(), facts, suite_case);
    let (mut a, mut b) = (blank(), blank());
    b.run.commit = Some(rival.name.clone());
    for record in [&mut a, &mut b] {
        record.run.settings.insert(INTERLEAVED.to_owned(), options.info.id.clone());
    }
    let start = |program| Session::start(program, options.watchdog, options.interrupted).map_err(RunError::Worker);
    let (mut one, mut two) = (start(&options.program)?, start(&rival.program)?);
    let ready = (ready(&mut one, &mut a), ready(&mut two, &mut b));
    if let (Some(la), Some(lb)) = ready {
        let settings = options.settings.clone().unwrap_or_else(|| Settings::within(1.0));
        match interleave(&mut one, &mut two, la.max(lb), &settings) {
            Ok((ta, tb)) => {
                for (record, time) in [(&mut a, ta), (&mut b, tb)] {
                    record.time = Some(time);
                    record.status = Status::Ok;
                    record.energy = Energy::unmeasured(
                        "builds run against each other share the device's power",
                        "run each alone for its joules",
                    );
                }
            }
            Err(error) => [&mut a, &mut b].into_iter().for_each(|r| fail(r, &error)),
        }
    } else {
        for record in [&mut a, &mut b] {
            if record.reason.is_none() {
                record.status = Status::Skipped;
                record.reason = Some("the other build did not get as far as timing".to_owned());
            }
        }
    }
    (a.ended, b.ended) = (jiff::Timestamp::now(), jiff::Timestamp::now());
    Ok((a, b))
}

/// Opens, prepares, verifies and warms up; returns seconds of a launch, or writes down why not.
fn ready(session: &mut Session, record: &mut Record) -> Option<f64> {
    let steps = |session: &mut Session, record: &mut Record| -> Result<f64, SessionError> {
        session.ask(&Command::Open { device: record.device.id.clone() })?;
        let prepare = Command::Prepare { case: record.case.id.clone(), tuning: TuningChoice::Default };
        if let Event::Prepared { build, .. } = session.ask(&prepare)? {
            record.build = Some(build);
        }
        if let Event::Verified { verification } = session.ask(&Command::Verify)? {
            let failure = verification.failure.clone();
            record.verification = Some(verification);
            if let Some(failure) = failure {
                return Err(SessionError::Refused(format!("the output is wrong: {failure}")));
            }
        }
        sample(session, 1)?;
        let (first, _) = sample(session, 1)?;
        Ok(first)
    };
    match steps(session, record) {
        Ok(seconds) => Some(seconds),
        Err(error) => {
            fail(record, &error);
            None
        }
    }
}

fn sample(session: &mut Session, launches: u32) -> Result<(f64, bool), SessionError> {
    match session.ask(&Command::Sample { launches })? {
        Event::Sampled { launch_s, device_clock } => Ok((launch_s, device_clock)),
        _ => Err(SessionError::Refused("the worker gave an answer to a sample that makes no sense".to_owned())),
    }
}

fn interleave(
    one: &mut Session,
    two: &mut Session,
    launch_s: f64,
    settings: &Settings,
) -> Result<(Time, Time), SessionError> {
    let launches = (settings.sample_s / launch_s.max(1e-9)).ceil().clamp(1.0, 1e6) as u32;
    let start = std::time::Instant::now();
    let (mut a, mut b, mut device) = (Vec::new(), Vec::new(), true);
    let stop = loop {
        for (session, samples) in [(&mut *one, &mut a), (&mut *two, &mut b)] {
            let (s, by_device) = sample(session, launches)?;
            samples.push(s);
            device &= by_device;
        }
        for (session, samples) in [(&mut *two, &mut b), (&mut *one, &mut a)] {
            let (s, by_device) = sample(session, launches)?;
            samples.push(s);
            device &= by_device;
        }
        let ratios: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a / b).collect();
        if a.len() >= 2 * LEAST_ROUNDS && median_noise(&ratios) <= settings.noise {
            break Stop::Noise;
        }
        // Twice the time of a single run: two builds share it.
        if a.len() >= settings.min_samples && start.elapsed().as_secs_f64() > 2.0 * settings.max_s {
            break Stop::TimeLimit;
        }
    };
    let clock = if device { TimeSource::Device } else { TimeSource::Host };
    let sampling_wall_s = start.elapsed().as_secs_f64();
    let time = |samples_s: Vec<f64>| Time {
        clock,
        noise: Some(median_noise(&samples_s)).filter(|n| n.is_finite()).unwrap_or(1.0),
        samples_s,
        launches_per_sample: launches,
        warmup_s: 0.0,
        sampling_wall_s,
        stop,
        dropped: 0,
        clock_check: None,
    };
    Ok((time(a), time(b)))
}

fn fail(record: &mut Record, error: &SessionError) {
    record.status = if matches!(error, SessionError::Unsupported(_)) { Status::Unsupported } else { Status::Failed };
    record.reason = Some(error.to_string());
}
