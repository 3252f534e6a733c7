//! The hot record of a pod.

use crate::cluster::ids::{DaemonSetId, JobId, NodeId, PodId, PodTemplateId, ReplicaSetId, StatefulSetId};
use crate::cluster::{ResourceId, ResourceTable};
use crate::kernel::{SimDuration, SimTime};

/// `status.phase` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PodPhase {
    /// Accepted, containers not all started yet.
    Pending,
    /// At least one container runs or will run again.
    Running,
    /// All containers ended with exit code 0.
    Succeeded,
    /// All containers ended, one of them badly.
    Failed,
}

impl PodPhase {
    /// Whether the pod is over.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
    /// Kubernetes' name of the phase.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// Why something other than its program ended a pod: the reason of its condition DisruptionTarget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Disruption {
    /// There is no such condition.
    #[default]
    None,
    /// It made room for a pod of higher priority (`pkg/scheduler/framework/preemption/executor.go`).
    PreemptionByScheduler,
    /// It did not tolerate a NoExecute taint (`pkg/controller/tainteviction/taint_eviction.go`).
    DeletionByTaintManager,
    /// Somebody asked the Eviction API (`pkg/registry/core/pod/storage/eviction.go`).
    EvictionByEvictionApi,
    /// Its node is gone (`pkg/controller/podgc/gc_controller.go`).
    DeletionByPodGc,
    /// Its kubelet ended it, under pressure or at shutdown.
    TerminationByKubelet,
}

impl Disruption {
    /// `reason` of the condition DisruptionTarget; empty if there is none.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::None => "",
            Self::PreemptionByScheduler => "PreemptionByScheduler",
            Self::DeletionByTaintManager => "DeletionByTaintManager",
            Self::EvictionByEvictionApi => "EvictionByEvictionAPI",
            Self::DeletionByPodGc => "DeletionByPodGC",
            Self::TerminationByKubelet => "TerminationByKubelet",
        }
    }
    /// `message` of the condition as its author words it; empty if there is none. The words after the colon of preemption name
    /// the scheduler's profile, here the default one.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::None => "",
            Self::PreemptionByScheduler => "default-scheduler: preempting to accommodate a higher priority pod",
            Self::DeletionByTaintManager => "Taint manager: deleting due to NoExecute taint",
            Self::EvictionByEvictionApi => "Eviction API: evicting",
            Self::DeletionByPodGc => "PodGC: node no longer exists",
            Self::TerminationByKubelet => "The node was low on resource or is shutting down.",
        }
    }
}

/// Why a pod failed, where it was not an exit code of its containers: `status.reason` and `status.message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodFailure {
    /// The kubelet refused it: its node has not enough of a resource (`pkg/kubelet/lifecycle/predicate.go:
    /// InsufficientResourceError`).
    OutOf {
        /// Of what.
        resource: ResourceId,
        /// What the pod requests.
        requested: i64,
        /// What the others on the node request.
        used: i64,
        /// What the node gives.
        capacity: i64,
    },
    /// The kubelet refused it: too few healthy devices are free (`pkg/kubelet/cm/devicemanager/manager.go: devicesToAllocate`).
    DevicesUnavailable {
        /// Of what.
        resource: ResourceId,
        /// What the pod requests.
        requested: i64,
        /// What is free and healthy.
        available: i64,
    },
    /// The kubelet refused it after a reboot: the device plugin has not registered yet (same symbol).
    DeviceUnregistered(ResourceId),
    /// The kubelet refused it: the node does not match its selector or affinity.
    NodeAffinity,
    /// The kubelet refused it: it does not tolerate a NoExecute taint of the node.
    TaintToleration,
    /// It ran longer than its own `activeDeadlineSeconds` (`pkg/kubelet/active_deadline.go`). Its containers have exit codes.
    DeadlineExceeded,
    /// Its node is gone, and nobody knows how its containers ended (`pkg/controller/podgc/gc_controller.go`).
    NodeGone,
    /// It was deleted before it had a node, and its finalizer kept it (`gc_controller.go: gcUnscheduledTerminating`).
    Unscheduled,
}

