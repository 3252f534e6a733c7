//! makespan: a deterministic discrete-event simulator of Kubernetes clusters that run machine-learning workloads.
//!
//! The modules stand in reading order, and each may use only those above it (see ARCHITECTURE.md):
//!
//! * [`kernel`]: virtual time, the calendar of events, random streams. Knows no pod, job or node.
//! * [`cluster`]: what a cluster is made of (resources, nodes, pod templates, jobs, pods) and the store that keeps them.
//! * [`workload`]: what is submitted and when: submission strategies, arrivals, load over time.
//! * [`control`]: the components that act: scheduler, controllers, kubelet, client; and the simulation that runs them.
//! * [`api`]: Kubernetes objects as people write them; reading and validation.
//! * [`check`]: what is wrong with manifests, or not what was meant, with a lesson for each kind of problem.
//! * [`scenario`]: one run, as typed, checked and built.
//! * [`observe`]: listeners that turn what happened into rows. They never decide.
//! * [`experiment`]: sweeps, replications, statistics, bounds, growth laws.
//! * [`report`]: tables, CSV files and charts from rows.
//! * [`cli`]: the commands.

pub mod kernel;

pub mod cluster;

pub mod workload;

pub mod control;

pub mod api;

pub mod check;

pub mod scenario;

pub mod observe;

pub mod experiment;

pub mod report;

pub mod cli;
