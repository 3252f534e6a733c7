//! The plugin traits and the ordered list of plugins ([`Profile`]).
//!
//! A plugin sees a read-only view and answers. What it may see tells how often it is asked: a *spec* plugin sees the pod and
//! the node's specification, so its answer is kept per class of nodes; a *usage* plugin sees the node's accounts, so it is
//! asked again when they change.

use std::fmt;

use crate::cluster::ResourceTable;
use crate::cluster::spec::NodeSpec;
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::plugins::balanced_allocation::BalancedAllocation;
use crate::control::scheduler::plugins::node_affinity::NodeAffinityPlugin;
use crate::control::scheduler::plugins::node_name::NodeName;
use crate::control::scheduler::plugins::node_resources_fit::NodeResourcesFit;
use crate::control::scheduler::plugins::node_unschedulable::NodeUnschedulable;
use crate::control::scheduler::plugins::taint_toleration::TaintToleration;
use crate::control::scheduler::shape::PodShape;

/// Highest score of a plugin before its weight (`framework/interface.go: MaxNodeScore`).
pub const MAX_NODE_SCORE: i64 = 100;

/// How many different reasons one usage filter can give.
pub const REASONS_PER_USAGE_FILTER: u32 = 32;

/// A filter on the node's specification. What it rejects, preemption cannot help.
pub trait SpecFilter: Send + Sync {
    /// Name as in KubeSchedulerConfiguration.
    fn name(&self) -> &'static str;
    /// What to say of rejected nodes.
    fn reason(&self) -> &'static str;
    /// Whether pods of `shape` may go to `node`.
    fn passes(&self, shape: &PodShape, node: &NodeSpec) -> bool;
}

/// A filter on the node's accounts.
pub trait UsageFilter: Send + Sync {
    /// Name as in KubeSchedulerConfiguration.
    fn name(&self) -> &'static str;
    /// `None` if pods of `shape` may go to `node`, else why not.
    fn filter(&self, shape: &PodShape, node: &NodeView<'_>) -> Option<UsageRejection>;
    /// What reason number `bit` of a rejection of `shape` says.
    fn reason(&self, bit: u32, shape: &PodShape, resources: &ResourceTable) -> String;
}

/// Why a usage filter rejects a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageRejection {
    /// One bit per reason, at least one.
    pub reasons: u32,
    /// Whether fewer pods on the node would help.
    pub resolvable: bool,
}

/// A score from the node's specification, normalised over the feasible nodes.
pub trait SpecScore: Send + Sync {
    /// Name as in KubeSchedulerConfiguration.
    fn name(&self) -> &'static str;
    /// Whether the plugin has nothing to say about pods of `shape`.
    fn skips(&self, shape: &PodShape) -> bool;
    /// The raw score.
    fn score(&self, shape: &PodShape, node: &NodeSpec) -> i64;
    /// Turns the raw scores of the feasible nodes into 0 to 100. The result for a value may depend only on which values occur,
    /// not on how often or where.
    fn normalize(&self, scores: &mut [i64]);
}

/// A score from the node's accounts, 0 to 100 as it is.
pub trait UsageScore: Send + Sync {
    /// Name as in KubeSchedulerConfiguration.
    fn name(&self) -> &'static str;
    /// Whether the plugin has nothing to say about pods of `shape`.
    fn skips(&self, shape: &PodShape) -> bool;
    /// The score.
    fn score(&self, shape: &PodShape, node: &NodeView<'_>) -> i64;
}

/// `helper/normalize_score.go: DefaultNormalizeScore`: the highest becomes 100; `reverse` turns good and bad round.
pub fn default_normalize_score(reverse: bool, scores: &mut [i64]) {
    let max = scores.iter().copied().max().unwrap_or(0).max(0);
    for score in scores {
        *score = match (max, reverse) {
            (0, false) => *score,
            (0, true) => MAX_NODE_SCORE,
            (_, false) => MAX_NODE_SCORE * *score / max,
            (_, true) => MAX_NODE_SCORE - MAX_NODE_SCORE * *score / max,
        };
    }
}

/// A filter's rejection of a node: the first filter that failed and its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Number of the filter: spec filters first, then usage filters.
    pub filter: u8,
    /// Its reasons, one bit each.
    pub reasons: u32,
    /// Whether preemption could help.
    pub resolvable: bool,
}

