//! From a run to an answer: the smallest value of something that meets a goal.
//!
//! * [`metric`]: a number of one run, such as `p95(wait)`. [`goal`]: what such numbers must be.
//! * [`sequential`]: whether replications show that a goal is met, looked at again and again without fooling oneself.
//! * [`replications`]: runs of one scenario on independent luck. [`candidates`]: the values that may be tried.
//! * [`search`]: which of them are tried, and what follows.

pub mod candidates;

pub mod goal;

pub mod metric;

pub mod replications;

pub mod search;

pub mod sequential;

pub use candidates::{Candidates, Variation};
pub use goal::{Clause, Goal};
pub use metric::Metric;
pub use search::{Plan, Tried, plan};
