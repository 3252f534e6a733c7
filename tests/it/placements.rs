//! Where pods go and why not, against recordings of a real kube-scheduler 1.36.2 (tests/recordings/placement-*): nodes, choices,
//! the scores of every plugin, texts. Files recorded at `parallelism: 1` are held to the letter. At the default of 16 workers the
//! order in which nodes are found is chance, so there the choice must be one of the best.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use makespan::api::objects::{ReadContext, read_documents};
use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::api::yaml;
use makespan::cluster::spec::{NodeSpec, ObjectSpec, PodTemplate};
use makespan::cluster::{NodeId, PodTemplateId, ResourceTable};
use makespan::control::scheduler::{Placement, Placer};

/// What was submitted: nodes, and workloads in order.
struct Folder {
    name: String,
    resources: ResourceTable,
    nodes: Vec<NodeSpec>,
    workloads: Vec<Workload>,
}

/// Pods of one template, one after another.
struct Workload {
    name: String,
    /// A bare Pod, so its name is its own.
    bare: bool,
    pods: usize,
    template: Arc<PodTemplate>,
}

fn folder(name: &str) -> Folder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recordings")
        .join(name);
    let text = std::fs::read_to_string(path.join("manifests.yaml")).unwrap();
    let mut problems = Problems::new();
    let documents = yaml::load(
        Arc::new(Source {
            name: "manifests.yaml".to_owned(),
            text,
        }),
        &mut problems,
    );
    let mut resources = ResourceTable::default();
    let mut context = ReadContext {
        resources: &mut resources,
        problems: &mut problems,
    };
    let objects = read_documents(&documents, &mut context);
    assert!(!problems.has_errors(), "{name}: {:?}", problems.list());
    let mut folder = Folder {
        name: name.to_owned(),
        resources,
        nodes: Vec::new(),
        workloads: Vec::new(),
    };
    for object in objects {
        let (name, bare, pods, template) = match object.spec {
            ObjectSpec::Node(node) => {
                folder.nodes.push(node);
                continue;
            }
            ObjectSpec::Pod(pod) => (pod.name, true, 1, pod.template),
            ObjectSpec::Job(job) => (job.name, false, job.parallelism as usize, job.template),
            ObjectSpec::Deployment(web) => (web.name, false, web.replicas as usize, web.template),
            other => panic!("{other:?} is not placed"),
        };
        folder.workloads.push(Workload {
            name,
            bare,
            pods,
            template,
        });
    }
    folder
}

type Row = BTreeMap<String, String>;

fn rows(folder: &Folder, file: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let Ok(mut reader) = csv::Reader::from_path(path.join(&folder.name).join(file)) else {
        return Vec::new();
    };
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The rows of `scores` that belong to the `nth` pod of a workload, in the order of cycles.
fn scores_by_pod(scores: &[Row]) -> Vec<(String, Vec<Row>)> {
    let mut pods: Vec<(String, Vec<Row>)> = Vec::new();
    for row in scores {
        if pods.last().is_none_or(|(pod, _)| *pod != row["pod"]) {
            pods.push((row["pod"].clone(), Vec::new()));
        }
        pods.last_mut().unwrap().1.push(row.clone());
    }
    pods
}

impl Folder {
    fn placer(&self) -> Placer {
        let templates: Vec<_> = self.workloads.iter().map(|w| w.template.clone()).collect();
        let mut placer = Placer::new(&self.resources, &self.nodes, &templates);
        placer.set_volume_binding(true);
        placer
    }
    fn node(&self, name: &str) -> NodeId {
        NodeId(self.nodes.iter().position(|n| n.name == name).unwrap() as u32)
    }
    /// Every score of every feasible node, as rows of scores.csv without `pod` and `chosen`.
    fn scored(&self, placer: &Placer, template: PodTemplateId) -> Vec<Row> {
        let (feasible, columns) = placer.scores(template);
        if feasible.len() < 2 {
            return Vec::new();
        }
        let row = |(i, id): (usize, &NodeId)| {
            let total: i64 = columns.iter().map(|c| c.scores[i]).sum();
            let mut row = Row::from([
                ("node".to_owned(), self.nodes[id.index()].name.clone()),
                ("TOTAL".to_owned(), total.to_string()),
            ]);
            row.extend(columns.iter().map(|c| (c.plugin.to_owned(), c.scores[i].to_string())));
            row
        };
        feasible.iter().enumerate().map(row).collect()
    }
    fn message(&self, placer: &Placer, template: PodTemplateId) -> String {
        let gates = &self.workloads[template.index()].template.scheduling.gates;
        if gates.is_empty() {
            format!("Unschedulable: {}", placer.explain(template))
        } else {
            "SchedulingGated: Scheduling is blocked due to non-empty scheduling gates".to_owned()
        }
    }
}

/// The recorded rows as ours would be: no columns for plugins that said nothing, nor for those that always say 0.
fn comparable(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        assert_eq!(row.remove("DynamicResources").as_deref(), Some("0"));
        row.remove("pod");
        row.remove("chosen");
        row.retain(|_, value| !value.is_empty());
    }
    rows
}

