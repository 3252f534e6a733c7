//! Specifications: the checked form of what people ask for. Made by [`crate::api`] and [`crate::scenario`], read by
//! [`crate::control`]. Field names are Kubernetes' own in Rust's spelling; defaults are applied already.

mod admission;
mod affinity;
mod behaviour;
mod hpa;
mod job;
mod node;
mod pod;
mod pod_resources;
mod scheduling;
mod selector;
mod workload;

pub use admission::{
    Counted, HardLimit, LimitKind, LimitRangeItem, LimitRangeSpec, PriorityClassSpec, QuotaScope, ResourceQuotaSpec,
    ScopeOperator,
};
pub use affinity::{NodeAffinity, NodeSelectorTerm, SelectorOperator, SelectorRequirement};
pub use behaviour::{AttemptOutcome, Behaviour, Outcome};
pub use hpa::{HpaBehavior, HpaSpec, ScalingPolicy, ScalingRules, SelectPolicy};
pub use job::{CompletionMode, JobSpec};
pub use node::{NodeSpec, Taint, TaintEffect, Toleration};
pub use pod::{PodSpec, PodTemplate, RestartPolicy};
pub use pod_resources::{ContainerRequests, PodParts, Requests, to_amounts};
pub use scheduling::{
    DEFAULT_SCHEDULER, HostPort, NodeImage, PodAffinity, PodAffinityTerm, PodScheduling, TopologySpreadConstraint,
};
pub use selector::LabelSelector;
pub use workload::DeploymentSpec;

use std::collections::BTreeMap;

/// Labels, node labels and selectors of the equality kind.
pub type Labels = BTreeMap<String, String>;

/// Everything that was submitted, of whatever kind.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectSpec {
    /// A Node.
    Node(NodeSpec),
    /// A Job.
    Job(JobSpec),
    /// A Deployment or ReplicaSet.
    Deployment(DeploymentSpec),
    /// A HorizontalPodAutoscaler.
    Hpa(HpaSpec),
    /// A Pod.
    Pod(PodSpec),
    /// A PriorityClass.
    PriorityClass(PriorityClassSpec),
    /// A ResourceQuota.
    ResourceQuota(ResourceQuotaSpec),
    /// A LimitRange.
    LimitRange(LimitRangeSpec),
    /// A Namespace, by its name.
    Namespace(String),
}
