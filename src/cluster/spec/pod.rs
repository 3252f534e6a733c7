//! Pods and their templates.

use std::sync::Arc;

use crate::cluster::Amounts;
use crate::cluster::spec::{Behaviour, Labels, NodeAffinity, PodParts, PodScheduling, Toleration};
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
    /// Σ of the containers' own cpu requests in milli-cores, `None` if any container lacks one (HPA needs them all).
    pub hpa_cpu_request: Option<i64>,
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
    /// `priorityClassName`; empty: none is named.
    pub priority_class: String,
    /// `priority`.
    pub priority: i32,
    /// `restartPolicy`.
    pub restart_policy: RestartPolicy,
    /// Images of the containers in start order (init containers first), duplicates kept.
    pub images: Vec<String>,
    /// `terminationGracePeriodSeconds`.
    pub termination_grace: SimDuration,
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
