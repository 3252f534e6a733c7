//! Sweeps: every combination of some values, each on the same luck, with rows that survive a crash.
//!
//! * [`design`]: which combinations. [`metrics`]: what is measured. [`precision`]: how narrow an interval must be.
//! * [`schedule`]: which runs, in which order, in which shard. [`play`]: the runs, on all cores.
//! * [`journal`]: rows as they are kept, line by line, so that a killed sweep goes on where it was.
//! * [`outcome`]: rows of one combination brought together.

pub mod design;

pub mod journal;

pub mod metrics;

pub mod outcome;

pub mod play;

pub mod precision;

pub mod schedule;

pub use design::Design;
pub use journal::Journal;
pub use metrics::MetricList;
pub use outcome::Outcome;
pub use precision::Precision;
pub use schedule::{Row, Schedule, Shard};
