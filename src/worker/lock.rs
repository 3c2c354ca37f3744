//! Who may have the hardware: one lock file per physical thing, held for as long as a run drives it.
//! cpu, candle and software rasterizers share one; every interface to one card shares another.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

/// The hardware cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run has it.
    #[error("{hardware} is in use by {holder}; wait for that run, or pass --wait SECONDS to wait for it here")]
    Busy {
        /// The physical thing.
        hardware: String,
        /// Who has it.
        holder: String,
    },
    /// The user stopped the run that waited.
    #[error("stopped while waiting for {hardware}")]
    Interrupted {
        /// The physical thing.
        hardware: String,
    },
    /// The lock file cannot be made.
    #[error("cannot lock {hardware}: {path}: {source}; make the folder writable, or set TMPDIR to one that is")]
    File {
        /// The physical thing.
        hardware: String,
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Holds a physical thing until dropped.
#[derive(Debug)]
pub struct HardwareLock {
    _file: File,
}

impl HardwareLock {
    /// Takes the lock, waiting up to `patience` for another run to finish; `waiting` is told once, by name, and
    /// `interrupted` is asked whether to go on.
    ///
    /// # Errors
    /// Another run still has it, the user stops, or the lock file cannot be made.
    pub fn take(
        hardware: &str,
        patience: Duration,
        interrupted: fn() -> bool,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<HardwareLock, LockError> {
        let path = lock_path(hardware);
        let failed = |source| LockError::File { hardware: hardware.to_owned(), path: path.clone(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let start = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            let holder = holder(&mut file);
            if start.elapsed() >= patience {
                return Err(LockError::Busy { hardware: hardware.to_owned(), holder });
            }
            if interrupted() {
                return Err(LockError::Interrupted { hardware: hardware.to_owned() });
            }
            if !told {
                waiting(&format!("{hardware} is in use by {holder}; waiting"));
                told = true;
            }
            std::thread::sleep(Duration::from_millis(100).min(patience));
        }
        // The name is a courtesy to whoever waits; the lock is what counts.
        let name = format!("process {} since {}", std::process::id(), jiff::Timestamp::now().strftime("%FT%TZ"));
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(name.as_bytes()));
        Ok(HardwareLock { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(200).read_to_string(&mut text));
    if read.is_ok() && !text.is_empty() {
        format!("another wattmark run ({text})")
    } else {
        "another wattmark run".to_owned()
    }
}

fn lock_path(hardware: &str) -> PathBuf {
    let name: String = hardware.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    std::env::temp_dir().join("wattmark-locks").join(format!("{name}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_run_is_told_by_name() {
        let hardware = format!("test thing {}", std::process::id());
        let held = HardwareLock::take(&hardware, Duration::ZERO, || false, &mut |_| {}).unwrap();
        let mut told = Vec::new();
        let refused =
            HardwareLock::take(&hardware, Duration::from_millis(150), || false, &mut |t| told.push(t.to_owned()));
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(&hardware) && text.contains(&std::process::id().to_string()), "{text}");
        assert_eq!(told.len(), 1);
        let stopped = HardwareLock::take(&hardware, Duration::from_secs(3600), || true, &mut |_| {});
        assert!(matches!(stopped, Err(LockError::Interrupted { .. })));
        drop(held);
        HardwareLock::take(&hardware, Duration::ZERO, || false, &mut |_| {}).unwrap();
    }
}
