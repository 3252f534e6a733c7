//! What a component sees while it acts: the time, the store, the calendar. Writes to the API server are methods here, so that
//! each tells the components that watch.

use crate::cluster::Store;
use crate::cluster::ids::{JobId, NodeId, PodId, PodTemplateId};
use crate::cluster::node::{NodeChange, NodeReadiness};
use crate::cluster::pod::{Deletion, Disruption, Owner, PodFailure};
use crate::cluster::record::{Observer, Record};
use crate::cluster::spec::{NodeSpec, ObjectSpec, PodTemplate, Taint, TaintEffect};
use crate::control::admission::{self, Refusal};
use crate::control::api_server::ApiServer;
use crate::control::config::ControlPlane;
use crate::control::event::{
    DaemonSetEvent, Event, GcEvent, JobEvent, KubeletEvent, NodeEvent, NodeLifecycleEvent, PodGcEvent, QuotaEvent,
    ReplicaSetEvent, SchedulerEvent, StatefulSetEvent, TaintEvictionEvent,
};
use crate::control::script::watch::Watch;
use crate::kernel::calendar::Calendar;
use crate::kernel::{SimDuration, SimTime};

/// The world of one event.
pub struct Context<'a> {
    /// Now.
    pub now: SimTime,
    /// Everything there is.
    pub store: &'a mut Store,
    /// What is pending.
    pub calendar: &'a mut Calendar<Event>,
    /// The constants.
    pub config: &'a ControlPlane,
    /// The API server's capacity.
    pub api_server: &'a mut ApiServer,
    /// Who listens.
    pub observer: &'a mut dyn Observer,
    /// How many of the pending events repeat for ever without progress.
    pub background: &'a mut usize,
    /// The seed of the run.
    pub seed: u64,
    /// When the run ends at the latest.
    pub until: SimTime,
    /// What a script waits to see.
    pub watch: &'a mut Watch,
    /// Events that were played without the calendar, see [`Self::skip_to`].
    pub skipped: u64,
}

