//! The literal walk and the index against recordings of a real kube-scheduler 1.36.2 at `parallelism: 1`
//! (tests/recordings/placement-*: nodes, choices, scores of every plugin, texts).

use std::collections::BTreeMap;

use crate::cluster::spec::{
    NodeSelectorTerm, NodeSpec, PodTemplate, SelectorOperator, SelectorRequirement, TaintEffect, Toleration,
};
use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::testing::{GI, arcs, node, pod, resources, taint};
use crate::control::scheduler::{Placement, Placer};

const MI: i64 = 1 << 20;

macro_rules! recording {
    ($name:literal) => {
        Recording {
            placements: include_str!(concat!(
                "../../../tests/recordings/placement-",
                $name,
                "/placements.parallelism1.csv"
            )),
            scores: include_str!(concat!(
                "../../../tests/recordings/placement-",
                $name,
                "/scores.parallelism1.csv"
            )),
        }
    };
}

struct Recording {
    placements: &'static str,
    scores: &'static str,
}

type Row = BTreeMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.unwrap())
        .collect()
}

/// What the scheduler said of one pod: the node, or the text.
fn outcome(placer: &mut Placer, shape: PodTemplateId, nodes: &[NodeSpec]) -> (String, String) {
    match placer.place(shape) {
        Placement::Placed(node) => {
            placer.assume(node, shape);
            (nodes[node.index()].name.clone(), String::new())
        }
        Placement::Unschedulable(_) => (String::new(), format!("Unschedulable: {}", placer.explain(shape))),
        Placement::NoNodes => panic!("there are nodes"),
    }
}

/// Every score of every feasible node, in the words of scores.csv.
fn scored(placer: &Placer, shape: PodTemplateId, pod: &str, nodes: &[NodeSpec], chosen: &str) -> Vec<Row> {
    let (feasible, columns) = placer.scores(shape);
    if feasible.len() < 2 {
        return Vec::new();
    }
    let row = |(i, id): (usize, &NodeId)| {
        let name = &nodes[id.index()].name;
        let total: i64 = columns.iter().map(|c| c.scores[i]).sum();
        let mut row = Row::from([
            ("pod".to_owned(), pod.to_owned()),
            ("node".to_owned(), name.clone()),
            ("chosen".to_owned(), u8::from(name == chosen).to_string()),
            ("TOTAL".to_owned(), total.to_string()),
        ]);
        row.extend(columns.iter().map(|c| (c.plugin.to_owned(), c.scores[i].to_string())));
        row
    };
    feasible.iter().enumerate().map(row).collect()
}

/// Places the pods one by one, four times over, and compares with what was recorded.
fn replay(recording: &Recording, nodes: &[NodeSpec], pods: &[(String, PodTemplate)]) {
    let templates: Vec<PodTemplate> = pods.iter().map(|(_, template)| template.clone()).collect();
    let mut placer = Placer::new(&resources(), nodes, &arcs(&templates));
    let mut expected_scores = rows(recording.scores);
    for row in &mut expected_scores {
        // Plugins that say nothing here: 0 or an empty cell.
        assert_eq!(row.remove("DynamicResources").as_deref(), Some("0"));
        assert_eq!(row.remove("ImageLocality").as_deref(), Some("0"));
        row.retain(|_, value| !value.is_empty());
    }
    for repeat in 1..=4 {
        let recorded: Vec<Row> = rows(recording.placements)
            .into_iter()
            .filter(|row| row["repeat"] == repeat.to_string())
            .collect();
        assert_eq!(recorded.len(), pods.len(), "as many pods as were recorded");
        let (mut held, mut scores) = (Vec::new(), Vec::new());
        for (i, (row, (name, _))) in recorded.iter().zip(pods).enumerate() {
            let shape = PodTemplateId(i as u32);
            assert_eq!(row["pod"], *name);
            scores.extend(scored(&placer, shape, name, nodes, &row["node"]));
            let (node, text) = outcome(&mut placer, shape, nodes);
            assert_eq!((&node, &text), (&row["node"], &row["unschedulable_message"]), "{name}");
            held.extend(nodes.iter().position(|n| n.name == node).map(|n| (n, shape)));
        }
        assert_eq!(scores, expected_scores);
        for (node, shape) in held {
            placer.release(NodeId(node as u32), shape);
        }
    }
}

