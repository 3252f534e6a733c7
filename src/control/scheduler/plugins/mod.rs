//! The plugins, one small file each. To add one: write its file, implement the traits of
//! [`framework`](crate::control::scheduler::framework) it needs, and name it in the table of
//! [`profiles`](crate::control::scheduler::profiles).

pub mod balanced_allocation;

pub mod image_locality;

pub mod inter_pod_affinity;

pub mod node_affinity;

pub mod node_name;

pub mod node_ports;

pub mod node_resources_fit;

pub mod node_unschedulable;

pub mod pod_topology_spread;

pub mod scoring_strategy;

pub mod taint_toleration;

#[cfg(test)]
mod transcribed;

#[cfg(test)]
mod transcribed_pods;