impl PodFailure {
    /// `status.reason`, empty if there is none.
    #[must_use]
    pub fn reason(self, resources: &ResourceTable) -> String {
        match self {
            Self::OutOf { resource, .. } => format!("OutOf{}", resources.name(resource)),
            Self::DevicesUnavailable { .. } | Self::DeviceUnregistered(_) => "UnexpectedAdmissionError".to_owned(),
            Self::NodeAffinity => "NodeAffinity".to_owned(),
            Self::TaintToleration => "TaintToleration".to_owned(),
            Self::DeadlineExceeded => "DeadlineExceeded".to_owned(),
            Self::NodeGone | Self::Unscheduled => String::new(),
        }
    }
    /// `status.message`, empty if there is none.
    #[must_use]
    pub fn message(self, resources: &ResourceTable) -> String {
        match self {
            Self::OutOf {
                resource,
                requested,
                used,
                capacity,
            } => format!(
                "Pod was rejected: Node didn't have enough resource: {}, requested: {requested}, used: {used}, capacity: {capacity}",
                resources.name(resource)
            ),
            Self::DevicesUnavailable {
                resource,
                requested,
                available,
            } => format!(
                "Pod was rejected: Allocate failed due to requested number of devices unavailable for {}. Requested: {requested}, Available: {available}, which is unexpected",
                resources.name(resource)
            ),
            Self::DeviceUnregistered(resource) => format!(
                "Pod was rejected: Allocate failed due to cannot allocate unregistered device {}, which is unexpected",
                resources.name(resource)
            ),
            Self::NodeAffinity => "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node \
                affinity/selector"
                .to_owned(),
            Self::TaintToleration => {
                "Pod was rejected: Predicate TaintToleration failed: node(s) had taints that the pod \
                didn't tolerate"
                    .to_owned()
            }
            Self::DeadlineExceeded => "Pod was active on the node longer than the specified deadline".to_owned(),
            Self::NodeGone | Self::Unscheduled => String::new(),
        }
    }
    /// Whether the containers of such a pod have exit codes: whether they ran and somebody saw them end.
    #[must_use]
    pub const fn has_exit_code(self) -> bool {
        matches!(self, Self::DeadlineExceeded)
    }
}

/// A deletion request, as far as it is not the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When the API server took it.
    pub requested: SimTime,
    /// How long the pod may take to stop.
    pub grace: SimDuration,
    /// Whether it was Ready then.
    pub was_ready: bool,
}

/// Who made a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A Job.
    Job(JobId),
    /// A ReplicaSet.
    ReplicaSet(ReplicaSetId),
    /// A StatefulSet.
    StatefulSet(StatefulSetId),
    /// A DaemonSet.
    DaemonSet(DaemonSetId),
    /// Nobody: a bare Pod, with its place among the bare Pods.
    Nobody(u32),
}

/// A pod as the simulation keeps it: small, in one dense array in order of creation.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Who made it.
    pub owner: Owner,
    /// Its template.
    pub template: PodTemplateId,
    /// The node it is bound to, or `NONE`.
    pub node: NodeId,
    /// Next pod in the owner's list of all pods, or `NONE`.
    pub next_of_owner: PodId,
    /// Next pod in the owner's list of ended pods that are not counted yet, or `NONE`.
    pub next_uncounted: PodId,
    /// Which pod of its owner this is, from 0.
    pub ordinal: u32,
    /// `batch.kubernetes.io/job-completion-index`, of a StatefulSet's pod `apps.kubernetes.io/pod-index`, or `u32::MAX`.
    pub completion_index: u32,
    /// Counts what makes pending timers of the pod stale (restart, deletion).
    pub generation: u16,
    /// Restarts in place so far.
    pub restarts: u16,
    /// `status.phase`.
    pub phase: PodPhase,
    /// Exit code, once ended.
    pub exit_code: u8,
    /// Condition Ready.
    pub ready: bool,
    /// `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// The object is gone from the API.
    pub gone: bool,
    /// It has the finalizer `batch.kubernetes.io/job-tracking`: its Job has not counted it yet.
    pub tracked: bool,
    /// It is in its Job's list of ended pods, or a sync has it in hand.
    pub listed: bool,
    /// The object goes away as soon as it has no finalizer any more.
    pub removal_waits: bool,
    /// Condition DisruptionTarget.
    pub disruption: Disruption,
    /// When the API server had it.
    pub created: SimTime,
    /// When it was bound, or `MAX`.
    pub scheduled: SimTime,
    /// When its containers first ran, or `MAX`.
    pub started: SimTime,
    /// When the API server showed its end, or `MAX`.
    pub finished: SimTime,
}

impl Pod {
    /// Whether controllers count the pod as active: not ended and not being deleted
    /// (`pkg/controller/controller_utils.go: FilterActivePods`).
    #[must_use]
    pub const fn is_active(&self) -> bool {
        !self.phase.is_terminal() && !self.deleting
    }
}
