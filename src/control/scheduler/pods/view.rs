//! What plugins see of the pods: the counters as they stand, or as they would stand if some pods came to a node or left it.

use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::pods::counter::{CounterId, MatcherId};
use crate::control::scheduler::pods::domains::KeyId;
use crate::control::scheduler::pods::table::PodsTable;

/// Pods that would come or leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodChange {
    /// Their template.
    pub template: PodTemplateId,
    /// How many come, or leave if below zero.
    pub pods: i64,
    /// Whether they are being deleted already.
    pub terminating: bool,
}

/// Changes on one node that are only thought of.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// The node.
    pub node: NodeId,
    /// What comes and leaves.
    pub changes: &'a [PodChange],
}

/// The pods as plugins see them.
#[derive(Clone, Copy, Debug)]
pub struct PodsView<'a> {
    /// The pods.
    pub table: &'a PodsTable,
    /// What is only thought of.
    pub trial: Option<Trial<'a>>,
    /// Whether to look as if there were no pods.
    pub emptied: bool,
}

impl PodsView<'_> {
    /// Which value of a topology key `node` has, if it has one.
    #[must_use]
    pub fn value(&self, key: KeyId, node: NodeId) -> Option<usize> {
        self.table.keys().value(key, node)
    }
    /// How many values of a topology key there are or were.
    #[must_use]
    pub fn values(&self, key: KeyId) -> usize {
        self.table.keys().values(key)
    }
    /// What `counter` says of a value of its key.
    #[must_use]
    pub fn pods(&self, counter: CounterId, value: usize) -> i64 {
        if self.emptied {
            return 0;
        }
        let pods = self.table.counter(counter).pods(value);
        match self.change(counter) {
            Some((at, by)) if at == value => pods + by,
            Some(_) | None => pods,
        }
    }
    /// What `counter` says of all values together.
    #[must_use]
    pub fn total(&self, counter: CounterId) -> i64 {
        if self.emptied {
            return 0;
        }
        self.table.counter(counter).total() + self.change(counter).map_or(0, |(_, by)| by)
    }
    /// The least that `counter` says of any value; 0 if fewer than `min_domains` values are on nodes it counts.
    #[must_use]
    pub fn least(&self, counter: CounterId, min_domains: u32) -> i64 {
        if self.emptied {
            return 0;
        }
        self.table.counter(counter).least(min_domains, self.change(counter))
    }
    /// How many pods on `node` itself a matcher means, without those that are being deleted.
    #[must_use]
    pub fn living_on_node(&self, matcher: MatcherId, node: NodeId) -> i64 {
        if self.emptied {
            return 0;
        }
        let trial = self.trial.filter(|trial| trial.node == node);
        let changes = trial.map_or(&[][..], |trial| trial.changes);
        let meant = changes
            .iter()
            .filter(|c| !c.terminating && self.table.means(matcher, c.template));
        self.table.living_on_node(matcher, node) + meant.map(|c| c.pods).sum::<i64>()
    }

    /// What the trial changes in `counter`: the value, and by how much.
    fn change(&self, counter: CounterId) -> Option<(usize, i64)> {
        let trial = self.trial?;
        let known = self.table.counter(counter);
        let value = self.table.counted_value(known, trial.node)?;
        let counted = trial.changes.iter().filter(|c| !(known.key.living && c.terminating));
        Some((
            value,
            counted.map(|c| c.pods * self.table.times(counter, c.template)).sum(),
        ))
    }
}
