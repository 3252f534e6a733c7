//! Pods that are nominated for a node: preemption makes room for them there
//! (`pkg/scheduler/backend/queue/nominator.go: nominator`).

use std::collections::BTreeMap;

use crate::cluster::{NodeId, PodId, Store};
use crate::control::scheduler::what_if::Nominated;

/// Which pods are nominated for which node.
#[derive(Debug, Default)]
pub struct Nominator {
    of_pod: BTreeMap<PodId, NodeId>,
    by_node: BTreeMap<NodeId, Vec<PodId>>,
    version: u64,
}

impl Nominator {
    /// Whether no pod is nominated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of_pod.is_empty()
    }
    /// Changes whenever a nomination does.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }
    /// The node that `pod` is nominated for.
    #[must_use]
    pub fn node_of(&self, pod: PodId) -> Option<NodeId> {
        self.of_pod.get(&pod).copied()
    }
    /// The pods that are nominated for `node`.
    #[must_use]
    pub fn on_node(&self, node: NodeId) -> &[PodId] {
        self.by_node.get(&node).map_or(&[], Vec::as_slice)
    }
    /// Nominates `pod` for `node` in place of what it was nominated for.
    pub fn set(&mut self, pod: PodId, node: NodeId) {
        self.remove(pod);
        self.version += 1;
        self.of_pod.insert(pod, node);
        self.by_node.entry(node).or_default().push(pod);
    }
    /// `pod` is nominated no more. Returns what it was nominated for.
    pub fn remove(&mut self, pod: PodId) -> Option<NodeId> {
        let node = self.of_pod.remove(&pod)?;
        self.version += 1;
        if let Some(pods) = self.by_node.get_mut(&node) {
            pods.retain(|p| *p != pod);
            if pods.is_empty() {
                self.by_node.remove(&node);
            }
        }
        Some(node)
    }

    /// The pods that go before `pod`, those of its priority or above, with the nodes they are nominated for
    /// (`pkg/scheduler/framework/runtime/framework.go: addNominatedPods`).
    #[must_use]
    pub fn before(&self, pod: PodId, store: &Store) -> Nominated {
        let priority = store.template(pod).priority;
        let others = self
            .by_node
            .iter()
            .flat_map(|(node, pods)| pods.iter().map(move |p| (*node, *p)));
        others
            .filter(|(_, other)| *other != pod && store.template(*other).priority >= priority)
            .map(|(node, other)| (node, store.pods[other.index()].template))
            .collect()
    }
}
