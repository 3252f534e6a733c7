//! The simulation kernel: virtual time, the calendar of pending events, random streams.
//!
//! Nothing here knows a pod, a Job or a node; the kernel could run a model of a post office.

pub mod time;

pub mod wall_time;

pub mod civil;

pub mod cron;

pub mod time_zone;

pub mod calendar;

pub mod random;

pub use calendar::Calendar;
pub mod text;

pub use time::{SimDuration, SimTime};
pub use wall_time::WallTime;
