//! The plugins that look at pods elsewhere against second transcriptions of the Go code, which walk over plain lists of pods in
//! every cycle as the Go code does, on random clusters; and trials against what they only think of.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::cluster::spec::{
    LabelSelector, NodeSpec, PodAffinityTerm, PodTemplate, SelectorOperator, SelectorRequirement, TaintEffect,
    TopologySpreadConstraint,
};
use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::Placer;
use crate::control::scheduler::plugins::{node_affinity, taint_toleration};
use crate::control::scheduler::testing::{arbitrary_companion, arcs, node, resources, taint};

/// A pod that is there.
#[derive(Clone, Copy, Debug)]
struct There {
    node: usize,
    template: usize,
    terminating: bool,
}

#[derive(Clone, Debug)]
struct World {
    nodes: Vec<NodeSpec>,
    templates: Vec<PodTemplate>,
    pods: Vec<There>,
}

fn arbitrary_node() -> impl Strategy<Value = NodeSpec> {
    (0..4_u8, 0..3_u8, 0..5_u8).prop_map(|(zone, gpu, mark)| {
        let mut spec = node("n", 64, 256, 8);
        if zone > 0 {
            spec.labels.insert("zone".into(), format!("z{zone}"));
        }
        if gpu > 0 {
            spec.labels.insert("gpu".into(), format!("g{gpu}"));
        }
        if mark == 0 {
            spec.taints.push(taint("k", "v", TaintEffect::NoSchedule));
        }
        spec
    })
}

fn arbitrary_world() -> impl Strategy<Value = World> {
    let nodes = prop::collection::vec(arbitrary_node(), 1..8);
    let templates = prop::collection::vec(arbitrary_companion(), 1..6);
    let pods = prop::collection::vec((any::<usize>(), any::<usize>(), any::<bool>()), 0..24);
    (nodes, templates, pods).prop_map(|(mut nodes, templates, pods)| {
        for (i, node) in nodes.iter_mut().enumerate() {
            node.labels.insert("kubernetes.io/hostname".into(), format!("n-{i}"));
        }
        let pods = pods.into_iter().map(|(node, template, terminating)| There {
            node: node % nodes.len(),
            template: template % templates.len(),
            terminating,
        });
        World {
            pods: pods.collect(),
            nodes,
            templates,
        }
    })
}

/// Namespaces have no labels here but their name.
fn selects(term: &PodAffinityTerm, owner: &PodTemplate, other: &PodTemplate) -> bool {
    let by_default = term.namespaces.is_empty() && term.namespace_selector.is_none();
    let by_selector = term.namespace_selector.as_ref().is_some_and(|selector| {
        selector.matches(&BTreeMap::from([(
            "kubernetes.io/metadata.name".to_owned(),
            other.namespace.clone(),
        )]))
    });
    let namespace =
        (by_default && owner.namespace == other.namespace) || term.namespaces.contains(&other.namespace) || by_selector;
    let same = |keys: &[String], wanted: bool| {
        let mut held = keys.iter().filter(|key| owner.labels.contains_key(*key));
        held.all(|key| (owner.labels.get(key) == other.labels.get(key)) == wanted)
    };
    namespace
        && term.selector.as_ref().is_some_and(|s| s.matches(&other.labels))
        && same(&term.match_label_keys, true)
        && same(&term.mismatch_label_keys, false)
}