/// Places all pods as often as it was recorded, by the index or by the full walk, and compares to the letter.
fn replay_exactly(name: &str, place: fn(&mut Placer, PodTemplateId) -> Placement) -> usize {
    let folder = folder(name);
    let recorded = rows(&folder, "placements.parallelism1.csv");
    let scores = scores_by_pod(&rows(&folder, "scores.parallelism1.csv"));
    let mut placer = folder.placer();
    let repeats = recorded
        .iter()
        .map(|row| row["repeat"].parse::<usize>().unwrap())
        .max()
        .unwrap();
    let mut compared = 0;
    for repeat in 1..=repeats {
        let mut held = Vec::new();
        for (i, workload) in folder.workloads.iter().enumerate() {
            let template = PodTemplateId(i as u32);
            let mut expected: Vec<&Row> = recorded
                .iter()
                .filter(|row| row["repeat"] == repeat.to_string())
                .filter(|row| row["pod"] == workload.name || row["pod"].starts_with(&format!("{}#", workload.name)))
                .collect();
            assert_eq!(expected.len(), workload.pods, "{name}: {}", workload.name);
            let mut nodes = Vec::new();
            for _ in 0..workload.pods {
                let ours = folder.scored(&placer, template);
                match place(&mut placer, template) {
                    Placement::Placed(node) if workload.template.scheduling.gates.is_empty() => {
                        if repeat == 1 && ours.len() > 1 {
                            compared += compare_scores(&folder, workload, &scores, nodes.len(), &ours, node);
                        }
                        placer.assume(node, template);
                        held.push((node, template));
                        nodes.push((folder.nodes[node.index()].name.clone(), String::new()));
                    }
                    Placement::Placed(_) | Placement::Unschedulable(_) | Placement::NoNodes => {
                        nodes.push((String::new(), folder.message(&placer, template)));
                    }
                }
            }
            let mut expected: Vec<(String, String)> = expected
                .drain(..)
                .map(|row| (row["node"].clone(), row["unschedulable_message"].clone()))
                .collect();
            if !workload.bare {
                // Rows are in the order of binding, which a few pods may leave.
                expected.sort();
                nodes.sort();
            }
            compared += expected.len();
            assert_eq!(nodes, expected, "{name}, repeat {repeat}: {}", workload.name);
        }
        for (node, template) in held {
            placer.release(node, template);
        }
    }
    compared
}

/// Compares the scores of one cycle, and that our choice is the recorded one.
fn compare_scores(
    folder: &Folder,
    workload: &Workload,
    scores: &[(String, Vec<Row>)],
    nth: usize,
    ours: &[Row],
    node: NodeId,
) -> usize {
    let expected = if workload.bare {
        scores.iter().find(|(pod, _)| *pod == workload.name)
    } else {
        // Pods with one feasible node are not scored.
        scores
            .iter()
            .filter(|(pod, _)| pod.starts_with(&format!("{}-", workload.name)))
            .nth(nth)
    };
    let Some((pod, expected)) = expected else {
        panic!("{}: {} is not scored in the recording", folder.name, workload.name)
    };
    assert_eq!(ours, comparable(expected), "{}: {pod}", folder.name);
    let chosen: Vec<&str> = expected
        .iter()
        .filter(|r| r["chosen"] == "1")
        .map(|r| r["node"].as_str())
        .collect();
    assert_eq!(
        chosen,
        [folder.nodes[node.index()].name.as_str()],
        "{}: {pod}",
        folder.name
    );
    expected.len()
}

const FOLDERS: [&str; 14] = [
    "placement-affinity",
    "placement-batch-equal",
    "placement-batch-fullnode",
    "placement-deployment-spread",
    "placement-equal-nodes",
    "placement-gpu-only-requests",
    "placement-hetero-gpu",
    "placement-misc-unschedulable",
    "placement-no-nodes",
    "placement-no-requests",
    "placement-podslots-ports",
    "placement-taints",
    "placement-topologyspread",
    "placement-zone-order",
];

#[test]
fn at_parallelism_1_every_choice_score_and_text_is_the_recorded_one() {
    let mut compared = 0;
    for name in FOLDERS {
        compared += replay_exactly(name, Placer::place);
        compared += replay_exactly(name, Placer::place_literally);
    }
    assert!(compared > 1500, "{compared} rows are too few");
}

/// Follows the recorded choices at 16 workers: each must be one of the best nodes, and each refusal in the same words.
fn replay_within_ties(name: &str) -> usize {
    let folder = folder(name);
    let mut placer = folder.placer();
    let recorded = rows(&folder, "placements.csv");
    let mut compared = 0;
    for repeat in 1..=4 {
        let mut held = Vec::new();
        for row in recorded.iter().filter(|row| row["repeat"] == repeat.to_string()) {
            let workload = row["pod"].split('#').next().unwrap();
            let template = folder.workloads.iter().position(|w| w.name == workload).unwrap();
            let (bare, template) = (folder.workloads[template].bare, PodTemplateId(template as u32));
            if row["node"].is_empty() {
                assert_eq!(
                    folder.message(&placer, template),
                    row["unschedulable_message"],
                    "{name}"
                );
            } else {
                let node = folder.node(&row["node"]);
                if bare {
                    let (feasible, columns) = placer.scores(template);
                    let total = |i: usize| columns.iter().map(|c| c.scores[i]).sum::<i64>();
                    let best = (0..feasible.len()).map(total).max();
                    let at = feasible.iter().position(|n| *n == node);
                    assert!(
                        at.is_some(),
                        "{name}, repeat {repeat}: {} does not fit {}",
                        row["pod"],
                        row["node"]
                    );
                    assert_eq!(
                        at.map(total),
                        best,
                        "{name}, repeat {repeat}: {} on {}",
                        row["pod"],
                        row["node"]
                    );
                }
                placer.assume(node, template);
                held.push((node, template));
            }
            compared += 1;
        }
        for (node, template) in held {
            placer.release(node, template);
        }
    }
    compared
}

#[test]
fn at_16_workers_every_choice_is_one_of_the_best() {
    let folders = FOLDERS.iter().chain(&["placement-too-many-pods"]);
    let compared: usize = folders.map(|name| replay_within_ties(name)).sum();
    assert!(compared > 400, "{compared} rows are too few");
}
