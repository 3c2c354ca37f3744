//! A program whose output is a reading: found, run, and ended when it takes too long.
//! Must not hang and must not go through a shell.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use crate::power::{Roots, SensorError};

/// Longest output that is taken in: a reading is short.
const MOST_BYTES: u64 = 256 * 1024;

/// The first program of this name in the folders given.
pub(super) fn find(roots: &Roots, name: &str) -> Option<PathBuf> {
    roots.programs.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A child that is killed when dropped, however its owner ends.
pub(super) struct Killed(pub(super) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the program prints, read for the sensor `id`.
///
/// # Errors
/// It cannot be started, fails, or is not done within `limit`: it is killed then.
pub(super) fn output(id: &str, program: &Path, arguments: &[&str], limit: Duration) -> Result<String, SensorError> {
    let place = format!("{} {}", program.display(), arguments.join(" "));
    let end = Instant::now() + limit;
    let failed = |detail: String| SensorError::Driver { sensor: id.to_owned(), place: place.clone(), detail };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Killed)
        .map_err(|e| failed(format!("cannot start: {e}")))?;
    let mut pipe = child.0.stdout.take().ok_or_else(|| failed("no pipe to its output".to_owned()))?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = pipe.by_ref().take(MOST_BYTES).read_to_end(&mut text).map(|_| text);
        drop(sender.send(read));
    });
    let late = || failed(format!("no end within {:.1} s; killed", limit.as_secs_f64()));
    let text = receiver.recv_timeout(limit).map_err(|_| late())?.map_err(|e| failed(e.to_string()))?;
    // One that closes its output may go on for ever.
    let status = loop {
        match child.0.try_wait().map_err(|e| failed(e.to_string()))? {
            Some(status) => break status,
            None if Instant::now() >= end => return Err(late()),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    if !status.success() {
        return Err(failed(format!("{status}; run it by hand to see why")));
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