impl World {
    fn label(&self, node: usize, key: &str) -> Option<&String> {
        self.nodes[node].labels.get(key)
    }
    /// `podtopologyspread/common.go: countPodsMatchSelector`.
    fn count(&self, node: usize, of: &PodTemplate, constraint: &TopologySpreadConstraint) -> i64 {
        let mut selector = constraint.selector.clone();
        if let Some(selector) = &mut selector {
            for key in &constraint.match_label_keys {
                selector
                    .match_expressions
                    .extend(of.labels.get(key).map(|value| SelectorRequirement {
                        key: key.clone(),
                        operator: SelectorOperator::In,
                        values: vec![value.clone()],
                    }));
            }
        }
        let Some(selector) = selector.filter(|s| !s.is_empty()) else {
            return 0;
        };
        let there = self.pods.iter().filter(|pod| pod.node == node && !pod.terminating);
        let templates = there.map(|pod| &self.templates[pod.template]);
        templates
            .filter(|t| t.namespace == of.namespace && selector.matches(&t.labels))
            .count() as i64
    }
    fn counts_node(&self, node: usize, of: &PodTemplate, constraint: &TopologySpreadConstraint) -> bool {
        let spec = &self.nodes[node];
        let affinity = of.node_affinity.required.as_deref();
        (!constraint.honor_node_affinity || node_affinity::required_matches(&of.node_selector, affinity, spec))
            && (!constraint.honor_node_taints || taint_toleration::tolerates_all(&of.tolerations, spec))
    }
    /// `podtopologyspread/filtering.go: calPreFilterState, Filter`.
    fn spread_filter(&self, of: &PodTemplate, node: usize) -> Option<&'static str> {
        let hard: Vec<_> = of.scheduling.topology_spread.iter().filter(|c| c.hard).collect();
        for constraint in &hard {
            let mut counts: BTreeMap<&String, i64> = BTreeMap::new();
            for other in 0..self.nodes.len() {
                let complete = hard.iter().all(|c| self.label(other, &c.topology_key).is_some());
                if complete && self.counts_node(other, of, constraint) {
                    let value = self.label(other, &constraint.topology_key).unwrap();
                    *counts.entry(value).or_default() += self.count(other, of, constraint);
                }
            }
            let few = counts.len() < constraint.min_domains as usize;
            let least = if few {
                0
            } else {
                counts.values().copied().min().unwrap_or(0)
            };
            let Some(value) = self.label(node, &constraint.topology_key) else {
                return Some("node(s) didn't match pod topology spread constraints (missing required label)");
            };
            let itself = constraint.selector.as_ref().is_some_and(|s| s.matches(&of.labels));
            let skew = counts.get(value).copied().unwrap_or(0) + i64::from(itself) - least;
            if skew > i64::from(constraint.max_skew) {
                return Some("node(s) didn't match pod topology spread constraints");
            }
        }
        None
    }
    /// `podtopologyspread/scoring.go`; `nodes` are the feasible ones.
    fn spread_scores(&self, of: &PodTemplate, nodes: &[usize]) -> Option<Vec<i64>> {
        let (own, mut system) = (&of.scheduling.topology_spread, false);
        let mut soft: Vec<TopologySpreadConstraint> = own.iter().filter(|c| !c.hard).cloned().collect();
        if own.is_empty() {
            let selector = of.scheduling.owner_selector.clone().filter(|s| !s.is_empty())?;
            system = true;
            soft = [("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5)]
                .map(|(key, max_skew)| constraint(key, max_skew, false, Some(selector.clone())))
                .into();
        }
        if soft.is_empty() {
            return None;
        }
        let ignored = |node: usize| !system && soft.iter().any(|c| self.label(node, &c.topology_key).is_none());
        let taking_part: Vec<usize> = nodes.iter().copied().filter(|n| !ignored(*n)).collect();
        let host = |c: &TopologySpreadConstraint| c.topology_key == "kubernetes.io/hostname";
        let empty = String::new();
        let raw = |node: usize| {
            let mut score = 0.0;
            for c in &soft {
                let values: std::collections::BTreeSet<&String> = taking_part
                    .iter()
                    .map(|n| self.label(*n, &c.topology_key).unwrap_or(&empty))
                    .collect();
                let size = if host(c) { taking_part.len() } else { values.len() };
                let Some(value) = self.label(node, &c.topology_key) else {
                    continue;
                };
                let count: i64 = if host(c) {
                    self.count(node, of, c)
                } else {
                    (0..self.nodes.len())
                        .filter(|n| !ignored(*n) && self.counts_node(*n, of, c))
                        .filter(|n| self.label(*n, &c.topology_key) == Some(value))
                        .map(|n| self.count(n, of, c))
                        .sum()
                };
                score += count as f64 * ((size + 2) as f64).ln() + f64::from(c.max_skew - 1);
            }
            score.round() as i64
        };
        let scores: Vec<i64> = taking_part.iter().map(|n| raw(*n)).collect();
        let (min, max) = (scores.iter().min().copied(), scores.iter().max().copied());
        let normalized = |node: usize| match (min, max) {
            _ if ignored(node) => 0,
            (_, Some(0)) => 100,
            (Some(min), Some(max)) => 100 * (max + min - raw(node)) / max,
            (None, _) | (_, None) => 0,
        };
        Some(nodes.iter().map(|n| 2 * normalized(*n)).collect())
    }
    /// Pods for which `meant` holds on nodes with the same value of `key` as `node`; none if it has no such label.
    fn near(&self, node: usize, key: &str, meant: impl Fn(&PodTemplate) -> bool) -> usize {
        let Some(value) = self.label(node, key) else { return 0 };
        let near = self.pods.iter().filter(|pod| self.label(pod.node, key) == Some(value));
        near.filter(|pod| meant(&self.templates[pod.template])).count()
    }
    /// `interpodaffinity/filtering.go: PreFilter, Filter`.
    fn affinity_filter(&self, of: &PodTemplate, node: usize) -> Option<&'static str> {
        let required = &of.scheduling.pod_affinity.required;
        let all = |other: &PodTemplate| required.iter().all(|term| selects(term, of, other));
        if required
            .iter()
            .any(|term| self.label(node, &term.topology_key).is_none())
        {
            return Some("node(s) didn't match pod affinity rules");
        }
        if !required.iter().all(|term| self.near(node, &term.topology_key, all) > 0) {
            let somewhere =
                (0..self.nodes.len()).any(|n| required.iter().any(|term| self.near(n, &term.topology_key, all) > 0));
            if somewhere || !all(of) {
                return Some("node(s) didn't match pod affinity rules");
            }
        }
        let anti = &of.scheduling.pod_anti_affinity.required;
        if anti
            .iter()
            .any(|term| self.near(node, &term.topology_key, |other| selects(term, of, other)) > 0)
        {
            return Some("node(s) didn't match pod anti-affinity rules");
        }
        let refused = self.pods.iter().any(|pod| {
            let owner = &self.templates[pod.template];
            owner.scheduling.pod_anti_affinity.required.iter().any(|term| {
                let value = self.label(pod.node, &term.topology_key);
                value.is_some() && value == self.label(node, &term.topology_key) && selects(term, owner, of)
            })
        });
        refused.then_some("node(s) didn't satisfy existing pods anti-affinity rules")
    }
    /// `interpodaffinity/scoring.go`.
    fn affinity_scores(&self, of: &PodTemplate, nodes: &[usize]) -> Option<Vec<i64>> {
        let mut scores: BTreeMap<(&str, &String), i64> = BTreeMap::new();
        for pod in &self.pods {
            let there = &self.templates[pod.template];
            let (mine, its) = (&of.scheduling, &there.scheduling);
            let mut add = |term: &'_ PodAffinityTerm, weight: i64, owner: &PodTemplate, other: &PodTemplate| {
                let labels = &self.nodes[pod.node].labels;
                if let (true, Some((key, value))) =
                    (selects(term, owner, other), labels.get_key_value(&term.topology_key))
                {
                    *scores.entry((key, value)).or_default() += weight;
                }
            };
            for (weight, term) in &mine.pod_affinity.preferred {
                add(term, i64::from(*weight), of, there);
            }
            for (weight, term) in &mine.pod_anti_affinity.preferred {
                add(term, -i64::from(*weight), of, there);
            }
            for term in &its.pod_affinity.required {
                add(term, 1, there, of);
            }
            for (weight, term) in &its.pod_affinity.preferred {
                add(term, i64::from(*weight), there, of);
            }
            for (weight, term) in &its.pod_anti_affinity.preferred {
                add(term, -i64::from(*weight), there, of);
            }
        }
        if scores.is_empty() {
            return None;
        }
        let raw = |node: usize| -> i64 {
            let held = scores
                .iter()
                .filter(|((key, value), _)| self.label(node, key) == Some(*value));
            held.map(|(_, score)| score).sum()
        };
        let all: Vec<i64> = nodes.iter().map(|n| raw(*n)).collect();
        let (min, max) = (all.iter().min()?, all.iter().max()?);
        let normalized = |score: &i64| match max - min {
            0 => 0,
            diff => (100.0 * ((score - min) as f64 / diff as f64)) as i64,
        };
        Some(all.iter().map(|score| 2 * normalized(score)).collect())
    }
    fn placer(&self) -> Placer {
        let mut placer = Placer::new(&resources(), &self.nodes, &arcs(&self.templates));
        for pod in &self.pods {
            let (node, template) = (NodeId(pod.node as u32), PodTemplateId(pod.template as u32));
            placer.assume(node, template);
            if pod.terminating {
                placer.terminate(node, template);
            }
        }
        placer
    }
}

