//! Integration tests: one binary, one module per behaviour.

mod closed_forms;
mod hpa_recordings;
mod properties;
mod queueing;
mod retries;
mod schema;
mod support;
mod tidy;
