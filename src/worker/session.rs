//! The parent's side of a worker: starts it, asks, waits no longer than the watchdog allows, and says how it died.
//! Retries nothing.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    protocol::{Command, Event, PROTOCOL},
    serve::{Conversation, serve},
};

/// Why a worker did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The device cannot run this, by its limits or features.
    #[error("{0}")]
    Unsupported(String),
    /// It was tried and went wrong; the worker lives.
    #[error("{0}")]
    Refused(String),
    /// The worker is dead or was killed: a new one is needed.
    #[error("{0}")]
    Dead(String),
    /// The user interrupted the run.
    #[error("interrupted")]
    Interrupted,
}

/// Which binary a worker runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerProgram {
    /// A binary in a process of its own.
    Process(PathBuf),
    /// This one, on a thread, for profilers and debuggers. A crash takes the run with it.
    Thread,
}

/// A conversation with a worker.
pub struct Session {
    program: WorkerProgram,
    watchdog: Duration,
    interrupted: fn() -> bool,
    peer: Peer,
    events: Receiver<Event>,
}

enum Peer {
    Process { child: Child, commands: ChildStdin, stderr: Arc<Mutex<VecDeque<String>>> },
    Thread { commands: Sender<Command> },
}

/// Lines of a worker's standard error that are kept to explain its death.
const STDERR_LINES: usize = 12;
/// How often a wait looks for Ctrl-C.
const TICK: Duration = Duration::from_millis(100);

impl Session {
    /// Starts a worker and waits for its greeting. `watchdog` is the longest silence allowed while it works.
    ///
    /// # Errors
    /// It cannot be started, is of another protocol, or dies at once.
    pub fn start(
        program: &WorkerProgram,
        watchdog: Duration,
        interrupted: fn() -> bool,
    ) -> Result<Session, SessionError> {
        let (sender, events) = mpsc::channel();
        let peer = match program {
            WorkerProgram::Process(path) => start_process(path, sender)?,
            WorkerProgram::Thread => start_thread(sender),
        };
        let mut session = Session { program: program.clone(), watchdog, interrupted, peer, events };
        match session.wait("start")? {
            Event::Hello { protocol: PROTOCOL, .. } => Ok(session),
            Event::Hello { protocol, wattmark } => Err(SessionError::Dead(format!(
                "wattmark {wattmark} speaks worker protocol {protocol}, this one {PROTOCOL}: build both from versions that agree"
            ))),
            _ => Err(SessionError::Dead("the worker did not greet; is it a wattmark binary?".to_owned())),
        }
    }

    /// Starts a fresh worker of the same kind.
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn restart(&self) -> Result<Session, SessionError> {
        Session::start(&self.program, self.watchdog, self.interrupted)
    }

    /// Gives a command and waits for the answer.
    ///
    /// # Errors
    /// The worker refused, died, hung (and was killed), or the user interrupted the run.
    pub fn ask(&mut self, command: &Command) -> Result<Event, SessionError> {
        let doing = name_of(command);
        if !self.tell(command) {
            return Err(self.post_mortem(doing));
        }
        match self.wait(doing)? {
            Event::Refused { unsupported: true, reason, .. } => Err(SessionError::Unsupported(reason)),
            Event::Refused { lost: true, reason, .. } => {
                self.kill();
                Err(SessionError::Dead(reason))
            }
            Event::Refused { reason, .. } => Err(SessionError::Refused(reason)),
            event => Ok(event),
        }
    }

    fn tell(&mut self, command: &Command) -> bool {
        match &mut self.peer {
            Peer::Process { commands, .. } => {
                let mut line = serde_json::to_string(command).expect("commands are JSON");
                line.push('\n');
                commands.write_all(line.as_bytes()).and_then(|()| commands.flush()).is_ok()
            }
            Peer::Thread { commands } => commands.send(command.clone()).is_ok(),
        }
    }

