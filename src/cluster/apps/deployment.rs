//! The record of a Deployment.

use super::DeploymentCondition;
use crate::cluster::ids::ReplicaSetId;
use crate::cluster::spec::DeploymentSpec;
use crate::kernel::SimTime;

/// A Deployment. Its pods belong to its ReplicaSets.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// As it is now; `spec.replicas` is the size wanted.
    pub spec: DeploymentSpec,
    /// Its ReplicaSets that exist, in order of creation.
    pub replica_sets: Vec<ReplicaSetId>,
    /// ReplicaSets made so far.
    pub replica_sets_made: u32,
    /// When the API server had it.
    pub created: SimTime,
    /// When it was deleted, or `MAX`.
    pub deleted: SimTime,
    /// `metadata.generation`: counts changes of the specification, from 1.
    pub generation: u32,
    /// `metadata.annotations["deployment.kubernetes.io/revision"]`.
    pub revision: u32,
    /// Pods made so far.
    pub pods_created: u32,
    /// `status` as last written.
    pub status: DeploymentStatus,
}

/// `status` of a Deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// `observedGeneration`.
    pub observed_generation: u32,
    /// `replicas`: pods of all ReplicaSets.
    pub replicas: u32,
    /// `updatedReplicas`: of the newest.
    pub updated_replicas: u32,
    /// `readyReplicas`.
    pub ready_replicas: u32,
    /// `availableReplicas`: Ready for `minReadySeconds`.
    pub available_replicas: u32,
    /// `unavailableReplicas`: missing to the sum of the ReplicaSets' sizes.
    pub unavailable_replicas: u32,
    /// `terminatingReplicas`: being deleted, not ended. `None` before the first ReplicaSet told.
    pub terminating_replicas: Option<u32>,
    /// Condition Available.
    pub available: Option<DeploymentCondition>,
    /// Condition Progressing.
    pub progressing: Option<DeploymentCondition>,
    /// Condition ReplicaFailure is True, taken from this ReplicaSet, which cannot make its pods; `None`: there is no such
    /// condition. `Store::replica_failures` has its words.
    pub replica_failure: Option<ReplicaSetId>,
}

impl Deployment {
    /// A Deployment that nobody has looked at yet.
    #[must_use]
    pub fn new(spec: DeploymentSpec, created: SimTime) -> Self {
        Self {
            spec,
            replica_sets: Vec::new(),
            replica_sets_made: 0,
            created,
            deleted: SimTime::MAX,
            generation: 1,
            revision: 0,
            pods_created: 0,
            status: DeploymentStatus::default(),
        }
    }
    /// Whether the object is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.deleted == SimTime::MAX
    }
}