impl Context<'_> {
    /// Tells the observers.
    pub fn record(&mut self, record: Record) {
        if self.watch.listens() {
            self.watch.note(record, self.store);
        }
        self.observer.record(self.now, record, self.store);
    }
    /// Makes `event` happen at `at`.
    pub fn at(&mut self, at: SimTime, event: Event) {
        *self.background += usize::from(event.is_background());
        self.calendar.push(at, event);
    }
    /// Makes `event` happen after `span`.
    pub fn after(&mut self, span: SimDuration, event: Event) {
        self.at(self.now + span, event);
    }
    /// When a write that is sent at `sent` takes effect and is answered.
    pub fn written(&mut self, sent: SimTime) -> SimTime {
        let wait = self.api_server.wait(self.now, sent, self.config.api_write_cost);
        sent + wait + self.config.api_latency
    }
    /// When a read that is sent at `sent` is answered.
    #[must_use]
    pub fn read(&self, sent: SimTime) -> SimTime {
        sent + self.config.api_read_latency
    }
    /// Makes `event` happen when a watching component has seen what is written now.
    pub fn when_seen(&mut self, event: Event) {
        self.after(self.config.watch_latency, event);
    }

    /// Makes `event` happen so long after a watching component has seen what is written now.
    pub fn when_seen_after(&mut self, span: SimDuration, event: Event) {
        self.after(self.config.watch_latency + span, event);
    }

    /// Goes on to `at` if nothing pending happens before or then. The caller then plays its own event of that instant, which it
    /// would have had to push; nothing else could have happened in between.
    pub fn skip_to(&mut self, at: SimTime) -> bool {
        let is_next =
            at <= self.until && !self.watch.is_armed() && self.calendar.peek_time().is_none_or(|next| at < next);
        if is_next {
            self.now = at;
            self.skipped += 1;
        }
        is_next
    }

    /// The API server takes a new pod, of the present template of its owner, or admission refuses it.
    ///
    /// # Errors
    /// Why it was refused, in the API server's words; a controller writes `Error creating: ` and that as event FailedCreate, and
    /// tries again later.
    pub fn try_create_pod(&mut self, owner: Owner, completion_index: u32) -> Result<PodId, Refusal> {
        let template = self.store.next_template(owner);
        self.try_create_pod_of(owner, template, completion_index, None)
    }
    /// The same for a pod of `template`, of an index of its owner; `pinned` is the node that its affinity names, if it names one.
    ///
    /// # Errors
    /// Likewise.
    pub fn try_create_pod_of(
        &mut self,
        owner: Owner,
        template: PodTemplateId,
        index: u32,
        pinned: Option<NodeId>,
    ) -> Result<PodId, Refusal> {
        let names_class = !self.store.templates[template.index()].priority_class.is_empty();
        if !self.store.policies.in_force && !names_class {
            return Ok(self.create_pod_of(owner, template, index, pinned));
        }
        match admission::admit_pod(self.store, owner, template, index, self.seed) {
            Ok(template) => {
                let pod = self.create_pod_of(owner, template, index, pinned);
                if !self.store.refused_pods.is_empty() {
                    self.store.refused_pods.remove(&owner);
                }
                Ok(pod)
            }
            Err(refusal) => {
                self.note_refused_pod(owner, &refusal);
                self.note_refusal(owner, index, &refusal);
                Err(refusal)
            }
        }
    }
    /// The API server takes a new pod, of the present template of its owner.
    pub fn create_pod(&mut self, owner: Owner, completion_index: u32) -> PodId {
        let template = self.store.next_template(owner);
        self.create_pod_of(owner, template, completion_index, None)
    }
    /// The API server takes a new pod of `template`, whatever admission would say; `pinned` is the node that its affinity names,
    /// if it names one.
    pub fn create_pod_of(
        &mut self,
        owner: Owner,
        template: PodTemplateId,
        index: u32,
        pinned: Option<NodeId>,
    ) -> PodId {
        let pod = self.store.create_pod_of(owner, template, index, self.now);
        if let Some(node) = pinned {
            self.store.pin(pod, node);
        }
        self.record(Record::PodCreated(pod));
        if !self.store.template(pod).scheduling.gates.is_empty() {
            self.record(Record::PodGated(pod));
        }
        match self.store.template(pod).node_name.clone() {
            None => self.when_seen(Event::Scheduler(SchedulerEvent::PodAdded(pod))),
            // A pod that names its node goes past the scheduler.
            Some(name) => {
                if let Some(node) = self.store.nodes.iter().position(|n| n.name == name) {
                    self.bind(pod, NodeId(node as u32));
                    self.when_seen(Event::Scheduler(SchedulerEvent::AssignedPodAdded(pod)));
                }
            }
        }
        self.owner_sees_pod(pod);
        pod
    }
    /// Quotas see that there is less of what they count: a pod has ended, or its object is gone.
    fn quotas_see_pod(&mut self, pod: PodId, ended: bool) {
        if self.store.policies.has_quotas() {
            for quota in admission::release_pod(self.store, pod, ended) {
                self.when_seen(Event::Quota(QuotaEvent::Seen(quota as u32)));
            }
        }
    }
    /// The API server takes a change of a pod that has not ended: its labels, its tolerations, fewer scheduling gates; nothing
    /// happens if it changes nothing. What admission forbids is the caller's business.
    pub fn update_pod(&mut self, pod: PodId, change: impl FnOnce(&mut PodTemplate)) {
        let before = self.store.pods[pod.index()].template;
        let mut template = self.store.template(pod).clone();
        change(&mut template);
        if template == *self.store.template(pod) {
            return;
        }
        self.store.set_template(pod, template);
        self.record(Record::PodChanged(pod));
        self.when_seen(Event::Scheduler(SchedulerEvent::PodUpdated(pod, before)));
        self.owner_sees_pod(pod);
    }
    /// The API server takes the scheduling gates that a pod still has; gates may only go.
    pub fn update_pod_scheduling_gates(&mut self, pod: PodId, gates: &[String]) {
        self.update_pod(pod, |template| {
            template.scheduling.gates.retain(|gate| gates.contains(gate));
        });
    }
    /// The API server takes the node that a pod is nominated for, or `None` (`status.nominatedNodeName`).
    pub fn nominate(&mut self, pod: PodId, node: Option<NodeId>) {
        let before = match node {
            Some(node) => self.store.nominated.insert(pod, node),
            None => self.store.nominated.remove(&pod),
        };
        if before == node {
            return;
        }
        self.record(Record::PodNominated(pod, node.unwrap_or(NodeId::NONE)));
        if before.is_some() {
            let priority = self.store.template(pod).priority;
            self.when_seen(Event::Scheduler(SchedulerEvent::NominationCleared(priority)));
        }
    }
    /// The API server takes a binding, which also ends a nomination.
    pub fn bind(&mut self, pod: PodId, node: NodeId) {
        self.store.bind(pod, node, self.now);
        self.record(Record::PodBound(pod, node));
        if !self.store.nominated.is_empty() && self.store.nominated.remove(&pod).is_some() {
            self.record(Record::PodNominated(pod, NodeId::NONE));
        }
        self.when_seen(Event::Kubelet(KubeletEvent::PodSeen(pod)));
        if self.store.odd_nodes > 0 && self.store.is_odd(node) {
            self.when_seen(Event::TaintEviction(TaintEvictionEvent::PodSeen(pod)));
            self.when_seen(Event::PodGc(PodGcEvent::NodeSeen(node)));
        }
        self.owner_sees_pod(pod);
    }
    /// The API server takes a deletion request of a pod, with the pod's own grace period. A pod without a node gets none: it is gone
    /// as soon as it has no finalizer (`pkg/registry/core/pod/strategy.go: CheckGracefulDelete`).
    pub fn delete_pod(&mut self, pod: PodId) {
        let grace = self.store.template(pod).termination_grace;
        self.delete_pod_within(pod, grace);
    }
    /// Marks a pod as about to be disrupted (condition DisruptionTarget). The deletion is another call.
    pub fn disrupt_pod(&mut self, pod: PodId, disruption: Disruption) {
        self.store.pods[pod.index()].disruption = disruption;
        self.record(Record::PodDisrupted(pod));
        self.owner_sees_pod(pod);
    }
    /// The API server takes a deletion request of a pod with a grace period of its own. One that has ended is gone at once, and
    /// one that is being deleted already goes on as it does. Nobody has to stop a pod without a node, so it has no grace
    /// (`pkg/registry/core/pod/strategy.go: CheckGracefulDelete`): it is gone, or stays Pending until its finalizer is off.
    pub fn delete_pod_within(&mut self, pod: PodId, grace: SimDuration) {
        let record = &self.store.pods[pod.index()];
        if record.gone || record.deleting {
            return;
        }
        if record.phase.is_terminal() {
            self.remove_pod(pod);
            return;
        }
        let bound = record.node != NodeId::NONE;
        let grace = if bound { grace } else { SimDuration::ZERO };
        self.store.mark_deleting(pod, grace, self.now);
        self.record(Record::PodDeleting(pod));
        if !bound {
            self.remove_pod(pod);
            self.when_seen(Event::Scheduler(SchedulerEvent::PendingPodDeleted(pod)));
            if !self.store.pods[pod.index()].gone {
                self.owner_sees_pod(pod);
                if self.store.keeps_failed_pods(pod) {
                    self.when_seen(Event::PodGc(PodGcEvent::PodSeen(pod)));
                }
            }
        } else {
            self.when_seen(Event::Kubelet(KubeletEvent::DeletionSeen(pod)));
            self.when_seen(Event::Scheduler(SchedulerEvent::DeletionSeen(pod)));
            let node = self.store.pods[pod.index()].node;
            if self.store.odd_nodes > 0 && self.store.is_odd(node) {
                self.when_seen(Event::PodGc(PodGcEvent::NodeSeen(node)));
            }
            self.owner_sees_pod(pod);
        }
    }
    /// The API server shows that a pod failed for another reason than an exit code.
    pub fn fail_pod(&mut self, pod: PodId, failure: PodFailure, exit_code: u8) {
        self.store.failures.insert(pod, failure);
        self.finish_pod(pod, exit_code);
    }
    /// The API server shows the end of a pod. The scheduler takes a terminal pod for deleted.
    pub fn finish_pod(&mut self, pod: PodId, exit_code: u8) {
        let node = self.store.pods[pod.index()].node;
        self.store.finish(pod, exit_code, self.now);
        self.record(Record::PodFinished(pod));
        let threshold = self.config.node_lifecycle.terminated_pod_gc_threshold;
        if threshold > 0 && self.store.ended_pods == threshold + 1 {
            self.when_seen(Event::PodGc(PodGcEvent::TooManyEnded));
        }
        self.quotas_see_pod(pod, true);
        if node != NodeId::NONE {
            self.when_seen(Event::Scheduler(SchedulerEvent::AssignedPodDeleted(pod)));
        }
        self.owner_sees_pod(pod);
    }
    /// The API server takes a deletion of a pod that has ended, with no grace period.
    pub fn delete_ended_pod(&mut self, pod: PodId) {
        if self.store.pods[pod.index()].gone {
            return;
        }
        if !self.store.pods[pod.index()].deleting {
            let (requested, grace) = (self.now, SimDuration::ZERO);
            let deletion = Deletion {
                requested,
                grace,
                was_ready: false,
            };
            self.store.deletions.insert(pod, deletion);
            self.record(Record::PodDeleting(pod));
        }
        self.remove_pod(pod);
    }
    /// The pod object goes away, or will as soon as its finalizer is off.
    pub fn remove_pod(&mut self, pod: PodId) {
        let record = &mut self.store.pods[pod.index()];
        if record.tracked {
            record.removal_waits = true;
            return;
        }
        let owner = record.owner;
        if !record.phase.is_terminal() {
            // Its object goes as it is; what it had is free all the same.
            self.finish_pod(pod, crate::control::kubelet::EXIT_SIGTERM);
        }
        self.store.remove_pod(pod);
        self.record(Record::PodGone(pod));
        self.quotas_see_pod(pod, false);
        if let Owner::Job(job) = owner
            && self.store.jobs[job.index()].deleting
        {
            self.when_seen(Event::Gc(GcEvent::PodGone(job)));
        }
        self.owner_sees_pod(pod);
    }
    /// The API server takes the finalizer `batch.kubernetes.io/job-tracking` off a pod.
    pub fn release_pod(&mut self, pod: PodId) {
        let record = &mut self.store.pods[pod.index()];
        record.tracked = false;
        record.listed = false;
        if record.removal_waits {
            self.remove_pod(pod);
        }
    }
    /// The API server takes a PriorityClass, Namespace, LimitRange or ResourceQuota.
    ///
    /// # Errors
    /// There is one of its name.
    pub fn create_policy(&mut self, spec: &ObjectSpec) -> Result<(), Refusal> {
        let quotas = self.store.policies.quotas.len();
        admission::create(self.store, spec).unwrap_or(Ok(()))?;
        for quota in quotas..self.store.policies.quotas.len() {
            self.when_seen(Event::Quota(QuotaEvent::Seen(quota as u32)));
        }
        self.admission_eased();
        Ok(())
    }
    /// The API server takes a change of a PriorityClass, LimitRange or ResourceQuota.
    ///
    /// # Errors
    /// There is none of its name, or the change is not allowed.
    pub fn update_policy(&mut self, spec: &ObjectSpec) -> Result<(), Refusal> {
        admission::update(self.store, spec).unwrap_or(Ok(()))?;
        self.admission_eased();
        if let ObjectSpec::ResourceQuota(quota) = spec
            && let Some(place) = admission::find_quota(self.store, &quota.namespace, &quota.name)
        {
            self.when_seen(Event::Quota(QuotaEvent::Seen(place as u32)));
        }
        Ok(())
    }
    /// The API server takes a new node. It has the not-ready taint until the node lifecycle controller takes that away
    /// (`plugin/pkg/admission/nodetaint/admission.go: Admit`), and no condition Ready until its kubelet writes one.
    pub fn create_node(&mut self, mut spec: NodeSpec) -> NodeId {
        let taint = Taint::of_condition(Taint::NOT_READY, TaintEffect::NoSchedule);
        if !spec.taints.contains(&taint) {
            spec.taints.push(taint);
        }
        let node = self.store.add_node(spec);
        let state = &mut self.store.node_states[node.index()];
        state.ready = NodeReadiness::Absent;
        state.created = self.now;
        self.record(Record::NodeAdded(node));
        self.when_seen(Event::Scheduler(SchedulerEvent::NodeAdded(node)));
        self.daemons_see_node(node);
        self.when_seen(Event::NodeLifecycle(NodeLifecycleEvent::NodeSeen(node)));
        let status = self.config.kubelet.node_status_latency + self.config.api_latency;
        self.after(status, Event::Node(NodeEvent::StatusWritten(node)));
        if !self.store.failure_sources.is_empty() {
            self.at(self.now, Event::Node(NodeEvent::Joins(node)));
        }
        node
    }
    /// The API server takes a change of a node's specification; nothing happens if it changes nothing.
    pub fn update_node(&mut self, node: NodeId, change: impl FnOnce(&mut NodeSpec)) {
        let mut spec = self.store.nodes[node.index()].clone();
        change(&mut spec);
        let changed = NodeChange::between(&self.store.nodes[node.index()], &spec);
        if changed.is_empty() {
            return;
        }
        let before = &self.store.nodes[node.index()];
        let cordoned = before.unschedulable != spec.unschedulable;
        let evictions = changed.contains(NodeChange::TAINTS) && (before.evicts() || spec.evicts());
        self.store.update_node(node, spec);
        self.record(Record::NodeChanged(node));
        self.when_seen(Event::Scheduler(SchedulerEvent::NodeUpdated(node, changed)));
        self.daemons_see_node(node);
        if cordoned {
            self.when_seen(Event::NodeLifecycle(NodeLifecycleEvent::NodeSeen(node)));
        }
        if evictions {
            self.when_seen(Event::TaintEviction(TaintEvictionEvent::NodeSeen(node)));
            self.when_seen(Event::PodGc(PodGcEvent::NodeSeen(node)));
        }
    }
    /// The API server takes a node's new condition Ready.
    pub fn set_node_ready(&mut self, node: NodeId, ready: NodeReadiness) {
        let state = &mut self.store.node_states[node.index()];
        if state.ready != ready {
            state.ready = ready;
            self.record(Record::NodeChanged(node));
            self.when_seen(Event::Scheduler(SchedulerEvent::NodeUpdated(
                node,
                NodeChange::CONDITIONS,
            )));
            self.when_seen(Event::NodeLifecycle(NodeLifecycleEvent::NodeSeen(node)));
        }
    }
    /// The Node object goes away. Its pods stay until somebody deletes them.
    pub fn delete_node(&mut self, node: NodeId) {
        if self.store.node_states[node.index()].exists {
            self.store.remove_node(node);
            self.record(Record::NodeRemoved(node));
            self.when_seen(Event::Scheduler(SchedulerEvent::NodeDeleted(node)));
            self.daemons_see_node(node);
            self.when_seen(Event::PodGc(PodGcEvent::NodeSeen(node)));
        }
    }
    fn daemons_see_node(&mut self, node: NodeId) {
        if !self.store.daemon_sets.is_empty() {
            self.when_seen(Event::DaemonSet(DaemonSetEvent::NodeSeen(node)));
        }
    }
    /// Whoever owns `pod` will see that it changed.
    pub fn owner_sees_pod(&mut self, pod: PodId) {
        match self.store.pods[pod.index()].owner {
            Owner::Job(job) => self.sync_job_batched(job),
            Owner::ReplicaSet(_) => self.when_seen(Event::ReplicaSet(ReplicaSetEvent::PodSeen(pod))),
            Owner::StatefulSet(_) => self.when_seen(Event::StatefulSet(StatefulSetEvent::PodSeen(pod))),
            Owner::DaemonSet(_) => self.when_seen(Event::DaemonSet(DaemonSetEvent::PodSeen(pod))),
            Owner::Nobody(_) => {}
        }
    }
    /// `enqueueSyncJobBatched`: a sync one batch period after the change is seen.
    pub fn sync_job_batched(&mut self, job: JobId) {
        let span = self.config.watch_latency + self.config.job.sync_job_batch_period;
        self.sync_job_at(job, self.now + span);
    }
    /// The delaying queue keeps the earliest due time of a key
    /// (`staging/src/k8s.io/client-go/util/workqueue/delaying_queue.go: insert`).
    pub fn sync_job_at(&mut self, job: JobId, at: SimTime) {
        self.add_job_after(job, at, JobEvent::Due(job));
    }
    /// The same after a sync in which the API server refused a pod.
    pub fn retry_job_at(&mut self, job: JobId, at: SimTime) {
        self.add_job_after(job, at, JobEvent::Retry(job));
    }
    fn add_job_after(&mut self, job: JobId, at: SimTime, event: JobEvent) {
        let record = &mut self.store.jobs[job.index()];
        if at < record.due && !record.condition.is_finished() && !record.gone {
            record.due = at;
            self.at(at, Event::Job(event));
        }
    }
    /// Admission may let more in from now on: a quota was freed, or what governs admission changed. Jobs whose pods it refused
    /// do not keep a run going on their own (their tries would for ever); after this they do, until each had another try.
    pub fn admission_eased(&mut self) {
        self.store.policies.hope_until = self.now + self.config.job.max_api_backoff;
    }
}
