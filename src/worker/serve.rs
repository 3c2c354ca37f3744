//! The worker's side: takes commands, drives one device, answers.
//! Writes no record and reads no sensor; the parent does.

use std::{
    io::{self, BufRead, Write},
    time::Instant,
};

use super::protocol::{Command, Event, PROTOCOL, TuningChoice};
use crate::{
    backend::{Backend, Device, DeviceError, Executable, backends},
    kernel::{Case, Inputs, Tuning, verify},
    measure::{measure, run_for, tune},
    power::clock::monotonic_ns,
};

/// Seconds between two signs of life.
const PULSE_PERIOD_S: f64 = 0.25;

/// Both ends of a conversation, seen from the worker.
pub(super) struct Conversation<'a> {
    /// Next command; `None` when the parent is gone.
    pub(super) receive: &'a mut dyn FnMut() -> Option<Command>,
    /// Says something to the parent.
    pub(super) send: &'a mut dyn FnMut(Event),
}

/// Runs a worker over standard input and a private copy of standard output, until the parent hangs up.
///
/// # Errors
/// Standard output cannot be taken aside.
pub fn serve_stdio() -> io::Result<()> {
    let mut out = private_stdout()?;
    let (sender, commands) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            match serde_json::from_str::<Command>(&line) {
                Ok(command) => {
                    if sender.send(command).is_err() {
                        break;
                    }
                }
                Err(error) => eprintln!("worker: not a command: {error}"),
            }
        }
        // The parent is gone, perhaps by kill -9, and the main thread may sit in a driver: leave without asking it.
        std::process::exit(0);
    });
    let mut send = |event: Event| {
        let mut line = serde_json::to_string(&event).expect("events are JSON");
        line.push('\n');
        if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    };
    serve(&mut Conversation { receive: &mut || commands.recv().ok(), send: &mut send });
    Ok(())
}

/// Looks for the devices of one backend and prints what was found as one JSON line.
///
/// # Errors
/// The backend is unknown, or standard output is closed.
pub fn serve_discovery(backend: &str) -> io::Result<()> {
    let mut out = private_stdout()?;
    let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("no backend `{backend}` in this build"));
    let backend = backends().into_iter().find(|b| b.name() == backend).ok_or_else(unknown)?;
    writeln!(out, "{}", serde_json::to_string(&backend.discover())?)
}

/// Drivers print to standard output: the protocol keeps the original for itself, and everyone else's standard output
/// becomes standard error.
#[cfg(unix)]
fn private_stdout() -> io::Result<std::fs::File> {
    let private = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(private.into())
}

#[cfg(not(unix))]
fn private_stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// The worker's loop.
pub(super) fn serve(talk: &mut Conversation<'_>) {
    (talk.send)(Event::Hello { protocol: PROTOCOL, wattmark: env!("CARGO_PKG_VERSION").to_owned() });
    let mut device: Option<Box<dyn Device>> = None;
    while let Some(command) = (talk.receive)() {
        match (command, &mut device) {
            (Command::Open { device: id }, slot) => match open(&id) {
                Ok(opened) => {
                    (talk.send)(Event::Opened { facts: Box::new(opened.facts().clone()) });
                    *slot = Some(opened);
                }
                Err(error) => refuse(talk, &error),
            },
            (Command::Prepare { case, tuning }, Some(device)) => {
                if let Err(error) = serve_case(device.as_mut(), &case, tuning, talk) {
                    refuse(talk, &error);
                }
            }
            (_, _) => refuse(talk, &DeviceError::Failed("nothing is open or prepared for this command".to_owned())),
        }
    }
}

fn open(id: &str) -> Result<Box<dyn Device>, DeviceError> {
    let name = id.split(':').next().unwrap_or(id);
    let backend: Option<Box<dyn Backend>> = backends().into_iter().find(|b| b.name() == name);
    backend.ok_or_else(|| DeviceError::Failed(format!("no backend `{name}` in this build")))?.open(id)
}

