//! `topologySpreadConstraints`, and spreading by default (`plugins/podtopologyspread/filtering.go`, `scoring.go`,
//! `common.go`).

use crate::cluster::names::POD_TEMPLATE_HASH;
use crate::cluster::spec::{LabelSelector, PodTemplate, TopologySpreadConstraint};
use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::framework::{CycleData, MAX_NODE_SCORE, PodsCheck, PodsPlugin, UsageRejection};
use crate::control::scheduler::pods::{
    CounterId, CounterKey, KeyId, MatcherId, NodeRule, PodMatcher, PodTerm, PodsView, Registry, Who,
};
use crate::control::scheduler::shape::PodShape;

/// The label whose domains are single nodes (`core/v1: LabelHostname`).
const HOSTNAME: &str = "kubernetes.io/hostname";
/// `core/v1: LabelTopologyZone`.
const ZONE: &str = "topology.kubernetes.io/zone";

/// Bit of the reason for a node whose domain has too many pods.
const SKEWED: u32 = 1 << 0;
/// Bit of the reason for a node without the label.
const NO_LABEL: u32 = 1 << 1;

/// Filter by hard constraints, score by soft ones.
#[derive(Clone, Debug)]
pub struct PodTopologySpread {
    /// Constraints of pods that have none themselves and belong together (PodTopologySpreadArgs `defaultConstraints`).
    pub defaults: Vec<TopologySpreadConstraint>,
    /// Whether these are the built-in ones (`defaultingType: System`): nodes that lack a label are scored all the same.
    pub system_defaulted: bool,
}

impl Default for PodTopologySpread {
    /// `defaultingType: System` (`plugins/podtopologyspread/plugin.go: systemDefaultConstraints`).
    fn default() -> Self {
        let soft = |topology_key: &str, max_skew| TopologySpreadConstraint {
            max_skew,
            topology_key: topology_key.to_owned(),
            hard: false,
            selector: None,
            match_label_keys: Vec::new(),
            min_domains: 1,
            honor_node_affinity: true,
            honor_node_taints: false,
        };
        Self {
            defaults: vec![soft(HOSTNAME, 3), soft(ZONE, 5)],
            system_defaulted: true,
        }
    }
}

impl PodsPlugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }
    fn reason(&self, bit: u32) -> &'static str {
        if 1 << bit == SKEWED {
            "node(s) didn't match pod topology spread constraints"
        } else {
            "node(s) didn't match pod topology spread constraints (missing required label)"
        }
    }
    fn prepare(
        &self,
        template: PodTemplateId,
        shape: &PodShape,
        registry: &mut Registry<'_>,
    ) -> Option<Box<dyn PodsCheck>> {
        let pod = &shape.template;
        let own = !pod.scheduling.topology_spread.is_empty();
        let constraints = if own {
            pod.scheduling.topology_spread.clone()
        } else {
            self.defaults_of(pod)
        };
        let (hard, soft): (Vec<_>, Vec<_>) = constraints.iter().partition(|c| c.hard);
        if hard.is_empty() && soft.is_empty() {
            return None;
        }
        let require_all = own || !self.system_defaulted;
        let labels = |constraints: &[&TopologySpreadConstraint], needed: bool| -> Vec<String> {
            let all = constraints.iter().map(|c| c.topology_key.clone());
            all.filter(|_| needed).collect()
        };
        let (hard_labels, soft_labels) = (labels(&hard, true), labels(&soft, require_all));
        let mut known = |constraints: Vec<&TopologySpreadConstraint>, labels: &[String]| -> Vec<Constraint> {
            let read = constraints.into_iter();
            read.map(|c| Constraint::new(c, pod, template, labels, registry))
                .collect()
        };
        Some(Box::new(Spread {
            hard: known(hard, &hard_labels),
            soft: known(soft, &soft_labels),
            require_all,
        }))
    }
}

impl PodTopologySpread {
    /// `common.go: buildDefaultConstraints`.
    fn defaults_of(&self, pod: &PodTemplate) -> Vec<TopologySpreadConstraint> {
        let Some(selector) = &pod.scheduling.owner_selector else {
            return Vec::new();
        };
        let mut selector: LabelSelector = selector.clone();
        // The selector of a Deployment's ReplicaSet names the template's hash too.
        if let Some(hash) = pod.labels.get(POD_TEMPLATE_HASH) {
            selector.match_labels.insert(POD_TEMPLATE_HASH.to_owned(), hash.clone());
        }
        if selector.is_empty() {
            return Vec::new();
        }
        let defaults = self.defaults.iter().cloned();
        defaults
            .map(|constraint| TopologySpreadConstraint {
                selector: Some(selector.clone()),
                ..constraint
            })
            .collect()
    }
}

/// How the pods of a constraint are counted.
#[derive(Debug)]
enum Counted {
    /// By domain.
    By(CounterId),
    /// On the very node that is scored.
    OnNode(MatcherId),
    /// Not at all: an empty selector counts no pods (`common.go: countPodsMatchSelector`).
    Never,
}

/// A constraint as it is counted.
#[derive(Debug)]
struct Constraint {
    key: KeyId,
    /// Whether every node is a domain of its own (soft constraints by hostname).
    by_node: bool,
    max_skew: i64,
    min_domains: u32,
    counted: Counted,
    /// 1 if the pod itself is of those counted.
    of_itself: i64,
}

