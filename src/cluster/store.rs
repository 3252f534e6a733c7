//! The store: everything there is in one simulated cluster, in dense arrays. Every change of a pod's phase and of a node's
//! use goes through one function here that keeps the accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cluster::apps::{DaemonSet, Deployment, ReplicaFailure, ReplicaSet, RollOut, ServiceDemand, StatefulSet};
use crate::cluster::attempt::SchedulingAttempt;
use crate::cluster::hpa::HpaStatus;
use crate::cluster::ids::{CronJobId, HpaId, JobId, JobSpecId, NodeId, PodId, PodTemplateId, ScaleTarget, WorkloadId};
use crate::cluster::job::Job;
use crate::cluster::job_conditions::JobNotes;
use crate::cluster::job_indexes::JobIndexes;
use crate::cluster::node::{LivePods, NodeState};
use crate::cluster::pod::{Deletion, Disruption, Owner, Pod, PodFailure, PodPhase};
use crate::cluster::policies::Policies;
use crate::cluster::refusal::{RefusedPod, RefusedPods, RefusedRequest};
use crate::cluster::requests::RequestFigures;
use crate::cluster::spec::{
    CronJobSpec, FailureSource, HpaSpec, JobSpec, NodeSpec, PodDisruptionBudget, PodSpec, PodTemplate,
};
use crate::cluster::{Amounts, ResourceId, ResourceTable};
use crate::kernel::{SimDuration, SimTime};

/// Everything there is.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Resource names.
    pub resources: ResourceTable,
    /// Nodes by [`NodeId`], as their objects are now; of nodes that are gone, as they were.
    pub nodes: Vec<NodeSpec>,
    /// What else is known of each node.
    pub node_states: Vec<NodeState>,
    /// Job specifications by [`JobSpecId`].
    pub job_specs: Vec<JobSpec>,
    /// How many Jobs share each specification.
    pub job_copies: Vec<u32>,
    /// Template of each Job specification.
    pub job_templates: Vec<PodTemplateId>,
    /// Pod templates by [`PodTemplateId`].
    pub templates: Vec<Arc<PodTemplate>>,
    /// Templates made from others: by what admission fills in, and by changes of pods.
    pub derived_templates: BTreeMap<PodTemplateId, Vec<PodTemplateId>>,
    /// The template that each of these was made from in the first place.
    pub template_bases: BTreeMap<PodTemplateId, PodTemplateId>,
    /// Jobs by [`JobId`].
    pub jobs: Vec<Job>,
    /// Deployments by `DeploymentId`, those that were deleted among them.
    pub deployments: Vec<Deployment>,
    /// ReplicaSets by `ReplicaSetId`, likewise.
    pub replica_sets: Vec<ReplicaSet>,
    /// StatefulSets by `StatefulSetId`, likewise.
    pub stateful_sets: Vec<StatefulSet>,
    /// DaemonSets by `DaemonSetId`, likewise.
    pub daemon_sets: Vec<DaemonSet>,
    /// The last roll-out of each workload that had one.
    pub roll_outs: BTreeMap<WorkloadId, RollOut>,
    /// Load on services, where there is one.
    pub demands: BTreeMap<ScaleTarget, ServiceDemand>,
    /// Autoscalers by `HpaId`.
    pub hpas: Vec<HpaSpec>,
    /// When autoscalers were submitted that were not there from the beginning.
    pub hpa_submitted: BTreeMap<HpaId, SimTime>,
    /// Autoscalers that were deleted.
    pub deleted_hpas: BTreeSet<HpaId>,
    /// Status of each autoscaler that has looked or will, by `HpaId`.
    pub hpa_status: Vec<HpaStatus>,
    /// Autoscalers whose selectors their controller knows: those that got as far as the metrics once.
    pub hpa_selecting: BTreeSet<HpaId>,
    /// The requests to the services whose load is given in requests.
    pub requests: BTreeMap<ScaleTarget, RequestFigures>,
    /// CronJobs by [`CronJobId`].
    pub cron_jobs: Vec<CronJobSpec>,
    /// CronJobs that were deleted.
    pub deleted_cron_jobs: BTreeSet<CronJobId>,
    /// The CronJobs that made Jobs, by Job.
    pub cron_job_of: BTreeMap<JobId, CronJobId>,
    /// Bare pods, as submitted.
    pub bare_pods: Vec<PodSpec>,
    /// Disruption budgets.
    pub disruption_budgets: Vec<PodDisruptionBudget>,
    /// Pods by [`PodId`].
    pub pods: Vec<Pod>,
    /// `status.nominatedNodeName` of the pods that have one.
    pub nominated: BTreeMap<PodId, NodeId>,
    /// What the last scheduling attempt came to, if an observer asked for attempts.
    pub attempt: Option<Box<SchedulingAttempt>>,
    /// When Jobs go whose `ttlSecondsAfterFinished` was changed after their end; `MAX`: never.
    pub ttl_changed: BTreeMap<JobId, SimTime>,
    /// Completion indexes of Indexed Jobs that were started.
    pub job_indexes: BTreeMap<JobId, JobIndexes>,
    /// What is to be told of some Jobs beyond their records.
    pub job_notes: BTreeMap<JobId, JobNotes>,
    /// When condition Ready of a Job's pod turned False; while it is, where it did before the pod's end.
    pub unready_since: BTreeMap<PodId, SimTime>,
    /// How often the completion index of a pod had been started before, where it is not zero.
    pub index_attempts: BTreeMap<PodId, u32>,
    /// Nodes of the pods that must go to one node (`metadata.name` in their affinity): those of DaemonSets.
    pub pins: BTreeMap<PodId, NodeId>,
    /// Deletion requests of the pods that are being deleted, or were.
    pub deletions: BTreeMap<PodId, Deletion>,
    /// What governs admission.
    pub policies: Policies,
    /// Requests of people and scripts that the API server refused.
    pub refused: Vec<RefusedRequest>,
    /// The pod that the API server refused last, by the workload that wanted it.
    pub pod_refusals: BTreeMap<WorkloadId, RefusedPod>,
    /// Condition ReplicaFailure of the ReplicaSets and Deployments that have it.
    pub replica_failures: BTreeMap<WorkloadId, ReplicaFailure>,
    /// Owners whose latest pod the API server refused.
    pub refused_pods: BTreeMap<Owner, RefusedPods>,
    /// Why pods failed, where it was not an exit code.
    pub failures: BTreeMap<PodId, PodFailure>,
    /// Exit codes of containers that something killed, in place of what they would have done; while the pod is not restarted.
    pub killed: BTreeMap<PodId, u8>,
    /// When the condition Ready of a pod turned False because nothing was heard of its node; while it is False for that reason.
    pub lost: BTreeMap<PodId, SimTime>,
    /// Nodes that are gone, or have a taint with effect NoExecute; pods that are bound to them concern more than their kubelet.
    pub odd_nodes: u32,
    /// What may break.
    pub failure_sources: Vec<FailureSource>,
    pub(super) live_pods: LivePods,
    /// Requests of the pods bound to each node and not ended: `nodes × resources`, row by row.
    pub(super) used: Vec<i64>,
    /// The same, summed over all nodes.
    pub used_total: Vec<i64>,
    /// Allocatable, summed over the nodes that exist.
    pub allocatable_total: Vec<i64>,
    /// Pods that are created, not bound, not ended.
    pub pending_pods: u32,
    /// Pods that show Running.
    pub running_pods: u32,
    /// Pods that have ended and whose objects are there.
    pub ended_pods: u32,
    /// Jobs submitted and not finished.
    pub unfinished_jobs: u32,
}

