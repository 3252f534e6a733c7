//! Opportunistic batching: equal pods in a row, each of which fills its node, are placed from one list of scored nodes
//! (`pkg/scheduler/framework/runtime/batch.go`, feature gate OpportunisticBatching, on in Kubernetes 1.36).
//!
//! Only signed pods take part. PodTopologySpread signs no pod as long as it has default constraints, so nothing is batched in
//! the default profile; the recordings placement-batch-* show the same.

use crate::cluster::{NodeId, PodTemplateId};
use crate::kernel::{SimDuration, SimTime};

/// Older lists are not used (`batch.go: maxBatchAge`).
const MAX_AGE: SimDuration = SimDuration::from_millis(500);

/// Scored nodes in Go's binary heap, best first (`schedule_one.go: nodeScoreHeap`).
#[derive(Clone, Debug, Default)]
pub struct ScoreHeap {
    nodes: Vec<(i64, NodeId)>,
}

impl ScoreHeap {
    /// `heap.Init` on the nodes in the order in which they were found.
    #[must_use]
    pub fn new(nodes: Vec<(i64, NodeId)>) -> Self {
        let mut heap = Self { nodes };
        for at in (0..heap.nodes.len() / 2).rev() {
            heap.down(at);
        }
        heap
    }
    /// `heap.Pop`.
    pub fn pop(&mut self) -> Option<NodeId> {
        let last = self.nodes.len().checked_sub(1)?;
        self.nodes.swap(0, last);
        let (_, best) = self.nodes.pop()?;
        self.down(0);
        Some(best)
    }
    fn down(&mut self, mut at: usize) {
        loop {
            let left = 2 * at + 1;
            if left >= self.nodes.len() {
                return;
            }
            let right = left + 1;
            let goes_right = right < self.nodes.len() && self.nodes[right].0 > self.nodes[left].0;
            let child = if goes_right { right } else { left };
            if self.nodes[child].0 <= self.nodes[at].0 {
                return;
            }
            self.nodes.swap(child, at);
            at = child;
        }
    }
}

/// The nodes left over from one cycle.
#[derive(Clone, Debug)]
struct Leftover {
    pods: PodTemplateId,
    nodes: ScoreHeap,
    created: SimTime,
}

/// What one profile remembers between cycles.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    leftover: Option<Leftover>,
    /// The last cycle that found a node, and which.
    last: Option<(u64, NodeId)>,
}

impl Batch {
    /// The node to try alone for a pod of `pods` in cycle number `cycle`, if there is one (`GetNodeHint`). `still_fits` says
    /// whether another pod fits the node chosen last: then its score would be another one, and the list is of no use.
    pub fn hint(
        &mut self,
        pods: PodTemplateId,
        (cycle, now): (u64, SimTime),
        still_fits: impl FnOnce(NodeId) -> bool,
    ) -> Option<NodeId> {
        let leftover = self.leftover.as_mut()?;
        let (last_cycle, last_node) = self.last?;
        let usable = cycle == last_cycle + 1
            && leftover.pods == pods
            && now <= leftover.created + MAX_AGE
            && !still_fits(last_node);
        if usable { leftover.nodes.pop() } else { None }
    }
    /// A pod found a node by a full search, or, if unsigned, by any way; `nodes` are the other nodes (`StoreScheduleResults`).
    pub fn store(&mut self, chosen: NodeId, (cycle, now): (u64, SimTime), signed: Option<(PodTemplateId, ScoreHeap)>) {
        self.last = Some((cycle, chosen));
        self.leftover = signed
            .filter(|(_, nodes)| !nodes.nodes.is_empty())
            .map(|(pods, nodes)| Leftover {
                pods,
                nodes,
                created: now,
            });
    }
    /// A pod took the node that was hinted.
    pub const fn took_hint(&mut self, chosen: NodeId, cycle: u64) {
        self.last = Some((cycle, chosen));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::scheduler::select::pick;
    use proptest::prelude::*;

    proptest! {
        /// The first node out is the one that the search takes, and all come out by falling score.
        #[test]
        fn the_heap_agrees_with_the_choice(scores in prop::collection::vec(0..5_i64, 1..80)) {
            let nodes = scores.iter().enumerate().map(|(i, score)| (*score, NodeId(i as u32)));
            let mut heap = ScoreHeap::new(nodes.collect());
            let out: Vec<usize> = std::iter::from_fn(|| heap.pop()).map(NodeId::index).collect();
            prop_assert_eq!(out[0], pick(&scores));
            prop_assert_eq!(out.len(), scores.len());
            prop_assert!(out.windows(2).all(|w| scores[w[0]] >= scores[w[1]]));
        }
    }

    #[test]
    fn a_list_is_used_for_the_next_equal_pod_while_it_is_young() {
        let at = |ms| SimTime::ZERO + SimDuration::from_millis(ms);
        let (pods, other) = (PodTemplateId(0), PodTemplateId(1));
        let fresh = || {
            let mut batch = Batch::default();
            let heap = ScoreHeap::new(vec![(1, NodeId(5)), (3, NodeId(6))]);
            batch.store(NodeId(4), (7, at(0)), Some((pods, heap)));
            batch
        };
        let full = |node: NodeId| {
            assert_eq!(node, NodeId(4));
            false
        };
        assert_eq!(fresh().hint(pods, (8, at(500)), full), Some(NodeId(6)));
        assert_eq!(fresh().hint(pods, (8, at(501)), full), None, "too old");
        assert_eq!(fresh().hint(pods, (9, at(1)), full), None, "another pod came between");
        assert_eq!(fresh().hint(other, (8, at(1)), full), None, "not an equal pod");
        assert_eq!(fresh().hint(pods, (8, at(1)), |_| true), None, "the node is not full");
        let mut batch = fresh();
        assert_eq!(batch.hint(pods, (8, at(1)), full), Some(NodeId(6)));
        batch.took_hint(NodeId(6), 8);
        assert_eq!(batch.hint(pods, (9, at(1)), |node| node != NodeId(6)), Some(NodeId(5)));
        batch.took_hint(NodeId(5), 9);
        assert_eq!(batch.hint(pods, (10, at(1)), |_| false), None, "the list is empty");
    }
}