fn refuse(talk: &mut Conversation<'_>, error: &DeviceError) {
    (talk.send)(Event::Refused {
        unsupported: matches!(error, DeviceError::Unsupported(_)),
        lost: matches!(error, DeviceError::Lost(_)),
        reason: error.to_string(),
    });
}

/// Prepares a case and obeys until it is released. An error ends the case.
fn serve_case(
    device: &mut dyn Device,
    id: &str,
    tuning: TuningChoice,
    talk: &mut Conversation<'_>,
) -> Result<(), DeviceError> {
    let case: Case = id.parse().map_err(|e: crate::kernel::CaseError| DeviceError::Failed(e.to_string()))?;
    check_inputs_fit(&case)?;
    let inputs = Inputs::seeded(&case);
    (talk.send)(Event::Pulse);
    let (tuning, tried) = choose_tuning(device, &case, &inputs, tuning, talk)?;
    let mut exe = device.prepare(&case, &inputs, &tuning)?;
    (talk.send)(Event::Prepared { build: exe.build().clone(), tried });
    while let Some(command) = (talk.receive)() {
        let answer = match command {
            Command::Release => {
                drop(exe);
                (talk.send)(Event::Released);
                return Ok(());
            }
            Command::Verify => check(exe.as_mut(), &case, &inputs)?,
            Command::Measure { settings } => {
                let measured = measure(exe.as_mut(), &settings, &mut pulse(&mut *talk.send))?;
                Event::Measured { measured: Box::new(measured) }
            }
            Command::Sample { launches } => {
                let elapsed = exe.run(launches.max(1))?;
                let launch_s = elapsed.device_s.unwrap_or(elapsed.host_s) / f64::from(launches.max(1));
                Event::Sampled { launch_s, device_clock: elapsed.device_s.is_some() }
            }
            Command::Window { seconds, launch_s } => {
                let start_ns = monotonic_ns();
                let launches = run_for(exe.as_mut(), seconds, launch_s, &mut pulse(&mut *talk.send))?;
                Event::Windowed { start_ns, end_ns: monotonic_ns(), launches }
            }
            Command::Open { .. } | Command::Prepare { .. } => {
                return Err(DeviceError::Failed("a case is prepared; release it first".to_owned()));
            }
        };
        (talk.send)(answer);
    }
    Ok(())
}

fn check(exe: &mut dyn Executable, case: &Case, inputs: &Inputs) -> Result<Event, DeviceError> {
    exe.poison()?;
    exe.run(1)?;
    Ok(Event::Verified { verification: verify(case, inputs, &exe.output()?) })
}

fn choose_tuning(
    device: &mut dyn Device,
    case: &Case,
    inputs: &Inputs,
    choice: TuningChoice,
    talk: &mut Conversation<'_>,
) -> Result<(Tuning, Vec<(Tuning, f64)>), DeviceError> {
    match choice {
        TuningChoice::Default => Ok((device.tunings(case).into_iter().next().unwrap_or_default(), Vec::new())),
        TuningChoice::Given(tuning) => Ok((tuning, Vec::new())),
        TuningChoice::Search => tune(device, case, inputs, &mut pulse(&mut *talk.send)),
    }
}

/// Says "alive" at most every quarter of a second: between samples even a write is felt.
fn pulse(send: &mut dyn FnMut(Event)) -> impl FnMut() {
    let mut last = Instant::now();
    move || {
        if last.elapsed().as_secs_f64() > PULSE_PERIOD_S {
            send(Event::Pulse);
            last = Instant::now();
        }
    }
}

/// The inputs are drawn on the host first, whatever the device: refuse what the host cannot hold.
fn check_inputs_fit(case: &Case) -> Result<(), DeviceError> {
    let tensors = case.family.tensors(case);
    let all = || tensors.inputs.iter().chain([&tensors.output]);
    let bytes = all().map(|t| t.rows as f64 * t.cols as f64 * t.elem.bytes() as f64).sum::<f64>();
    // A float holds shapes whose product overflows an integer; the cast saturates.
    crate::backend::check_memory(bytes as u64)
}
