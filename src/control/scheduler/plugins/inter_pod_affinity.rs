//! Affinity and anti-affinity to other pods (`plugins/interpodaffinity/filtering.go`, `scoring.go`).

use crate::cluster::spec::{PodAffinityTerm, PodTemplate};
use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::framework::{CycleData, MAX_NODE_SCORE, PodsCheck, PodsPlugin, UsageRejection};
use crate::control::scheduler::pods::{
    CarriedTerm, CounterId, KeyId, PodMatcher, PodTerm, PodsView, Registry, Role, Who,
};
use crate::control::scheduler::shape::PodShape;

/// Bits of the three reasons.
const AFFINITY: u32 = 1 << 0;
const ANTI_AFFINITY: u32 = 1 << 1;
const ANTI_AFFINITY_OF_OTHERS: u32 = 1 << 2;

/// Filter by required terms, of the pod and of those there already; score by preferred ones.
#[derive(Clone, Debug)]
pub struct InterPodAffinity {
    /// InterPodAffinityArgs `hardPodAffinityWeight`, 0 to 100: what a required affinity term of a pod that is there counts for
    /// a pod it means.
    pub hard_pod_affinity_weight: i64,
    /// InterPodAffinityArgs `ignorePreferredTermsOfExistingPods`: pods without preferred terms of their own are not scored.
    pub ignore_preferred_terms_of_existing_pods: bool,
}

impl Default for InterPodAffinity {
    /// `apis/config/v1/defaults.go: SetDefaults_InterPodAffinityArgs`.
    fn default() -> Self {
        Self {
            hard_pod_affinity_weight: 1,
            ignore_preferred_terms_of_existing_pods: false,
        }
    }
}

impl PodsPlugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
    }
    fn reason(&self, bit: u32) -> &'static str {
        match 1 << bit {
            AFFINITY => "node(s) didn't match pod affinity rules",
            ANTI_AFFINITY => "node(s) didn't match pod anti-affinity rules",
            _ => "node(s) didn't satisfy existing pods anti-affinity rules",
        }
    }
    fn prepare(
        &self,
        template: PodTemplateId,
        shape: &PodShape,
        registry: &mut Registry<'_>,
    ) -> Option<Box<dyn PodsCheck>> {
        let pod = &shape.template;
        let (near, far) = (&pod.scheduling.pod_affinity, &pod.scheduling.pod_anti_affinity);
        // Existing pods count for affinity only if all required terms mean them (`podMatchesAllAffinityTerms`).
        let all = PodMatcher(near.required.iter().map(|t| PodTerm::of_affinity(pod, t)).collect());
        let mut affinity = Vec::new();
        let mut of_itself = false;
        if !near.required.is_empty() {
            let matcher = registry.matcher(all);
            of_itself = registry.table.means(matcher, template);
            for term in &near.required {
                let key = registry.key(&term.topology_key);
                affinity.push((key, registry.counter_of(Who::Matched(matcher), key)));
            }
        }
        let anti = far
            .required
            .iter()
            .map(|term| count_meant(pod, term, registry))
            .collect();
        let mut scored: Vec<(KeyId, CounterId, i64)> = Vec::new();
        let preferred = near.preferred.iter().map(|(weight, term)| (i64::from(*weight), term));
        let avoided = far.preferred.iter().map(|(weight, term)| (-i64::from(*weight), term));
        for (weight, term) in preferred.chain(avoided) {
            let (key, counter) = count_meant(pod, term, registry);
            scored.push((key, counter, weight));
        }
        let ignores_others = self.ignore_preferred_terms_of_existing_pods && scored.is_empty();
        let mut anti_of_others = Vec::new();
        let terms = registry.table.terms().iter().copied();
        let terms: Vec<CarriedTerm> = terms.filter(|t| registry.table.means(t.matcher, template)).collect();
        for term in terms {
            let counter = registry.carriers(term);
            match term.role {
                Role::RequiredAntiAffinity => anti_of_others.push((term.key, counter)),
                Role::RequiredAffinity => scored.push((term.key, counter, self.hard_pod_affinity_weight)),
                Role::Preferred(weight) => scored.push((term.key, counter, i64::from(weight))),
            }
        }
        scored.retain(|(_, _, weight)| *weight != 0 && !ignores_others);
        let check = Affinity {
            affinity,
            of_itself,
            anti,
            anti_of_others,
            scored,
        };
        (!check.is_idle()).then(|| Box::new(check) as Box<dyn PodsCheck>)
    }
}

