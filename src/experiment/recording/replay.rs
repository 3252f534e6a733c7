//! The replay: a run of the simulator, and its timeline as the recorder would have seen it.

mod autoscalers;

mod workloads;

use std::collections::BTreeMap;

use super::plan::Plan;
use super::timeline::{PodFacts, Row, Timeline};
use crate::cluster::Store;
use crate::cluster::attempt::{SCHEDULING_GATED, SCHEDULING_GATED_MESSAGE};
use crate::cluster::ids::{JobId, NodeId, PodId};
use crate::cluster::pod::{Disruption, Owner, PodPhase};
use crate::cluster::record::{Observer, Record};
use crate::control::Simulation;
use crate::kernel::SimTime;

/// What a replay gave.
#[derive(Debug)]
pub struct Replay {
    /// What happened.
    pub timeline: Timeline,
    /// Requests that the API server refused, and why.
    pub refused: Vec<String>,
}

/// What the simulator tells of: kinds of objects, and what happens to them.
const TOLD: &[(&str, &[&str])] = &[
    (
        "Pod",
        &[
            "created",
            "unschedulable",
            "unschedulable message",
            "nominated",
            "nomination-cleared",
            "scheduled",
            "running",
            "ready",
            "unready",
            "container-restarted",
            "container-waiting",
            "DisruptionTarget",
            "deleting",
            "deleting grace",
            "succeeded",
            "failed",
            "deleted",
        ],
    ),
    ("Job", &["created", "condition", "condition reason"]),
    (
        "Deployment",
        &["created", "changed", "condition", "size", "final status"],
    ),
    (
        "ReplicaSet",
        &["created", "changed", "condition", "size", "final status"],
    ),
    ("StatefulSet", &["created", "changed", "size", "final status"]),
    ("DaemonSet", &["created", "changed", "final status"]),
    ("Node", &["changed"]),
    ("HorizontalPodAutoscaler", &["created", "changed"]),
    (
        "Event",
        &[
            "Preempted",
            "FailedCreate",
            "ScalingReplicaSet",
            "SuccessfulRescale",
            "FailedGetResourceMetric",
            "FailedComputeMetricsReplicas",
        ],
    ),
];

impl Plan {
    /// Plays the plan and says what happened.
    #[must_use]
    pub fn replay(&self) -> Replay {
        let plane = &self.scenario.control_plane;
        let mut recorder = Recorder {
            timeline: Timeline::default(),
            start: self.start,
            latency: plane.watch_latency.as_secs_f64(),
            posting: (plane.client.apply_cost + plane.api_latency).as_secs_f64(),
            seed: self.scenario.seed,
            names: Vec::new(),
            shown: BTreeMap::new(),
            refusals: BTreeMap::new(),
        };
        recorder.see_nodes(&self.scenario.nodes);
        for (kind, events) in TOLD {
            for event in *events {
                recorder.timeline.add_told(kind, event);
            }
        }
        let mut simulation = Simulation::new(self.input());
        recorder.see_services(simulation.store());
        simulation.run(&mut recorder);
        recorder.timeline.sort();
        let refused = simulation.store().refused.iter();
        Replay {
            timeline: recorder.timeline,
            refused: refused
                .map(|refused| format!("{}: {}", refused.request, refused.message))
                .collect(),
        }
    }
}

/// Sees by watches, each change one watch latency after it took effect, and with a time zero of its own.
struct Recorder {
    timeline: Timeline,
    start: f64,
    latency: f64,
    posting: f64,
    seed: u64,
    names: Vec<String>,
    /// What rows of each object said last, by kind and name.
    shown: BTreeMap<(&'static str, String), String>,
    /// Why the scheduler found no node for a pod when it last tried.
    refusals: BTreeMap<PodId, String>,
}

impl Recorder {
    fn at(&self, now: SimTime) -> f64 {
        now.as_secs_f64() + self.start + self.latency
    }

    /// Adds a row that shows `detail` of an object, unless that is what the one before showed.
    fn show(&mut self, now: SimTime, kind: &'static str, name: &str, detail: String) {
        let shown = self.shown.get(&(kind, name.to_owned()));
        if shown == Some(&detail) {
            return;
        }
        let event = if shown.is_none() && kind != "Node" {
            "created"
        } else {
            "changed"
        };
        self.shown.insert((kind, name.to_owned()), detail.clone());
        let row = Row::new(self.at(now), kind, name, event).saying(detail);
        self.timeline.rows.push(row);
    }

