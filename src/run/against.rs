//! Two builds against each other on one device: rounds of fresh workers, and in each A B B A, sample by sample.
//! On a noisy host the only sound comparison: whatever disturbs one disturbs the other, and where a process's memory
//! happens to lie is drawn anew in every round.

use super::{Observer, RunError, RunOptions, RunSummary, blank_record};
use crate::{
    backend::DeviceFacts,
    compare::INTERLEAVED,
    kernel::SuiteCase,
    measure::{Settings, recorded_noise},
    record::{Appender, Energy, Record, Status, Stop, Time, TimeSource},
    worker::{Command, Event, HardwareLock, LockError, Session, SessionError, TuningChoice, WorkerProgram},
};

/// The other build.
pub struct Rival {
    /// Its binary.
    pub program: WorkerProgram,
    /// Name under which its records go: `commit` of its run information.
    pub name: String,
}

/// Fresh pairs of workers for each case. With nine, the interval of the median of their ratios leaves one out at either
/// end (96 %), and all nine on one side are no accident (1 in 256).
const ROUNDS: usize = 9;
/// Turns of A B B A in a round at least.
const LEAST_TURNS: usize = 2;

/// Where the records of both sides go.
pub struct Stores<'s> {
    /// This build's.
    pub ours: &'s mut Appender,
    /// The rival's.
    pub theirs: &'s mut Appender,
}

/// Runs every case on both builds, interleaved, and returns the records of this build and of the rival. Both records
/// of a case are in `stores` before the next case starts.
///
/// # Errors
/// The hardware is held by another run, or a record cannot be written.
pub fn run_against(
    options: &RunOptions,
    rival: &Rival,
    stores: &mut Stores<'_>,
    observer: &mut dyn Observer,
) -> Result<(RunSummary, RunSummary), RunError> {
    let (mut ours, mut theirs) = (RunSummary::default(), RunSummary::default());
    let start = std::time::Instant::now();
    'devices: for facts in &options.devices {
        observer.device(facts, options.cases.len());
        let mut note = |text: &str| observer.note(text);
        let lock = HardwareLock::take(&facts.hardware, options.patience, options.interrupted, &mut note);
        if let Err(LockError::Interrupted { .. }) = lock {
            ours.interrupted = true;
            break;
        }
        let _lock = lock?;
        for suite_case in &options.cases {
            observer.case(facts, suite_case);
            let [a, b] = duel(options, rival, facts, suite_case);
            stores.ours.append(&a)?;
            stores.theirs.append(&b)?;
            observer.record(&a);
            observer.record(&b);
            ours.records.push(a);
            theirs.records.push(b);
            if (options.interrupted)() {
                ours.interrupted = true;
                break 'devices;
            }
        }
    }
    ours.wall_s = start.elapsed().as_secs_f64();
    theirs.wall_s = ours.wall_s;
    Ok((ours, theirs))
}

/// One build's side of a case.
struct Side<'p> {
    program: &'p WorkerProgram,
    record: Record,
    samples_s: Vec<f64>,
    /// Samples of each round.
    rounds: Vec<u32>,
    by_device: bool,
}

/// One case on both builds. A failure of either is recorded on its own record, and leaves the other untimed.
fn duel(options: &RunOptions, rival: &Rival, facts: &DeviceFacts, suite_case: &SuiteCase) -> [Record; 2] {
    let side = |program, commit: Option<String>| {
        let mut record = blank_record(options.info.clone(), options.environment.clone(), facts, suite_case);
        record.run.settings.insert(INTERLEAVED.to_owned(), options.info.id.clone());
        record.run.commit = commit.or(record.run.commit);
        Side { program, record, samples_s: Vec::new(), rounds: Vec::new(), by_device: true }
    };
    let mut sides = [side(&options.program, None), side(&rival.program, Some(rival.name.clone()))];
    let settings = options.settings.clone().unwrap_or_else(|| Settings::within(1.0));
    let start = std::time::Instant::now();
    let mut launches = None;
    let sound = (0..ROUNDS).all(|number| Round { options, settings: &settings, number }.run(&mut sides, &mut launches));
    let wall_s = start.elapsed().as_secs_f64();
    for side in &mut sides {
        if sound {
            side.settle(launches.unwrap_or(1), wall_s);
        } else if side.record.reason.is_none() {
            side.record.status = Status::Skipped;
            side.record.reason = Some("the other build did not get through".to_owned());
        }
        side.record.ended = jiff::Timestamp::now();
    }
    sides.map(|side| side.record)
}

