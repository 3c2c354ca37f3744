//! A square wave of load on one device, while its meters are watched closely.
//! Fits nothing; `power::characterise` does.

use std::time::Duration;

use super::energy::device_keys;
use crate::{
    backend::DeviceFacts,
    power::{
        Missing, Roots, Sensor, SensorInfo, Series,
        characterise::{Found, Load, Truth, Unknown, estimate, square_wave},
        clock::monotonic_ns,
        discover, matching,
        sampler::{Sampler, SamplerConfig, SamplerError},
    },
    worker::{Command, Event, HardwareLock, LockError, Session, SessionError, TuningChoice, WorkerProgram},
};

/// Cases that load a device, the steadiest first: backends of the library track have no ceilings of their own.
const CASES: [&str; 2] = ["ceiling/fma/f32/lanes=786432,iters=1024/hot", "matmul/gemm/f32/m=512,n=512,k=512/hot"];
/// Half a period of the wave in the meter's own times (period and averaging), and at least.
const HALF_TIMES: f64 = 2.5;
const LEAST_HALF_S: f64 = 0.4;
/// Half periods in a load of default length, and its least length.
const HALVES: f64 = 60.0;
const LEAST_S: f64 = 30.0;

/// What to characterise, and with what.
pub struct CharacteriseOptions {
    /// The device that makes the load.
    pub device: DeviceFacts,
    /// Where meters are looked for.
    pub sensors: Roots,
    /// Only this meter, whatever it is matched to; else all that see the device.
    pub only: Option<String>,
    /// Seconds of load; by default what the slowest meter needs.
    pub seconds: Option<f64>,
    /// Watts that the load draws, where they are known.
    pub truth: Option<Truth>,
    /// How the worker runs.
    pub program: WorkerProgram,
    /// Longest silence of the worker.
    pub watchdog: Duration,
    /// How long to wait for the hardware.
    pub patience: Duration,
    /// True once the user asked to stop.
    pub interrupted: fn() -> bool,
}

/// Nothing could be characterised.
#[derive(Debug, thiserror::Error)]
pub enum CharacteriseError {
    /// There is no such meter, or none that sees the device.
    #[error("{0}")]
    NoMeter(Missing),
    /// The hardware cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The device cannot make the load.
    #[error("{device} cannot make the load: {source}")]
    Device {
        /// Its id.
        device: String,
        /// Why.
        source: SessionError,
    },
    /// The meters cannot be polled.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
}

/// What came of it.
pub struct Characterised {
    /// The case that made the load.
    pub case: String,
    /// Seconds of a half period, about.
    pub half_s: f64,
    /// Each meter, with what it was found to do.
    pub meters: Vec<(SensorInfo, Result<Found, Unknown>)>,
}

/// Loads the device in a square wave and characterises its meters.
///
/// # Errors
/// There is no meter, no hardware, or no load.
pub fn characterise(
    options: &CharacteriseOptions,
    note: &mut dyn FnMut(&str),
) -> Result<Characterised, CharacteriseError> {
    let sensors = meters(options)?;
    let _lock = HardwareLock::take(&options.device.hardware, options.patience, options.interrupted, note)?;
    let own_time = |i: &SensorInfo| i.update_period_s.unwrap_or(0.1) + i.averaging_window_s.unwrap_or(0.0);
    let slowest = sensors.iter().map(|s| own_time(s.info())).fold(0.0, f64::max);
    let half_s = (HALF_TIMES * slowest).max(LEAST_HALF_S);
    let seconds = options.seconds.unwrap_or((HALVES * half_s).max(LEAST_S));
    let ids: Vec<&str> = sensors.iter().map(|s| s.info().id.as_str()).collect();
    note(&format!(
        "{}: {seconds:.0} s of load on {} in half periods of about {half_s:.1} s",
        ids.join(", "),
        options.device.id
    ));
    let failed = |source| CharacteriseError::Device { device: options.device.id.clone(), source };
    let mut session = Session::start(&options.program, options.watchdog, options.interrupted).map_err(failed)?;
    let case = prepare(&mut session, &options.device.id).map_err(failed)?;
    let (load, series) = wave(&mut session, sensors, half_s, seconds, slowest, &failed)?;
    let meters = series.iter().map(|s| (s.info.clone(), estimate(s, &load, options.truth))).collect();
    Ok(Characterised { case: case.to_owned(), half_s, meters })
}

fn meters(options: &CharacteriseOptions) -> Result<Vec<Box<dyn Sensor>>, CharacteriseError> {
    let found = discover(&options.sensors);
    let infos: Vec<SensorInfo> = found.sensors.iter().map(|s| s.info().clone()).collect();
    let wanted: Vec<String> = match &options.only {
        Some(id) => vec![id.clone()],
        None => {
            let keys = device_keys(&options.device);
            keys.iter().filter_map(|k| matching(&infos, k).ok()).flatten().map(|i| i.id.clone()).collect()
        }
    };
    let chosen: Vec<Box<dyn Sensor>> = found.sensors.into_iter().filter(|s| wanted.contains(&s.info().id)).collect();
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let known: Vec<&str> = infos.iter().map(|i| i.id.as_str()).collect();
    let known =
        if known.is_empty() { "this machine shows none".to_owned() } else { format!("there are {}", known.join(", ")) };
    let what = match &options.only {
        Some(id) => format!("no sensor `{id}`"),
        None => format!("no sensor that sees {}", options.device.id),
    };
    Err(CharacteriseError::NoMeter(Missing::new(
        what,
        known,
        "`wattmark sensors` says what is missing and how to get it",
    )))
}

/// The first case that the device can run.
fn prepare(session: &mut Session, device: &str) -> Result<&'static str, SessionError> {
    session.ask(&Command::Open { device: device.to_owned() })?;
    let mut last = SessionError::Refused("no case".to_owned());
    for case in CASES {
        match session.ask(&Command::Prepare { case: case.to_owned(), tuning: TuningChoice::Default }) {
            Ok(_) => return Ok(case),
            Err(error @ (SessionError::Unsupported(_) | SessionError::Refused(_))) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Rest and work in turns, with the sampler on from before the first to after the last.
fn wave(
    session: &mut Session,
    sensors: Vec<Box<dyn Sensor>>,
    half_s: f64,
    seconds: f64,
    slowest_s: f64,
    failed: &dyn Fn(SessionError) -> CharacteriseError,
) -> Result<(Load, Vec<Series>), CharacteriseError> {
    let mut launch_s = 0.0;
    // The first launches are slower: caches, clocks, lazy drivers.
    for _ in 0..3 {
        if let Event::Sampled { launch_s: took, .. } = session.ask(&Command::Sample { launches: 1 }).map_err(failed)? {
            launch_s = took;
        }
    }
    let sampler = Sampler::start(sensors, SamplerConfig::fine())?;
    // What a meter shows of the time before the wave must have left its window.
    let rest = |s: f64| std::thread::sleep(Duration::from_secs_f64(s));
    rest(2.0 * slowest_s);
    let start_ns = monotonic_ns();
    let mut work = Vec::new();
    for (idle, busy) in square_wave(half_s, seconds, start_ns) {
        rest(idle);
        let ran = session.ask(&Command::Window { seconds: busy, launch_s }).map_err(failed)?;
        if let Event::Windowed { start_ns, end_ns, .. } = ran {
            work.push((start_ns, end_ns));
        }
    }
    rest(half_s);
    let end_ns = monotonic_ns();
    rest(2.0 * slowest_s);
    let (series, _sensors) = sampler.stop();
    Ok((Load::new(start_ns, end_ns, &work), series))
}
