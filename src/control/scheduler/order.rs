//! The order in which the scheduler looks at nodes (`pkg/scheduler/backend/cache/node_tree.go: list`): one node of each zone in
//! turn; zones in order of first appearance, nodes of a zone in order of addition.

use crate::cluster::NodeId;
use crate::cluster::spec::{Labels, NodeSpec};

/// Nodes by zone, and the list made from them.
#[derive(Clone, Debug, Default)]
pub struct NodeOrder {
    zones: Vec<(Zone, Vec<NodeId>)>,
    list: Vec<NodeId>,
    positions: Vec<u32>,
    stale: bool,
}

/// Region and zone (`component-helpers/node/topology/helpers.go: GetZoneKey`).
type Zone = (String, String);

/// Position of a node that is not in the list.
const ABSENT: u32 = u32::MAX;

impl NodeOrder {
    /// Appends `node` to its zone.
    pub fn add(&mut self, node: NodeId, spec: &NodeSpec) {
        let zone = zone_of(&spec.labels);
        match self.zones.iter_mut().find(|(z, _)| *z == zone) {
            Some((_, nodes)) => nodes.push(node),
            None => self.zones.push((zone, vec![node])),
        }
        self.stale = true;
    }
    /// Takes `node` out; a zone without nodes is forgotten.
    pub fn remove(&mut self, node: NodeId) {
        for (_, nodes) in &mut self.zones {
            nodes.retain(|n| *n != node);
        }
        self.zones.retain(|(_, nodes)| !nodes.is_empty());
        self.stale = true;
    }
    /// Moves `node` to the end of its new zone if its labels changed it from `old` (`node_tree.go: updateNode`).
    pub fn update(&mut self, node: NodeId, old: &NodeSpec, new: &NodeSpec) {
        if zone_of(&old.labels) != zone_of(&new.labels) {
            self.remove(node);
            self.add(node, new);
        }
    }
    /// Makes the list anew if nodes came or went since.
    pub fn refresh(&mut self) {
        if !self.stale {
            return;
        }
        self.stale = false;
        self.list.clear();
        let longest = self.zones.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(0);
        for round in 0..longest {
            self.list
                .extend(self.zones.iter().filter_map(|(_, nodes)| nodes.get(round)));
        }
        self.positions.fill(ABSENT);
        for (at, node) in self.list.iter().enumerate() {
            if self.positions.len() <= node.index() {
                self.positions.resize(node.index() + 1, ABSENT);
            }
            self.positions[node.index()] = at as u32;
        }
    }
    /// The list as of the last [`NodeOrder::refresh`].
    #[must_use]
    pub fn list(&self) -> &[NodeId] {
        debug_assert!(!self.stale, "refresh() comes first");
        &self.list
    }
    /// Where `node` is in the list, if it is there.
    #[must_use]
    pub fn position(&self, node: NodeId) -> Option<usize> {
        match self.positions.get(node.index()) {
            None | Some(&ABSENT) => None,
            Some(&at) => Some(at as usize),
        }
    }
}

fn zone_of(labels: &Labels) -> Zone {
    let label = |stable: &str, beta: &str| {
        labels
            .get(stable)
            .or_else(|| labels.get(beta))
            .cloned()
            .unwrap_or_default()
    };
    (
        label(
            "topology.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/region",
        ),
        label("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(zone: &str) -> NodeSpec {
        let mut spec = NodeSpec::default();
        if !zone.is_empty() {
            spec.labels.insert("topology.kubernetes.io/zone".into(), zone.into());
        }
        spec
    }

    fn listed(order: &mut NodeOrder) -> Vec<u32> {
        order.refresh();
        order.list().iter().map(|n| n.0).collect()
    }

    #[test]
    fn zones_take_turns_and_exhausted_zones_are_skipped() {
        let mut order = NodeOrder::default();
        for (i, zone) in ["a", "a", "a", "b", "b", "c", ""].iter().enumerate() {
            order.add(NodeId(i as u32), &node(zone));
        }
        assert_eq!(listed(&mut order), [0, 3, 5, 6, 1, 4, 2]);
        assert_eq!(order.position(NodeId(1)), Some(4));
    }

    #[test]
    fn a_zone_that_became_empty_comes_back_last() {
        let mut order = NodeOrder::default();
        for (i, zone) in ["a", "b", "b"].iter().enumerate() {
            order.add(NodeId(i as u32), &node(zone));
        }
        order.remove(NodeId(0));
        assert_eq!(listed(&mut order), [1, 2]);
        assert_eq!(order.position(NodeId(0)), None);
        order.add(NodeId(3), &node("a"));
        assert_eq!(listed(&mut order), [1, 3, 2]);
        order.update(NodeId(1), &node("b"), &node("a"));
        assert_eq!(listed(&mut order), [2, 3, 1]);
    }
}
