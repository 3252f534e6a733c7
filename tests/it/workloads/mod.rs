//! Workloads of apps/v1 in the engine: roll-outs, updates, refusals, who goes first.

mod autoscalers;
mod daemon_sets;
mod deployments;
mod refusals;
mod replica_sets;
mod stateful_sets;

use std::sync::Arc;

use makespan::api::problem::{Problems, render};
use makespan::api::value::Source;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::{DeploymentId, PodId, Store, WorkloadId};
use makespan::control::{ControlPlane, End, Simulation};
use makespan::kernel::SimTime;
use makespan::observe::Checker;
use makespan::scenario::Scenario;
use makespan::scenario::load::{Flags, load};

/// The seed of all runs.
const SEED: u64 = 1;

/// The pod template of most: one container of 1 cpu.
fn template(labels: &str, image: &str) -> String {
    format!(
        "{{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [{{name: main, image: '{image}', resources: {{requests: {{cpu: '1'}}}}}}]}}}}"
    )
}

/// A Deployment `web` with these fields in its `spec`.
fn deployment(fields: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{selector: {{matchLabels: {{app: web}}}}, {fields}, \
         template: {}}}\n",
        template("app: web", "web:1")
    )
}

/// A StatefulSet `db` with these fields in its `spec`.
fn stateful_set(fields: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec: {{selector: {{matchLabels: {{app: db}}}}, serviceName: db, \
         {fields}, template: {}}}\n",
        template("app: db", "db:1")
    )
}

/// A DaemonSet `agent` with these fields in its `spec`.
fn daemon_set(fields: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent}}\nspec: {{selector: {{matchLabels: {{app: agent}}}}, {fields} \
         template: {}}}\n",
        template("app: agent", "agent:1")
    )
}

/// A scenario of `manifests` on nodes with 64 cpus, with these changes, and other fields of its `spec`.
fn scenario(manifests: &str, nodes: u32, fields: &str, changes: &[&str]) -> Scenario {
    let changes = if changes.is_empty() {
        String::new()
    } else {
        let steps: Vec<String> = changes.iter().map(|change| format!("  - {{{change}}}\n")).collect();
        format!("  changes:\n{}", steps.concat())
    };
    let text = format!(
        "apiVersion: makespan.dev/v1\nkind: Scenario\nspec:\n  nodePools: [{{name: node, count: {nodes}, allocatable: {{cpu: '64', memory: \
         64Gi}}}}]\n{fields}{changes}---\n{manifests}"
    );
    let source = Arc::new(Source {
        name: "test.yaml".into(),
        text,
    });
    let mut problems = Problems::new();
    load("test", &[source], &Flags::default(), &mut problems).unwrap_or_else(|| panic!("{}", render(&problems)))
}

/// What happened, in words.
#[derive(Default)]
struct Log {
    lines: Vec<(SimTime, String)>,
}

impl Log {
    fn line(&mut self, now: SimTime, line: String) {
        self.lines.push((now, line));
    }
}

impl Observer for Log {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        let pod = |pod: PodId| {
            let node = store.pods[pod.index()].node;
            let node = node.some().map_or("-", |node| store.nodes[node.index()].name.as_str());
            format!(
                "{} on {node} image {}",
                store.pod_name(pod, SEED),
                store.template(pod).images.join(",")
            )
        };
        match record {
            Record::PodCreated(id) => self.line(now, format!("created {}", pod(id))),
            Record::PodReadiness(id, true) => self.line(now, format!("ready {}", pod(id))),
            Record::PodDeleting(id) => self.line(now, format!("deleting {}", pod(id))),
            Record::PodFinished(id) => self.line(now, format!("finished {}", pod(id))),
            Record::PodGone(id) => self.line(now, format!("gone {}", pod(id))),
            Record::ReplicaSetScaled(set, from, to) => {
                let number = store.replica_sets[set.index()].number;
                self.line(now, format!("set {number}: {from} to {to}"));
            }
            Record::WorkloadRemoved(WorkloadId::ReplicaSet(set)) => {
                self.line(now, format!("set {}: removed", store.replica_sets[set.index()].number));
            }
            Record::WorkloadStatus(WorkloadId::Deployment(d)) => {
                let status = &store.deployments[d.index()].status;
                for condition in [status.available, status.progressing].into_iter().flatten() {
                    let line = format!("{}={}", condition.reason.name(), condition.status().name());
                    if !self.lines.iter().rev().any(|(_, known)| *known == line) {
                        self.line(now, line);
                    }
                }
            }
            Record::WorkloadEvent(workload, event) => {
                let text = store.workload_event_text(workload, event, SEED);
                self.line(
                    now,
                    format!("event {} {} {}", workload.kind(), text.reason, text.message),
                );
            }
            Record::HpaEvent(hpa, event) => {
                let text = store.hpa_event_text(hpa, event, SEED);
                let name = &store.hpas[hpa.index()].name;
                self.line(now, format!("event {name} {} {}", text.reason, text.message));
            }
            _ => {}
        }
    }
    fn wants_events(&self) -> bool {
        true
    }
}

/// What a run did and left.
struct Played {
    log: Log,
    store: Store,
    end: End,
}

impl Played {
    /// Lines that begin so, each with its time in seconds.
    fn lines(&self, start: &str) -> Vec<(f64, &str)> {
        let found = self.log.lines.iter().filter(|(_, line)| line.starts_with(start));
        found
            .map(|(at, line)| (at.as_secs_f64(), &line[start.len()..]))
            .collect()
    }
    fn times(&self, start: &str) -> Vec<f64> {
        self.lines(start).into_iter().map(|(at, _)| at).collect()
    }
    fn texts(&self, start: &str) -> Vec<&str> {
        self.lines(start).into_iter().map(|(_, text)| text).collect()
    }
    fn web(&self) -> &makespan::cluster::apps::Deployment {
        &self.store.deployments[DeploymentId(0).index()]
    }
}

fn play(scenario: &Scenario, plane: ControlPlane) -> Played {
    let mut input = scenario.input(SEED);
    let images = std::mem::take(&mut input.control_plane.kubelet.images);
    input.control_plane = plane;
    input.control_plane.kubelet.images = images;
    let mut observers = (Log::default(), Checker::new(&input.store));
    let mut simulation = Simulation::new(input);
    let outcome = simulation.run(&mut observers);
    let (log, mut checker) = observers;
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    assert_eq!(store.refused.iter().map(|r| &r.message).collect::<Vec<_>>(), [""; 0]);
    let end = outcome.end;
    Played { log, store, end }
}

fn ideal(manifests: &str, nodes: u32, fields: &str, changes: &[&str]) -> Played {
    play(&scenario(manifests, nodes, fields, changes), ControlPlane::ideal())
}

fn kubernetes(manifests: &str, nodes: u32, fields: &str, changes: &[&str]) -> Played {
    play(&scenario(manifests, nodes, fields, changes), ControlPlane::kubernetes())
}

/// Whether two times are less than `within` seconds apart.
fn near(a: f64, b: f64, within: f64) -> bool {
    (a - b).abs() < within
}
