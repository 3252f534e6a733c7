//! Integration tests: one binary, one module per behaviour.

mod closed_forms;
mod fingerprints;
mod hpa_recordings;
mod schema;
mod support;
mod tidy;
