//! The plugin traits and the ordered list of plugins ([`Profile`]).
//!
//! A plugin sees a read-only view and answers. What it may see tells how often it is asked: a *spec* plugin sees the pod and
//! the node's specification, so its answer is kept per class of nodes; a *usage* plugin sees the node's accounts, so it is
//! asked again when they change; a *pods* plugin sees pods on other nodes too, so it is asked in every cycle, of pods that it
//! has something to say about.

use std::fmt;

use smallvec::SmallVec;

use crate::cluster::spec::NodeSpec;
use crate::cluster::{NodeId, PodTemplateId, ResourceTable};
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::pods::{PodsView, Registry};
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

/// A plugin that looks at pods on other nodes, by filter, score or both.
pub trait PodsPlugin: Send + Sync {
    /// Name as in KubeSchedulerConfiguration.
    fn name(&self) -> &'static str;
    /// What reason number `bit` of a rejection says.
    fn reason(&self, bit: u32) -> &'static str;
    /// Says what has to be counted for pods of `template`, whose shape is `shape`. `None`: the plugin has nothing to say about
    /// them, whatever pods there are.
    fn prepare(
        &self,
        template: PodTemplateId,
        shape: &PodShape,
        registry: &mut Registry<'_>,
    ) -> Option<Box<dyn PodsCheck>>;
}

/// Numbers that a check works out once per cycle.
pub type CycleData = SmallVec<[i64; 4]>;

/// What a [`PodsPlugin`] does for pods of one template.
pub trait PodsCheck: fmt::Debug + Send + Sync {
    /// What the filter needs in this cycle; `None` if it has nothing to filter (PreFilter, Skip).
    fn pre_filter(&self, pods: &PodsView<'_>) -> Option<CycleData>;
    /// `None` if the pod may go to `node`, else why not.
    fn filter(&self, cycle: &CycleData, pods: &PodsView<'_>, node: NodeId) -> Option<UsageRejection>;
    /// Whether there is anything to score by in this cycle.
    fn scores(&self, pods: &PodsView<'_>) -> bool;
    /// The score of each of the feasible `nodes`, normalised to 0 to 100; `None` if there is nothing to score by (PreScore,
    /// Skip).
    fn score(&self, pods: &PodsView<'_>, nodes: &[NodeId]) -> Option<Vec<i64>>;
}

/// A pods plugin and what it is used for.
pub struct PodsEntry {
    /// The plugin.
    pub plugin: Box<dyn PodsPlugin>,
    /// Whether it filters.
    pub filters: bool,
    /// Weight of its score, 0 if it does not score.
    pub weight: i64,
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

/// The plugins asked when a pod fits nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostFilters {
    /// DynamicResources, whose words come first.
    pub dynamic_resources: bool,
    /// DefaultPreemption.
    pub preemption: bool,
}

/// A filter's rejection of a node: the first filter that failed and its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Number of the filter: spec filters first, then usage filters, then pods plugins.
    pub filter: u8,
    /// Its reasons, one bit each.
    pub reasons: u32,
    /// Whether preemption could help.
    pub resolvable: bool,
}

/// The plugins of a scheduler in their order, with weights. Made from a SchedulerProfile
/// ([`profiles`](crate::control::scheduler::profiles)).
#[derive(Default)]
pub struct Profile {
    /// `schedulerName`.
    pub scheduler_name: String,
    /// `percentageOfNodesToScore`; `None`: the global one.
    pub percentage_of_nodes_to_score: Option<u32>,
    /// What follows in the text when a pod fits nowhere.
    pub post_filters: PostFilters,
    /// Whether pods with scheduling gates wait for them (SchedulingGates).
    pub holds_gated_pods: bool,
    /// Whether it asks for PersistentVolumeClaims (VolumeBinding), where that is simulated.
    pub asks_for_claims: bool,
    /// Whether it signs pods, so that equal pods in a row may be scheduled from one list of nodes
    /// (`framework/runtime/batch.go`): PodTopologySpread with default constraints signs none.
    pub signs_pods: bool,
    /// Filters on the specification, in order; they come before the usage filters.
    pub spec_filters: Vec<Box<dyn SpecFilter>>,
    /// Filters on the accounts, in order.
    pub usage_filters: Vec<Box<dyn UsageFilter>>,
    /// Scores from the specification, with weights.
    pub spec_scores: Vec<(Box<dyn SpecScore>, i64)>,
    /// Scores from the accounts, with weights.
    pub usage_scores: Vec<(Box<dyn UsageScore>, i64)>,
    /// Filters and scores from pods anywhere, in order; they come after the usage filters.
    pub pods: Vec<PodsEntry>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filters = self.spec_filters.iter().map(|p| p.name());
        let filters = filters.chain(self.usage_filters.iter().map(|p| p.name()));
        let by_pods = self.pods.iter().filter(|p| p.filters).map(|p| p.plugin.name());
        let filters: Vec<_> = filters.chain(by_pods).collect();
        let scores = self.spec_scores.iter().map(|(p, weight)| (p.name(), weight));
        let scores: Vec<_> = scores
            .chain(self.usage_scores.iter().map(|(p, weight)| (p.name(), weight)))
            .chain((self.pods.iter().filter(|p| p.weight > 0)).map(|p| (p.plugin.name(), &p.weight)))
            .collect();
        f.debug_struct("Profile")
            .field("filters", &filters)
            .field("scores", &scores)
            .finish()
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
    /// The name of a filter by its number in a [`Rejection`].
    #[must_use]
    pub fn filter_name(&self, filter: u8) -> &'static str {
        let at = usize::from(filter);
        let (spec, usage) = (self.spec_filters.len(), self.usage_filters.len());
        if at < spec {
            self.spec_filters[at].name()
        } else if at < spec + usage {
            self.usage_filters[at - spec].name()
        } else {
            self.pods[at - spec - usage].plugin.name()
        }
    }
    /// How many filters there are.
    #[must_use]
    pub fn filters(&self) -> usize {
        self.spec_filters.len() + self.usage_filters.len() + self.pods.len()
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
