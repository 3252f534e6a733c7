//! What the scheduler needs to know of a pod template, worked out once.

use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::cluster::ResourceId;
use crate::cluster::spec::{PodAffinity, PodTemplate};
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
    /// No node is looked at: there is no such PersistentVolumeClaim.
    ClaimNotFound(String),
}

impl PreFilter {
    /// The plugin that leaves out nodes.
    #[must_use]
    pub const fn plugin(&self) -> &'static str {
        match self {
            Self::AllNodes | Self::Names(_) | Self::Conflict => "NodeAffinity",
            Self::ClaimNotFound(_) => "VolumeBinding",
        }
    }
    /// What is said if no node is looked at.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        match self {
            Self::AllNodes | Self::Names(_) => None,
            Self::Conflict => Some(node_affinity::CONFLICT_REASON.to_owned()),
            Self::ClaimNotFound(name) => Some(format!("persistentvolumeclaim \"{name}\" not found")),
        }
    }
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
    /// Lets VolumeBinding ask for the claims of the pod (`volume_binding.go: PreFilter`), which comes after NodeAffinity.
    pub fn ask_for_claims(&mut self) {
        if let (PreFilter::AllNodes | PreFilter::Names(_), Some(name)) =
            (&self.pre_filter, self.template.scheduling.absent_claims.first())
        {
            self.pre_filter = PreFilter::ClaimNotFound(name.clone());
        }
    }
    /// Whether plugins sign pods like this, so that equal ones may be placed from one list of nodes. Pods that look at other
    /// pods are not signed (`plugins/podtopologyspread/plugin.go`, `plugins/interpodaffinity/plugin.go: SignPod`).
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let scheduling = &self.template.scheduling;
        let indifferent = |affinity: &PodAffinity| affinity.required.is_empty() && affinity.preferred.is_empty();
        scheduling.topology_spread.is_empty()
            && indifferent(&scheduling.pod_affinity)
            && indifferent(&scheduling.pod_anti_affinity)
    }
}
