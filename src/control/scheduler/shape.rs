//! What the scheduler needs to know of a pod template, worked out once.

use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::cluster::ResourceId;
use crate::cluster::spec::PodTemplate;
use crate::control::scheduler::plugins::node_affinity;

/// A pod template as the scheduler sees it. All pods of one template are placed by the same rules.
#[derive(Clone, Debug)]
pub struct PodShape {
    /// The template itself: selectors, tolerations, priority.
    pub template: Arc<PodTemplate>,
    /// Requests above zero, but for `pods`: cpu, memory, ephemeral-storage, then extended resources.
    pub requests: SmallVec<[(ResourceId, i64); 4]>,
    /// What PreFilter says.
    pub pre_filter: PreFilter,
}

/// Result of the PreFilter plugins that depends on the pod alone (`framework.PreFilterResult`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreFilter {
    /// Every node is looked at.
    AllNodes,
    /// Only nodes of these names are looked at.
    Names(BTreeSet<String>),
    /// No node is looked at: the required terms contradict each other.
    Conflict,
}

impl PodShape {
    /// The shape of `template`.
    #[must_use]
    pub fn new(template: Arc<PodTemplate>) -> Self {
        let requests = template
            .requests
            .iter_nonzero()
            .filter(|(id, amount)| *id != ResourceId::PODS && *amount > 0)
            .collect();
        Self {
            requests,
            pre_filter: node_affinity::pre_filter(&template),
            template,
        }
    }
}
