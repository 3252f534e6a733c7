//! What a component sees while it acts: the time, the store, the calendar. Writes to the API server are methods here, so that
//! each tells the components that watch.

use crate::cluster::Store;
use crate::cluster::ids::{DeploymentId, JobId, NodeId, PodId};
use crate::cluster::job::JobCondition;
use crate::cluster::node::{NodeChange, NodeReadiness};
use crate::cluster::pod::{Disruption, Owner};
use crate::cluster::record::{Observer, Record};
use crate::cluster::spec::{NodeSpec, ObjectSpec};
use crate::control::admission::{self, Refusal};
use crate::control::api_server::ApiServer;
use crate::control::config::ControlPlane;
use crate::control::event::{
    ClientEvent, DeploymentEvent, Event, JobEvent, KubeletEvent, QuotaEvent, ReplicaSetEvent, SchedulerEvent,
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

    /// The API server takes a new pod, or admission refuses it.
    ///
    /// # Errors
    /// Why it was refused, in the API server's words; a controller writes `Error creating: ` and that as event FailedCreate, and
    /// tries again later.
    pub fn try_create_pod(&mut self, owner: Owner, completion_index: u32) -> Result<PodId, Refusal> {
        let template = self.store.template_of_owner(owner);
        let names_class = !self.store.templates[template.index()].priority_class.is_empty();
        if !self.store.policies.in_force && !names_class {
            return Ok(self.create_pod(owner, completion_index));
        }
        let template = admission::admit_pod(self.store, owner, template, completion_index, self.seed)?;
        let pod = self.store.create_pod(owner, completion_index, self.now);
        self.store.pods[pod.index()].template = template;
        self.pod_created(pod);
        Ok(pod)
    }
    /// The API server takes a new pod, whatever admission would say.
    pub fn create_pod(&mut self, owner: Owner, completion_index: u32) -> PodId {
        let pod = self.store.create_pod(owner, completion_index, self.now);
        self.pod_created(pod);
        pod
    }
    fn pod_created(&mut self, pod: PodId) {
        self.record(Record::PodCreated(pod));
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
    }
    /// Quotas see that there is less of what they count: a pod has ended, or its object is gone.
    fn quotas_see_pod(&mut self, pod: PodId, ended: bool) {
        if self.store.policies.has_quotas() {
            for quota in admission::release_pod(self.store, pod, ended) {
                self.when_seen(Event::Quota(QuotaEvent::Seen(quota as u32)));
            }
        }
    }
    /// The API server takes a binding.
    pub fn bind(&mut self, pod: PodId, node: NodeId) {
        self.store.bind(pod, node, self.now);
        self.record(Record::PodBound(pod, node));
        self.when_seen(Event::Kubelet(KubeletEvent::PodSeen(pod)));
        self.owner_sees_pod(pod);
    }
    /// The API server takes a deletion request of an active pod, with the pod's own grace period. A pod without a node is gone
    /// at once (`pkg/registry/core/pod/strategy.go: CheckGracefulDelete`).
    pub fn delete_pod(&mut self, pod: PodId) {
        let grace = self.store.template(pod).termination_grace;
        self.delete_pod_within(pod, grace);
    }
    /// Marks a pod as about to be disrupted (condition DisruptionTarget). The deletion is another call.
    pub fn disrupt_pod(&mut self, pod: PodId, disruption: Disruption) {
        self.store.pods[pod.index()].disruption = disruption;
        self.owner_sees_pod(pod);
    }
    /// The API server takes a deletion request of an active pod with a grace period of its own.
    pub fn delete_pod_within(&mut self, pod: PodId, grace: SimDuration) {
        self.store.mark_deleting(pod, grace, self.now);
        self.record(Record::PodDeleting(pod));
        if self.store.pods[pod.index()].node == NodeId::NONE {
            self.finish_pod(pod, crate::control::kubelet::EXIT_SIGTERM);
            self.remove_pod(pod);
            self.when_seen(Event::Scheduler(SchedulerEvent::PendingPodDeleted(pod)));
        } else {
            self.when_seen(Event::Kubelet(KubeletEvent::DeletionSeen(pod)));
            self.owner_sees_pod(pod);
        }
    }
    /// The API server shows the end of a pod. The scheduler takes a terminal pod for deleted.
    pub fn finish_pod(&mut self, pod: PodId, exit_code: u8) {
        let node = self.store.pods[pod.index()].node;
        self.store.finish(pod, exit_code, self.now);
        self.record(Record::PodFinished(pod));
        self.quotas_see_pod(pod, true);
        if node != NodeId::NONE {
            self.when_seen(Event::Scheduler(SchedulerEvent::AssignedPodDeleted(pod)));
        }
        self.owner_sees_pod(pod);
    }
    /// The pod object goes away.
    pub fn remove_pod(&mut self, pod: PodId) {
        self.store.pods[pod.index()].gone = true;
        self.record(Record::PodGone(pod));
        self.quotas_see_pod(pod, false);
        self.owner_sees_pod(pod);
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
        Ok(())
    }
    /// The API server takes a new node.
    pub fn create_node(&mut self, spec: NodeSpec) -> NodeId {
        let node = self.store.add_node(spec);
        self.record(Record::NodeAdded(node));
        self.when_seen(Event::Scheduler(SchedulerEvent::NodeAdded(node)));
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
        self.store.update_node(node, spec);
        self.record(Record::NodeChanged(node));
        self.when_seen(Event::Scheduler(SchedulerEvent::NodeUpdated(node, changed)));
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
        }
    }
    /// The Node object goes away. Its pods stay until somebody deletes them.
    pub fn delete_node(&mut self, node: NodeId) {
        if self.store.node_states[node.index()].exists {
            self.store.remove_node(node);
            self.record(Record::NodeRemoved(node));
            self.when_seen(Event::Scheduler(SchedulerEvent::NodeDeleted(node)));
        }
    }
    /// The API server takes a new size of a Deployment or bare ReplicaSet.
    pub fn scale(&mut self, d: DeploymentId, replicas: u32) {
        let deployment = &mut self.store.deployments[d.index()];
        if deployment.replicas == replicas {
            return;
        }
        deployment.replicas = replicas;
        let seen = if deployment.spec.bare_replica_set {
            deployment.replica_set_replicas = replicas;
            Event::ReplicaSet(ReplicaSetEvent::Seen(d))
        } else {
            Event::Deployment(DeploymentEvent::Seen(d))
        };
        self.record(Record::Scaled(d, replicas));
        self.when_seen(seen);
    }
    /// Whoever owns `pod` will see that it changed.
    pub fn owner_sees_pod(&mut self, pod: PodId) {
        match self.store.pods[pod.index()].owner {
            Owner::Job(job) => self.sync_job_batched(job),
            Owner::Deployment(_) => self.when_seen(Event::ReplicaSet(ReplicaSetEvent::PodSeen(pod))),
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
        let record = &mut self.store.jobs[job.index()];
        if at < record.due && !record.condition.is_finished() {
            record.due = at;
            self.at(at, Event::Job(JobEvent::Due(job)));
        }
    }
    /// The API server takes a Job's final condition.
    pub fn finish_job(&mut self, job: JobId, condition: JobCondition) {
        debug_assert!(condition.is_finished());
        let record = &mut self.store.jobs[job.index()];
        record.condition = condition;
        record.finished = self.now;
        self.store.unfinished_jobs -= 1;
        self.record(Record::JobConditionWritten(job));
        self.when_seen(Event::Client(ClientEvent::SawFinished(job)));
    }
}