    /// Waits for the next event that is not a sign of life.
    fn wait(&mut self, doing: &'static str) -> Result<Event, SessionError> {
        let mut heard = Instant::now();
        loop {
            if (self.interrupted)() {
                self.kill();
                return Err(SessionError::Interrupted);
            }
            match self.events.recv_timeout(TICK) {
                Ok(Event::Pulse) => heard = Instant::now(),
                Ok(event) => return Ok(event),
                Err(RecvTimeoutError::Disconnected) => return Err(self.post_mortem(doing)),
                Err(RecvTimeoutError::Timeout) if heard.elapsed() > self.watchdog => {
                    self.kill();
                    return Err(SessionError::Dead(format!(
                        "hung: no sign of life for {:.0} s during {doing}, killed; raise --watchdog if the device is only slow",
                        self.watchdog.as_secs_f64()
                    )));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn kill(&mut self) {
        if let Peer::Process { child, .. } = &mut self.peer {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Why the worker is gone, with the last that it printed.
    fn post_mortem(&mut self, doing: &str) -> SessionError {
        let Peer::Process { child, stderr, .. } = &mut self.peer else {
            return SessionError::Dead(format!("the worker thread ended during {doing}"));
        };
        let status = child.wait().map_or_else(|e| e.to_string(), describe_exit);
        // The reader of standard error sees the end a moment after the process is gone.
        thread::sleep(Duration::from_millis(20));
        let said = stderr.lock().map(|lines| lines.iter().cloned().collect::<Vec<_>>().join(" | ")).unwrap_or_default();
        let said = if said.is_empty() { String::new() } else { format!("; it last said: {said}") };
        SessionError::Dead(format!("the worker died during {doing}: {status}{said}"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.kill();
    }
}

fn name_of(command: &Command) -> &'static str {
    match command {
        Command::Open { .. } => "open",
        Command::Prepare { .. } => "prepare",
        Command::Verify => "verify",
        Command::Measure { .. } => "measure",
        Command::Sample { .. } => "sample",
        Command::Window { .. } => "energy window",
        Command::Release => "release",
    }
}

fn start_process(path: &PathBuf, sender: Sender<Event>) -> Result<Peer, SessionError> {
    let mut command = std::process::Command::new(path);
    command.arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Ctrl-C goes to the run, which decides; the worker must not die of it first.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child =
        command.spawn().map_err(|e| SessionError::Dead(format!("cannot start worker {}: {e}", path.display())))?;
    let (commands, output, errors) =
        (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let event = match serde_json::from_str(&line) {
                Ok(event) => event,
                // A line of another sort comes from a driver that found our descriptor: noise, not an answer.
                Err(_) if !line.starts_with("{\"event\"") => continue,
                Err(error) => Event::Refused {
                    unsupported: false,
                    lost: true,
                    reason: format!("the worker's answer cannot be read: {error}; please report this as a bug"),
                },
            };
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    let stderr = Arc::new(Mutex::new(VecDeque::new()));
    let kept = Arc::clone(&stderr);
    thread::spawn(move || {
        let mut errors = BufReader::new(errors);
        let mut line = Vec::new();
        while matches!(errors.read_until(b'\n', &mut line), Ok(n) if n > 0) {
            if let Ok(mut kept) = kept.lock() {
                kept.push_back(String::from_utf8_lossy(&line).trim().chars().take(300).collect());
                if kept.len() > STDERR_LINES {
                    kept.pop_front();
                }
            }
            line.clear();
        }
    });
    Ok(Peer::Process { child, commands, stderr })
}

fn start_thread(sender: Sender<Event>) -> Peer {
    let (commands, received) = mpsc::channel::<Command>();
    thread::spawn(move || {
        serve(&mut Conversation {
            receive: &mut || received.recv().ok(),
            // A parent that no longer listens will drop its commands next, which ends the loop.
            send: &mut |event| drop(sender.send(event)),
        });
    });
    Peer::Thread { commands }
}

#[cfg(unix)]
fn describe_exit(status: std::process::ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(9) => "killed by signal 9; the system may have run out of memory".to_owned(),
        Some(signal) => format!("killed by signal {signal}"),
        None => status.to_string(),
    }
}

#[cfg(not(unix))]
fn describe_exit(status: std::process::ExitStatus) -> String {
    status.to_string()
}
