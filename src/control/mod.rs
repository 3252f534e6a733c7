//! The components that act.

pub mod scheduler;