/// The plugins of a scheduler in their order, with weights.
pub struct Profile {
    /// Filters on the specification, in order; they come before the usage filters.
    pub spec_filters: Vec<Box<dyn SpecFilter>>,
    /// Filters on the accounts, in order.
    pub usage_filters: Vec<Box<dyn UsageFilter>>,
    /// Scores from the specification, with weights.
    pub spec_scores: Vec<(Box<dyn SpecScore>, i64)>,
    /// Scores from the accounts, with weights.
    pub usage_scores: Vec<(Box<dyn UsageScore>, i64)>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filters = self.spec_filters.iter().map(|p| p.name());
        let filters: Vec<_> = filters.chain(self.usage_filters.iter().map(|p| p.name())).collect();
        let scores = self.spec_scores.iter().map(|(p, weight)| (p.name(), weight));
        let scores: Vec<_> = scores
            .chain(self.usage_scores.iter().map(|(p, weight)| (p.name(), weight)))
            .collect();
        f.debug_struct("Profile")
            .field("filters", &filters)
            .field("scores", &scores)
            .finish()
    }
}

impl Default for Profile {
    /// The default plugins and weights (`apis/config/v1/default_plugins.go: getDefaultPlugins`) as far as pods can use them here.
    fn default() -> Self {
        Self {
            spec_filters: vec![
                Box::new(NodeUnschedulable),
                Box::new(NodeName),
                Box::new(TaintToleration),
                Box::new(NodeAffinityPlugin),
            ],
            usage_filters: vec![Box::new(NodeResourcesFit)],
            spec_scores: vec![(Box::new(TaintToleration), 3), (Box::new(NodeAffinityPlugin), 2)],
            usage_scores: vec![(Box::new(NodeResourcesFit), 1), (Box::new(BalancedAllocation), 1)],
        }
    }
}

impl Profile {
    /// What the spec filters say of a node.
    #[must_use]
    pub fn filter_spec(&self, shape: &PodShape, node: &NodeSpec) -> Option<Rejection> {
        let filter = self.spec_filters.iter().position(|f| !f.passes(shape, node))?;
        Some(Rejection {
            filter: filter as u8,
            reasons: 1,
            resolvable: false,
        })
    }
    /// What the usage filters say of a node that passed the spec filters.
    #[must_use]
    pub fn filter_usage(&self, shape: &PodShape, node: &NodeView<'_>) -> Option<Rejection> {
        for (i, filter) in self.usage_filters.iter().enumerate() {
            if let Some(rejection) = filter.filter(shape, node) {
                return Some(Rejection {
                    filter: (self.spec_filters.len() + i) as u8,
                    reasons: rejection.reasons,
                    resolvable: rejection.resolvable,
                });
            }
        }
        None
    }
    /// Name of the filter that a rejection is by.
    #[must_use]
    pub fn filter_name(&self, rejection: &Rejection) -> &'static str {
        let number = usize::from(rejection.filter);
        match number.checked_sub(self.spec_filters.len()) {
            None => self.spec_filters[number].name(),
            Some(usage) => self.usage_filters[usage].name(),
        }
    }
    /// The reasons of a rejection, in words.
    #[must_use]
    pub fn reasons(&self, rejection: &Rejection, shape: &PodShape, resources: &ResourceTable) -> Vec<String> {
        let number = usize::from(rejection.filter);
        match number.checked_sub(self.spec_filters.len()) {
            None => vec![self.spec_filters[number].reason().to_owned()],
            Some(usage) => (0..REASONS_PER_USAGE_FILTER)
                .filter(|bit| rejection.reasons >> bit & 1 == 1)
                .map(|bit| self.usage_filters[usage].reason(bit, shape, resources))
                .collect(),
        }
    }
    /// Weighted sum of the usage scores.
    #[must_use]
    pub fn usage_total(&self, shape: &PodShape, node: &NodeView<'_>) -> i64 {
        self.usage_scores
            .iter()
            .filter(|(plugin, _)| !plugin.skips(shape))
            .map(|(plugin, weight)| weight * plugin.score(shape, node))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_plugins_in_order_with_weights() {
        insta::assert_snapshot!(format!("{:?}", Profile::default()), @r#"Profile { filters: ["NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodeResourcesFit"], scores: [("TaintToleration", 3), ("NodeAffinity", 2), ("NodeResourcesFit", 1), ("NodeResourcesBalancedAllocation", 1)] }"#);
    }
}
