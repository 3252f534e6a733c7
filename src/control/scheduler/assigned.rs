//! Which pods the scheduler counts on which nodes: those that are bound, and those that it assumes to be.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{NodeId, PodId, PodTemplateId, Store};

/// Node and template of each pod that is assumed or bound.
///
/// Which pods a node has is kept only once pods of different priorities were seen: before, nobody asks.
#[derive(Debug, Default)]
pub struct Assigned {
    of_pod: Vec<(NodeId, PodTemplateId)>,
    /// Those of them that are being deleted.
    terminating: BTreeSet<PodId>,
    priority: Option<i32>,
    by_node: Option<ByNode>,
}

#[derive(Debug, Default)]
struct ByNode {
    /// In the order in which they came; the last takes the place of one that leaves (`framework/types.go: removeFromSlice`).
    pods: Vec<Vec<PodId>>,
    /// How many pods have each priority.
    priorities: BTreeMap<i32, u32>,
}

impl Assigned {
    /// A pod of `priority` was seen, waiting or assigned.
    pub fn saw_priority(&mut self, priority: i32, store: &Store) {
        match self.priority {
            None => self.priority = Some(priority),
            Some(known) if known == priority || self.by_node.is_some() => {}
            Some(_) => {
                let mut by_node = ByNode::default();
                for (pod, (node, _)) in self.of_pod.iter().enumerate() {
                    if let Some(node) = node.some() {
                        let pod = PodId(pod as u32);
                        by_node.add(pod, node, store.template(pod).priority);
                    }
                }
                self.by_node = Some(by_node);
            }
        }
    }
    /// Node and template of `pod`, if it is assigned.
    #[must_use]
    pub fn get(&self, pod: PodId) -> Option<(NodeId, PodTemplateId)> {
        let entry = self.of_pod.get(pod.index()).copied();
        entry.filter(|(node, _)| *node != NodeId::NONE)
    }
    /// `pod` of `template` is on `node` from now on.
    pub fn add(&mut self, pod: PodId, node: NodeId, template: PodTemplateId, priority: i32) {
        if self.of_pod.len() <= pod.index() {
            self.of_pod.resize(pod.index() + 1, (NodeId::NONE, PodTemplateId::NONE));
        }
        self.of_pod[pod.index()] = (node, template);
        if let Some(by_node) = &mut self.by_node {
            by_node.add(pod, node, priority);
        }
    }
    /// `pod` is nowhere from now on. Returns where it was.
    pub fn remove(&mut self, pod: PodId, priority: i32) -> Option<(NodeId, PodTemplateId)> {
        let (node, template) = self.get(pod)?;
        self.of_pod[pod.index()].0 = NodeId::NONE;
        if let Some(by_node) = &mut self.by_node {
            by_node.remove(pod, node, priority);
        }
        Some((node, template))
    }
    /// `pod`, which is assigned, is being deleted from now on; says whether that is news.
    pub fn terminate(&mut self, pod: PodId) -> bool {
        self.get(pod).is_some() && self.terminating.insert(pod)
    }
    /// Whether `pod` is being deleted, as far as the scheduler knows.
    #[must_use]
    pub fn is_terminating(&self, pod: PodId) -> bool {
        self.terminating.contains(&pod)
    }
    /// `pod` is being deleted no more: it is gone, or has another template. Says whether it was.
    pub fn end_terminating(&mut self, pod: PodId) -> bool {
        !self.terminating.is_empty() && self.terminating.remove(&pod)
    }
    /// Whether pods of different priorities were seen.
    #[must_use]
    pub const fn has_priorities(&self) -> bool {
        self.by_node.is_some()
    }
    /// Whether any assigned pod has a priority below `priority`.
    #[must_use]
    pub fn has_below(&self, priority: i32) -> bool {
        let lowest = self.by_node.as_ref().and_then(|b| b.priorities.keys().next());
        lowest.is_some_and(|lowest| *lowest < priority)
    }
    /// The pods on `node`. Empty while all pods have one priority.
    #[must_use]
    pub fn on_node(&self, node: NodeId) -> &[PodId] {
        let pods = self.by_node.as_ref().and_then(|b| b.pods.get(node.index()));
        pods.map_or(&[], Vec::as_slice)
    }
}

impl ByNode {
    fn add(&mut self, pod: PodId, node: NodeId, priority: i32) {
        if self.pods.len() <= node.index() {
            self.pods.resize(node.index() + 1, Vec::new());
        }
        self.pods[node.index()].push(pod);
        *self.priorities.entry(priority).or_insert(0) += 1;
    }
    fn remove(&mut self, pod: PodId, node: NodeId, priority: i32) {
        let pods = &mut self.pods[node.index()];
        if let Some(at) = pods.iter().position(|p| *p == pod) {
            pods.swap_remove(at);
        }
        if let Some(count) = self.priorities.get_mut(&priority) {
            *count -= 1;
            if *count == 0 {
                self.priorities.remove(&priority);
            }
        }
    }
}
