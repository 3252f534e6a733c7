//! The workloads of apps/v1 as the simulation keeps them: Deployments, ReplicaSets, StatefulSets, DaemonSets.

mod condition;
mod daemon_set;
mod deployment;
mod event;
mod in_store;
mod replica_set;
mod roll_out;
mod stateful_set;

use std::collections::BTreeMap;

use crate::cluster::PodTemplateId;
use crate::cluster::ids::PodId;
use crate::kernel::SimTime;

pub use condition::{ConditionStatus, DeploymentCondition, DeploymentReason};
pub use daemon_set::{DaemonSet, DaemonSetStatus};
pub use deployment::{Deployment, DeploymentStatus};
pub use event::{ReplicaFailure, WorkloadEvent};
pub use replica_set::{ReplicaSet, ReplicaSetStatus};
pub use roll_out::RollOut;
pub use stateful_set::{StatefulSet, StatefulSetStatus};

/// The pods of one controller.
#[derive(Clone, Debug, Default)]
pub struct PodSet {
    /// All pods whose objects exist, in order of creation, each with the time at which its Ready condition last changed
    /// (`MAX`: never).
    pub pods: BTreeMap<PodId, SimTime>,
    /// How many of them neither ended nor are being deleted.
    pub active: u32,
    /// How many of these are Ready.
    pub ready: u32,
    /// How many are being deleted and have not ended.
    pub terminating: u32,
    /// Pods made so far.
    pub created: u32,
}

/// A version of the template of a StatefulSet or DaemonSet (a ControllerRevision).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The template.
    pub template: PodTemplateId,
    /// `spec.template_hash` of it.
    pub hash: u64,
}

/// Load on a service, and what its Ready pods give of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceDemand {
    /// The cpu that its pods together would use under the load of this moment, in milli-cores.
    pub demand_milli: i64,
    /// What of that its Ready pods can give, in milli-cores; the rest goes unserved.
    pub served_milli: i64,
}
