//! KubeSchedulerConfiguration: which plugins a scheduler has, with which arguments and weights.

use crate::cluster::spec::{DEFAULT_SCHEDULER, NodeAffinity, TopologySpreadConstraint};
use crate::kernel::SimDuration;

/// A KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1). `None`: as it would be without it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchedulerConfiguration {
    /// `percentageOfNodesToScore`.
    pub percentage_of_nodes_to_score: Option<u32>,
    /// `podInitialBackoffSeconds`.
    pub pod_initial_backoff: Option<SimDuration>,
    /// `podMaxBackoffSeconds`.
    pub pod_max_backoff: Option<SimDuration>,
    /// `clientConnection.qps`.
    pub client_qps: Option<f64>,
    /// `clientConnection.burst`.
    pub client_burst: Option<u32>,
    /// `profiles`, at least one.
    pub profiles: Vec<SchedulerProfile>,
}

/// A profile: one scheduler by name, and its plugins. The default is that of Kubernetes 1.36.
#[derive(Clone, Debug, PartialEq)]
pub struct SchedulerProfile {
    /// `schedulerName`: pods that name it are placed by it.
    pub scheduler_name: String,
    /// `percentageOfNodesToScore`; `None`: the global one.
    pub percentage_of_nodes_to_score: Option<u32>,
    /// Plugins that filter, in order.
    pub filters: Vec<String>,
    /// Plugins that score, in order, with weights.
    pub scores: Vec<(String, i64)>,
    /// Plugins asked when a pod fits nowhere, in order: DynamicResources, DefaultPreemption.
    pub post_filters: Vec<String>,
    /// Plugins that keep pods out of the queue: SchedulingGates.
    pub pre_enqueues: Vec<String>,
    /// `pluginConfig`.
    pub args: PluginArgs,
}

impl Default for SchedulerProfile {
    fn default() -> Self {
        Self::with_plugins(
            DEFAULT_SCHEDULER,
            &DEFAULT_PLUGINS.map(|plugin| (plugin.name.to_owned(), plugin.weight)),
        )
    }
}

impl SchedulerProfile {
    /// The profile in which every one of `plugins` (name and weight) is enabled wherever it can be (`multiPoint`).
    #[must_use]
    pub fn with_plugins(scheduler_name: &str, plugins: &[(String, i64)]) -> Self {
        let at = |point: Point| {
            let known = plugins
                .iter()
                .filter(move |(name, _)| known_plugin(name).is_some_and(|p| p.acts_at(point)));
            known.cloned().collect::<Vec<_>>()
        };
        let names = |point| at(point).into_iter().map(|(name, _)| name).collect();
        Self {
            scheduler_name: scheduler_name.to_owned(),
            percentage_of_nodes_to_score: None,
            filters: names(Point::Filter),
            scores: at(Point::Score)
                .into_iter()
                .map(|(name, weight)| (name, weight.max(1)))
                .collect(),
            post_filters: names(Point::PostFilter),
            pre_enqueues: names(Point::PreEnqueue),
            args: PluginArgs::default(),
        }
    }
}

/// Extension points at which plugins are told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// `preEnqueue`.
    PreEnqueue,
    /// `filter`.
    Filter,
    /// `postFilter`.
    PostFilter,
    /// `score`.
    Score,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::PreEnqueue, Self::Filter, Self::PostFilter, Self::Score];

    /// As KubeSchedulerConfiguration names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreEnqueue => "preEnqueue",
            Self::Filter => "filter",
            Self::PostFilter => "postFilter",
            Self::Score => "score",
        }
    }
}

/// A plugin of kube-scheduler 1.36.
#[derive(Clone, Copy, Debug)]
pub struct KnownPlugin {
    /// Its name.
    pub name: &'static str,
    /// Its weight where it scores by default; 0 stands for 1 (`apis/config/v1/default_plugins.go: getDefaultPlugins`).
    pub weight: i64,
    /// Where it acts, of the points told apart here.
    points: &'static [Point],
    /// Whether it does anything in a simulation.
    pub simulated: bool,
}

impl KnownPlugin {
    /// Whether it acts at `point`.
    #[must_use]
    pub fn acts_at(&self, point: Point) -> bool {
        self.points.contains(&point)
    }
}

const fn plugin(name: &'static str, weight: i64, points: &'static [Point], simulated: bool) -> KnownPlugin {
    KnownPlugin {
        name,
        weight,
        points,
        simulated,
    }
}

