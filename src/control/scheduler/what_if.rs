//! More questions to the choice of a node, for the queue and for preemption. None changes anything.

use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::Placer;
use crate::control::scheduler::fit_error::FitError;
use crate::control::scheduler::hints::Rejectors;
use crate::control::scheduler::select::Cluster;
use crate::control::scheduler::shape::PreFilter;

/// Pods that are nominated to nodes, as the choice of a node wants to know of them.
pub type Nominated = Vec<(NodeId, PodTemplateId)>;

impl Placer {
    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self, shape: PodTemplateId) -> usize {
        self.cluster(shape).list.len()
    }
    /// Whether there is any node.
    #[must_use]
    pub fn has_nodes(&self) -> bool {
        (0..self.nodes().len() as u32).any(|node| self.nodes().is_present(NodeId(node)))
    }
    /// Changes whenever an answer about a node may.
    #[must_use]
    pub fn version(&self) -> (u64, u64) {
        (self.nodes().log().end(), self.nodes().spec_version())
    }
    /// The plugins that refused a pod of `shape`, by the numbers of its filters
    /// ([`Refusal::filters`](crate::control::scheduler::Refusal::filters)).
    #[must_use]
    pub fn rejectors(&self, shape: PodTemplateId, filters: u32) -> Rejectors {
        let profile = self.profile(shape);
        // What PreFilter leaves out, NodeAffinity has refused.
        let first = match self.shape(shape).pre_filter {
            PreFilter::AllNodes | PreFilter::ClaimNotFound(_) => Rejectors::NONE,
            PreFilter::Names(_) | PreFilter::Conflict => Rejectors::NODE_AFFINITY,
        };
        (0..u32::BITS as u8)
            .filter(|filter| filters >> filter & 1 == 1)
            .fold(first, |all, filter| {
                all.union(Rejectors::named(profile.filter_name(filter)))
            })
    }
    /// [`Placer::explain`] beside pods that are nominated to nodes.
    #[must_use]
    pub fn explain_beside(&self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> FitError {
        let rejected = self.rejected_for(shape, nominated);
        let cluster = Cluster {
            nominated: &rejected,
            ..self.cluster(shape)
        };
        self.words(&cluster, shape)
    }
    /// [`Placer::rejected_by_plugin`] beside pods that are nominated to nodes.
    #[must_use]
    pub fn rejected_by_plugin_beside(
        &self,
        shape: PodTemplateId,
        nominated: &[(NodeId, PodTemplateId)],
    ) -> Vec<(&'static str, u32)> {
        let rejected = self.rejected_for(shape, nominated);
        let cluster = Cluster {
            nominated: &rejected,
            ..self.cluster(shape)
        };
        let pod = self.shape(shape);
        cluster.diagnose(pod).by_plugin(pod, self.profile(shape))
    }
    /// [`Placer::resolvable_nodes`] beside pods that are nominated to nodes.
    #[must_use]
    pub fn resolvable_nodes_beside(&self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Vec<NodeId> {
        let mut nodes = self.resolvable_nodes(shape);
        for (node, rejection) in self.rejected_for(shape, nominated) {
            let known = nodes.iter().position(|other| *other == node);
            match known {
                Some(at) if !rejection.resolvable => drop(nodes.remove(at)),
                None if rejection.resolvable => nodes.push(node),
                Some(_) | None => {}
            }
        }
        nodes
    }
}
