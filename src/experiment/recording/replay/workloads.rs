//! Rows of workloads and nodes: their sizes and statuses as JSON, conditions, taints.

use serde_json::{Map, Value};

use super::super::timeline::Row;
use super::Recorder;
use crate::cluster::Store;
use crate::cluster::apps::{DeploymentCondition, DeploymentStatus};
use crate::cluster::ids::{DeploymentId, NodeId, ReplicaSetId, WorkloadId};
use crate::cluster::node::NodeReadiness;
use crate::cluster::spec::{NodeSpec, Taint, TaintEffect};
use crate::kernel::SimTime;

impl Recorder {
    /// Nodes that are there from the beginning: their rows tell of changes only.
    pub(super) fn see_nodes(&mut self, nodes: &[NodeSpec]) {
        for node in nodes {
            let detail = node_detail(node, NodeReadiness::True);
            self.shown.insert(("Node", node.name.clone()), detail);
        }
    }

    pub(super) fn node(&mut self, now: SimTime, node: NodeId, store: &Store) {
        let spec = &store.nodes[node.index()];
        let detail = node_detail(spec, store.node_states[node.index()].ready);
        self.show(now, "Node", &spec.name, detail);
    }

    /// What a workload wants, and what its status says.
    pub(super) fn workload(&mut self, now: SimTime, workload: WorkloadId, store: &Store) {
        let (_, name) = store.workload_name(workload);
        match workload {
            WorkloadId::Deployment(id) => {
                let deployment = &store.deployments[id.index()];
                let status = &deployment.status;
                let detail = counts(&[
                    ("spec", deployment.spec.replicas),
                    ("replicas", status.replicas),
                    ("updatedReplicas", status.updated_replicas),
                    ("readyReplicas", status.ready_replicas),
                    ("availableReplicas", status.available_replicas),
                    ("unavailableReplicas", status.unavailable_replicas),
                    ("terminatingReplicas", status.terminating_replicas.unwrap_or(0)),
                ]);
                self.show(now, "Deployment", name, detail);
                self.conditions(now, id, status, store);
            }
            WorkloadId::ReplicaSet(id) => {
                let set = &store.replica_sets[id.index()];
                let status = &set.status;
                let detail = counts(&[
                    ("spec", set.spec.replicas),
                    ("replicas", status.replicas),
                    ("fullyLabeledReplicas", status.replicas),
                    ("readyReplicas", status.ready_replicas),
                    ("availableReplicas", status.available_replicas),
                    ("terminatingReplicas", status.terminating_replicas.unwrap_or(0)),
                ]);
                let name = store.replica_set_name(id, self.seed);
                self.show(now, "ReplicaSet", &name, detail);
                self.failure(now, workload, &name, store);
            }
            WorkloadId::StatefulSet(id) => {
                let set = &store.stateful_sets[id.index()];
                let status = &set.status;
                let detail = counts(&[
                    ("spec", set.spec.replicas),
                    ("replicas", status.replicas),
                    ("currentReplicas", status.current_replicas),
                    ("updatedReplicas", status.updated_replicas),
                    ("readyReplicas", status.ready_replicas),
                    ("availableReplicas", status.available_replicas),
                ]);
                self.show(now, "StatefulSet", name, detail);
            }
            WorkloadId::DaemonSet(id) => {
                let status = &store.daemon_sets[id.index()].status;
                let detail = counts(&[
                    ("desiredNumberScheduled", status.desired_number_scheduled),
                    ("currentNumberScheduled", status.current_number_scheduled),
                    ("numberMisscheduled", status.number_misscheduled),
                    ("numberReady", status.number_ready),
                    ("numberAvailable", status.number_available),
                    ("numberUnavailable", status.number_unavailable),
                    ("updatedNumberScheduled", status.updated_number_scheduled),
                ]);
                self.show(now, "DaemonSet", name, detail);
            }
        }
    }