fn copies(prefix: &str, width: usize, count: usize, template: &PodTemplate) -> Vec<(String, PodTemplate)> {
    (0..count)
        .map(|i| (format!("{prefix}{i:0width$}"), template.clone()))
        .collect()
}

fn hetero_nodes() -> [NodeSpec; 5] {
    [
        node("cpu-0", 16, 64, 0),
        node("gpu1-0", 16, 64, 1),
        node("gpu4-0", 32, 128, 4),
        node("gpu8-0", 64, 256, 8),
        node("gpu8-1", 96, 384, 8),
    ]
}

#[test]
fn equal_nodes() {
    let nodes = [0, 1, 2, 3].map(|i| node(&format!("n-{i}"), 8, 32, 4));
    replay(
        &recording!("equal-nodes"),
        &nodes,
        &copies("p-", 1, 17, &pod(1000, 2 * GI, 1)),
    );
}

#[test]
fn gpu_only_requests() {
    replay(
        &recording!("gpu-only-requests"),
        &hetero_nodes(),
        &copies("g1-", 1, 12, &pod(0, 0, 1)),
    );
}

#[test]
fn no_requests() {
    let nodes = [0, 1, 2, 3].map(|i| node(&format!("n-{i}"), 8, 32, 0));
    replay(&recording!("no-requests"), &nodes, &copies("p-", 1, 12, &pod(0, 0, 0)));
}

#[test]
fn zone_order() {
    let zones = ["a", "a", "a", "b", "b", "c", ""];
    let mut nodes = Vec::new();
    for (i, zone) in zones.iter().enumerate() {
        let mut spec = node(&format!("n-{i}"), 8, 32, 4);
        if !zone.is_empty() {
            spec.labels.insert("topology.kubernetes.io/zone".into(), (*zone).into());
        }
        nodes.push(spec);
    }
    replay(
        &recording!("zone-order"),
        &nodes,
        &copies("p-", 2, 14, &pod(1000, 2 * GI, 1)),
    );
}

#[test]
fn hetero_gpu() {
    let pods = [
        ("g1-a", pod(1000, 4 * GI, 1)),
        ("g1-b", pod(1000, 4 * GI, 1)),
        ("g4-a", pod(4000, 16 * GI, 4)),
        ("g2-a", pod(2000, 8 * GI, 2)),
        ("g8-a", pod(8000, 32 * GI, 8)),
        ("cpu-a", pod(2000, 4 * GI, 0)),
        ("cpu-b", pod(2000, 4 * GI, 0)),
        ("cpu-c", pod(2000, 4 * GI, 0)),
        ("g8-b", pod(8000, 32 * GI, 8)),
        ("g16", pod(8000, 32 * GI, 16)),
        ("mem-1ti", pod(1000, 1024 * GI, 0)),
        ("cpu-200", pod(200_000, GI, 0)),
        ("gpu-and-mem", pod(1000, 300 * GI, 1)),
        ("gpu-cpu-mem", pod(100_000, 500 * GI, 2)),
        ("g1-c", pod(1000, 4 * GI, 1)),
    ];
    replay(&recording!("hetero-gpu"), &hetero_nodes(), &named(&pods));
}

fn named(pods: &[(&str, PodTemplate)]) -> Vec<(String, PodTemplate)> {
    pods.iter()
        .map(|(name, template)| ((*name).to_owned(), template.clone()))
        .collect()
}

fn toleration(key: &str, exists: bool, value: &str, effect: Option<TaintEffect>) -> Toleration {
    Toleration {
        key: key.to_owned(),
        exists,
        value: value.to_owned(),
        effect,
        toleration_seconds: None,
    }
}

