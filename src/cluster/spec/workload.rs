//! Deployments and ReplicaSets.

use std::sync::Arc;

use crate::cluster::spec::PodTemplate;
use crate::kernel::SimDuration;

/// A Deployment (apps/v1), or a bare ReplicaSet.
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
    /// `true` for kind ReplicaSet: no Deployment stands above it.
    pub bare_replica_set: bool,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
}
