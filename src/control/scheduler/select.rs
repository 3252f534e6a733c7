//! One scheduling cycle as kube-scheduler walks it, node by node (`pkg/scheduler/schedule_one.go: schedulePod`), at
//! `parallelism: 1`. Every plugin is asked about every node: slow, and the measure for [`fast`](super::fast).

use std::borrow::Cow;

use crate::cluster::NodeId;
use crate::control::scheduler::checks::{PodsVerdicts, rejected_for_nominated};
use crate::control::scheduler::fit_error::Diagnosis;
use crate::control::scheduler::framework::{Profile, Rejection};
use crate::control::scheduler::nodes::{NodeTable, NodeView};
use crate::control::scheduler::order::NodeOrder;
use crate::control::scheduler::shape::{PodShape, PreFilter};

/// Clusters smaller than this are searched in full (`minFeasibleNodesToFind`).
const MIN_FEASIBLE_NODES: usize = 100;

/// Least share of nodes to find, in percent (`minFeasibleNodesPercentageToFind`).
const MIN_FEASIBLE_PERCENT: usize = 5;

/// How many feasible nodes end the search in a cluster of `nodes` nodes (`schedule_one.go: numFeasibleNodesToFind`);
/// `percentage` is percentageOfNodesToScore, 0 for the adaptive default.
#[must_use]
pub fn num_feasible_nodes_to_find(nodes: usize, percentage: u32) -> usize {
    if nodes < MIN_FEASIBLE_NODES {
        return nodes;
    }
    let percentage = match percentage {
        0 => 50_usize.saturating_sub(nodes / 125).max(MIN_FEASIBLE_PERCENT),
        given => given as usize,
    };
    (nodes * percentage / 100).max(MIN_FEASIBLE_NODES)
}

/// The nodes, their order and the plugins, for pods of one template: what a cycle looks at and does not change.
pub struct Cluster<'a> {
    /// The accounts.
    pub table: &'a NodeTable,
    /// The nodes in the scheduler's order.
    pub list: &'a [NodeId],
    /// Where each node is in `list`, if that is known.
    pub order: Option<&'a NodeOrder>,
    /// The plugins.
    pub profile: &'a Profile,
    /// Whether to look at the nodes as if they had no pods.
    pub emptied: bool,
    /// What plugins that look at pods elsewhere say.
    pub verdicts: PodsVerdicts<'a>,
    /// Nodes that are rejected because of pods nominated to them, by number.
    pub nominated: &'a [(NodeId, Rejection)],
}

impl<'a> Cluster<'a> {
    /// The first filter that rejects `node`, if any.
    #[must_use]
    pub fn filter(&self, shape: &PodShape, node: NodeId) -> Option<Rejection> {
        rejected_for_nominated(self.nominated, node)
            .or_else(|| self.profile.filter_spec(shape, self.table.spec(node)))
            .or_else(|| self.profile.filter_usage(shape, &self.view(node)))
            .or_else(|| self.verdicts.filter(node))
    }
    /// All nodes that no filter rejects, in order.
    #[must_use]
    pub fn feasible(&self, shape: &PodShape) -> Vec<NodeId> {
        let mut nodes = self.narrowed(shape).unwrap_or_default().into_owned();
        nodes.retain(|node| self.filter(shape, *node).is_none());
        nodes
    }
    /// Whether some node is rejected by no filter.
    #[must_use]
    pub fn fits_any(&self, shape: &PodShape) -> bool {
        let nodes = self.narrowed(shape).unwrap_or_default();
        nodes.iter().any(|node| self.filter(shape, *node).is_none())
    }
    /// What every plugin says of the feasible `nodes`, weighted: one column per plugin that takes part.
    #[must_use]
    pub fn score(&self, shape: &PodShape, nodes: &[NodeId]) -> Vec<PluginScores> {
        let mut columns = Vec::new();
        for (plugin, weight) in self.profile.spec_scores.iter().filter(|(p, _)| !p.skips(shape)) {
            let mut scores: Vec<i64> = nodes
                .iter()
                .map(|node| plugin.score(shape, self.table.spec(*node)))
                .collect();
            plugin.normalize(&mut scores);
            scores.iter_mut().for_each(|score| *score *= weight);
            columns.push(PluginScores {
                plugin: plugin.name(),
                scores,
            });
        }
        for (plugin, weight) in self.profile.usage_scores.iter().filter(|(p, _)| !p.skips(shape)) {
            columns.push(PluginScores {
                plugin: plugin.name(),
                scores: nodes
                    .iter()
                    .map(|node| weight * plugin.score(shape, &self.view(*node)))
                    .collect(),
            });
        }
        columns.extend(self.verdicts.score(nodes));
        columns
    }
    /// Total score of each of the feasible `nodes`.
    #[must_use]
    pub fn totals(&self, shape: &PodShape, nodes: &[NodeId]) -> Vec<i64> {
        let mut totals = vec![0; nodes.len()];
        for column in self.score(shape, nodes) {
            for (total, score) in totals.iter_mut().zip(column.scores) {
                *total += score;
            }
        }
        totals
    }
    fn view(&self, node: NodeId) -> NodeView<'a> {
        if self.emptied {
            self.table.empty_view(node)
        } else {
            self.table.view(node)
        }
    }
    /// The nodes that PreFilter leaves, in order; `None` if the pod is rejected outright.
    fn narrowed(&self, shape: &PodShape) -> Option<Cow<'a, [NodeId]>> {
        match &shape.pre_filter {
            PreFilter::AllNodes => Some(self.list.into()),
            PreFilter::Names(names) if self.order.is_some_and(|_| names.len() < self.list.len()) => {
                let order = self.order.expect("just asked");
                let nodes = names.iter().flat_map(|name| self.table.named(name));
                let mut at: Vec<usize> = nodes.filter_map(|node| order.position(*node)).collect();
                at.sort_unstable();
                Some(at.into_iter().map(|at| self.list[at]).collect())
            }
            PreFilter::Names(names) => Some(
                self.list
                    .iter()
                    .copied()
                    .filter(|node| names.contains(&self.table.spec(*node).name))
                    .collect(),
            ),
            PreFilter::Conflict | PreFilter::ClaimNotFound(_) => None,
        }
    }
    /// Whether PreFilter leaves `node`.
    #[must_use]
    pub fn looks_at(&self, shape: &PodShape, node: NodeId) -> bool {
        match &shape.pre_filter {
            PreFilter::AllNodes => true,
            PreFilter::Names(names) => names.contains(&self.table.spec(node).name),
            PreFilter::Conflict | PreFilter::ClaimNotFound(_) => false,
        }
    }
    /// Why each node rejects `shape`, counted over all nodes; feasible nodes count nowhere.
    #[must_use]
    pub fn diagnose(&self, shape: &PodShape) -> Diagnosis {
        let mut diagnosis = Diagnosis::new(self.profile, self.list.len());
        let nodes = self.narrowed(shape).unwrap_or_default();
        diagnosis.set_absent(self.list.len() - nodes.len());
        for rejection in nodes.iter().filter_map(|node| self.filter(shape, *node)) {
            diagnosis.add(&rejection);
        }
        diagnosis
    }
}