/// A counter of the pods that one term of `pod` means.
fn count_meant(pod: &PodTemplate, term: &PodAffinityTerm, registry: &mut Registry<'_>) -> (KeyId, CounterId) {
    let matcher = registry.matcher(PodMatcher(vec![PodTerm::of_affinity(pod, term)]));
    let key = registry.key(&term.topology_key);
    (key, registry.counter_of(Who::Matched(matcher), key))
}

/// The terms that concern one template.
#[derive(Debug)]
struct Affinity {
    /// Required affinity: for each term its key and the pods that all terms mean.
    affinity: Vec<(KeyId, CounterId)>,
    /// Whether the pod itself is meant by all of these.
    of_itself: bool,
    /// Required anti-affinity: for each term the pods it means.
    anti: Vec<(KeyId, CounterId)>,
    /// Required anti-affinity of other pods: for each term that means this pod, the pods that carry it.
    anti_of_others: Vec<(KeyId, CounterId)>,
    /// What counts for the score, with weights.
    scored: Vec<(KeyId, CounterId, i64)>,
}

impl Affinity {
    const fn is_idle(&self) -> bool {
        self.affinity.is_empty() && self.anti.is_empty() && self.anti_of_others.is_empty() && self.scored.is_empty()
    }
    /// `filtering.go: satisfyPodAffinity`. `nobody`: no pod is counted anywhere.
    fn satisfies_affinity(&self, nobody: bool, pods: &PodsView<'_>, node: NodeId) -> bool {
        let mut all_have_pods = true;
        for &(key, counter) in &self.affinity {
            let Some(value) = pods.value(key, node) else {
                return false;
            };
            all_have_pods &= pods.pods(counter, value) > 0;
        }
        // The first pod of a group that wants to be together may go anywhere. Without any pods, those it waits for may come.
        all_have_pods || (nobody && self.of_itself) || pods.emptied
    }
}

impl PodsCheck for Affinity {
    /// Whether no pod is counted for required affinity. Skipped if nothing is required and nobody requires anything.
    fn pre_filter(&self, pods: &PodsView<'_>) -> Option<CycleData> {
        let others = self.anti_of_others.iter().any(|(_, counter)| pods.total(*counter) > 0);
        if self.affinity.is_empty() && self.anti.is_empty() && !others {
            return None;
        }
        let nobody = self.affinity.iter().all(|(_, counter)| pods.total(*counter) == 0);
        Some(CycleData::from_slice(&[i64::from(nobody)]))
    }
    /// `filtering.go: Filter`.
    fn filter(&self, cycle: &CycleData, pods: &PodsView<'_>, node: NodeId) -> Option<UsageRejection> {
        let any_pods = |counters: &[(KeyId, CounterId)]| {
            let mut counters = counters.iter();
            counters.any(|(key, counter)| pods.value(*key, node).is_some_and(|v| pods.pods(*counter, v) > 0))
        };
        let (reasons, resolvable) = if !self.satisfies_affinity(cycle[0] != 0, pods, node) {
            (AFFINITY, false)
        } else if any_pods(&self.anti) {
            (ANTI_AFFINITY, true)
        } else if any_pods(&self.anti_of_others) {
            (ANTI_AFFINITY_OF_OTHERS, true)
        } else {
            return None;
        };
        Some(UsageRejection { reasons, resolvable })
    }
    fn scores(&self, pods: &PodsView<'_>) -> bool {
        self.scored.iter().any(|(_, counter, _)| pods.total(*counter) > 0)
    }
    /// `scoring.go: PreScore, Score, NormalizeScore`.
    fn score(&self, pods: &PodsView<'_>, nodes: &[NodeId]) -> Option<Vec<i64>> {
        if !self.scores(pods) {
            return None;
        }
        let raw = |node: &NodeId| -> i64 {
            let counted = self.scored.iter();
            let counted = counted.filter_map(|(key, counter, weight)| {
                let value = pods.value(*key, *node)?;
                Some(weight * pods.pods(*counter, value))
            });
            counted.sum()
        };
        let mut scores: Vec<i64> = nodes.iter().map(raw).collect();
        let max = scores.iter().copied().max().unwrap_or(0);
        let min = scores.iter().copied().min().unwrap_or(0);
        for score in &mut scores {
            *score = if max > min {
                (MAX_NODE_SCORE as f64 * ((*score - min) as f64 / (max - min) as f64)) as i64
            } else {
                0
            };
        }
        Some(scores)
    }
}
