//! The components that act, each as in Kubernetes: its own state and work queue, woken by what it watches, acting through an
//! API client that knows its limits. [`simulation`] puts them together and plays them.

pub mod config;

pub mod rate_limit;

pub mod pressure;

pub mod limits;

pub mod api_server;

pub mod work_queue;

pub mod event_writer;

pub mod event;

pub mod context;

pub mod workload_calls;

pub mod admission;

pub mod client;

pub mod script;

pub mod job;

mod job_writes;

mod object_calls;

pub mod cronjob;

pub mod garbage_collector;

pub mod ttl_after_finished;

pub mod scheduler;

pub mod kubelet;

pub mod node_lifecycle;

pub mod eviction;

pub mod failures;

pub mod service;

pub mod hpa;

pub mod replica_set;

pub mod deployment;

pub mod stateful_set;

pub mod daemon_set;

pub mod disruption;

pub mod simulation;

pub use config::{ControlPlane, Preset};
pub use simulation::{End, Input, Outcome, Simulation};
