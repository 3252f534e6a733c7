//! The store: everything there is in one simulated cluster, in dense arrays. Every change of a pod's phase and of a node's
//! use goes through one function here that keeps the accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::ids::{DeploymentId, JobId, JobSpecId, NodeId, PodId, PodTemplateId};
use crate::cluster::job::{Job, PendingIndexes};
use crate::cluster::node::NodeState;
use crate::cluster::pod::{Deletion, Disruption, Owner, Pod, PodPhase};
use crate::cluster::policies::Policies;
use crate::cluster::refusal::RefusedRequest;
use crate::cluster::spec::{DeploymentSpec, HpaSpec, JobSpec, NodeSpec, PodSpec, PodTemplate};
use crate::cluster::{Amounts, ResourceId, ResourceTable};
use crate::kernel::{SimDuration, SimTime};

/// What a Deployment (with its one ReplicaSet) has.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// As submitted.
    pub spec: DeploymentSpec,
    /// Its pods' template.
    pub template: PodTemplateId,
    /// Present `spec.replicas` of the Deployment.
    pub replicas: u32,
    /// Present `spec.replicas` of its ReplicaSet.
    pub replica_set_replicas: u32,
    /// All pods that have not ended, in order of creation, each with the time at which its Ready condition last changed
    /// (`MAX`: never).
    pub pods: BTreeMap<PodId, SimTime>,
    /// How many of its pods neither ended nor are being deleted.
    pub active: u32,
    /// How many of these are Ready.
    pub ready: u32,
    /// Pods made so far.
    pub pods_created: u32,
    /// `status` of its ReplicaSet as last written.
    pub status: ReplicaSetStatus,
    /// The cpu that its pods together would use under the load of this moment, in milli-cores.
    pub demand_milli: i64,
    /// The cpu of that demand which its Ready pods can give, in milli-cores; the rest goes unserved.
    pub served_milli: i64,
}

