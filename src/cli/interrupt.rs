//! Ctrl-C: once asks the run to stop after writing down where it was; twice leaves at once.
//! Touches no file.

use std::sync::atomic::{AtomicU32, Ordering};

static ASKED: AtomicU32 = AtomicU32::new(0);

/// Listens for Ctrl-C, SIGTERM and SIGHUP.
pub(super) fn listen() {
    let listening = ctrlc::set_handler(|| {
        if ASKED.fetch_add(1, Ordering::SeqCst) > 0 {
            std::process::exit(130);
        }
        eprintln!("\nstopping: the case under way is given up, records so far are safe (Ctrl-C again leaves at once)");
    });
    if let Err(error) = listening {
        eprintln!("note: cannot listen for Ctrl-C ({error}); records are safe all the same");
    }
}

/// True once the user asked to stop.
pub(super) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst) > 0
}
