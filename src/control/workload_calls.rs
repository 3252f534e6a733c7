//! Writes to the API server that concern workloads: creating, changing, scaling and deleting Deployments, ReplicaSets,
//! StatefulSets, DaemonSets and bare Pods.

use std::sync::Arc;

use crate::cluster::apps::{ReplicaFailure, Revision, WorkloadEvent};
use crate::cluster::ids::{DaemonSetId, DeploymentId, PodId, ReplicaSetId, ScaleTarget, StatefulSetId, WorkloadId};
use crate::cluster::pod::Owner;
use crate::cluster::record::Record;
use crate::cluster::refusal::{Refusal, RefusedPod, RefusedPods, RefusedRequest};
use crate::cluster::spec::{DaemonSetSpec, DeploymentSpec, PodSpec, PodTemplate, ReplicaSetSpec, StatefulSetSpec};
use crate::control::context::Context;
use crate::control::event::{DaemonSetEvent, DeploymentEvent, Event, GcEvent, ReplicaSetEvent, StatefulSetEvent};

impl Context<'_> {
    /// The API server takes a new Deployment.
    pub fn create_deployment(&mut self, spec: DeploymentSpec) -> DeploymentId {
        let id = self.store.add_deployment(spec, self.now);
        self.workload_created(WorkloadId::Deployment(id));
        id
    }
    /// The API server takes a new ReplicaSet that no Deployment makes.
    pub fn create_replica_set(&mut self, spec: ReplicaSetSpec) -> ReplicaSetId {
        let id = self.store.add_replica_set(spec, self.now);
        self.workload_created(WorkloadId::ReplicaSet(id));
        id
    }
    /// The API server takes a new StatefulSet.
    pub fn create_stateful_set(&mut self, spec: StatefulSetSpec) -> StatefulSetId {
        let id = self.store.add_stateful_set(spec, self.now);
        self.workload_created(WorkloadId::StatefulSet(id));
        id
    }
    /// The API server takes a new DaemonSet.
    pub fn create_daemon_set(&mut self, spec: DaemonSetSpec) -> DaemonSetId {
        let id = self.store.add_daemon_set(spec, self.now);
        self.workload_created(WorkloadId::DaemonSet(id));
        id
    }
    /// The API server takes a new ReplicaSet of the present template of `d`.
    pub(super) fn create_replica_set_of(&mut self, d: DeploymentId, replicas: u32, revision: u32) -> ReplicaSetId {
        let id = self.store.add_replica_set_of(d, replicas, self.now);
        self.store.label_with_hash(id, self.seed);
        self.store.replica_sets[id.index()].revision = revision;
        self.annotate_sizes(id);
        self.record(Record::WorkloadCreated(WorkloadId::ReplicaSet(id)));
        if replicas > 0 {
            self.record(Record::ReplicaSetScaled(id, 0, replicas));
        }
        self.replica_set_seen(id);
        id
    }
    /// The API server takes another size of a Deployment's ReplicaSet from its controller; says whether it is another.
    pub(super) fn resize_replica_set(&mut self, id: ReplicaSetId, replicas: u32) -> bool {
        let set = &mut self.store.replica_sets[id.index()];
        let before = std::mem::replace(&mut set.spec.replicas, replicas);
        set.generation += u32::from(before != replicas);
        self.annotate_sizes(id);
        if before != replicas {
            self.record(Record::ReplicaSetScaled(id, before, replicas));
        }
        self.replica_set_seen(id);
        before != replicas
    }
    /// The API server takes another revision, and its Deployment's `minReadySeconds`, of a ReplicaSet.
    pub(super) fn revise_replica_set(&mut self, id: ReplicaSetId, revision: u32) {
        let set = &mut self.store.replica_sets[id.index()];
        let min_ready = self.store.deployments[set.deployment.index()].spec.min_ready;
        set.revision = revision;
        set.generation += u32::from(std::mem::replace(&mut set.spec.min_ready, min_ready) != min_ready);
        self.replica_set_seen(id);
    }
    /// Notes the Deployment's size in its ReplicaSet (`SetReplicasAnnotations`).
    fn annotate_sizes(&mut self, id: ReplicaSetId) {
        let set = &mut self.store.replica_sets[id.index()];
        let spec = &self.store.deployments[set.deployment.index()].spec;
        set.desired_replicas = spec.replicas;
        let surge = spec.strategy.fenceposts(spec.replicas).max_surge;
        set.max_replicas = spec.replicas.saturating_add(surge);
    }
    /// Keeps the words of a refusal for the Events and conditions of the workload that wanted the pod.
    pub(super) fn note_refusal(&mut self, owner: Owner, index: u32, refusal: &Refusal) {
        let workload = match owner {
            Owner::Job(_) | Owner::Nobody(_) => return,
            Owner::ReplicaSet(id) => WorkloadId::ReplicaSet(id),
            Owner::StatefulSet(id) => WorkloadId::StatefulSet(id),
            Owner::DaemonSet(id) => WorkloadId::DaemonSet(id),
        };
        let refused = RefusedPod {
            pod: self.store.name_of_new_pod(owner, index, self.seed).1,
            message: refusal.message.clone(),
        };
        self.store.pod_refusals.insert(workload, refused);
        self.workload_event(workload, WorkloadEvent::FailedCreate);
    }
    /// Tells observers that ask of an Event about a workload.
    pub fn workload_event(&mut self, workload: WorkloadId, event: WorkloadEvent) {
        if self.observer.wants_events() {
            self.record(Record::WorkloadEvent(workload, event));
        }
    }
    /// Condition ReplicaFailure of a ReplicaSet is written: it is there from the first refusal until a sync makes all its pods
    /// (`pkg/controller/replicaset/replica_set_utils.go: calculateStatus`).
    pub(super) fn set_replica_failure(&mut self, set: WorkloadId, failed: bool) {
        if !failed {
            if !self.store.replica_failures.is_empty() {
                self.store.replica_failures.remove(&set);
            }
            return;
        }
        let Some(refused) = self.store.pod_refusals.get(&set) else {
            return;
        };
        let failure = ReplicaFailure {
            message: refused.message.clone(),
            since: self.now,
        };
        self.store.replica_failures.entry(set).or_insert(failure);
    }
    /// A Deployment's condition ReplicaFailure is written: that of `from`, one of its ReplicaSets, or none
    /// (`progress.go: syncRolloutStatus`). It stays as it is while it is there.
    pub(super) fn copy_replica_failure(&mut self, d: DeploymentId, from: Option<ReplicaSetId>) {
        if self.store.replica_failures.is_empty() {
            return;
        }
        let to = WorkloadId::Deployment(d);
        match from {
            None => drop(self.store.replica_failures.remove(&to)),
            Some(set) => {
                if let Some(failure) = self.store.replica_failures.get(&WorkloadId::ReplicaSet(set)).cloned() {
                    self.store.replica_failures.entry(to).or_insert(failure);
                }
            }
        }
    }
    /// The controllers of a ReplicaSet and of its Deployment will see that it changed.
    pub(super) fn replica_set_seen(&mut self, id: ReplicaSetId) {
        self.workload_seen(WorkloadId::ReplicaSet(id));
        if let Some(d) = self.store.replica_sets[id.index()].deployment.some() {
            self.workload_seen(WorkloadId::Deployment(d));
        }
    }
    /// The API server takes a new bare Pod, or admission refuses it.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn create_bare_pod(&mut self, spec: PodSpec) -> Result<PodId, Refusal> {
        self.store.bare_pods.push(spec);
        let which = (self.store.bare_pods.len() - 1) as u32;
        self.try_create_pod(Owner::Nobody(which), u32::MAX)
    }
    /// Whoever submits the bare Pods that the store has from the beginning does so; what is refused is written down.
    pub(super) fn submit_bare_pods(&mut self) {
        for which in 0..self.store.bare_pods.len() as u32 {
            if let Err(refusal) = self.try_create_pod(Owner::Nobody(which), u32::MAX) {
                let PodSpec { namespace, name, .. } = &self.store.bare_pods[which as usize];
                let request = format!("create Pod {namespace}/{name}");
                self.refuse(request, refusal);
            }
        }
    }
    /// Writes down that the API server refused a pod of a controller; requests of people are noted by who sends them.
    pub(super) fn note_refused_pod(&mut self, owner: Owner, refusal: &Refusal) {
        if matches!(owner, Owner::Nobody(_)) {
            return;
        }
        let before = self.store.refused_pods.get(&owner);
        let refused = RefusedPods {
            count: before.map_or(0, |refused| refused.count) + 1,
            first: before.map_or(self.now, |refused| refused.first),
            last: self.now,
            message: refusal.message.clone(),
        };
        self.store.refused_pods.insert(owner, refused);
        self.record(Record::PodRefused(owner));
    }
    /// Writes down that the API server refused a request of somebody outside: a person, a script.
    pub(super) fn refuse(&mut self, request: String, refusal: Refusal) {
        self.store.refused.push(RefusedRequest {
            at: self.now,
            request,
            message: refusal.message,
        });
        self.record(Record::RequestRefused(self.store.refused.len() as u32 - 1));
    }

    /// The API server takes the status of a workload, which the store has already.
    pub(super) fn status_written(&mut self, workload: WorkloadId) {
        self.store.note_roll_out(workload, self.now);
        self.record(Record::WorkloadStatus(workload));
    }

    fn workload_created(&mut self, workload: WorkloadId) {
        self.record(Record::WorkloadCreated(workload));
        self.workload_seen(workload);
    }

    /// The controller of `workload` will see that it changed.
    pub fn workload_seen(&mut self, workload: WorkloadId) {
        self.when_seen(seen_event(workload));
    }

    /// The API server takes another specification of a Deployment. Another template makes a new revision.
    pub fn update_deployment(&mut self, id: DeploymentId, spec: DeploymentSpec) {
        self.store.add_template(&spec.template);
        let deployment = &mut self.store.deployments[id.index()];
        if !deployment.exists() || deployment.spec == spec {
            return;
        }
        let before = std::mem::replace(&mut deployment.spec, spec);
        deployment.generation += 1;
        if before.template_hash != deployment.spec.template_hash || before.template != deployment.spec.template {
            self.store.begin_roll_out(WorkloadId::Deployment(id), self.now);
        }
        let deployment = &self.store.deployments[id.index()];
        let replicas = deployment.spec.replicas;
        let only_scaled = before
            == DeploymentSpec {
                replicas: before.replicas,
                ..deployment.spec.clone()
            };
        self.workload_changed(WorkloadId::Deployment(id), only_scaled);
        if before.replicas != replicas {
            self.record(Record::Scaled(ScaleTarget::Deployment(id), replicas));
        }
    }
    /// The API server takes another specification of a ReplicaSet. Its pods stay as they are.
    pub fn update_replica_set(&mut self, id: ReplicaSetId, spec: ReplicaSetSpec) {
        let template = self.store.add_template(&spec.template);
        let set = &mut self.store.replica_sets[id.index()];
        if !set.exists() || set.spec == spec {
            return;
        }
        let before = std::mem::replace(&mut set.spec, spec);
        set.template = template;
        set.generation += 1;
        let replicas = set.spec.replicas;
        let only_scaled = before
            == ReplicaSetSpec {
                replicas: before.replicas,
                ..set.spec.clone()
            };
        self.workload_changed(WorkloadId::ReplicaSet(id), only_scaled);
        if before.replicas != replicas {
            self.record(Record::Scaled(ScaleTarget::ReplicaSet(id), replicas));
        }
    }
    /// The API server takes another specification of a StatefulSet.
    pub fn update_stateful_set(&mut self, id: StatefulSetId, spec: StatefulSetSpec) {
        let set = &self.store.stateful_sets[id.index()];
        if !set.exists() || set.spec == spec {
            return;
        }
        let revisions = set.revisions.clone();
        let (revisions, update) = self.revised(revisions, &spec.template, spec.template_hash);
        if update != self.store.stateful_sets[id.index()].update {
            self.store.begin_roll_out(WorkloadId::StatefulSet(id), self.now);
        }
        let set = &mut self.store.stateful_sets[id.index()];
        (set.revisions, set.update) = (revisions, update);
        let before = std::mem::replace(&mut set.spec, spec);
        set.generation += 1;
        let replicas = set.spec.replicas;
        let only_scaled = before
            == StatefulSetSpec {
                replicas: before.replicas,
                ..set.spec.clone()
            };
        self.workload_changed(WorkloadId::StatefulSet(id), only_scaled);
        if before.replicas != replicas {
            self.record(Record::Scaled(ScaleTarget::StatefulSet(id), replicas));
        }
    }
    /// The API server takes another specification of a DaemonSet.
    pub fn update_daemon_set(&mut self, id: DaemonSetId, spec: DaemonSetSpec) {
        let set = &self.store.daemon_sets[id.index()];
        if !set.exists() || set.spec == spec {
            return;
        }
        let revisions = set.revisions.clone();
        let (mut revisions, update) = self.revised(revisions, &spec.template, spec.template_hash);
        // The newest revision is the present one, also when an old template comes back.
        let present = revisions.remove(update);
        revisions.push(present);
        if present.template != self.store.daemon_sets[id.index()].template() {
            self.store.begin_roll_out(WorkloadId::DaemonSet(id), self.now);
        }
        let set = &mut self.store.daemon_sets[id.index()];
        set.revisions = revisions;
        set.spec = spec;
        set.generation += 1;
        self.workload_changed(WorkloadId::DaemonSet(id), false);
    }
    /// The revisions with that of `template` among them, and its place.
    fn revised(
        &mut self,
        mut revisions: Vec<Revision>,
        template: &Arc<PodTemplate>,
        hash: u64,
    ) -> (Vec<Revision>, usize) {
        let place = self.store.revision(&mut revisions, template, hash);
        (revisions, place)
    }
    fn workload_changed(&mut self, workload: WorkloadId, only_scaled: bool) {
        if !only_scaled {
            self.record(Record::WorkloadChanged(workload));
        }
        self.workload_seen(workload);
    }

    /// The API server takes a new size of a workload.
    pub fn scale(&mut self, target: ScaleTarget, replicas: u32) {
        let (exists, size, generation) = match target {
            ScaleTarget::Deployment(id) => {
                let d = &mut self.store.deployments[id.index()];
                (d.exists(), &mut d.spec.replicas, &mut d.generation)
            }
            ScaleTarget::ReplicaSet(id) => {
                let set = &mut self.store.replica_sets[id.index()];
                (set.exists(), &mut set.spec.replicas, &mut set.generation)
            }
            ScaleTarget::StatefulSet(id) => {
                let set = &mut self.store.stateful_sets[id.index()];
                (set.exists(), &mut set.spec.replicas, &mut set.generation)
            }
        };
        if !exists || *size == replicas {
            return;
        }
        *size = replicas;
        *generation += 1;
        self.record(Record::Scaled(target, replicas));
        match target {
            ScaleTarget::ReplicaSet(id) => self.replica_set_seen(id),
            ScaleTarget::Deployment(_) | ScaleTarget::StatefulSet(_) => self.workload_seen(target.into()),
        }
    }

    /// The API server deletes a workload in the background: the object is gone at once, and the garbage collector deletes what
    /// it owned (`propagationPolicy: Background`, the default of kubectl).
    pub fn delete_workload(&mut self, workload: WorkloadId) {
        let deleted = match workload {
            WorkloadId::Deployment(id) => &mut self.store.deployments[id.index()].deleted,
            WorkloadId::ReplicaSet(id) => &mut self.store.replica_sets[id.index()].deleted,
            WorkloadId::StatefulSet(id) => &mut self.store.stateful_sets[id.index()].deleted,
            WorkloadId::DaemonSet(id) => &mut self.store.daemon_sets[id.index()].deleted,
        };
        if deleted.happened().is_some() {
            return;
        }
        *deleted = self.now;
        if let WorkloadId::ReplicaSet(id) = workload
            && let Some(d) = self.store.replica_sets[id.index()].deployment.some()
        {
            self.store.deployments[d.index()].replica_sets.retain(|rs| *rs != id);
            self.workload_seen(WorkloadId::Deployment(d));
        }
        self.record(Record::WorkloadRemoved(workload));
        self.workload_seen(workload);
        self.when_seen(Event::Gc(GcEvent::OwnerGone(workload)));
    }
    /// Deletes a Deployment in the background.
    pub fn delete_deployment(&mut self, id: DeploymentId) {
        self.delete_workload(WorkloadId::Deployment(id));
    }
    /// Deletes a ReplicaSet in the background.
    pub fn delete_replica_set(&mut self, id: ReplicaSetId) {
        self.delete_workload(WorkloadId::ReplicaSet(id));
    }
    /// Deletes a StatefulSet in the background.
    pub fn delete_stateful_set(&mut self, id: StatefulSetId) {
        self.delete_workload(WorkloadId::StatefulSet(id));
    }
    /// Deletes a DaemonSet in the background.
    pub fn delete_daemon_set(&mut self, id: DaemonSetId) {
        self.delete_workload(WorkloadId::DaemonSet(id));
    }
}

/// That the controller of `workload` sees that it changed.
pub(super) const fn seen_event(workload: WorkloadId) -> Event {
    match workload {
        WorkloadId::Deployment(id) => Event::Deployment(DeploymentEvent::Seen(id)),
        WorkloadId::ReplicaSet(id) => Event::ReplicaSet(ReplicaSetEvent::Seen(id)),
        WorkloadId::StatefulSet(id) => Event::StatefulSet(StatefulSetEvent::Seen(id)),
        WorkloadId::DaemonSet(id) => Event::DaemonSet(DaemonSetEvent::Seen(id)),
    }
}