    fn conditions(&mut self, now: SimTime, id: DeploymentId, status: &DeploymentStatus, store: &Store) {
        let name = &store.deployments[id.index()].spec.name;
        for (kind, condition) in [("Available", status.available), ("Progressing", status.progressing)] {
            let Some(condition) = condition else { continue };
            let text = self.condition_text(kind, &condition, store);
            let key = (kind, name.clone());
            if self.shown.get(&key) != Some(&text) {
                self.shown.insert(key, text.clone());
                let row = Row::new(self.at(now), "Deployment", name, "condition").saying(text);
                self.timeline.rows.push(row);
            }
        }
        let name = name.clone();
        self.failure(now, WorkloadId::Deployment(id), &name, store);
    }

    /// Condition ReplicaFailure of a Deployment or ReplicaSet.
    fn failure(&mut self, now: SimTime, workload: WorkloadId, name: &str, store: &Store) {
        let key = ("ReplicaFailure", format!("{}/{name}", workload.kind()));
        let Some(failure) = store.replica_failures.get(&workload) else {
            if !store.pod_refusals.is_empty() {
                self.shown.remove(&key);
            }
            return;
        };
        let text = format!("ReplicaFailure=True reason=FailedCreate: {}", failure.message);
        if self.shown.get(&key) != Some(&text) {
            self.shown.insert(key, text.clone());
            let row = Row::new(self.at(now), workload.kind(), name, "condition").saying(text);
            self.timeline.rows.push(row);
        }
    }

    fn condition_text(&self, kind: &str, condition: &DeploymentCondition, store: &Store) -> String {
        let set = condition
            .replica_set
            .some()
            .map(|set| store.replica_set_name(set, self.seed));
        let message = condition.reason.message(&set.unwrap_or_default());
        format!(
            "{kind}={} reason={}: {message}",
            condition.status().name(),
            condition.reason.name()
        )
    }

    /// A Deployment gave a ReplicaSet another size.
    pub(super) fn rolled(&mut self, now: SimTime, set: ReplicaSetId, (from, to): (u32, u32), store: &Store) {
        self.workload(now, WorkloadId::ReplicaSet(set), store);
        let Some(deployment) = store.replica_sets[set.index()].deployment.some() else {
            return;
        };
        let direction = if to > from { "up" } else { "down" };
        let name = store.replica_set_name(set, self.seed);
        let text = format!("[deployment-controller] Scaled {direction} replica set {name} from {from} to {to}");
        let about = format!("Deployment/{}", store.deployments[deployment.index()].spec.name);
        let row = Row::new(self.at(now), "Event", &about, "ScalingReplicaSet").saying(text);
        self.timeline.rows.push(row);
    }
}

fn counts(counts: &[(&str, u32)]) -> String {
    let fields = counts
        .iter()
        .map(|(key, count)| ((*key).to_owned(), Value::from(*count)));
    Value::Object(fields.collect::<Map<_, _>>()).to_string()
}

/// `Ready=Unknown taints=[key:Effect] reason=NodeStatusUnknown`.
fn node_detail(node: &NodeSpec, ready: NodeReadiness) -> String {
    let (status, reason) = match ready {
        NodeReadiness::True => ("True", "KubeletReady"),
        NodeReadiness::False => ("False", "KubeletNotReady"),
        NodeReadiness::Unknown => ("Unknown", "NodeStatusUnknown"),
        NodeReadiness::Absent => ("", ""),
    };
    let mut taints: Vec<String> = node.taints.iter().map(taint_text).collect();
    taints.sort();
    let reason = if reason.is_empty() {
        String::new()
    } else {
        format!(" reason={reason}")
    };
    format!("Ready={status} taints=[{}]{reason}", taints.join(","))
}

fn taint_text(taint: &Taint) -> String {
    let value = if taint.value.is_empty() {
        String::new()
    } else {
        format!("={}", taint.value)
    };
    let effect = match taint.effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::PreferNoSchedule => "PreferNoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    };
    format!("{}{value}:{effect}", taint.key)
}