    fn pod(&mut self, now: SimTime, pod: PodId, event: &str, store: &Store) -> &mut Row {
        let at = self.at(now);
        let node = store.pods[pod.index()].node;
        let node = if node == NodeId::NONE {
            ""
        } else {
            store.nodes[node.index()].name.as_str()
        };
        let row = Row::new(at, "Pod", &self.names[pod.index()], event).on(node);
        self.timeline.rows.push(row);
        self.timeline.rows.last_mut().expect("it was just pushed")
    }

    fn created(&mut self, now: SimTime, pod: PodId, store: &Store) {
        let record = &store.pods[pod.index()];
        let name = store.pod_name(pod, self.seed);
        let owner = match record.owner {
            Owner::Job(job) => store.job_name(job),
            Owner::ReplicaSet(set) => store.replica_set_name(set, self.seed),
            Owner::StatefulSet(set) => store.stateful_sets[set.index()].spec.name.clone(),
            Owner::DaemonSet(set) => store.daemon_sets[set.index()].spec.name.clone(),
            Owner::Nobody(_) => String::new(),
        };
        let facts = PodFacts {
            owner,
            index: Some(record.completion_index).filter(|index| *index != u32::MAX),
            node: None,
        };
        self.timeline.pods.insert(name.clone(), facts);
        debug_assert_eq!(self.names.len(), pod.index(), "pods are created in order");
        self.names.push(name);
        self.pod(now, pod, "created", store);
    }

    fn refused_pod(&mut self, now: SimTime, owner: Owner, store: &Store) {
        let name = store.owner_name(owner, self.seed);
        let (kind, name) = name.split_once(' ').unwrap_or(("", &name));
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        let about = format!("{kind}/{name}");
        let text = format!("[controller] {}", store.refused_pods[&owner].event());
        self.timeline
            .rows
            .push(Row::new(self.at(now), "Event", &about, "FailedCreate").saying(text));
    }

    fn suspension(&mut self, now: SimTime, job: JobId, store: &Store) {
        let conditions = store.job_conditions(job, self.seed);
        let Some(text) = conditions.iter().find(|condition| condition.kind == "Suspended") else {
            return;
        };
        let status = if text.status { "True" } else { "False" };
        let text = format!("Suspended={status} reason={}: {}", text.reason, text.message);
        let row = Row::new(self.at(now), "Job", &store.job_name(job), "condition").saying(text);
        self.timeline.rows.push(row);
    }

