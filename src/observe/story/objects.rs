//! Stories of workloads and autoscalers: their Events and conditions, in the words of their controllers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::subject::Kind;
use super::{Entries, Entry, EntryKind, MOST_PODS, Stories};
use crate::cluster::Store;
use crate::cluster::apps::{DeploymentCondition, WorkloadEvent};
use crate::cluster::hpa::{EventText, HpaEvent};
use crate::cluster::ids::{HpaId, ReplicaSetId, ScaleTarget, WorkloadId};
use crate::cluster::record::Record;
use crate::kernel::SimTime;

/// Writes Events about autoscalers.
const AUTOSCALER: &str = "horizontal-pod-autoscaler";

/// What is told of besides pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ObjectId {
    Workload(WorkloadId),
    Hpa(HpaId),
}

/// The story of a workload or an autoscaler.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectStory {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What happened, in order of time.
    pub entries: Vec<Entry>,
    /// The conditions as last told, by type.
    #[serde(skip)]
    conditions: BTreeMap<&'static str, String>,
}

impl Stories {
    /// Takes note of what a record says of workloads and autoscalers.
    pub(super) fn object_record(&mut self, now: SimTime, record: Record, store: &Store) {
        match record {
            Record::WorkloadEvent(workload, event) => self.workload_event(now, workload, event, store),
            Record::WorkloadStatus(workload) => self.conditions_of(now, workload, store),
            Record::ReplicaSetScaled(set, from, to) => self.rolled(now, set, (from, to), store),
            Record::Scaled(target, size) => self.scaled(now, target, size, store),
            Record::HpaEvent(hpa, event) => self.autoscaler_event(now, hpa, event, store),
            Record::HpaStatusChanged(hpa) => self.autoscaler_conditions(now, hpa, store),
            _ => {}
        }
    }

    /// The story of an object, if it is asked about.
    fn object(&mut self, id: ObjectId, store: &Store) -> Option<&mut ObjectStory> {
        if let Some(place) = self.object_places.get(&id) {
            return place.map(|place| &mut self.objects[place]);
        }
        let (kind, name) = match id {
            ObjectId::Workload(workload) => (Kind::of(workload), workload_name(workload, store, self.seed)),
            ObjectId::Hpa(hpa) => {
                let hpa = &store.hpas[hpa.index()];
                (Kind::Hpa, (hpa.namespace.clone(), hpa.name.clone()))
            }
        };
        let mut is_meant = self.subject.is(kind, &name.1);
        if let ObjectId::Workload(WorkloadId::ReplicaSet(set)) = id
            && let Some(d) = store.replica_sets[set.index()].deployment.some()
        {
            // What becomes of a Deployment is told by its ReplicaSets, too.
            is_meant |= self
                .subject
                .is(Kind::Deployment, &store.deployments[d.index()].spec.name);
        }
        if !is_meant || self.objects.len() == MOST_PODS {
            self.object_places.insert(id, None);
            return None;
        }
        self.object_places.insert(id, Some(self.objects.len()));
        self.objects.push(ObjectStory {
            kind: kind.name(),
            namespace: name.0,
            name: name.1,
            entries: Vec::new(),
            conditions: BTreeMap::new(),
        });
        self.objects.last_mut()
    }

    fn tell_event(&mut self, now: SimTime, id: ObjectId, from: &'static str, text: EventText, store: &Store) {
        if let Some(story) = self.object(id, store) {
            let kind = if text.warning {
                EntryKind::Warning
            } else {
                EntryKind::Normal
            };
            story.entries.tell(now, kind, from, text.reason, text.message);
        }
    }

