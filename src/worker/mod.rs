//! One child process a device: what it is told, what it answers, who watches it, and who may have the hardware.
//! Decides nothing about cases; `run` does.
//!
//! A driver that crashes, hangs or is killed takes the child with it, not the run. With [`WorkerProgram::Thread`] the
//! same loop runs on a thread instead, for profilers and debuggers.

mod discover;
mod lock;
mod protocol;
mod serve;
mod session;

pub use discover::discover_all;
pub use lock::{HardwareLock, LockError};
pub use protocol::{Command, Event, PROTOCOL, TuningChoice};
pub use serve::{serve_discovery, serve_stdio};
pub use session::{Session, SessionError, WorkerProgram};