impl Constraint {
    fn new(
        constraint: &TopologySpreadConstraint,
        pod: &PodTemplate,
        template: PodTemplateId,
        labels: &[String],
        registry: &mut Registry<'_>,
    ) -> Self {
        let term = PodTerm::beside(pod, constraint.selector.as_ref(), &constraint.match_label_keys);
        let counts_none = constraint.selector.as_ref().is_some_and(LabelSelector::is_empty)
            && !constraint
                .match_label_keys
                .iter()
                .any(|key| pod.labels.contains_key(key));
        let matcher = registry.matcher(PodMatcher(vec![term]));
        let key = registry.key(&constraint.topology_key);
        let by_node = constraint.topology_key == HOSTNAME && !constraint.hard;
        let counted = if counts_none {
            Counted::Never
        } else if by_node {
            Counted::OnNode(matcher)
        } else {
            let (affinity, taints) = (constraint.honor_node_affinity, constraint.honor_node_taints);
            let nodes = registry.node_set(NodeRule::new(labels.to_vec(), pod, affinity, taints));
            Counted::By(registry.counter(CounterKey {
                who: Who::Matched(matcher),
                key,
                nodes,
                living: true,
            }))
        };
        Self {
            key,
            by_node,
            max_skew: i64::from(constraint.max_skew),
            min_domains: constraint.min_domains,
            of_itself: i64::from(registry.table.means(matcher, template)),
            counted,
        }
    }
    fn least(&self, pods: &PodsView<'_>) -> i64 {
        match self.counted {
            Counted::By(counter) => pods.least(counter, self.min_domains),
            Counted::OnNode(_) | Counted::Never => 0,
        }
    }
    fn count(&self, pods: &PodsView<'_>, node: NodeId, value: usize) -> i64 {
        match self.counted {
            Counted::By(counter) => pods.pods(counter, value),
            Counted::OnNode(matcher) => pods.living_on_node(matcher, node),
            Counted::Never => 0,
        }
    }
}

/// The constraints of one template.
#[derive(Debug)]
struct Spread {
    hard: Vec<Constraint>,
    soft: Vec<Constraint>,
    require_all: bool,
}

impl PodsCheck for Spread {
    /// The least count of each hard constraint.
    fn pre_filter(&self, pods: &PodsView<'_>) -> Option<CycleData> {
        (!self.hard.is_empty()).then(|| self.hard.iter().map(|c| c.least(pods)).collect())
    }
    /// `filtering.go: Filter`.
    fn filter(&self, least: &CycleData, pods: &PodsView<'_>, node: NodeId) -> Option<UsageRejection> {
        for (constraint, least) in self.hard.iter().zip(least) {
            let Some(value) = pods.value(constraint.key, node) else {
                return Some(UsageRejection {
                    reasons: NO_LABEL,
                    resolvable: false,
                });
            };
            let skew = constraint.count(pods, node, value) + constraint.of_itself - least;
            if skew > constraint.max_skew {
                return Some(UsageRejection {
                    reasons: SKEWED,
                    resolvable: true,
                });
            }
        }
        None
    }
    fn scores(&self, _pods: &PodsView<'_>) -> bool {
        !self.soft.is_empty()
    }
    /// `scoring.go: PreScore, Score, NormalizeScore`.
    fn score(&self, pods: &PodsView<'_>, nodes: &[NodeId]) -> Option<Vec<i64>> {
        if self.soft.is_empty() {
            return None;
        }
        let lacks_one = |node: NodeId| self.soft.iter().any(|c| pods.value(c.key, node).is_none());
        let ignored: Vec<bool> = nodes.iter().map(|n| self.require_all && lacks_one(*n)).collect();
        let taking_part = || nodes.iter().zip(&ignored).filter(|(_, ignored)| !**ignored);
        let weights: Vec<f64> = (self.soft.iter())
            .map(|constraint| {
                let size = if constraint.by_node {
                    taking_part().count()
                } else {
                    domains(pods, constraint.key, taking_part().map(|(node, _)| *node))
                };
                libm::log((size + 2) as f64)
            })
            .collect();
        let raw = |node: NodeId| {
            let mut score = 0.0;
            for (constraint, weight) in self.soft.iter().zip(&weights) {
                if let Some(value) = pods.value(constraint.key, node) {
                    let count = constraint.count(pods, node, value);
                    score += count as f64 * weight + (constraint.max_skew - 1) as f64;
                }
            }
            libm::round(score) as i64
        };
        let scores = nodes.iter().zip(&ignored);
        let mut scores: Vec<Option<i64>> = scores.map(|(n, ignored)| (!ignored).then(|| raw(*n))).collect();
        normalize(&mut scores);
        Some(scores.into_iter().map(|score| score.unwrap_or(0)).collect())
    }
}

/// How many values of `key` the nodes have together; to have none counts as one.
fn domains(pods: &PodsView<'_>, key: KeyId, nodes: impl Iterator<Item = NodeId>) -> usize {
    let mut seen = vec![false; pods.values(key) + 1];
    for node in nodes {
        let value = pods.value(key, node).unwrap_or(pods.values(key));
        seen[value] = true;
    }
    seen.into_iter().filter(|seen| *seen).count()
}

/// The node with the lowest count gets 100.
fn normalize(scores: &mut [Option<i64>]) {
    let max = scores.iter().flatten().copied().max().unwrap_or(0);
    let min = scores.iter().flatten().copied().min().unwrap_or(0);
    for score in scores.iter_mut().flatten() {
        *score = if max == 0 {
            MAX_NODE_SCORE
        } else {
            MAX_NODE_SCORE * (max + min - *score) / max
        };
    }
}
