//! What is submitted and when.

pub mod strategy;
