//! Questions to the choice of a node that change nothing: what the filters would say if some pods came to a node or left it.

use std::collections::BTreeMap;

use crate::cluster::{NodeId, PodTemplateId, ResourceId};
use crate::control::scheduler::Placer;
use crate::control::scheduler::fit_error::FitError;
use crate::control::scheduler::framework::Rejection;
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::select::Cluster;

/// Pods of one template that would come to a node, or leave it if `pods` is below zero.
pub type Change = (PodTemplateId, i64);

impl Placer {
    /// Why the filters would reject `node` for pods of `shape` if `changes` happened to it. `None`: they would not.
    #[must_use]
    pub fn rejection(&self, shape: PodTemplateId, node: NodeId, changes: &[Change]) -> Option<Rejection> {
        let cluster = self.cluster();
        let wanted = self.shape(shape);
        if changes.is_empty() {
            return cluster.filter(wanted, node);
        }
        let view = self.nodes().view(node);
        let mut free = view.free.to_vec();
        let (mut nonzero_cpu, mut nonzero_memory) = (view.nonzero_cpu, view.nonzero_memory);
        for &(template, pods) in changes {
            let other = self.shape(template);
            free[ResourceId::PODS.index()] -= pods;
            for &(id, amount) in &other.requests {
                free[id.index()] -= pods * amount;
            }
            nonzero_cpu += pods * other.template.nonzero_cpu;
            nonzero_memory += pods * other.template.nonzero_memory;
        }
        let changed = NodeView {
            allocatable: view.allocatable,
            free: &free,
            nonzero_cpu,
            nonzero_memory,
        };
        cluster
            .profile
            .filter_spec(wanted, self.nodes().spec(node))
            .or_else(|| cluster.profile.filter_usage(wanted, &changed))
    }
    /// The nodes in the scheduler's order that reject pods of `shape` now, with what rejects them; `rejected` are rejected
    /// beforehand. Nodes that PreFilter leaves out are not among them.
    #[must_use]
    pub fn rejections(&self, shape: PodTemplateId, rejected: &[(NodeId, Rejection)]) -> Vec<(NodeId, Rejection)> {
        let cluster = Cluster {
            rejected,
            ..self.cluster()
        };
        cluster.rejections(self.shape(shape))
    }
    /// How many nodes each filter rejects, in the filters' order; a node counts for the first that rejects it. What PreFilter
    /// leaves out counts for NodeAffinity.
    #[must_use]
    pub fn rejected_by(&self, shape: PodTemplateId, rejected: &[(NodeId, Rejection)]) -> Vec<(&'static str, u32)> {
        let profile = self.cluster().profile;
        let mut counts: BTreeMap<u8, (&'static str, u32)> = BTreeMap::new();
        let rejections = self.rejections(shape, rejected);
        for (_, rejection) in &rejections {
            let entry = counts.entry(rejection.filter);
            entry.or_insert((profile.filter_name(rejection), 0)).1 += 1;
        }
        let mut counts: Vec<_> = counts.into_values().collect();
        let left_out = self.node_count() - rejections.len();
        if left_out > 0 {
            match counts.iter_mut().find(|(name, _)| *name == "NodeAffinity") {
                Some((_, count)) => *count += left_out as u32,
                None => counts.push(("NodeAffinity", left_out as u32)),
            }
        }
        counts
    }
    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.cluster().list.len()
    }
    /// The reasons of a rejection of `shape`, in words.
    #[must_use]
    pub fn reasons(&self, shape: PodTemplateId, rejection: &Rejection) -> Vec<String> {
        self.words_of(shape, rejection)
    }
    /// [`Placer::explain`] where some nodes are rejected beforehand.
    #[must_use]
    pub fn explain_beside(&self, shape: PodTemplateId, rejected: &[(NodeId, Rejection)]) -> FitError {
        let cluster = Cluster {
            rejected,
            ..self.cluster()
        };
        self.words(&cluster, shape)
    }
    /// Changes whenever an answer of these questions may.
    #[must_use]
    pub fn version(&self) -> (u64, u64) {
        (self.nodes().log().end(), self.nodes().spec_version())
    }
}
