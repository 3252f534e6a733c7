//! Integration tests: one binary, one module per behaviour.

mod admission;
mod bad_input;
mod bounds;
mod cli;
mod closed_forms;
mod docs;
mod figures;
mod fingerprints;
mod hpa_recordings;
mod interrupt;
mod job_times;
mod node_name;
mod properties;
mod queueing;
mod recordings;
mod retries;
mod scheduling_queue;
mod schema;
mod script;
mod service_recordings;
mod services;
mod shipped_jobs;
mod shipped_services;
mod support;
mod tidy;
