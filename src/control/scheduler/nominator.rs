//! Pods that are nominated for a node: preemption makes room for them there
//! (`pkg/scheduler/backend/queue/nominator.go: nominator`).

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::cluster::{NodeId, PodId, Store};
use crate::control::scheduler::Placer;
use crate::control::scheduler::framework::Rejection;
use crate::control::scheduler::what_if::Change;

/// Which pods are nominated for which node.
#[derive(Debug, Default)]
pub struct Nominator {
    of_pod: BTreeMap<PodId, NodeId>,
    by_node: BTreeMap<NodeId, Vec<PodId>>,
    version: u64,
}

/// Nodes that reject a pod because of others that are nominated for them.
pub type Rejected = Vec<(NodeId, Rejection)>;

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

    /// What would come to `node` with the pods that are nominated for it and go before `pod`: those of its priority or above.
    #[must_use]
    pub fn before(&self, pod: PodId, node: NodeId, store: &Store) -> SmallVec<[Change; 2]> {
        let priority = store.template(pod).priority;
        let others = self.on_node(node).iter().filter(|other| **other != pod);
        others
            .filter(|other| store.template(**other).priority >= priority)
            .map(|other| (store.pods[other.index()].template, 1))
            .collect()
    }
    /// Why `node` rejects `pod` if `changes` happen to it: it must fit both with the pods that are nominated for the node and
    /// without them (`pkg/scheduler/framework/runtime/framework.go: RunFilterPluginsWithNominatedPods`).
    #[must_use]
    pub fn rejection(
        &self,
        placer: &Placer,
        store: &Store,
        pod: PodId,
        node: NodeId,
        changes: &[Change],
    ) -> Option<Rejection> {
        let template = store.pods[pod.index()].template;
        let mut with = self.before(pod, node, store);
        if !with.is_empty() {
            with.extend_from_slice(changes);
            let rejection = placer.rejection(template, node, &with);
            if rejection.is_some() {
                return rejection;
            }
        }
        placer.rejection(template, node, changes)
    }
    /// The nodes that reject `pod` otherwise than they would if nothing were nominated.
    #[must_use]
    pub fn rejected(&self, placer: &Placer, store: &Store, pod: PodId) -> Rejected {
        let template = store.pods[pod.index()].template;
        let mut rejected = Rejected::new();
        for &node in self.by_node.keys().filter(|node| placer.nodes().is_present(**node)) {
            let with = self.before(pod, node, store);
            if with.is_empty() {
                continue;
            }
            let rejection = placer.rejection(template, node, &with);
            if let Some(rejection) = rejection.filter(|r| placer.rejection(template, node, &[]) != Some(*r)) {
                rejected.push((node, rejection));
            }
        }
        rejected
    }
}