impl Store {
    /// An empty cluster of `nodes`.
    #[must_use]
    pub fn new(resources: ResourceTable, nodes: Vec<NodeSpec>) -> Self {
        let width = resources.len();
        let mut total = Amounts::new();
        for node in &nodes {
            total.add(&node.allocatable);
        }
        Self {
            odd_nodes: nodes.iter().filter(|node| node.evicts()).count() as u32,
            used: vec![0; nodes.len() * width],
            used_total: vec![0; width],
            allocatable_total: total.to_row(width),
            resources,
            node_states: vec![NodeState::default(); nodes.len()],
            nodes,
            ..Self::default()
        }
    }

    /// Adds a Job specification.
    pub fn add_job_spec(&mut self, spec: JobSpec) -> JobSpecId {
        let template = self.add_template(&spec.template);
        self.job_templates.push(template);
        self.job_copies.push(0);
        self.job_specs.push(spec);
        JobSpecId((self.job_specs.len() - 1) as u32)
    }
    /// Adds a Job, not submitted yet.
    pub fn add_job(&mut self, spec: JobSpecId) -> JobId {
        let id = self.jobs.len() as u32;
        let copy = self.job_copies[spec.index()];
        self.job_copies[spec.index()] += 1;
        self.jobs.push(Job::new(spec, copy, id));
        JobId(id)
    }
    /// The specification of a Job.
    #[must_use]
    pub fn job_spec(&self, job: JobId) -> &JobSpec {
        &self.job_specs[self.jobs[job.index()].spec.index()]
    }
    /// The template of a pod.
    #[must_use]
    pub fn template(&self, pod: PodId) -> &PodTemplate {
        &self.templates[self.pods[pod.index()].template.index()]
    }
    /// Use of `resource` on `node`.
    #[must_use]
    pub fn used(&self, node: NodeId, resource: ResourceId) -> i64 {
        self.used[node.index() * self.resources.len() + resource.index()]
    }

