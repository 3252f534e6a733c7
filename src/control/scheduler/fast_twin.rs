//! The index against its slow twin: the same random clusters, pods and changes through both, step by step.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use crate::cluster::spec::{
    NodeSelectorTerm, NodeSpec, PodTemplate, SelectorOperator, SelectorRequirement, TaintEffect, Toleration,
};
use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::select::pick;
use crate::control::scheduler::testing::{GI, arbitrary_companion, arcs, node, pod, resources, taint};
use crate::control::scheduler::window::heap_key;
use crate::control::scheduler::{Placement, Placer};

/// One of a few kinds of node, so that there are both groups of equal nodes and differences.
fn arbitrary_node() -> impl Strategy<Value = NodeSpec> {
    (0..4_u8, 0..4_u8, 0..8_u8, 0..12_u8).prop_map(|(size, zone, mark, cordon)| {
        let mut spec = match size {
            0 => node("n", 16, 64, 0),
            1 => node("n", 32, 128, 4),
            _ => node("n", 64, 256, 8),
        };
        if zone > 0 {
            spec.labels
                .insert("topology.kubernetes.io/zone".into(), format!("z{zone}"));
            spec.labels.insert("zone".into(), format!("z{zone}"));
        }
        spec.labels
            .insert("kubernetes.io/hostname".into(), format!("h{mark}-{cordon}"));
        if mark > 2 {
            spec.labels.insert("gpu".into(), format!("g{}", mark % 2));
        }
        match mark {
            0 => spec.taints.push(taint("spot", "", TaintEffect::PreferNoSchedule)),
            1 => {
                spec.taints.push(taint("spot", "", TaintEffect::PreferNoSchedule));
                spec.taints.push(taint("old", "", TaintEffect::PreferNoSchedule));
            }
            2 => spec.taints.push(taint("gpu", "", TaintEffect::NoSchedule)),
            _ => {}
        }
        spec.unschedulable = cordon == 0;
        spec
    })
}

fn zone_term(operator: SelectorOperator, zone: &str) -> NodeSelectorTerm {
    NodeSelectorTerm {
        match_expressions: vec![SelectorRequirement {
            key: "topology.kubernetes.io/zone".into(),
            operator,
            values: vec![zone.into()],
        }],
        match_fields: Vec::new(),
    }
}

fn arbitrary_template() -> impl Strategy<Value = PodTemplate> {
    prop_oneof![2 => arbitrary_loner(), 1 => arbitrary_companion()]
}

/// The template of a pod that does not care about others.
fn arbitrary_loner() -> impl Strategy<Value = PodTemplate> {
    let size = (
        prop_oneof![Just(0), Just(100), 1..9000_i64],
        prop_oneof![Just(0), 1..40 * GI],
    );
    (size, 0..5_i64, any::<bool>(), 0..4_u8, prop_oneof![Just(0), 1..100_i32]).prop_map(
        |((cpu, memory), gpu, tolerant, zone, weight)| {
            let mut template = pod(cpu, memory, gpu);
            if tolerant {
                template.tolerations.push(Toleration {
                    key: "gpu".into(),
                    exists: true,
                    value: String::new(),
                    effect: None,
                    toleration_seconds: None,
                });
            }
            let affinity = &mut template.node_affinity;
            if zone == 1 {
                affinity.required = Some(vec![zone_term(SelectorOperator::NotIn, "z1")]);
            }
            if weight > 0 {
                affinity.preferred = vec![
                    (weight, zone_term(SelectorOperator::In, "z2")),
                    (20, zone_term(SelectorOperator::Exists, "")),
                ];
            }
            template
        },
    )
}

#[derive(Clone, Debug)]
enum Step {
    /// Place this many pods of one template; those placed stay.
    Place(usize, usize),
    /// Place one pod of a template beside pods of another that are nominated to some nodes.
    PlaceBeside(usize, usize, Vec<usize>),
    /// This running pod is being deleted.
    Terminate(usize),
    /// Release this share (per mille) of the pods that run, from this one on.
    Release(usize, usize),
    AddNode(NodeSpec),
    RemoveNode(usize),
    UpdateNode(usize, NodeSpec),
    AddTemplate(Arc<PodTemplate>),
}

fn arbitrary_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (any::<usize>(), 1..40_usize).prop_map(|(shape, pods)| Step::Place(shape, pods)),
        3 => (any::<usize>(), any::<usize>(), prop::collection::vec(any::<usize>(), 1..4))
            .prop_map(|(shape, other, nodes)| Step::PlaceBeside(shape, other, nodes)),
        2 => any::<usize>().prop_map(Step::Terminate),
        6 => (any::<usize>(), 0..600_usize).prop_map(|(from, share)| Step::Release(from, share)),
        1 => arbitrary_node().prop_map(Step::AddNode),
        1 => any::<usize>().prop_map(Step::RemoveNode),
        1 => (any::<usize>(), arbitrary_node()).prop_map(|(at, spec)| Step::UpdateNode(at, spec)),
        1 => arbitrary_template().prop_map(|template| Step::AddTemplate(template.into())),
    ]
}

/// Both placers and what runs.
struct Twins {
    fast: Placer,
    slow: Placer,
    shapes: usize,
    nodes: usize,
    /// Node, template, whether it is being deleted.
    running: Vec<(NodeId, PodTemplateId, bool)>,
    /// What each number of a failure reads like, by template.
    texts: BTreeMap<(PodTemplateId, u64), String>,
}