fn constraint(key: &str, max_skew: u32, hard: bool, selector: Option<LabelSelector>) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew,
        topology_key: key.to_owned(),
        hard,
        selector,
        match_label_keys: Vec::new(),
        min_domains: 1,
        honor_node_affinity: true,
        honor_node_taints: false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn filters_and_scores_are_those_of_a_walk_over_all_pods(world in arbitrary_world()) {
        let placer = world.placer();
        let nodes: Vec<usize> = (0..world.nodes.len()).collect();
        let ids: Vec<NodeId> = nodes.iter().map(|n| NodeId(*n as u32)).collect();
        for (i, template) in world.templates.iter().enumerate() {
            let verdicts = placer.verdicts(PodTemplateId(i as u32));
            for &node in &nodes {
                let expected = world.spread_filter(template, node).or_else(|| world.affinity_filter(template, node));
                let said = verdicts.filter(ids[node]);
                let text = said.map(|r| verdicts.reason(&r));
                prop_assert_eq!(text, expected, "template {} on node {}", i, node);
                let resolvable = expected.is_none_or(|text| {
                    !text.ends_with("label)") && text != "node(s) didn't match pod affinity rules"
                });
                prop_assert!(said.is_none_or(|r| r.resolvable == resolvable));
            }
            let expected = [
                ("PodTopologySpread", world.spread_scores(template, &nodes)),
                ("InterPodAffinity", world.affinity_scores(template, &nodes)),
            ];
            let expected: Vec<_> = expected.into_iter().filter_map(|(name, s)| Some((name, s?))).collect();
            let said: Vec<_> = verdicts.score(&ids).map(|column| (column.plugin, column.scores)).collect();
            prop_assert_eq!(said, expected, "template {}", i);
        }
    }

    /// Nodes that change, go and come, pods that go, and templates that come late leave no trace.
    #[test]
    fn counts_after_changes_are_those_of_a_fresh_start(
        world in arbitrary_world(),
        late in arbitrary_companion(),
        changes in prop::collection::vec((any::<usize>(), prop::option::of(arbitrary_node())), 0..4),
        gone in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let mut placer = world.placer();
        let mut after = world.clone();
        let mut present: Vec<bool> = vec![true; world.nodes.len()];
        for (at, change) in changes {
            let node = at % world.nodes.len();
            match change {
                Some(spec) => {
                    placer.update_node(NodeId(node as u32), &spec);
                    after.nodes[node] = spec;
                }
                None => {
                    placer.remove_node(NodeId(node as u32));
                    present[node] = false;
                }
            }
        }
        for at in gone.into_iter().filter(|_| !world.pods.is_empty()) {
            if after.pods.is_empty() {
                break;
            }
            let pod = after.pods.swap_remove(at % after.pods.len());
            let (node, template) = (NodeId(pod.node as u32), PodTemplateId(pod.template as u32));
            if pod.terminating { placer.release_terminating(node, template) } else { placer.release(node, template) }
        }
        after.templates.push(late.clone());
        placer.add_template(late.into());
        // Removed nodes are not there at all in a fresh start.
        let left: Vec<usize> = (0..present.len()).filter(|n| present[*n]).collect();
        after.nodes = left.iter().map(|n| after.nodes[*n].clone()).collect();
        after.pods.retain(|pod| present[pod.node]);
        for pod in &mut after.pods {
            pod.node = left.iter().position(|n| *n == pod.node).unwrap();
        }
        let fresh = after.placer();
        let fresh_ids: Vec<NodeId> = (0..left.len() as u32).map(NodeId).collect();
        let ids: Vec<NodeId> = left.iter().map(|n| NodeId(*n as u32)).collect();
        for template in (0..after.templates.len() as u32).map(PodTemplateId) {
            let (verdicts, expected) = (placer.verdicts(template), fresh.verdicts(template));
            for (node, fresh_node) in ids.iter().zip(&fresh_ids) {
                prop_assert_eq!(verdicts.filter(*node), expected.filter(*fresh_node));
            }
            let scores: Vec<_> = verdicts.score(&ids).collect();
            let fresh_scores: Vec<_> = expected.score(&fresh_ids).collect();
            prop_assert_eq!(scores, fresh_scores);
        }
    }

    #[test]
    fn a_trial_says_what_would_be(world in arbitrary_world(), chosen in any::<usize>(), adds in any::<usize>()) {
        let placer = world.placer();
        let (node, added) = (chosen % world.nodes.len(), adds % world.templates.len());
        // Every second pod of the node goes, and one comes.
        let mut changed = world.clone();
        let mut seen = 0;
        let mut gone = Vec::new();
        changed.pods.retain(|pod| {
            let goes = pod.node == node && { seen += 1; seen % 2 == 1 };
            if goes {
                gone.push(*pod);
            }
            !goes
        });
        changed.pods.push(There { node, template: added, terminating: false });
        let after = changed.placer();
        for template in (0..world.templates.len() as u32).map(PodTemplateId) {
            let mut trial = placer.trial(template, NodeId(node as u32));
            for pod in &gone {
                let template = PodTemplateId(pod.template as u32);
                if pod.terminating { trial.remove_terminating(template) } else { trial.remove(template) }
            }
            trial.add(PodTemplateId(added as u32));
            prop_assert_eq!(trial.rejection(), after.rejection(template, NodeId(node as u32)));
            trial.remove(PodTemplateId(added as u32));
            for pod in &gone {
                let template = PodTemplateId(pod.template as u32);
                if pod.terminating { trial.add_terminating(template) } else { trial.add(template) }
            }
            prop_assert_eq!(trial.rejection(), placer.rejection(template, NodeId(node as u32)));
        }
    }
}
