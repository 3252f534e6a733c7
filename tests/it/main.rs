//! Integration tests: one binary, one module per behaviour.

mod bad_input;
mod cli;
mod closed_forms;
mod figures;
mod fingerprints;
mod hpa_recordings;
mod interrupt;
mod properties;
mod schema;
mod service_recordings;
mod services;
mod shipped_services;
mod support;
mod tidy;