impl Side<'_> {
    /// Writes the samples down.
    fn settle(&mut self, launches: u32, sampling_wall_s: f64) {
        self.record.status = Status::Ok;
        self.record.energy = Energy::unmeasured(
            "builds run against each other share the device's power",
            "run each alone for its joules",
        );
        self.record.time = Some(Time {
            clock: if self.by_device { TimeSource::Device } else { TimeSource::Host },
            noise: recorded_noise(&self.samples_s),
            samples_s: std::mem::take(&mut self.samples_s),
            rounds: std::mem::take(&mut self.rounds),
            launches_per_sample: launches,
            warmup_s: 0.0,
            sampling_wall_s,
            outside_samples_s: None,
            stop: Stop::TimeLimit,
            dropped: 0,
            clock_check: None,
        });
    }

    fn fail(&mut self, error: &SessionError) {
        let unsupported = matches!(error, SessionError::Unsupported(_));
        self.record.status = if unsupported { Status::Unsupported } else { Status::Failed };
        self.record.reason = Some(error.to_string());
    }
}

/// A round: a fresh worker for each side.
struct Round<'o> {
    options: &'o RunOptions,
    settings: &'o Settings,
    number: usize,
}

impl Round<'_> {
    /// True if both sides got through. Launches per sample are chosen in the first round and kept.
    fn run(&self, sides: &mut [Side<'_>; 2], launches: &mut Option<u32>) -> bool {
        // Who comes first changes: the first worker to start has the pick of the memory.
        let order = if self.number.is_multiple_of(2) { [0, 1] } else { [1, 0] };
        let mut sessions = [None, None];
        let mut launch_s = 0.0f64;
        for which in order {
            match self.ready(&mut sides[which]) {
                Ok((session, seconds)) => {
                    sessions[which] = Some(session);
                    launch_s = launch_s.max(seconds);
                }
                Err(error) => sides[which].fail(&error),
            }
        }
        let [Some(one), Some(two)] = sessions else { return false };
        let chosen = (self.settings.sample_s / launch_s.max(1e-9)).ceil().clamp(1.0, 1e6) as u32;
        let launches = *launches.get_or_insert(chosen);
        self.take_turns(&mut [one, two], sides, order, launches)
    }

    /// Starts a worker, opens, prepares, verifies (once a side: later rounds repeat the first) and warms up. Answers
    /// the seconds of a launch.
    fn ready(&self, side: &mut Side<'_>) -> Result<(Session, f64), SessionError> {
        let mut session = Session::start(side.program, self.options.watchdog, self.options.interrupted)?;
        session.ask(&Command::Open { device: side.record.device.id.clone() })?;
        let prepare = Command::Prepare { case: side.record.case.id.clone(), tuning: TuningChoice::Default };
        if let Event::Prepared { build, .. } = session.ask(&prepare)? {
            side.record.build = Some(build);
        }
        if side.record.verification.is_none()
            && let Event::Verified { verification } = session.ask(&Command::Verify)?
        {
            let failure = verification.failure.clone();
            side.record.verification = Some(verification);
            if let Some(failure) = failure {
                return Err(SessionError::Refused(format!("the output is wrong: {failure}")));
            }
        }
        sample(&mut session, 1)?;
        let (launch_s, _) = sample(&mut session, 1)?;
        Ok((session, launch_s))
    }

    fn take_turns(
        &self,
        sessions: &mut [Session; 2],
        sides: &mut [Side<'_>; 2],
        order: [usize; 2],
        launches: u32,
    ) -> bool {
        let start = std::time::Instant::now();
        // Twice the time of a single run: two builds share it.
        let budget_s = 2.0 * self.settings.max_s / ROUNDS as f64;
        let mut turns = 0;
        while turns < LEAST_TURNS || start.elapsed().as_secs_f64() < budget_s {
            for which in [order[0], order[1], order[1], order[0]] {
                match sample(&mut sessions[which], launches) {
                    Ok((seconds, by_device)) => {
                        sides[which].samples_s.push(seconds);
                        sides[which].by_device &= by_device;
                    }
                    Err(error) => {
                        sides[which].fail(&error);
                        return false;
                    }
                }
            }
            turns += 1;
        }
        sides.iter_mut().for_each(|side| side.rounds.push(2 * turns as u32));
        true
    }
}

fn sample(session: &mut Session, launches: u32) -> Result<(f64, bool), SessionError> {
    match session.ask(&Command::Sample { launches })? {
        Event::Sampled { launch_s, device_clock } => Ok((launch_s, device_clock)),
        _ => Err(SessionError::Refused("the worker gave an answer to a sample that makes no sense".to_owned())),
    }
}
