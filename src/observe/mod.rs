//! Listeners that turn what happened into rows and figures. They never decide: a run goes the same way whoever listens.

pub mod checker;

pub mod fingerprint;

pub mod limits;

pub mod metrics;

pub mod room;

pub mod rows;

pub mod seconds;

pub mod story;

pub mod tee;

pub mod timeline;

pub mod utilization;

#[cfg(test)]
pub(crate) mod testing;

pub use checker::{Checker, Rule, Violation};
pub use fingerprint::Fingerprint;
pub use limits::LimitRow;
pub use metrics::RunMetrics;
pub use room::Room;
pub use rows::{JobRow, Jobs, NodeRow, PodRow, Pods};
pub use seconds::Seconds;
pub use story::{PodStory, Stories, Subject};
pub use tee::Tee;
pub use timeline::{RequestSeries, SeriesKind, Step, Timeline};
pub use utilization::{Split, Utilization};
