//! The record of a ReplicaSet.

use super::PodSet;
use crate::cluster::PodTemplateId;
use crate::cluster::ids::DeploymentId;
use crate::cluster::spec::ReplicaSetSpec;
use crate::kernel::SimTime;

/// A ReplicaSet.
#[derive(Clone, Debug)]
pub struct ReplicaSet {
    /// As it is now. The name of one that a Deployment made is empty here (`Store::replica_set_name` has it).
    pub spec: ReplicaSetSpec,
    /// The Deployment that made it, or `NONE`.
    pub deployment: DeploymentId,
    /// Which ReplicaSet of its Deployment it is, from 0.
    pub number: u32,
    /// Its pods' template.
    pub template: PodTemplateId,
    /// When the API server had it.
    pub created: SimTime,
    /// When it was deleted, or `MAX`.
    pub deleted: SimTime,
    /// `metadata.generation`: counts changes of the specification, from 1.
    pub generation: u32,
    /// `metadata.annotations["deployment.kubernetes.io/revision"]`, 0 without a Deployment.
    pub revision: u32,
    /// `metadata.annotations["deployment.kubernetes.io/desired-replicas"]`.
    pub desired_replicas: u32,
    /// `metadata.annotations["deployment.kubernetes.io/max-replicas"]`: its Deployment's size and surge when it was last
    /// sized.
    pub max_replicas: u32,
    /// Its pods.
    pub pods: PodSet,
    /// `status` as last written.
    pub status: ReplicaSetStatus,
}

/// `status` of a ReplicaSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSetStatus {
    /// `observedGeneration`.
    pub observed_generation: u32,
    /// `replicas`.
    pub replicas: u32,
    /// `readyReplicas`.
    pub ready_replicas: u32,
    /// `availableReplicas`.
    pub available_replicas: u32,
    /// `terminatingReplicas`: being deleted, not ended. `None` before the first status.
    pub terminating_replicas: Option<u32>,
    /// Condition ReplicaFailure is True: a pod could not be made.
    pub failed_create: bool,
}

impl ReplicaSet {
    /// A ReplicaSet without pods.
    #[must_use]
    pub fn new(spec: ReplicaSetSpec, template: PodTemplateId, created: SimTime) -> Self {
        Self {
            spec,
            deployment: DeploymentId::NONE,
            number: 0,
            template,
            created,
            deleted: SimTime::MAX,
            generation: 1,
            revision: 0,
            desired_replicas: 0,
            max_replicas: 0,
            pods: PodSet::default(),
            status: ReplicaSetStatus::default(),
        }
    }
    /// Whether the object is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.deleted == SimTime::MAX
    }
}
