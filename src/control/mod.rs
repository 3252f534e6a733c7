//! Under construction.

pub mod deployment;
pub mod hpa;
pub mod replica_set;
