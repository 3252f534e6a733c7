//! The kinds of objects: those that are read, and those that Kubernetes serves and makespan does not simulate yet.

use super::hpa::HpaVersion;

/// A kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// v1
    Node,
    /// v1
    Pod,
    /// batch/v1
    Job,
    /// batch/v1
    CronJob,
    /// apps/v1
    Deployment,
    /// apps/v1
    ReplicaSet,
    /// apps/v1
    StatefulSet,
    /// apps/v1
    DaemonSet,
    /// autoscaling/v1 and v2
    Hpa(HpaVersion),
    /// scheduling.k8s.io/v1
    PriorityClass,
    /// v1
    ResourceQuota,
    /// v1
    LimitRange,
    /// v1
    Namespace,
    /// policy/v1
    DisruptionBudget,
    /// Known, and not simulated yet.
    NotSimulated(&'static str),
    /// Read elsewhere (documents of makespan itself), or told already by the structural check.
    Other,
}

/// The kinds that are not simulated, and what leaving them out means, where that changes what is simulated. The structural
/// check passes their fields; all further kinds it tells itself.
const NOT_SIMULATED: [(&str, &str, &str); 5] = [
    ("v1", "ConfigMap", ""),
    ("v1", "PersistentVolumeClaim", "pods do not wait for volumes"),
    ("v1", "Secret", ""),
    (
        "v1",
        "Service",
        "all but its selector, by which the scheduler spreads pods",
    ),
    ("v1", "ServiceAccount", ""),
];

impl Kind {
    /// The kind named by `apiVersion` and `kind`.
    #[must_use]
    pub fn of(version: &str, kind: &str) -> Self {
        match (version, kind) {
            ("v1", "Node") => Self::Node,
            ("v1", "Pod") => Self::Pod,
            ("batch/v1", "Job") => Self::Job,
            ("batch/v1", "CronJob") => Self::CronJob,
            ("apps/v1", "Deployment") => Self::Deployment,
            ("apps/v1", "ReplicaSet") => Self::ReplicaSet,
            ("apps/v1", "StatefulSet") => Self::StatefulSet,
            ("apps/v1", "DaemonSet") => Self::DaemonSet,
            ("autoscaling/v1", "HorizontalPodAutoscaler") => Self::Hpa(HpaVersion::V1),
            ("autoscaling/v2", "HorizontalPodAutoscaler") => Self::Hpa(HpaVersion::V2),
            ("scheduling.k8s.io/v1", "PriorityClass") => Self::PriorityClass,
            ("v1", "ResourceQuota") => Self::ResourceQuota,
            ("v1", "LimitRange") => Self::LimitRange,
            ("v1", "Namespace") => Self::Namespace,
            ("policy/v1", "PodDisruptionBudget") => Self::DisruptionBudget,
            _ => NOT_SIMULATED
                .iter()
                .find(|(v, k, _)| *v == version && *k == kind)
                .map_or(Self::Other, |(_, k, _)| Self::NotSimulated(k)),
        }
    }
    /// Its name in manifests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Hpa(_) => "HorizontalPodAutoscaler",
            Self::PriorityClass => "PriorityClass",
            Self::ResourceQuota => "ResourceQuota",
            Self::LimitRange => "LimitRange",
            Self::Namespace => "Namespace",
            Self::DisruptionBudget => "PodDisruptionBudget",
            Self::NotSimulated(name) => name,
            Self::Other => "",
        }
    }
    /// Whether objects of the kind act in the simulation, or decide how others do.
    #[must_use]
    pub const fn is_simulated(self) -> bool {
        match self {
            Self::Node
            | Self::Pod
            | Self::Job
            | Self::CronJob
            | Self::Deployment
            | Self::ReplicaSet
            | Self::StatefulSet
            | Self::DaemonSet
            | Self::Hpa(_)
            | Self::PriorityClass
            | Self::ResourceQuota
            | Self::LimitRange
            | Self::Namespace
            | Self::DisruptionBudget => true,
            Self::NotSimulated(_) | Self::Other => false,
        }
    }
}

/// The warning about a kind that is not simulated.
#[must_use]
pub fn not_simulated(kind: &str) -> String {
    let meaning = NOT_SIMULATED
        .iter()
        .find(|(_, k, _)| *k == kind)
        .map_or("", |(_, _, m)| *m);
    if meaning.is_empty() {
        format!("{kind} is not simulated; it is ignored")
    } else {
        format!("{kind} is not simulated; it is ignored: {meaning}")
    }
}