impl Twins {
    fn place(&mut self, shape: PodTemplateId) {
        let could_fit = self.fast.could_fit(shape);
        let placed = self.place_beside(shape, &[]);
        assert_eq!(could_fit, matches!(placed, Placement::Placed(_)));
    }
    fn place_beside(&mut self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        let expected = self.slow.place_literally_beside(shape, nominated);
        assert_eq!(self.fast.place_beside(shape, nominated), expected);
        assert_eq!(self.fast.next_start_node_index(), self.slow.next_start_node_index());
        match expected {
            Placement::Placed(node) => {
                assert!(self.fast.fits_on(shape, node, nominated));
                self.running.push((node, shape, false));
                self.fast.assume(node, shape);
                self.slow.assume(node, shape);
            }
            Placement::Unschedulable(_) if !nominated.is_empty() => {}
            Placement::Unschedulable(refusal) => {
                let text = self.slow.explain(shape).to_string();
                let known = self
                    .texts
                    .entry((shape, refusal.message))
                    .or_insert_with(|| text.clone());
                assert_eq!(*known, text, "one number, one text");
                let by_pods = [
                    "Insufficient",
                    "Too many pods",
                    "free ports",
                    "spread",
                    "affinity rules",
                ];
                let by_usage = by_pods.iter().any(|part| text.contains(part));
                assert_eq!(refusal.by_usage, by_usage, "{text}");
            }
            Placement::NoNodes => {}
        }
        expected
    }
    fn release(&mut self, (node, shape, terminating): (NodeId, PodTemplateId, bool)) {
        for placer in [&mut self.fast, &mut self.slow] {
            if terminating {
                placer.release_terminating(node, shape);
            } else {
                placer.release(node, shape);
            }
        }
    }
    fn play(&mut self, step: Step) {
        match step {
            Step::Place(shape, pods) => {
                for _ in 0..pods {
                    self.place(PodTemplateId((shape % self.shapes) as u32));
                }
            }
            Step::Release(from, share) => {
                for _ in 0..self.running.len() * share / 1000 {
                    let pod = self.running.swap_remove(from % self.running.len());
                    self.release(pod);
                }
            }
            Step::PlaceBeside(shape, other, nodes) => {
                let template = |at: usize| PodTemplateId((at % self.shapes) as u32);
                let nodes = nodes.into_iter().map(|at| NodeId((at % self.nodes) as u32));
                let nominated: Vec<_> = nodes.map(|node| (node, template(other))).collect();
                self.place_beside(template(shape), &nominated);
            }
            Step::Terminate(at) if !self.running.is_empty() => {
                let at = at % self.running.len();
                let (node, shape, terminating) = &mut self.running[at];
                if !std::mem::replace(terminating, true) {
                    self.fast.terminate(*node, *shape);
                    self.slow.terminate(*node, *shape);
                }
            }
            Step::Terminate(_) => {}
            Step::AddNode(spec) => {
                self.nodes += 1;
                assert_eq!(self.fast.add_node(&spec), self.slow.add_node(&spec));
            }
            Step::RemoveNode(at) => {
                let node = NodeId((at % self.nodes) as u32);
                self.fast.remove_node(node);
                self.slow.remove_node(node);
            }
            Step::UpdateNode(at, spec) => {
                let node = NodeId((at % self.nodes) as u32);
                // Pods stay, so the node must not shrink below them.
                let same_size = NodeSpec {
                    allocatable: self.slow.nodes().spec(node).allocatable.clone(),
                    ..spec
                };
                self.fast.update_node(node, &same_size);
                self.slow.update_node(node, &same_size);
            }
            Step::AddTemplate(template) => {
                self.shapes += 1;
                assert_eq!(
                    self.fast.add_template(template.clone()),
                    self.slow.add_template(template)
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_index_chooses_as_the_literal_walk_does(
        nodes in prop::collection::vec(arbitrary_node(), 1..40),
        copies in 1..9_usize,
        plain in any::<bool>(),
        templates in prop::collection::vec(arbitrary_template(), 1..5),
        percentage in prop_oneof![Just(0), Just(20), Just(100)],
        steps in prop::collection::vec(arbitrary_step(), 1..40),
    ) {
        let mut nodes: Vec<NodeSpec> = std::iter::repeat_n(nodes, copies).flatten().collect();
        if plain {
            // Spec scores are then the same everywhere, and most nodes are open to all.
            nodes.iter_mut().for_each(|node| node.taints.clear());
        }
        let placer = || {
            let mut placer = Placer::new(&resources(), &nodes, &arcs(&templates));
            placer.set_percentage_of_nodes_to_score(percentage);
            placer
        };
        let mut twins = Twins {
            fast: placer(),
            slow: placer(),
            shapes: templates.len(),
            nodes: nodes.len(),
            running: Vec::new(),
            texts: BTreeMap::new(),
        };
        for step in steps {
            twins.play(step);
        }
        // Pods on removed nodes may be released too.
        for pod in std::mem::take(&mut twins.running) {
            twins.release(pod);
        }
        twins.place(PodTemplateId(0));
    }

    #[test]
    fn the_heap_key_tells_what_the_heap_brings_up(scores in prop::collection::vec(0..4_i64, 1..200)) {
        let max = *scores.iter().max().unwrap();
        let ties = (0..scores.len()).filter(|i| scores[*i] == max);
        prop_assert_eq!(ties.min_by_key(|i| heap_key(*i as u32)), Some(pick(&scores)));
    }
}