    /// Adds a pod of `owner`, of its present template.
    pub fn create_pod(&mut self, owner: Owner, completion_index: u32, now: SimTime) -> PodId {
        let template = self.next_template(owner);
        self.create_pod_of(owner, template, completion_index, now)
    }

    /// Adds a pod of `owner` and `template`.
    pub fn create_pod_of(&mut self, owner: Owner, template: PodTemplateId, index: u32, now: SimTime) -> PodId {
        let id = PodId(self.pods.len() as u32);
        let ordinal = match owner {
            Owner::Job(job) => self.link_job_pod(job, id),
            Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_) => self.link_pod(owner, id, index),
            Owner::Nobody(_) => 0,
        };
        self.pending_pods += 1;
        self.pods.push(Pod {
            owner,
            template,
            node: NodeId::NONE,
            next_of_owner: PodId::NONE,
            next_uncounted: PodId::NONE,
            ordinal,
            completion_index: index,
            generation: 0,
            restarts: 0,
            phase: PodPhase::Pending,
            exit_code: 0,
            ready: false,
            deleting: false,
            gone: false,
            tracked: matches!(owner, Owner::Job(_)),
            listed: false,
            removal_waits: false,
            disruption: Disruption::None,
            created: now,
            scheduled: SimTime::MAX,
            started: SimTime::MAX,
            finished: SimTime::MAX,
        });
        id
    }

    /// Enters a new pod where its controller finds it; which pod of its controller it is.
    fn link_pod(&mut self, owner: Owner, pod: PodId, index: u32) -> u32 {
        let set = self.pod_set_mut(owner).expect("the owner is no Job");
        set.pods.insert(pod, SimTime::MAX);
        set.active += 1;
        set.created += 1;
        let ordinal = set.created - 1;
        match owner {
            Owner::ReplicaSet(rs) => {
                if let Some(d) = self.replica_sets[rs.index()].deployment.some() {
                    self.deployments[d.index()].pods_created += 1;
                }
            }
            Owner::StatefulSet(id) => {
                self.stateful_sets[id.index()].by_ordinal.insert(index, pod);
            }
            Owner::DaemonSet(_) | Owner::Job(_) | Owner::Nobody(_) => {}
        }
        ordinal
    }

    /// Says that `pod`, of a DaemonSet, must go to `node`.
    pub fn pin(&mut self, pod: PodId, node: NodeId) {
        self.pins.insert(pod, node);
        if let Owner::DaemonSet(id) = self.pods[pod.index()].owner {
            self.daemon_sets[id.index()].by_node.entry(node).or_default().push(pod);
        }
    }

    /// Binds `pod` to `node` and charges its requests.
    pub fn bind(&mut self, pod: PodId, node: NodeId, now: SimTime) {
        let record = &mut self.pods[pod.index()];
        assert!(
            record.node == NodeId::NONE && !record.phase.is_terminal(),
            "pod {pod:?} is bound twice or after its end"
        );
        record.node = node;
        record.scheduled = now;
        self.pending_pods -= 1;
        self.charge(pod, 1);
    }

    /// Adds (`sign` 1) or takes away (`sign` −1) the requests of a bound pod.
    fn charge(&mut self, pod: PodId, sign: i64) {
        let record = &self.pods[pod.index()];
        let row = record.node.index() * self.resources.len();
        let template = &self.templates[record.template.index()];
        for (id, amount) in template.requests.iter_nonzero() {
            let used = &mut self.used[row + id.index()];
            *used += sign * amount;
            debug_assert!(*used >= 0, "negative use on a node");
            self.used_total[id.index()] += sign * amount;
        }
    }

    /// The containers of `pod` run from `now` on, unless they ran before. Nobody but the kubelet knows yet.
    pub fn run_containers(&mut self, pod: PodId, now: SimTime) {
        let record = &mut self.pods[pod.index()];
        record.started = record.started.min(now);
        if let Owner::Job(job) = record.owner {
            let job = &mut self.jobs[job.index()];
            job.first_started = job.first_started.min(now);
        }
    }

    /// Shows `pod` Running.
    pub fn start(&mut self, pod: PodId) {
        let record = &mut self.pods[pod.index()];
        debug_assert_eq!(record.phase, PodPhase::Pending);
        record.phase = PodPhase::Running;
        self.running_pods += 1;
    }

    /// Sets the Ready condition of `pod`; says whether that changed anything.
    pub fn set_ready(&mut self, pod: PodId, ready: bool, now: SimTime) -> bool {
        let record = &mut self.pods[pod.index()];
        if record.ready == ready {
            return false;
        }
        record.ready = ready;
        let (owner, active) = (record.owner, record.is_active());
        if matches!(owner, Owner::Job(_)) && ready {
            self.unready_since.remove(&pod);
        } else if matches!(owner, Owner::Job(_)) {
            self.unready_since.insert(pod, now);
        }
        let count = match owner {
            Owner::Job(job) => &mut self.jobs[job.index()].ready,
            Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_) | Owner::Nobody(_) => {
                let Some(set) = self.pod_set_mut(owner) else {
                    return true;
                };
                set.pods.insert(pod, now);
                &mut set.ready
            }
        };
        if active {
            *count = if ready { *count + 1 } else { *count - 1 };
        }
        true
    }

    /// Counts a restart in place.
    pub fn restart(&mut self, pod: PodId) {
        let record = &mut self.pods[pod.index()];
        record.restarts = record.restarts.saturating_add(1);
        if let (Owner::Job(job), true) = (record.owner, record.is_active()) {
            self.jobs[job.index()].restarts += 1;
        }
    }

    /// Marks `pod` for deletion. A Job with the default podReplacementPolicy counts it as failed from now on (`isPodFailed`), so
    /// it joins the list of uncounted pods.
    pub fn mark_deleting(&mut self, pod: PodId, grace: SimDuration, now: SimTime) {
        let deletion = Deletion {
            requested: now,
            grace,
            was_ready: self.pods[pod.index()].ready,
        };
        self.deletions.insert(pod, deletion);
        self.leave_active(pod);
        let record = &mut self.pods[pod.index()];
        debug_assert!(!record.deleting && !record.phase.is_terminal());
        record.deleting = true;
        record.generation = record.generation.wrapping_add(1);
        let owner = record.owner;
        if let Owner::Job(job) = owner {
            self.jobs[job.index()].terminating += 1;
            if !self.job_spec(job).only_replaces_failed_pods() {
                self.append_uncounted(job, pod);
                self.give_index_back(job, pod);
            }
        } else if let Some(set) = self.pod_set_mut(owner) {
            set.terminating += 1;
        }
    }

    /// Takes `pod` out of the active counts of its owner.
    fn leave_active(&mut self, pod: PodId) {
        let record = &mut self.pods[pod.index()];
        let (active, was_ready) = (record.is_active(), std::mem::take(&mut record.ready));
        if !active {
            return;
        }
        let (owner, restarts) = (record.owner, record.restarts);
        if let Owner::Job(job) = owner {
            let job = &mut self.jobs[job.index()];
            job.active -= 1;
            job.ready -= u32::from(was_ready);
            job.restarts -= u32::from(restarts);
        } else if let Some(set) = self.pod_set_mut(owner) {
            set.active -= 1;
            set.ready -= u32::from(was_ready);
        }
    }

    /// Ends `pod` with `exit_code` and frees what it had.
    pub fn finish(&mut self, pod: PodId, exit_code: u8, now: SimTime) {
        self.leave_active(pod);
        let record = &mut self.pods[pod.index()];
        assert!(!record.phase.is_terminal(), "pod {pod:?} ends twice");
        let was_running = record.phase == PodPhase::Running;
        record.phase = if exit_code == 0 {
            PodPhase::Succeeded
        } else {
            PodPhase::Failed
        };
        record.exit_code = exit_code;
        record.finished = now;
        record.generation = record.generation.wrapping_add(1);
        let (owner, deleting, bound) = (record.owner, record.deleting, record.node != NodeId::NONE);
        self.running_pods -= u32::from(was_running);
        self.ended_pods += 1;
        if bound {
            self.charge(pod, -1);
        } else {
            self.pending_pods -= 1;
        }
        match owner {
            Owner::Job(job) => self.finish_job_pod(job, pod, deleting),
            Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_) | Owner::Nobody(_) => {
                if let Some(set) = self.pod_set_mut(owner) {
                    set.terminating -= u32::from(deleting);
                }
            }
        }
    }

    /// The object of `pod` goes away.
    pub fn remove_pod(&mut self, pod: PodId) {
        let record = &mut self.pods[pod.index()];
        record.gone = true;
        self.ended_pods -= u32::from(record.phase.is_terminal());
        let (owner, index) = (record.owner, record.completion_index);
        if let Some(set) = self.pod_set_mut(owner) {
            set.pods.remove(&pod);
        }
        match owner {
            Owner::StatefulSet(id) => {
                self.stateful_sets[id.index()].by_ordinal.remove(&index);
            }
            Owner::DaemonSet(id) => {
                let Some(node) = self.pins.remove(&pod) else { return };
                let by_node = &mut self.daemon_sets[id.index()].by_node;
                if let Some(pods) = by_node.get_mut(&node) {
                    pods.retain(|other| *other != pod);
                    if pods.is_empty() {
                        by_node.remove(&node);
                    }
                }
            }
            Owner::Job(_) | Owner::ReplicaSet(_) | Owner::Nobody(_) => {}
        }
    }
}
