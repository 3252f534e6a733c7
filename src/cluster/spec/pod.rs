//! Pods and their templates.

use std::sync::Arc;

use crate::cluster::Amounts;
use crate::cluster::spec::{Behaviour, Labels, NodeAffinity, OwnRequests, PodParts, PodScheduling, Toleration};
use crate::kernel::SimDuration;

/// `restartPolicy` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RestartPolicy {
    /// Restart whatever the exit code.
    #[default]
    Always,
    /// Restart when the exit code is not zero.
    OnFailure,
    /// Never restart.
    Never,
}

/// `imagePullPolicy` of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PullPolicy {
    /// The registry is always asked; what the node has is not loaded again.
    Always,
    /// Only what the node does not have is pulled.
    #[default]
    IfNotPresent,
    /// Nothing is pulled.
    Never,
}

/// `preemptionPolicy` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PreemptionPolicy {
    /// Pods of lower priority may have to go for it.
    #[default]
    PreemptLowerPriority,
    /// It waits its turn, before pods of lower priority.
    Never,
}

/// A pod template, shared by all its pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodTemplate {
    /// `metadata.namespace` of its pods.
    pub namespace: String,
    /// `metadata.labels`.
    pub labels: Labels,
    /// Effective requests: containers, init containers, sidecars, overhead; `pods` = 1.
    pub requests: Amounts,
    /// cpu requests as scoring counts them, in milli-cores: containers without a request count 100m.
    pub nonzero_cpu: i64,
    /// memory requests as scoring counts them, in bytes: containers without a request count 200Mi.
    pub nonzero_memory: i64,
    /// Requests container by container, as autoscalers count them.
    pub own_requests: OwnRequests,
    /// `nodeName`: bound without the scheduler.
    pub node_name: Option<String>,
    /// `nodeSelector`.
    pub node_selector: Labels,
    /// `affinity.nodeAffinity`.
    pub node_affinity: NodeAffinity,
    /// `tolerations`, with the two that admission adds.
    pub tolerations: Vec<Toleration>,
    /// What else matters for where it is placed: other pods, ports, gates, which scheduler.
    pub scheduling: PodScheduling,
    /// What its containers request and are limited to, part by part.
    pub parts: PodParts,
    /// Whether it has `activeDeadlineSeconds`.
    pub has_deadline: bool,
    /// The annotation `controller.kubernetes.io/pod-deletion-cost`: of the pods of a ReplicaSet, those of lower cost go first.
    pub deletion_cost: i32,
    /// `priorityClassName`; empty: none is named.
    pub priority_class: String,
    /// `priority`.
    pub priority: i32,
    /// `preemptionPolicy`.
    pub preemption_policy: PreemptionPolicy,
    /// `restartPolicy`.
    pub restart_policy: RestartPolicy,
    /// Images of the containers in start order (init containers first), duplicates kept.
    pub images: Vec<String>,
    /// `terminationGracePeriodSeconds`.
    pub termination_grace: SimDuration,
    /// `imagePullPolicy` for each of `images`; IfNotPresent where there is none.
    pub pull_policies: Vec<PullPolicy>,
    /// Sleeping preStop hooks: the longest of the containers'.
    pub pre_stop: SimDuration,
    /// `activeDeadlineSeconds`.
    pub active_deadline: Option<SimDuration>,
    /// What Kubernetes does not know.
    pub behaviour: Behaviour,
}

/// A bare Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// The pod.
    pub template: Arc<PodTemplate>,
}
