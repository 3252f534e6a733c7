//! Counts of pods by topology domain, kept up to date as pods come and go.

use crate::control::scheduler::pods::domains::KeyId;

/// Number of a matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatcherId(pub u32);

/// Number of a term that pods carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TermId(pub u32);

/// Number of a set of nodes; 0 is all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeSetId(pub u32);

/// Number of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CounterId(pub u32);

/// Which pods are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Those that a matcher means.
    Matched(MatcherId),
    /// Those that carry a term, as often as they carry it.
    Carrying(TermId),
}

/// What is counted, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CounterKey {
    /// Which pods.
    pub who: Who,
    /// By which label of their nodes.
    pub key: KeyId,
    /// On which nodes.
    pub nodes: NodeSetId,
    /// Only pods that are not being deleted.
    pub living: bool,
}

/// A counter.
#[derive(Clone, Debug)]
pub struct Counter {
    /// What it counts.
    pub key: CounterKey,
    /// Pods by number of the label's value.
    pods: Vec<i64>,
    /// Nodes by number of the label's value.
    nodes: Vec<u32>,
    /// Values that some node has.
    domains: u32,
    total: i64,
}

impl Counter {
    /// Nothing counted yet.
    #[must_use]
    pub const fn new(key: CounterKey) -> Self {
        Self {
            key,
            pods: Vec::new(),
            nodes: Vec::new(),
            domains: 0,
            total: 0,
        }
    }
    /// `pods` more on a node with this value.
    pub fn add_pods(&mut self, value: usize, pods: i64) {
        self.make_room(value);
        self.pods[value] += pods;
        self.total += pods;
    }
    /// One more node with this value, or one fewer.
    pub fn add_node(&mut self, value: usize, comes: bool) {
        self.make_room(value);
        let nodes = &mut self.nodes[value];
        if comes {
            self.domains += u32::from(*nodes == 0);
            *nodes += 1;
        } else {
            *nodes -= 1;
            self.domains -= u32::from(*nodes == 0);
        }
    }
    /// Pods on nodes with this value.
    #[must_use]
    pub fn pods(&self, value: usize) -> i64 {
        self.pods.get(value).copied().unwrap_or(0)
    }
    /// Pods on all nodes that have the label.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.total
    }
    /// The least count of any domain, or 0 if there are fewer than `min_domains` of them. `change` is added to one value first.
    #[must_use]
    pub fn least(&self, min_domains: u32, change: Option<(usize, i64)>) -> i64 {
        if self.domains < min_domains {
            return 0;
        }
        let counts = self.nodes.iter().zip(&self.pods).enumerate();
        let present = counts.filter(|(_, (nodes, _))| **nodes > 0);
        let changed = present.map(|(value, (_, pods))| match change {
            Some((at, by)) if at == value => pods + by,
            Some(_) | None => *pods,
        });
        changed.min().unwrap_or(0)
    }

    fn make_room(&mut self, value: usize) {
        if self.pods.len() <= value {
            self.pods.resize(value + 1, 0);
            self.nodes.resize(value + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_count_is_over_values_that_nodes_have() {
        let mut counter = Counter::new(CounterKey {
            who: Who::Matched(MatcherId(0)),
            key: KeyId(0),
            nodes: NodeSetId(0),
            living: true,
        });
        assert_eq!(counter.least(1, None), 0, "no domain at all");
        for value in [0, 2, 2] {
            counter.add_node(value, true);
        }
        counter.add_pods(0, 3);
        counter.add_pods(2, 5);
        assert_eq!(counter.least(1, None), 3, "value 1 has no node");
        assert_eq!(counter.least(3, None), 0, "two domains are fewer than three");
        assert_eq!(counter.least(1, Some((2, -4))), 1);
        assert_eq!(counter.least(1, Some((0, 9))), 5);
        counter.add_node(0, false);
        assert_eq!(counter.least(1, None), 5);
        assert_eq!((counter.pods(0), counter.pods(7), counter.total()), (3, 0, 8));
    }
}
