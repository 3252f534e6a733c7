//! Decisions of the Deployment controller that need nothing but their arguments (`pkg/controller/deployment/`).

pub mod plan;
pub mod proportional;
pub mod rollout;
mod status;

use crate::cluster::ReplicaSetId;
use crate::cluster::apps::{DeploymentStatus, ReplicaSetStatus};
use crate::cluster::spec::DeploymentStrategy;
use crate::kernel::{SimDuration, SimTime};

pub use plan::{Call, Plan, plan};

/// What a sync sees of a Deployment and its ReplicaSets when it begins.
#[derive(Clone, Debug)]
pub struct View {
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.strategy`.
    pub strategy: DeploymentStrategy,
    /// `spec.paused`.
    pub paused: bool,
    /// `spec.minReadySeconds`.
    pub min_ready: SimDuration,
    /// `spec.progressDeadlineSeconds`, `None` for never.
    pub progress_deadline: Option<SimDuration>,
    /// `spec.revisionHistoryLimit`.
    pub revision_history_limit: u32,
    /// `metadata.generation`.
    pub generation: u32,
    /// The annotation `deployment.kubernetes.io/revision`.
    pub revision: u32,
    /// `status`.
    pub status: DeploymentStatus,
    /// Its ReplicaSets in order of creation.
    pub sets: Vec<ReplicaSetView>,
    /// The oldest of them that has the present template (`FindNewReplicaSet`).
    pub new: Option<usize>,
    /// Now.
    pub now: SimTime,
    /// Now, as API objects show it.
    pub api_now: SimTime,
}

/// What a sync sees of a ReplicaSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaSetView {
    /// Which one it is; `NONE` for the one that the sync is about to make.
    pub id: ReplicaSetId,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready: SimDuration,
    /// The annotation `deployment.kubernetes.io/revision`.
    pub revision: u32,
    /// The annotation `deployment.kubernetes.io/desired-replicas`.
    pub desired_replicas: u32,
    /// The annotation `deployment.kubernetes.io/max-replicas`.
    pub max_replicas: u32,
    /// `metadata.generation`.
    pub generation: u32,
    /// `status`.
    pub status: ReplicaSetStatus,
    /// Whether it has pods that have not ended.
    pub has_pods: bool,
}