/// The plugins that are on by default, in order.
pub const DEFAULT_PLUGINS: [KnownPlugin; 20] = {
    use Point::{Filter, PostFilter, PreEnqueue, Score};
    [
        plugin("SchedulingGates", 0, &[PreEnqueue], true),
        plugin("PrioritySort", 0, &[], true),
        plugin("NodeUnschedulable", 0, &[Filter], true),
        plugin("NodeName", 0, &[Filter], true),
        plugin("TaintToleration", 3, &[Filter, Score], true),
        plugin("NodeAffinity", 2, &[Filter, Score], true),
        plugin("NodePorts", 0, &[Filter], true),
        plugin("NodeResourcesFit", 1, &[Filter, Score], true),
        plugin("VolumeRestrictions", 0, &[Filter], false),
        plugin("NodeVolumeLimits", 0, &[Filter], false),
        plugin("VolumeBinding", 0, &[Filter, Score], false),
        plugin("VolumeZone", 0, &[Filter], false),
        plugin("PodTopologySpread", 2, &[Filter, Score], true),
        plugin("InterPodAffinity", 2, &[Filter, Score], true),
        plugin("DynamicResources", 2, &[Filter, PostFilter, Score, PreEnqueue], false),
        plugin("DefaultPreemption", 0, &[PostFilter, PreEnqueue], true),
        plugin("NodeResourcesBalancedAllocation", 1, &[Score], true),
        plugin("ImageLocality", 1, &[Score], true),
        plugin("DefaultBinder", 0, &[], true),
        plugin("NodeDeclaredFeatures", 0, &[Filter], false),
    ]
};

/// The plugins that are off by default, behind alpha gates.
pub const OTHER_PLUGINS: [KnownPlugin; 3] = [
    plugin("GangScheduling", 0, &[Point::PreEnqueue], false),
    plugin("TopologyPlacementGenerator", 0, &[], false),
    plugin("PodGroupPodsCount", 0, &[], false),
];

/// The plugin called `name`, if there is one.
#[must_use]
pub fn known_plugin(name: &str) -> Option<&'static KnownPlugin> {
    DEFAULT_PLUGINS
        .iter()
        .chain(&OTHER_PLUGINS)
        .find(|plugin| plugin.name == name)
}

/// `pluginConfig`: the arguments of all plugins that have some.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginArgs {
    /// NodeResourcesFitArgs.
    pub fit: FitArgs,
    /// NodeResourcesBalancedAllocationArgs `resources`, by name.
    pub balanced_resources: Vec<String>,
    /// InterPodAffinityArgs `hardPodAffinityWeight`, 0 to 100.
    pub hard_pod_affinity_weight: i64,
    /// InterPodAffinityArgs `ignorePreferredTermsOfExistingPods`.
    pub ignore_preferred_terms_of_existing_pods: bool,
    /// PodTopologySpreadArgs `defaultConstraints` with `defaultingType: List`; `None`: the system's.
    pub default_constraints: Option<Vec<TopologySpreadConstraint>>,
    /// NodeAffinityArgs `addedAffinity`.
    pub added_affinity: NodeAffinity,
    /// DefaultPreemptionArgs `minCandidateNodesPercentage`, 0 to 100.
    pub min_candidate_nodes_percentage: u32,
    /// DefaultPreemptionArgs `minCandidateNodesAbsolute`.
    pub min_candidate_nodes_absolute: u32,
}

impl Default for PluginArgs {
    /// `apis/config/v1/defaults.go`.
    fn default() -> Self {
        Self {
            fit: FitArgs::default(),
            balanced_resources: vec!["cpu".to_owned(), "memory".to_owned()],
            hard_pod_affinity_weight: 1,
            ignore_preferred_terms_of_existing_pods: false,
            default_constraints: None,
            added_affinity: NodeAffinity::default(),
            min_candidate_nodes_percentage: 10,
            min_candidate_nodes_absolute: 100,
        }
    }
}

/// NodeResourcesFitArgs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitArgs {
    /// `ignoredResources`.
    pub ignored_resources: Vec<String>,
    /// `ignoredResourceGroups`: what stands before the slash.
    pub ignored_resource_groups: Vec<String>,
    /// `scoringStrategy.type`.
    pub strategy: FitStrategy,
    /// `scoringStrategy.resources`, with weights 1 to 100.
    pub resources: Vec<(String, i64)>,
}

impl Default for FitArgs {
    fn default() -> Self {
        Self {
            ignored_resources: Vec::new(),
            ignored_resource_groups: Vec::new(),
            strategy: FitStrategy::LeastAllocated,
            resources: vec![("cpu".to_owned(), 1), ("memory".to_owned(), 1)],
        }
    }
}

/// `scoringStrategy.type` with its own argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FitStrategy {
    /// Nodes with much left are good.
    LeastAllocated,
    /// Nodes with little left are good.
    MostAllocated,
    /// As the shape says: (utilization 0 to 100, score 0 to 10), by rising utilization.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}
