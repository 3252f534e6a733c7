//! The record of a DaemonSet.

use std::collections::BTreeMap;

use super::{PodSet, Revision};
use crate::cluster::PodTemplateId;
use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::spec::DaemonSetSpec;
use crate::kernel::SimTime;

/// A DaemonSet.
#[derive(Clone, Debug)]
pub struct DaemonSet {
    /// As it is now.
    pub spec: DaemonSetSpec,
    /// When the API server had it.
    pub created: SimTime,
    /// When it was deleted, or `MAX`.
    pub deleted: SimTime,
    /// `metadata.generation`: counts changes of the specification, from 1.
    pub generation: u32,
    /// Its revisions, the newest last.
    pub revisions: Vec<Revision>,
    /// Its pods.
    pub pods: PodSet,
    /// The pod objects of each node that has any, in order of creation.
    pub by_node: BTreeMap<NodeId, Vec<PodId>>,
    /// `status` as last written.
    pub status: DaemonSetStatus,
}

/// `status` of a DaemonSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DaemonSetStatus {
    /// `observedGeneration`.
    pub observed_generation: u32,
    /// `desiredNumberScheduled`: nodes that should run the daemon.
    pub desired_number_scheduled: u32,
    /// `currentNumberScheduled`: those of them that have a pod.
    pub current_number_scheduled: u32,
    /// `numberMisscheduled`: nodes that have a pod and should not.
    pub number_misscheduled: u32,
    /// `numberReady`.
    pub number_ready: u32,
    /// `numberAvailable`.
    pub number_available: u32,
    /// `numberUnavailable`.
    pub number_unavailable: u32,
    /// `updatedNumberScheduled`: nodes that have a pod of the present template.
    pub updated_number_scheduled: u32,
}

impl DaemonSet {
    /// A DaemonSet without pods, whose first revision is `template`.
    #[must_use]
    pub fn new(spec: DaemonSetSpec, template: PodTemplateId, created: SimTime) -> Self {
        let hash = spec.template_hash;
        Self {
            spec,
            created,
            deleted: SimTime::MAX,
            generation: 1,
            revisions: vec![Revision { template, hash }],
            pods: PodSet::default(),
            by_node: BTreeMap::new(),
            status: DaemonSetStatus::default(),
        }
    }
    /// Whether the object is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.deleted == SimTime::MAX
    }
    /// The template of new pods.
    #[must_use]
    pub fn template(&self) -> PodTemplateId {
        self.revisions.last().expect("a DaemonSet has a revision").template
    }
}
