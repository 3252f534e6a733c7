//! The objects that govern admission, and what quotas have counted. A cluster without any pays nothing for them.

use std::collections::BTreeMap;

use crate::cluster::PodTemplateId;
use crate::cluster::spec::{Labels, LimitRangeSpec, PriorityClassSpec, ResourceQuotaSpec};
use crate::kernel::SimTime;

/// A ResourceQuota and its status.
#[derive(Clone, Debug)]
pub struct Quota {
    /// As submitted.
    pub spec: ResourceQuotaSpec,
    /// `status.used`, by entry of `spec.hard`; `None` until the quota controller has written it.
    pub used: Option<Vec<i64>>,
    /// What there really is: what the quota controller would write.
    pub live: Vec<i64>,
    /// `spec` as it was changed to; admission goes by `status.hard`, which follows when the quota controller has written it.
    pub changed: Option<ResourceQuotaSpec>,
    /// The object is gone.
    pub gone: bool,
}

/// What admission makes of the pods of one template, apart from what quotas leave.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The template with what admission fills in; the same if it fills in nothing.
    pub template: PodTemplateId,
    /// What a pod counts for each quota that is about it: the quota's place, and an amount per entry of its `hard`.
    pub charges: Vec<(usize, Vec<i64>)>,
}

/// Everything that governs admission.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Whether anything does.
    pub in_force: bool,
    /// Priority classes, without the two that every cluster has.
    pub classes: Vec<PriorityClassSpec>,
    /// Namespaces that were created or deleted by name: whether they are there. Any other is there.
    pub namespaces: BTreeMap<String, NamespacePhase>,
    /// Labels of namespaces that were created by name, but for the one with the name itself.
    pub namespace_labels: BTreeMap<String, Labels>,
    /// Limit ranges.
    pub limit_ranges: Vec<LimitRangeSpec>,
    /// Quotas, those that are gone too.
    pub quotas: Vec<Quota>,
    /// Until when whoever was refused a pod may get one, as far as is known now.
    pub hope_until: SimTime,
    /// What was found out about templates since the last change.
    pub admitted: BTreeMap<PodTemplateId, Admitted>,
}

/// Whether objects can be made in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespacePhase {
    /// It will be created later, or is gone.
    Absent,
    /// They can.
    Active,
    /// It is being deleted.
    Terminating,
}

impl Policies {
    /// Something changed: what was found out before does not hold any more.
    pub fn changed(&mut self) {
        self.in_force = true;
        self.admitted.clear();
    }
    /// Whether there is a quota.
    #[must_use]
    pub const fn has_quotas(&self) -> bool {
        !self.quotas.is_empty()
    }
}
