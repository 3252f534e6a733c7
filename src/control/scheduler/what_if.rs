//! More questions to the choice of a node, for the queue and for preemption. None changes anything.

use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::fit_error::{Diagnosis, FitError};
use crate::control::scheduler::hints::Rejectors;
use crate::control::scheduler::select::Cluster;
use crate::control::scheduler::shape::PreFilter;
use crate::control::scheduler::{Placement, Placer};

/// Pods that are nominated to nodes, as the choice of a node wants to know of them.
pub type Nominated = Vec<(NodeId, PodTemplateId)>;

impl Placer {
    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self, shape: PodTemplateId) -> usize {
        self.cluster(shape).list.len()
    }
    /// Chooses for a pod that must go to `node` and to no other (`metadata.name` in its affinity, as pods of DaemonSets have it),
    /// beside pods that are nominated to nodes, and moves the rotation on.
    pub fn place_on(&mut self, shape: PodTemplateId, node: NodeId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        let nodes = self.node_count(shape);
        if nodes == 0 {
            return Placement::NoNodes;
        }
        if self.nodes().is_present(node) {
            self.rotation.next_start = (self.rotation.next_start + 1) % nodes;
        }
        if self.fits_on(shape, node, nominated) {
            return Placement::Placed(node);
        }
        Placement::Unschedulable(self.diagnose_on(shape, node, nominated).refusal())
    }
    /// Why pods of `shape` that must go to `node` cannot.
    #[must_use]
    pub fn diagnose_on(&self, shape: PodTemplateId, node: NodeId, nominated: &[(NodeId, PodTemplateId)]) -> Diagnosis {
        let nodes = self.node_count(shape);
        let mut diagnosis = Diagnosis::new(self.profile(shape), nodes);
        if !self.nodes().is_present(node) {
            diagnosis.set_absent(nodes);
            return diagnosis;
        }
        diagnosis.set_absent(nodes - 1);
        let beside = self
            .rejected_for(shape, nominated)
            .into_iter()
            .find(|(n, _)| *n == node);
        let rejection = beside
            .map(|(_, rejection)| rejection)
            .or_else(|| self.rejection(shape, node));
        if let Some(rejection) = rejection {
            diagnosis.add(&rejection);
        }
        diagnosis
    }
    /// The words for it.
    #[must_use]
    pub fn explain_on(&self, shape: PodTemplateId, node: NodeId, nominated: &[(NodeId, PodTemplateId)]) -> FitError {
        let profile = self.profile(shape);
        let diagnosis = self.diagnose_on(shape, node, nominated);
        diagnosis.explain(self.shape(shape), profile, &self.resources)
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
        let (cluster, pod) = (self.cluster(shape), self.shape(shape));
        for (node, rejection) in self.rejected_for(shape, nominated) {
            if !self.nodes().is_present(node) || !cluster.looks_at(pod, node) {
                continue;
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::scheduler::testing::{arcs, node, pod, resources};

    #[test]
    fn a_pod_for_one_node_goes_there_or_nowhere() {
        let nodes = ["a", "b", "c"].map(|name| node(name, 8, 32, 1));
        let gpu = PodTemplateId(0);
        let mut placer = Placer::new(&resources(), &nodes, &arcs(&[pod(0, 0, 1)]));
        let b = NodeId(1);
        assert_eq!(placer.place_on(gpu, b, &[]), Placement::Placed(b));
        assert_eq!(placer.next_start_node_index(), 1, "one node was looked at");
        let Placement::Unschedulable(beside) = placer.place_on(gpu, b, &[(b, gpu)]) else {
            panic!("another is nominated for the node");
        };
        placer.assume(b, gpu);
        let Placement::Unschedulable(refusal) = placer.place_on(gpu, b, &[]) else {
            panic!("the node is full");
        };
        assert_eq!(beside.message, refusal.message, "it reads the same");
        let by = placer.rejectors(gpu, refusal.filters);
        assert_eq!(by, Rejectors::NODE_RESOURCES_FIT);
        insta::assert_snapshot!(placer.explain_on(gpu, b, &[]), @"0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.");
        placer.remove_node(b);
        assert!(matches!(placer.place_on(gpu, b, &[]), Placement::Unschedulable(_)));
        insta::assert_snapshot!(placer.explain_on(gpu, b, &[]), @"0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        assert_eq!(
            placer.resolvable_nodes_beside(gpu, &[(b, gpu)]),
            [],
            "a node that is gone helps nobody"
        );
    }
}