    fn condition(&mut self, now: SimTime, job: JobId, store: &Store) {
        let at = self.at(now);
        let name = store.job_name(job);
        let condition = store.jobs[job.index()].condition;
        let text = format!(
            "{}=True reason={}: {}",
            condition.name(),
            store.job_reason(job),
            store.job_message(job, self.seed)
        );
        let row = Row::new(at, "Job", &name, "condition").saying(text);
        self.timeline.rows.push(row);
    }
}

impl Observer for Recorder {
    fn wants_attempts(&self) -> bool {
        true
    }

    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        let own = now.as_secs_f64() + self.start;
        match record {
            Record::JobSubmitted(job) => {
                let name = store.job_name(job);
                // The client's own time: nothing is watched.
                self.timeline.submitted.insert(format!("Job/{name}"), own);
                let seen = own + self.posting + self.latency;
                self.timeline.rows.push(Row::new(seen, "Job", &name, "created"));
            }
            Record::JobConditionWritten(job) => self.condition(now, job, store),
            Record::JobSuspension(job) => self.suspension(now, job, store),
            Record::PodCreated(pod) => self.created(now, pod, store),
            Record::PodAttempted(pod) => {
                if let Some(attempt) = store.attempt.as_ref().filter(|attempt| !attempt.message.is_empty()) {
                    self.refusals.insert(pod, attempt.message.clone());
                }
            }
            Record::PodUnschedulable(pod) | Record::PodRefusalChanged(pod) => {
                let message = self.refusals.get(&pod).cloned().unwrap_or_default();
                self.pod(now, pod, "unschedulable", store).detail = format!("Unschedulable: {message}");
            }
            Record::PodGated(pod) => {
                let detail = format!("{SCHEDULING_GATED}: {SCHEDULING_GATED_MESSAGE}");
                self.pod(now, pod, "unschedulable", store).detail = detail;
            }
            Record::PodNominated(pod, node) => match node.some() {
                Some(node) => {
                    let name = store.nodes[node.index()].name.clone();
                    self.pod(now, pod, "nominated", store).detail = name;
                }
                None => drop(self.pod(now, pod, "nomination-cleared", store)),
            },
            Record::PodPreempted(victim, _) => {
                let node = store.pods[victim.index()].node;
                let node = node.some().map_or("", |node| store.nodes[node.index()].name.as_str());
                let about = format!("Pod/{}", self.names[victim.index()]);
                let text = format!("[default-scheduler] Preempted by pod <uid> on node {node}");
                self.timeline
                    .rows
                    .push(Row::new(self.at(now), "Event", &about, "Preempted").saying(text));
            }
            Record::PodBound(pod, node) => {
                self.pod(now, pod, "scheduled", store);
                let facts = self.timeline.pods.get_mut(&self.names[pod.index()]);
                facts.expect("it was created").node = Some(store.nodes[node.index()].name.clone());
            }
            Record::PodRunning(pod) => drop(self.pod(now, pod, "running", store)),
            Record::PodReadiness(pod, true) => drop(self.pod(now, pod, "ready", store)),
            Record::PodReadiness(pod, false) => drop(self.pod(now, pod, "unready", store)),
            Record::PodRestarted(pod) => {
                let restarts = store.pods[pod.index()].restarts;
                self.pod(now, pod, "container-restarted", store).detail = format!("restartCount={restarts}");
            }
            Record::PodBackingOff(pod) => drop(self.pod(now, pod, "container-waiting", store)),
            Record::PodDeleting(pod) => {
                let grace = store.deletions.get(&pod).map(|deletion| deletion.grace.as_secs_f64());
                let detail = grace.map_or(String::new(), |grace| format!("grace={grace}"));
                self.pod(now, pod, "deleting", store).detail = detail;
            }
            Record::PodDisrupted(pod) => {
                let disruption = store.pods[pod.index()].disruption;
                let detail = format!("{}: {}", disruption.reason(), disruption.message());
                self.pod(now, pod, "DisruptionTarget", store).detail = detail;
            }
            Record::WorkloadCreated(workload)
            | Record::WorkloadChanged(workload)
            | Record::WorkloadStatus(workload) => {
                self.workload(now, workload, store);
            }
            Record::Scaled(target, _) => self.workload(now, target.into(), store),
            Record::ReplicaSetScaled(set, from, to) => self.rolled(now, set, (from, to), store),
            Record::HpaStatusChanged(id) => self.autoscaler(now, id, store),
            Record::HpaEvent(id, event) => self.autoscaler_event(now, id, event, store),
            Record::NodeAdded(node) | Record::NodeChanged(node) => self.node(now, node, store),
            Record::PodFinished(pod) => {
                let record = &store.pods[pod.index()];
                if record.node == NodeId::NONE && !store.failures.contains_key(&pod) {
                    // Its object goes away Pending.
                    return;
                }
                let event = if record.phase == PodPhase::Succeeded {
                    "succeeded"
                } else {
                    "failed"
                };
                // Nobody is left to tell of the containers of a pod whose node is gone.
                let code = match record.disruption {
                    Disruption::DeletionByPodGc => String::new(),
                    Disruption::None
                    | Disruption::PreemptionByScheduler
                    | Disruption::DeletionByTaintManager
                    | Disruption::EvictionByEvictionApi
                    | Disruption::TerminationByKubelet => record.exit_code.to_string(),
                };
                self.pod(now, pod, event, store).detail = format!("exitCode={code}");
            }
            Record::PodGone(pod) => drop(self.pod(now, pod, "deleted", store)),
            Record::PodRefused(owner) => self.refused_pod(now, owner, store),
            Record::WorkloadEvent(..)
            | Record::KubeletEvent(..)
            | Record::PodImagePullFailed(_)
            | Record::PodChanged(_)
            | Record::HpaEvaluated(..)
            | Record::ServiceSampled(_)
            | Record::NodeRemoved(_)
            | Record::WorkloadRemoved(_)
            | Record::KubeletChanged(_)
            | Record::JobUpdated(_)
            | Record::JobGone(_)
            | Record::RequestRefused(_) => {}
        }
    }
}
