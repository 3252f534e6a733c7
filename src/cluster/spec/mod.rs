//! Specifications: the checked form of what people ask for. Made by [`crate::api`] and [`crate::scenario`], read by
//! [`crate::control`]. Field names are Kubernetes' own in Rust's spelling; defaults are applied already.

mod admission;
mod affinity;
mod behaviour;
mod cron_job;
mod failure;
mod hpa;
mod hpa_metric;
mod job;
mod node;
mod own_requests;
mod pod;
mod pod_resources;
mod policy;
mod scheduler_configuration;
mod scheduling;
mod selector;
mod workload;

pub use admission::{
    Counted, HardLimit, LimitKind, LimitRangeItem, LimitRangeSpec, PriorityClassSpec, QuotaScope, ResourceQuotaSpec,
    ScopeOperator,
};
pub use affinity::{NodeAffinity, NodeSelectorTerm, SelectorOperator, SelectorRequirement};
pub use behaviour::{AttemptOutcome, Behaviour, FailingProbe, Outcome};
pub use cron_job::{ConcurrencyPolicy, CronJobSpec};
pub use failure::{Breaks, FailureSource};
pub use hpa::{HpaBehavior, HpaSpec, ScaleTargetKind, ScalingPolicy, ScalingRules, SelectPolicy};
pub use hpa_metric::{
    MetricIdentifier, MetricSelector, MetricSource, MetricSpec, MetricTarget, ObjectReference, ResourceName,
    SelectorExpression,
};
pub use job::{
    CompletionMode, JobSpec, PodFailureAction, PodFailureRequirement, PodFailureRule, PodReplacementPolicy, SuccessRule,
};
pub use node::{NodeSpec, Taint, TaintEffect, Toleration};
pub use own_requests::{ContainerRequest, MissingRequest, OwnRequests, Request};
pub use pod::{PodSpec, PodTemplate, PreemptionPolicy, PullPolicy, RestartPolicy};
pub use pod_resources::{ContainerRequests, PodParts, Requests, to_amounts};
pub use policy::{Allowance, PodDisruptionBudget};
pub use scheduler_configuration::{
    DEFAULT_PLUGINS, FitArgs, FitStrategy, KnownPlugin, OTHER_PLUGINS, PluginArgs, Point, SchedulerConfiguration,
    SchedulerProfile, known_plugin,
};
pub use scheduling::{
    DEFAULT_SCHEDULER, HostPort, NodeImage, PodAffinity, PodAffinityTerm, PodScheduling, TopologySpreadConstraint,
};
pub use selector::LabelSelector;
pub use workload::{
    DaemonSetSpec, DaemonSetUpdate, DeploymentSpec, DeploymentStrategy, IntOrPercent, PodManagementPolicy,
    ReplicaSetSpec, StatefulSetSpec, StatefulSetUpdate,
};

use std::collections::BTreeMap;
use std::sync::Arc;

/// Labels, node labels and selectors of the equality kind.
pub type Labels = BTreeMap<String, String>;

/// Everything that was submitted, of whatever kind.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectSpec {
    /// A Node.
    Node(NodeSpec),
    /// A Job.
    Job(JobSpec),
    /// A Deployment.
    Deployment(DeploymentSpec),
    /// A ReplicaSet without a Deployment above it.
    ReplicaSet(ReplicaSetSpec),
    /// A StatefulSet.
    StatefulSet(StatefulSetSpec),
    /// A DaemonSet.
    DaemonSet(DaemonSetSpec),
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
    /// A PodDisruptionBudget.
    DisruptionBudget(PodDisruptionBudget),
    /// A CronJob.
    CronJob(Box<CronJobSpec>),
}

impl ObjectSpec {
    /// Its kind, namespace (empty where the kind has none) and name.
    #[must_use]
    pub fn name(&self) -> (&'static str, &str, &str) {
        match self {
            Self::Node(node) => ("Node", "", &node.name),
            Self::Job(job) => ("Job", &job.namespace, &job.name),
            Self::CronJob(cron_job) => ("CronJob", &cron_job.namespace, &cron_job.name),
            Self::Deployment(deployment) => ("Deployment", &deployment.namespace, &deployment.name),
            Self::ReplicaSet(set) => ("ReplicaSet", &set.namespace, &set.name),
            Self::StatefulSet(set) => ("StatefulSet", &set.namespace, &set.name),
            Self::DaemonSet(set) => ("DaemonSet", &set.namespace, &set.name),
            Self::Hpa(hpa) => ("HorizontalPodAutoscaler", &hpa.namespace, &hpa.name),
            Self::Pod(pod) => ("Pod", &pod.namespace, &pod.name),
            Self::PriorityClass(class) => ("PriorityClass", "", &class.name),
            Self::ResourceQuota(quota) => ("ResourceQuota", &quota.namespace, &quota.name),
            Self::LimitRange(range) => ("LimitRange", &range.namespace, &range.name),
            Self::Namespace(name) => ("Namespace", "", name),
            Self::DisruptionBudget(budget) => ("PodDisruptionBudget", &budget.namespace, &budget.name),
        }
    }
    /// The template of its pods, if it makes pods.
    pub fn template_mut(&mut self) -> Option<&mut Arc<PodTemplate>> {
        match self {
            Self::Job(job) => Some(&mut job.template),
            Self::CronJob(cron_job) => Some(&mut cron_job.job.template),
            Self::Deployment(deployment) => Some(&mut deployment.template),
            Self::ReplicaSet(set) => Some(&mut set.template),
            Self::StatefulSet(set) => Some(&mut set.template),
            Self::DaemonSet(set) => Some(&mut set.template),
            Self::Pod(pod) => Some(&mut pod.template),
            Self::Node(_)
            | Self::Hpa(_)
            | Self::PriorityClass(_)
            | Self::ResourceQuota(_)
            | Self::LimitRange(_)
            | Self::Namespace(_)
            | Self::DisruptionBudget(_) => None,
        }
    }
}
