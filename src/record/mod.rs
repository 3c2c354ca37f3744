//! The schema of a result, the append-only store, and the facts of the environment.
//! Holds what was observed; rates and verdicts are derived elsewhere and never stored as if observed.

mod environment;
mod find;
mod job;
mod read;
mod schema;
mod store;

pub use environment::{Environment, HostAlias, observe as observe_environment};
pub(crate) use find::holds_other_results;
pub use find::{FindError, record_files};
pub use job::observe as observe_job;
pub(crate) use read::{Line, Source, parse_line, read_each};
pub use read::{Problem, ReadError, ReadReport, read_file};
pub use schema::{
    CaseInfo, ClockCheck, ConditionSummary, Energy, EnergyStatus, Gauge, Interval, Job, Meter, Record, RunInfo, SCHEMA,
    Status, Stop, Time, TimeSource, Warning, WindowKind, json_schema,
};
pub use store::{Appender, StoreError};
