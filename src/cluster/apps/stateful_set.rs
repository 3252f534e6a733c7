//! The record of a StatefulSet.

use std::collections::BTreeMap;

use super::{PodSet, Revision};
use crate::cluster::PodTemplateId;
use crate::cluster::ids::PodId;
use crate::cluster::spec::StatefulSetSpec;
use crate::kernel::SimTime;

/// A StatefulSet.
#[derive(Clone, Debug)]
pub struct StatefulSet {
    /// As it is now.
    pub spec: StatefulSetSpec,
    /// When the API server had it.
    pub created: SimTime,
    /// When it was deleted, or `MAX`.
    pub deleted: SimTime,
    /// `metadata.generation`: counts changes of the specification, from 1.
    pub generation: u32,
    /// Its revisions, the newest last.
    pub revisions: Vec<Revision>,
    /// `status.currentRevision`, as a place in `revisions`: the one from which an update began.
    pub current: usize,
    /// `status.updateRevision`: the one of the present template.
    pub update: usize,
    /// Its pods.
    pub pods: PodSet,
    /// The pod object of each ordinal that has one.
    pub by_ordinal: BTreeMap<u32, PodId>,
    /// `status` as last written.
    pub status: StatefulSetStatus,
}

/// `status` of a StatefulSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatefulSetStatus {
    /// `observedGeneration`.
    pub observed_generation: u32,
    /// `replicas`: pods that were made and exist.
    pub replicas: u32,
    /// `readyReplicas`.
    pub ready_replicas: u32,
    /// `availableReplicas`.
    pub available_replicas: u32,
    /// `currentReplicas`: pods of the current revision.
    pub current_replicas: u32,
    /// `updatedReplicas`: pods of the update revision.
    pub updated_replicas: u32,
    /// `currentRevision`.
    pub current: usize,
    /// `updateRevision`.
    pub update: usize,
}

impl StatefulSet {
    /// A StatefulSet without pods, whose first revision is `template`.
    #[must_use]
    pub fn new(spec: StatefulSetSpec, template: PodTemplateId, created: SimTime) -> Self {
        let hash = spec.template_hash;
        Self {
            spec,
            created,
            deleted: SimTime::MAX,
            generation: 1,
            revisions: vec![Revision { template, hash }],
            current: 0,
            update: 0,
            pods: PodSet::default(),
            by_ordinal: BTreeMap::new(),
            status: StatefulSetStatus::default(),
        }
    }
    /// Whether the object is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.deleted == SimTime::MAX
    }
}
