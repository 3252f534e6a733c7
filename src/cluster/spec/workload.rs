//! Deployments, ReplicaSets, StatefulSets and DaemonSets (apps/v1).

use std::sync::Arc;

use crate::cluster::spec::{LabelSelector, PodTemplate};
use crate::kernel::SimDuration;

/// A number of pods or a percentage of a size (`k8s.io/apimachinery/pkg/util/intstr`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrPercent {
    /// Pods.
    Int(u32),
    /// Percent.
    Percent(u32),
}

impl IntOrPercent {
    /// Whether it is none of any size.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        matches!(self, Self::Int(0) | Self::Percent(0))
    }
    /// So many of `total`, a percentage rounded up or down.
    #[must_use]
    pub fn of(self, total: u32, round_up: bool) -> u32 {
        match self {
            Self::Int(pods) => pods,
            Self::Percent(percent) => {
                let hundredths = u64::from(percent) * u64::from(total);
                let pods = if round_up {
                    hundredths.div_ceil(100)
                } else {
                    hundredths / 100
                };
                u32::try_from(pods).unwrap_or(u32::MAX)
            }
        }
    }
}

/// `spec.strategy` of a Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentStrategy {
    /// New pods come as old ones go.
    RollingUpdate {
        /// Pods there may be above `spec.replicas`.
        max_surge: IntOrPercent,
        /// Pods that may be missing.
        max_unavailable: IntOrPercent,
    },
    /// All old pods go first.
    Recreate,
}

impl Default for DeploymentStrategy {
    /// RollingUpdate with 25 % each (`pkg/apis/apps/v1/defaults.go: SetDefaults_Deployment`).
    fn default() -> Self {
        Self::RollingUpdate {
            max_surge: IntOrPercent::Percent(25),
            max_unavailable: IntOrPercent::Percent(25),
        }
    }
}

/// A Deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready: SimDuration,
    /// `spec.strategy`.
    pub strategy: DeploymentStrategy,
    /// `spec.paused`.
    pub paused: bool,
    /// `spec.progressDeadlineSeconds`; `None` for the largest number that the field takes, which means never.
    pub progress_deadline: Option<SimDuration>,
    /// `spec.revisionHistoryLimit`.
    pub revision_history_limit: u32,
    /// `spec.selector`: which pods an autoscaler takes for its.
    pub selector: LabelSelector,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
    /// Stands for `spec.template` as it was written, with what the simulation does not read of it: a template is another if
    /// this is.
    pub template_hash: u64,
}

impl Default for DeploymentSpec {
    /// What the API server fills in (`pkg/apis/apps/v1/defaults.go: SetDefaults_Deployment`).
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            name: String::new(),
            replicas: 1,
            min_ready: SimDuration::ZERO,
            strategy: DeploymentStrategy::default(),
            paused: false,
            progress_deadline: Some(SimDuration::from_secs(600)),
            revision_history_limit: 10,
            selector: LabelSelector::default(),
            template: Arc::default(),
            template_hash: 0,
        }
    }
}

/// A ReplicaSet that no Deployment made.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSetSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready: SimDuration,
    /// `spec.selector`: which pods an autoscaler takes for its.
    pub selector: LabelSelector,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
    /// Stands for `spec.template` as it was written.
    pub template_hash: u64,
}

impl Default for ReplicaSetSpec {
    /// What the API server fills in (`pkg/apis/apps/v1/defaults.go: SetDefaults_ReplicaSet`).
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            name: String::new(),
            replicas: 1,
            min_ready: SimDuration::ZERO,
            selector: LabelSelector::default(),
            template: Arc::default(),
            template_hash: 0,
        }
    }
}

/// `spec.podManagementPolicy` of a StatefulSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodManagementPolicy {
    /// One pod after another, each once its predecessors are available.
    #[default]
    OrderedReady,
    /// All at once.
    Parallel,
}

/// `spec.updateStrategy` of a StatefulSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatefulSetUpdate {
    /// Pods of an old revision are replaced, the highest ordinal first.
    RollingUpdate {
        /// Ordinals below stay as they are.
        partition: u32,
    },
    /// Pods of an old revision stay until somebody deletes them.
    OnDelete,
}

/// A StatefulSet.
#[derive(Clone, Debug, PartialEq)]
pub struct StatefulSetSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready: SimDuration,
    /// `spec.podManagementPolicy`.
    pub pod_management: PodManagementPolicy,
    /// `spec.updateStrategy`.
    pub update: StatefulSetUpdate,
    /// `spec.ordinals.start`.
    pub start_ordinal: u32,
    /// `spec.selector`: which pods an autoscaler takes for its.
    pub selector: LabelSelector,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
    /// Stands for `spec.template` as it was written.
    pub template_hash: u64,
}

impl Default for StatefulSetSpec {
    /// What the API server fills in (`pkg/apis/apps/v1/defaults.go: SetDefaults_StatefulSet`).
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            name: String::new(),
            replicas: 1,
            min_ready: SimDuration::ZERO,
            pod_management: PodManagementPolicy::OrderedReady,
            update: StatefulSetUpdate::RollingUpdate { partition: 0 },
            start_ordinal: 0,
            selector: LabelSelector::default(),
            template: Arc::default(),
            template_hash: 0,
        }
    }
}

/// `spec.updateStrategy` of a DaemonSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonSetUpdate {
    /// Pods of an old revision are replaced, some at a time. Percentages are of the nodes that should run the daemon.
    RollingUpdate {
        /// Nodes without an available pod at most.
        max_unavailable: IntOrPercent,
        /// Nodes with an old and a new pod at most.
        max_surge: IntOrPercent,
    },
    /// Pods of an old revision stay until somebody deletes them.
    OnDelete,
}

impl Default for DaemonSetUpdate {
    /// One node at a time, no surge (`pkg/apis/apps/v1/defaults.go: SetDefaults_DaemonSet`).
    fn default() -> Self {
        Self::RollingUpdate {
            max_unavailable: IntOrPercent::Int(1),
            max_surge: IntOrPercent::Int(0),
        }
    }
}

/// A DaemonSet.
#[derive(Clone, Debug, PartialEq)]
pub struct DaemonSetSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.minReadySeconds`.
    pub min_ready: SimDuration,
    /// `spec.updateStrategy`.
    pub update: DaemonSetUpdate,
    /// `spec.template`, with the tolerations that the controller adds.
    pub template: Arc<PodTemplate>,
    /// Stands for `spec.template` as it was written.
    pub template_hash: u64,
}

impl Default for DaemonSetSpec {
    /// What the API server fills in (`pkg/apis/apps/v1/defaults.go: SetDefaults_DaemonSet`).
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            name: String::new(),
            min_ready: SimDuration::ZERO,
            update: DaemonSetUpdate::default(),
            template: Arc::default(),
            template_hash: 0,
        }
    }
}
