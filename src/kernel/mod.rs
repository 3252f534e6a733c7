//! The simulation kernel: virtual time, the calendar of pending events, random streams.
//!
//! Nothing here knows a pod, a Job or a node; the kernel could run a model of a post office.

pub mod time;

pub mod random;

pub mod text;

pub use time::{SimDuration, SimTime};
