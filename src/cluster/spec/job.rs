//! Jobs.

use std::sync::Arc;

use crate::cluster::spec::PodTemplate;
use crate::kernel::SimDuration;

/// `completionMode` of a Job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompletionMode {
    /// Pods are interchangeable.
    #[default]
    NonIndexed,
    /// Each pod has a completion index 0..completions.
    Indexed,
}

/// `podReplacementPolicy` of a Job: when a pod that is being deleted is replaced, and counts as failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodReplacementPolicy {
    /// As soon as its deletion is requested.
    #[default]
    TerminatingOrFailed,
    /// When it has ended.
    Failed,
}

/// What a rule of a `podFailurePolicy` does with a failed pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodFailureAction {
    /// Counts it toward the limits, as without a policy.
    Count,
    /// Fails its completion index.
    FailIndex,
    /// Fails the Job.
    FailJob,
    /// Replaces it without counting it.
    Ignore,
}

impl PodFailureAction {
    /// Kubernetes' name of the action.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::FailIndex => "FailIndex",
            Self::FailJob => "FailJob",
            Self::Ignore => "Ignore",
        }
    }
}

/// Which failed pods a rule of a `podFailurePolicy` is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodFailureRequirement {
    /// `onExitCodes`.
    ExitCodes {
        /// `containerName`; `None`: any container.
        container: Option<String>,
        /// `true` for operator NotIn, `false` for In.
        not_in: bool,
        /// `values`.
        values: Vec<i32>,
    },
    /// `onPodConditions`: any of these types with this status (`True` unless the manifest says otherwise).
    PodConditions(Vec<(String, String)>),
}

/// A rule of a `podFailurePolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFailureRule {
    /// `action`.
    pub action: PodFailureAction,
    /// `onExitCodes` or `onPodConditions`.
    pub requirement: PodFailureRequirement,
}

/// A rule of a `successPolicy`: it holds when `count` of `indexes` succeeded (all of them without a count), or any `count`
/// indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessRule {
    /// `succeededIndexes`, as sorted runs (first, last).
    pub indexes: Option<Vec<(u32, u32)>>,
    /// `succeededCount`.
    pub count: Option<u32>,
}

/// A Job (batch/v1). The default is that of the API server for a Job that only has a template.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`; with copies, the prefix of the names.
    pub name: String,
    /// `spec.parallelism`.
    pub parallelism: u32,
    /// `spec.completions`; `None`: work queue.
    pub completions: Option<u32>,
    /// `spec.completionMode`.
    pub completion_mode: CompletionMode,
    /// `spec.backoffLimit`.
    pub backoff_limit: u32,
    /// `spec.backoffLimitPerIndex`.
    pub backoff_limit_per_index: Option<u32>,
    /// `spec.maxFailedIndexes`.
    pub max_failed_indexes: Option<u32>,
    /// `spec.podFailurePolicy.rules`; `None` without a policy.
    pub pod_failure_policy: Option<Vec<PodFailureRule>>,
    /// `spec.podReplacementPolicy`.
    pub pod_replacement_policy: PodReplacementPolicy,
    /// `spec.successPolicy.rules`; empty without a policy.
    pub success_policy: Vec<SuccessRule>,
    /// `spec.activeDeadlineSeconds`.
    pub active_deadline: Option<SimDuration>,
    /// `spec.ttlSecondsAfterFinished`.
    pub ttl_after_finished: Option<SimDuration>,
    /// `spec.suspend`.
    pub suspend: bool,
    /// `spec.managedBy` names another controller: the Job controller leaves the Job alone.
    pub managed_elsewhere: bool,
    /// Name of the first container of the template, for messages and `podFailurePolicy`.
    pub container: String,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
}

impl Default for JobSpec {
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            name: String::new(),
            parallelism: 1,
            completions: Some(1),
            completion_mode: CompletionMode::NonIndexed,
            backoff_limit: 6,
            backoff_limit_per_index: None,
            max_failed_indexes: None,
            pod_failure_policy: None,
            pod_replacement_policy: PodReplacementPolicy::TerminatingOrFailed,
            success_policy: Vec::new(),
            active_deadline: None,
            ttl_after_finished: None,
            suspend: false,
            managed_elsewhere: false,
            container: String::new(),
            template: Arc::default(),
        }
    }
}

impl JobSpec {
    /// Whether pods have completion indexes.
    #[must_use]
    pub const fn is_indexed(&self) -> bool {
        matches!(self.completion_mode, CompletionMode::Indexed)
    }
    /// Whether a pod that is being deleted counts as failed, and is replaced, only when it has ended
    /// (`pkg/controller/job/job_controller.go: onlyReplaceFailedPods`).
    #[must_use]
    pub const fn only_replaces_failed_pods(&self) -> bool {
        matches!(self.pod_replacement_policy, PodReplacementPolicy::Failed) || self.pod_failure_policy.is_some()
    }
}
