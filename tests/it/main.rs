//! Integration tests: one binary, one module per behaviour.

mod closed_forms;
mod hpa_recordings;
mod job_times;
mod recordings;
mod scheduling_queue;
mod schema;
mod support;
mod tidy;