/// What `status` of a ReplicaSet showed when it was last written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSetStatus {
    /// `status.replicas`.
    pub replicas: u32,
    /// `status.readyReplicas`.
    pub ready_replicas: u32,
}

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
    /// Templates made from others: by what admission fills in.
    pub variants: BTreeMap<PodTemplateId, Vec<PodTemplateId>>,
    /// Jobs by [`JobId`].
    pub jobs: Vec<Job>,
    /// Deployments by [`DeploymentId`].
    pub deployments: Vec<Deployment>,
    /// Autoscalers by `HpaId`.
    pub hpas: Vec<HpaSpec>,
    /// Bare pods, as submitted.
    pub bare_pods: Vec<PodSpec>,
    /// Pods by [`PodId`].
    pub pods: Vec<Pod>,
    /// Indexes that wait for a pod, of Indexed Jobs that were started.
    pub pending_indexes: BTreeMap<JobId, PendingIndexes>,
    /// How often the completion index of a pod had been started before, where it is not zero.
    pub index_attempts: BTreeMap<PodId, u32>,
    /// Deletion requests of the pods that are being deleted, or were.
    pub deletions: BTreeMap<PodId, Deletion>,
    /// What governs admission.
    pub policies: Policies,
    /// Requests of people and scripts that the API server refused.
    pub refused: Vec<RefusedRequest>,
    /// Requests of the pods bound to each node and not ended: `nodes × resources`, row by row.
    used: Vec<i64>,
    /// The same, summed over all nodes.
    pub used_total: Vec<i64>,
    /// Allocatable, summed over the nodes that exist.
    pub allocatable_total: Vec<i64>,
    /// Pods that are created, not bound, not ended.
    pub pending_pods: u32,
    /// Pods that show Running.
    pub running_pods: u32,
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
            used: vec![0; nodes.len() * width],
            used_total: vec![0; width],
            allocatable_total: total.to_row(width),
            resources,
            node_states: vec![NodeState::default(); nodes.len()],
            nodes,
            ..Self::default()
        }
    }

    /// Adds a node while the cluster runs.
    pub fn add_node(&mut self, node: NodeSpec) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.change_total(&node.allocatable, 1);
        self.used.resize(self.used.len() + self.resources.len(), 0);
        self.nodes.push(node);
        self.node_states.push(NodeState::default());
        id
    }
    /// Gives a node another specification.
    pub fn update_node(&mut self, node: NodeId, spec: NodeSpec) {
        let before = std::mem::replace(&mut self.nodes[node.index()], spec);
        if self.node_states[node.index()].exists {
            self.change_total(&before.allocatable, -1);
            let after = self.nodes[node.index()].allocatable.clone();
            self.change_total(&after, 1);
        }
    }
    /// Takes a node away. Its pods stay until somebody deletes them.
    pub fn remove_node(&mut self, node: NodeId) {
        if std::mem::replace(&mut self.node_states[node.index()].exists, false) {
            let amounts = self.nodes[node.index()].allocatable.clone();
            self.change_total(&amounts, -1);
        }
    }
    fn change_total(&mut self, amounts: &Amounts, sign: i64) {
        for (id, amount) in amounts.iter_nonzero() {
            self.allocatable_total[id.index()] += sign * amount;
        }
    }

    /// The id of `template`, added if it is a new object.
    pub fn add_template(&mut self, template: &Arc<PodTemplate>) -> PodTemplateId {
        let known = self.templates.iter().position(|t| Arc::ptr_eq(t, template));
        PodTemplateId(known.unwrap_or_else(|| {
            self.templates.push(template.clone());
            self.templates.len() - 1
        }) as u32)
    }
    /// The template `changed`, made from `base`: an equal one that is there already, or a new one.
    pub fn variant(&mut self, base: PodTemplateId, changed: PodTemplate) -> PodTemplateId {
        let known = self.variants.entry(base).or_default();
        if let Some(id) = known.iter().find(|id| *self.templates[id.index()] == changed) {
            return *id;
        }
        let id = PodTemplateId(self.templates.len() as u32);
        known.push(id);
        self.templates.push(Arc::new(changed));
        id
    }
    /// The template of the next pod of `owner`.
    #[must_use]
    pub fn template_of_owner(&mut self, owner: Owner) -> PodTemplateId {
        match owner {
            Owner::Job(job) => self.job_templates[self.jobs[job.index()].spec.index()],
            Owner::Deployment(d) => self.deployments[d.index()].template,
            Owner::Nobody(which) => {
                let template = self.bare_pods[which as usize].template.clone();
                self.add_template(&template)
            }
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
    /// Adds a Deployment, with no pods yet.
    pub fn add_deployment(&mut self, spec: DeploymentSpec) -> DeploymentId {
        let template = self.add_template(&spec.template);
        let replicas = spec.replicas;
        self.deployments.push(Deployment {
            spec,
            template,
            replicas,
            replica_set_replicas: 0,
            pods: BTreeMap::new(),
            active: 0,
            ready: 0,
            pods_created: 0,
            status: ReplicaSetStatus::default(),
            demand_milli: 0,
            served_milli: 0,
        });
        DeploymentId((self.deployments.len() - 1) as u32)
    }

    /// The Deployment (or bare ReplicaSet) that `hpa` sizes, if it is there.
    #[must_use]
    pub fn hpa_target(&self, hpa: &HpaSpec) -> Option<DeploymentId> {
        let is_target = |d: &Deployment| d.spec.name == hpa.target && d.spec.namespace == hpa.namespace;
        let which = self.deployments.iter().position(is_target)?;
        Some(DeploymentId(which as u32))
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

    /// Adds a pod of `owner`.
    pub fn create_pod(&mut self, owner: Owner, completion_index: u32, now: SimTime) -> PodId {
        let id = PodId(self.pods.len() as u32);
        let (template, ordinal) = match owner {
            Owner::Job(job) => self.link_job_pod(job, id),
            Owner::Deployment(d) => {
                let deployment = &mut self.deployments[d.index()];
                deployment.pods.insert(id, SimTime::MAX);
                deployment.active += 1;
                deployment.pods_created += 1;
                (deployment.template, deployment.pods_created - 1)
            }
            Owner::Nobody(which) => {
                let template = self.bare_pods[which as usize].template.clone();
                (self.add_template(&template), 0)
            }
        };
        self.pending_pods += 1;
        self.pods.push(Pod {
            owner,
            template,
            node: NodeId::NONE,
            next_of_owner: PodId::NONE,
            next_uncounted: PodId::NONE,
            ordinal,
            completion_index,
            generation: 0,
            restarts: 0,
            phase: PodPhase::Pending,
            exit_code: 0,
            ready: false,
            deleting: false,
            gone: false,
            disruption: Disruption::None,
            created: now,
            scheduled: SimTime::MAX,
            started: SimTime::MAX,
            finished: SimTime::MAX,
        });
        id
    }

    fn link_job_pod(&mut self, job_id: JobId, pod: PodId) -> (PodTemplateId, u32) {
        let job = &mut self.jobs[job_id.index()];
        match job.pods.1.some() {
            None => job.pods.0 = pod,
            Some(last) => self.pods[last.index()].next_of_owner = pod,
        }
        job.pods.1 = pod;
        job.active += 1;
        job.pods_created += 1;
        (self.job_templates[job.spec.index()], job.pods_created - 1)
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
        if let Owner::Deployment(d) = record.owner {
            self.deployments[d.index()].pods.insert(pod, now);
        }
        if record.is_active() {
            let count = match record.owner {
                Owner::Job(job) => &mut self.jobs[job.index()].ready,
                Owner::Deployment(d) => &mut self.deployments[d.index()].ready,
                Owner::Nobody(_) => return true,
            };
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

    /// Marks `pod` for deletion. A Job counts it as failed from now on (`isPodFailed` with the default
    /// podReplacementPolicy), so it joins the list of uncounted pods.
    pub fn mark_deleting(&mut self, pod: PodId, grace: SimDuration, now: SimTime) {
        let requested = now;
        self.deletions.insert(pod, Deletion { requested, grace });
        self.leave_active(pod);
        let record = &mut self.pods[pod.index()];
        debug_assert!(!record.deleting && !record.phase.is_terminal());
        record.deleting = true;
        record.generation = record.generation.wrapping_add(1);
        if let Owner::Job(job) = record.owner {
            self.jobs[job.index()].terminating += 1;
            self.append_uncounted(job, pod);
        }
    }

    /// Takes `pod` out of the active counts of its owner.
    fn leave_active(&mut self, pod: PodId) {
        let record = &mut self.pods[pod.index()];
        if record.is_active() {
            match record.owner {
                Owner::Job(job) => {
                    let job = &mut self.jobs[job.index()];
                    job.active -= 1;
                    job.ready -= u32::from(record.ready);
                    job.restarts -= u32::from(record.restarts);
                }
                Owner::Deployment(d) => {
                    let deployment = &mut self.deployments[d.index()];
                    deployment.active -= 1;
                    deployment.ready -= u32::from(record.ready);
                }
                Owner::Nobody(_) => {}
            }
        }
        record.ready = false;
    }

    fn append_uncounted(&mut self, job: JobId, pod: PodId) {
        let job = &mut self.jobs[job.index()];
        match job.uncounted.1.some() {
            None => job.uncounted.0 = pod,
            Some(last) => self.pods[last.index()].next_uncounted = pod,
        }
        job.uncounted.1 = pod;
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
        if bound {
            self.charge(pod, -1);
        } else {
            self.pending_pods -= 1;
        }
        match owner {
            Owner::Job(job) if deleting => self.jobs[job.index()].terminating -= 1,
            Owner::Job(job) => self.append_uncounted(job, pod),
            Owner::Deployment(d) => {
                self.deployments[d.index()].pods.remove(&pod);
            }
            Owner::Nobody(_) => {}
        }
    }
}