    /// Tells a condition unless it says what it said.
    fn tell_condition(&mut self, now: SimTime, id: ObjectId, condition: (&'static str, String), store: &Store) {
        let (kind, text) = condition;
        let from = match id {
            ObjectId::Workload(workload) => Store::event_source(workload),
            ObjectId::Hpa(_) => AUTOSCALER,
        };
        let Some(story) = self.object(id, store) else { return };
        let known = story.conditions.get(kind);
        if known.map_or(text.is_empty(), |known| *known == text) {
            return;
        }
        let message = if text.is_empty() {
            format!("{kind} is no longer there")
        } else {
            format!("{kind}={text}")
        };
        story.conditions.insert(kind, text);
        story.entries.tell(now, EntryKind::Status, from, kind, message);
    }

    fn workload_event(&mut self, now: SimTime, workload: WorkloadId, event: WorkloadEvent, store: &Store) {
        let text = store.workload_event_text(workload, event, self.seed);
        self.tell_event(
            now,
            ObjectId::Workload(workload),
            Store::event_source(workload),
            text,
            store,
        );
    }

    fn conditions_of(&mut self, now: SimTime, workload: WorkloadId, store: &Store) {
        let id = ObjectId::Workload(workload);
        if let WorkloadId::Deployment(d) = workload {
            let status = &store.deployments[d.index()].status;
            for (kind, condition) in [("Available", status.available), ("Progressing", status.progressing)] {
                let text = condition.map_or_else(String::new, |condition| condition_text(&condition, store, self.seed));
                self.tell_condition(now, id, (kind, text), store);
            }
        }
        if store.pod_refusals.is_empty() {
            return;
        }
        let failure = store.replica_failures.get(&workload);
        let text = failure.map_or_else(String::new, |failure| {
            format!("True reason=FailedCreate: {}", failure.message)
        });
        self.tell_condition(now, id, ("ReplicaFailure", text), store);
    }

    /// A Deployment gave a ReplicaSet another size.
    fn rolled(&mut self, now: SimTime, set: ReplicaSetId, (from, to): (u32, u32), store: &Store) {
        let Some(d) = store.replica_sets[set.index()].deployment.some() else {
            return;
        };
        let direction = if to > from { "up" } else { "down" };
        let name = store.replica_set_name(set, self.seed);
        let text = EventText {
            warning: false,
            reason: "ScalingReplicaSet",
            message: format!("Scaled {direction} replica set {name} from {from} to {to}"),
        };
        let workload = WorkloadId::Deployment(d);
        self.tell_event(
            now,
            ObjectId::Workload(workload),
            Store::event_source(workload),
            text,
            store,
        );
    }

    fn scaled(&mut self, now: SimTime, target: ScaleTarget, size: u32, store: &Store) {
        if let Some(story) = self.object(ObjectId::Workload(target.into()), store) {
            let message = format!("spec.replicas is {size}");
            story
                .entries
                .tell(now, EntryKind::Status, "api server", "Scaled", message);
        }
    }

    fn autoscaler_event(&mut self, now: SimTime, hpa: HpaId, event: HpaEvent, store: &Store) {
        let text = store.hpa_event_text(hpa, event, self.seed);
        self.tell_event(now, ObjectId::Hpa(hpa), AUTOSCALER, text, store);
    }

    fn autoscaler_conditions(&mut self, now: SimTime, hpa: HpaId, store: &Store) {
        if self.object(ObjectId::Hpa(hpa), store).is_none() {
            return;
        }
        for condition in store.hpa_conditions(hpa, self.seed) {
            let status = if condition.status { "True" } else { "False" };
            let text = format!("{status} reason={}: {}", condition.reason, condition.message);
            self.tell_condition(now, ObjectId::Hpa(hpa), (condition.kind, text), store);
        }
    }
}

fn condition_text(condition: &DeploymentCondition, store: &Store, seed: u64) -> String {
    let set = condition
        .replica_set
        .some()
        .map(|set| store.replica_set_name(set, seed));
    let message = condition.reason.message(&set.unwrap_or_default());
    format!(
        "{} reason={}: {message}",
        condition.status().name(),
        condition.reason.name()
    )
}

fn workload_name(workload: WorkloadId, store: &Store, seed: u64) -> (String, String) {
    let (namespace, name) = store.workload_name(workload);
    let name = match workload {
        WorkloadId::ReplicaSet(set) => store.replica_set_name(set, seed),
        WorkloadId::Deployment(_) | WorkloadId::StatefulSet(_) | WorkloadId::DaemonSet(_) => name.to_owned(),
    };
    (namespace.to_owned(), name)
}