/// The weighted scores of one plugin, node by node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginScores {
    /// Name of the plugin.
    pub plugin: &'static str,
    /// Its scores in the order of the nodes asked about.
    pub scores: Vec<i64>,
}

/// Where the search starts next time: the part of a cycle that outlives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// `nextStartNodeIndex`.
    pub next_start: usize,
    /// `percentageOfNodesToScore`, 0 for the adaptive default.
    pub percentage_of_nodes_to_score: u32,
}

/// The feasible nodes in the order they were found, at most as many as were to be found; and the rotation moved on
/// (`findNodesThatFitPod`). Of the rejected nodes between the last one wanted and the next feasible one, the real scheduler at
/// parallelism 1 sees all.
#[must_use]
pub fn find_feasible(cluster: &Cluster<'_>, rotation: &mut Rotation, shape: &PodShape) -> Vec<NodeId> {
    let mut feasible = Vec::new();
    let Some(nodes) = cluster.narrowed(shape) else {
        return feasible;
    };
    let percentage = cluster.profile.percentage_of_nodes_to_score;
    let percentage = percentage.unwrap_or(rotation.percentage_of_nodes_to_score);
    let wanted = num_feasible_nodes_to_find(nodes.len(), percentage);
    let mut processed = 0;
    for i in 0..nodes.len() {
        let node = nodes[(rotation.next_start + i) % nodes.len()];
        if cluster.filter(shape, node).is_none() {
            if feasible.len() == wanted {
                break;
            }
            feasible.push(node);
        }
        processed += 1;
    }
    if !cluster.list.is_empty() {
        rotation.next_start = (rotation.next_start + processed) % cluster.list.len();
    }
    feasible
}

/// The node for a pod of `shape`, or why there is none (`schedulePod`).
///
/// # Errors
/// No node passes all filters.
pub fn schedule(cluster: &Cluster<'_>, rotation: &mut Rotation, shape: &PodShape) -> Result<NodeId, Diagnosis> {
    let feasible = find_feasible(cluster, rotation, shape);
    match feasible.as_slice() {
        [] => Err(cluster.diagnose(shape)),
        [only] => Ok(*only),
        several => Ok(several[pick(&cluster.totals(shape, several))]),
    }
}

/// Which of the candidates the scheduler takes: the root after Go's `heap.Init` on the list in which a strictly higher score
/// goes first (`schedule_one.go: nodeScoreHeap`; no extender, so no random tie-break).
///
/// # Panics
/// If there are no candidates.
#[must_use]
pub fn pick(scores: &[i64]) -> usize {
    let mut heap: Vec<usize> = (0..scores.len()).collect();
    for start in (0..heap.len() / 2).rev() {
        let mut at = start;
        loop {
            let left = 2 * at + 1;
            if left >= heap.len() {
                break;
            }
            let right = left + 1;
            let mut child = left;
            if right < heap.len() && scores[heap[right]] > scores[heap[left]] {
                child = right;
            }
            if scores[heap[child]] <= scores[heap[at]] {
                break;
            }
            heap.swap(at, child);
            at = child;
        }
    }
    heap[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_nodes_are_enough() {
        let cases = [
            (0, 0),
            (99, 99),
            (100, 100),
            (125, 100),
            (1000, 420),
            (5000, 500),
            (5625, 281),
            (10_000, 500),
        ];
        for (nodes, expected) in cases {
            assert_eq!(num_feasible_nodes_to_find(nodes, 0), expected, "{nodes} nodes");
        }
        assert_eq!(num_feasible_nodes_to_find(1000, 30), 300);
        assert_eq!(num_feasible_nodes_to_find(1000, 100), 1000);
    }

    #[test]
    fn ties_are_broken_by_heap_position() {
        assert_eq!(pick(&[5]), 0);
        assert_eq!(pick(&[5, 5, 5, 5]), 0);
        assert_eq!(pick(&[4, 5, 5, 5]), 1);
        assert_eq!(
            pick(&[4, 4, 5, 5]),
            3,
            "the child of the left subtree rises before the right child is asked"
        );
        assert_eq!(pick(&[1, 2, 3, 4, 5, 9, 5]), 5);
    }
}