#[test]
fn taints() {
    use TaintEffect::{NoExecute, NoSchedule, PreferNoSchedule};
    let tainted = |name, gpu, key, value, effect| {
        let mut spec = node(name, 8, 32, gpu);
        spec.taints = vec![taint(key, value, effect)];
        spec
    };
    let mut cordoned = node("cordoned", 8, 32, 8);
    cordoned.unschedulable = true;
    let nodes = [
        node("plain-0", 8, 32, 0),
        tainted("gpu-t", 4, "nvidia.com/gpu", "present", NoSchedule),
        tainted("pref-t", 4, "spot", "true", PreferNoSchedule),
        tainted("noexec-t", 4, "maint", "now", NoExecute),
        cordoned,
    ];
    let gpus = |gpu, tolerations: &[Toleration]| {
        let mut template = pod(100, 64 * MI, gpu);
        template.tolerations = tolerations.to_vec();
        template
    };
    let gpu_key = |exists, value| toleration("nvidia.com/gpu", exists, value, Some(NoSchedule));
    let pods = [
        ("g1-notol", gpus(1, &[])),
        ("g1-tol", gpus(1, &[gpu_key(false, "present")])),
        ("g1-tolexists", gpus(1, &[gpu_key(true, "")])),
        ("g4-notol", gpus(4, &[])),
        ("g8-notol", gpus(8, &[])),
        ("g8-tolall", gpus(8, &[toleration("", true, "", None)])),
        ("cpu-a", pod(1000, GI, 0)),
        ("cpu-b", pod(1000, GI, 0)),
        ("cpu-c", pod(1000, GI, 0)),
        ("g1-noexec", gpus(1, &[toleration("maint", true, "", Some(NoExecute))])),
        ("g4-wrongval", gpus(4, &[gpu_key(false, "wrong")])),
    ];
    replay(&recording!("taints"), &nodes, &named(&pods));
}

fn term(requirements: &[(&str, SelectorOperator, &[&str])]) -> NodeSelectorTerm {
    let requirement = |(key, operator, values): &(&str, SelectorOperator, &[&str])| SelectorRequirement {
        key: (*key).to_owned(),
        operator: *operator,
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    };
    NodeSelectorTerm {
        match_expressions: requirements.iter().map(requirement).collect(),
        match_fields: Vec::new(),
    }
}

#[test]
fn affinity() {
    use SelectorOperator::{DoesNotExist, Exists, Gt, In, NotIn};
    let labelled = |name, gpus, labels: &[(&str, &str)]| {
        let mut spec = node(name, 16, 64, gpus);
        spec.labels = labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        spec
    };
    let nodes = [
        labelled("a100-0", 4, &[("gpu", "a100"), ("zone", "z1"), ("gen", "3")]),
        labelled("h100-0", 4, &[("gpu", "h100"), ("zone", "z1"), ("gen", "4")]),
        labelled("h100-1", 4, &[("gpu", "h100"), ("zone", "z2"), ("gen", "4")]),
        labelled("t4-0", 4, &[("gpu", "t4"), ("zone", "z2"), ("gen", "1")]),
        labelled("cpu-0", 0, &[("zone", "z2")]),
    ];
    let gpu = || pod(100, 64 * MI, 1);
    let selecting = |mut template: PodTemplate, value: &str| {
        template.node_selector.insert("gpu".into(), value.into());
        template
    };
    let requiring = |mut template: PodTemplate, term: NodeSelectorTerm| {
        template.node_affinity.required = Some(vec![term]);
        template
    };
    let preferring = |terms: &[(i32, NodeSelectorTerm)]| {
        let mut template = gpu();
        template.node_affinity.preferred = terms.to_vec();
        template
    };
    let pods = [
        ("sel-h100", selecting(gpu(), "h100")),
        ("sel-none", selecting(gpu(), "b200")),
        ("in-a100-t4", requiring(gpu(), term(&[("gpu", In, &["a100", "t4"])]))),
        (
            "notin-a100",
            requiring(gpu(), term(&[("gpu", NotIn, &["a100", "h100"])])),
        ),
        ("gt3", requiring(gpu(), term(&[("gen", Gt, &["3"])]))),
        (
            "exists-z2",
            requiring(gpu(), term(&[("gpu", Exists, &[]), ("zone", In, &["z2"])])),
        ),
        ("dne", requiring(pod(1000, GI, 0), term(&[("gpu", DoesNotExist, &[])]))),
        ("dne-gpu", requiring(gpu(), term(&[("gpu", DoesNotExist, &[])]))),
        ("pref-t4", preferring(&[(100, term(&[("gpu", In, &["t4"])]))])),
        (
            "pref-z1-h100",
            preferring(&[
                (10, term(&[("zone", In, &["z1"])])),
                (50, term(&[("gpu", In, &["h100"])])),
            ]),
        ),
        ("pref-weak", preferring(&[(1, term(&[("gpu", In, &["a100"])]))])),
        ("pref-none", preferring(&[(100, term(&[("gpu", In, &["b200"])]))])),
        ("sel-full", selecting(pod(100, 64 * MI, 8), "h100")),
    ];
    replay(&recording!("affinity"), &nodes, &named(&pods));
}
