//! Integration tests: one binary, one module per behaviour.

mod bad_input;
mod bounds;
mod cli;
mod closed_forms;
mod cron_jobs;
mod docs;
mod figures;
mod fingerprints;
mod hpa_recordings;
mod interrupt;
mod job_policies;
mod job_recordings;
mod job_times;
mod node_name;
mod properties;
mod queueing;
mod recordings;
mod retries;
mod scheduling_queue;
mod schema;
mod service_recordings;
mod services;
mod shipped_jobs;
mod shipped_services;
mod support;
mod tidy;
