//! Workloads in the store: adding them, and what of them others ask for whatever their kind.

use std::sync::Arc;

use super::{DaemonSet, Deployment, PodSet, ReplicaSet, Revision, StatefulSet};
use crate::cluster::Store;
use crate::cluster::ids::{
    DaemonSetId, DeploymentId, PodId, PodTemplateId, ReplicaSetId, ScaleTarget, StatefulSetId, WorkloadId,
};
use crate::cluster::pod::Owner;
use crate::cluster::spec::{
    DaemonSetSpec, DeploymentSpec, HpaSpec, PodTemplate, ReplicaSetSpec, ScaleTargetKind, StatefulSetSpec,
};
use crate::kernel::SimTime;

impl Store {
    /// Adds a Deployment, with no ReplicaSet yet.
    pub fn add_deployment(&mut self, spec: DeploymentSpec, now: SimTime) -> DeploymentId {
        self.add_template(&spec.template);
        self.deployments.push(Deployment::new(spec, now));
        DeploymentId((self.deployments.len() - 1) as u32)
    }
    /// Adds a ReplicaSet that no Deployment made.
    pub fn add_replica_set(&mut self, spec: ReplicaSetSpec, now: SimTime) -> ReplicaSetId {
        let template = self.add_template(&spec.template);
        self.replica_sets.push(ReplicaSet::new(spec, template, now));
        ReplicaSetId((self.replica_sets.len() - 1) as u32)
    }
    /// Adds a ReplicaSet of the present template of `d` and of `replicas` pods.
    pub fn add_replica_set_of(&mut self, d: DeploymentId, replicas: u32, now: SimTime) -> ReplicaSetId {
        let of = &self.deployments[d.index()].spec;
        let spec = ReplicaSetSpec {
            namespace: of.namespace.clone(),
            name: String::new(),
            replicas,
            min_ready: of.min_ready,
            selector: of.selector.clone(),
            template: of.template.clone(),
            template_hash: of.template_hash,
        };
        let id = self.add_replica_set(spec, now);
        let deployment = &mut self.deployments[d.index()];
        let record = &mut self.replica_sets[id.index()];
        record.deployment = d;
        record.number = deployment.replica_sets_made;
        deployment.replica_sets_made += 1;
        deployment.replica_sets.push(id);
        id
    }
    /// Adds a StatefulSet, with no pods yet.
    pub fn add_stateful_set(&mut self, spec: StatefulSetSpec, now: SimTime) -> StatefulSetId {
        let template = self.add_template(&spec.template);
        self.stateful_sets.push(StatefulSet::new(spec, template, now));
        StatefulSetId((self.stateful_sets.len() - 1) as u32)
    }
    /// Adds a DaemonSet, with no pods yet.
    pub fn add_daemon_set(&mut self, spec: DaemonSetSpec, now: SimTime) -> DaemonSetId {
        let template = self.add_template(&spec.template);
        self.daemon_sets.push(DaemonSet::new(spec, template, now));
        DaemonSetId((self.daemon_sets.len() - 1) as u32)
    }
    /// The revision of `template` among `revisions`: an equal one if there is one, or a new one, which goes to the end
    /// (`pkg/controller/history/controller_history.go: FindEqualRevisions`).
    pub(crate) fn revision(&mut self, revisions: &mut Vec<Revision>, template: &Arc<PodTemplate>, hash: u64) -> usize {
        let equal = |r: &Revision| r.hash == hash && self.templates[r.template.index()] == *template;
        if let Some(known) = revisions.iter().rposition(equal) {
            return known;
        }
        let template = self.add_template(template);
        revisions.push(Revision { template, hash });
        revisions.len() - 1
    }

    /// Whether there is, or was, any workload that goes on until somebody deletes it.
    #[must_use]
    pub fn has_services(&self) -> bool {
        !(self.deployments.is_empty()
            && self.replica_sets.is_empty()
            && self.stateful_sets.is_empty()
            && self.daemon_sets.is_empty()
            && self.bare_pods.is_empty()
            && self.cron_jobs.is_empty())
    }
    /// All workloads that people made, those that were deleted among them: Deployments, bare ReplicaSets, StatefulSets,
    /// DaemonSets. ReplicaSets of Deployments are left out.
    pub fn workloads(&self) -> impl Iterator<Item = WorkloadId> + '_ {
        let count = |n: usize| 0..n as u32;
        let bare = |id: &ReplicaSetId| self.replica_sets[id.index()].deployment == DeploymentId::NONE;
        let deployments = count(self.deployments.len()).map(|i| WorkloadId::Deployment(DeploymentId(i)));
        let replica_sets = count(self.replica_sets.len()).map(ReplicaSetId).filter(bare);
        let stateful_sets = count(self.stateful_sets.len()).map(|i| WorkloadId::StatefulSet(StatefulSetId(i)));
        let daemon_sets = count(self.daemon_sets.len()).map(|i| WorkloadId::DaemonSet(DaemonSetId(i)));
        deployments
            .chain(replica_sets.map(WorkloadId::ReplicaSet))
            .chain(stateful_sets)
            .chain(daemon_sets)
    }
    /// Whether `workload` is the ReplicaSet of a Deployment, so that nobody made it by hand.
    #[must_use]
    pub fn is_part_of_another(&self, workload: WorkloadId) -> bool {
        match workload {
            WorkloadId::ReplicaSet(id) => self.replica_sets[id.index()].deployment != DeploymentId::NONE,
            WorkloadId::Deployment(_) | WorkloadId::StatefulSet(_) | WorkloadId::DaemonSet(_) => false,
        }
    }
    /// The workload that people made to which a pod belongs: of a Deployment's pod the Deployment. `None`: a Job's pod or a
    /// bare one.
    #[must_use]
    pub fn workload_of(&self, pod: PodId) -> Option<WorkloadId> {
        match self.pods[pod.index()].owner {
            Owner::Job(_) | Owner::Nobody(_) => None,
            Owner::ReplicaSet(rs) => Some(match self.replica_sets[rs.index()].deployment.some() {
                Some(d) => WorkloadId::Deployment(d),
                None => WorkloadId::ReplicaSet(rs),
            }),
            Owner::StatefulSet(id) => Some(WorkloadId::StatefulSet(id)),
            Owner::DaemonSet(id) => Some(WorkloadId::DaemonSet(id)),
        }
    }
    /// The same for workloads that have a size.
    #[must_use]
    pub fn scale_target_of(&self, pod: PodId) -> Option<ScaleTarget> {
        self.workload_of(pod).and_then(ScaleTarget::of)
    }
    /// The workload with a size that is named so: a Deployment, else a ReplicaSet, else a StatefulSet.
    #[must_use]
    pub fn scale_target(&self, namespace: &str, name: &str) -> Option<ScaleTarget> {
        let is = |ns: &str, n: &str| ns == namespace && n == name;
        let deployments = self.deployments.iter();
        if let Some(i) = deployments
            .clone()
            .position(|d| d.exists() && is(&d.spec.namespace, &d.spec.name))
        {
            return Some(ScaleTarget::Deployment(DeploymentId(i as u32)));
        }
        let mut sets = self.replica_sets.iter();
        if let Some(i) = sets.position(|r| r.exists() && is(&r.spec.namespace, &r.spec.name)) {
            return Some(ScaleTarget::ReplicaSet(ReplicaSetId(i as u32)));
        }
        let mut sets = self.stateful_sets.iter();
        let i = sets.position(|s| s.exists() && is(&s.spec.namespace, &s.spec.name))?;
        Some(ScaleTarget::StatefulSet(StatefulSetId(i as u32)))
    }
    /// The workload that `hpa` sizes, if it is there.
    #[must_use]
    pub fn hpa_target(&self, hpa: &HpaSpec) -> Option<ScaleTarget> {
        let is = |ns: &str, n: &str| ns == hpa.namespace && n == hpa.target;
        match hpa.target_kind {
            ScaleTargetKind::Deployment => {
                let mut all = self.deployments.iter();
                let i = all.position(|d| d.exists() && is(&d.spec.namespace, &d.spec.name))?;
                Some(ScaleTarget::Deployment(DeploymentId(i as u32)))
            }
            ScaleTargetKind::ReplicaSet => {
                let mut all = self.replica_sets.iter();
                let i = all.position(|r| r.exists() && is(&r.spec.namespace, &r.spec.name))?;
                Some(ScaleTarget::ReplicaSet(ReplicaSetId(i as u32)))
            }
            ScaleTargetKind::StatefulSet => {
                let mut all = self.stateful_sets.iter();
                let i = all.position(|s| s.exists() && is(&s.spec.namespace, &s.spec.name))?;
                Some(ScaleTarget::StatefulSet(StatefulSetId(i as u32)))
            }
        }
    }
    /// Whether `target` is there and is what `hpa` names.
    #[must_use]
    pub fn is_hpa_target(&self, hpa: &HpaSpec, target: ScaleTarget) -> bool {
        let (kind, exists) = match target {
            ScaleTarget::Deployment(id) => {
                let deployment = self.deployments.get(id.index());
                (ScaleTargetKind::Deployment, deployment.is_some_and(Deployment::exists))
            }
            ScaleTarget::ReplicaSet(id) => {
                let set = self.replica_sets.get(id.index());
                (ScaleTargetKind::ReplicaSet, set.is_some_and(ReplicaSet::exists))
            }
            ScaleTarget::StatefulSet(id) => {
                let set = self.stateful_sets.get(id.index());
                (ScaleTargetKind::StatefulSet, set.is_some_and(StatefulSet::exists))
            }
        };
        exists && kind == hpa.target_kind && self.workload_name(target) == (&hpa.namespace, &hpa.target)
    }
    /// `status.replicas` of a workload as last written.
    #[must_use]
    pub fn status_replicas(&self, target: ScaleTarget) -> u32 {
        match target {
            ScaleTarget::Deployment(id) => self.deployments[id.index()].status.replicas,
            ScaleTarget::ReplicaSet(id) => self.replica_sets[id.index()].status.replicas,
            ScaleTarget::StatefulSet(id) => self.stateful_sets[id.index()].status.replicas,
        }
    }
    /// When the condition Ready of a pod of a workload last changed; `None`: never.
    #[must_use]
    pub fn ready_changed(&self, pod: PodId) -> Option<SimTime> {
        let set = match self.pods[pod.index()].owner {
            Owner::Job(_) | Owner::Nobody(_) => return None,
            Owner::ReplicaSet(id) => &self.replica_sets[id.index()].pods,
            Owner::StatefulSet(id) => &self.stateful_sets[id.index()].pods,
            Owner::DaemonSet(id) => &self.daemon_sets[id.index()].pods,
        };
        set.pods.get(&pod).and_then(|at| at.happened())
    }

    /// The pods of a workload, in sets: one set for each ReplicaSet of a Deployment.
    fn pod_sets(&self, workload: WorkloadId) -> impl Iterator<Item = &PodSet> {
        let (sets, one) = match workload {
            WorkloadId::Deployment(id) => (self.deployments[id.index()].replica_sets.as_slice(), None),
            WorkloadId::ReplicaSet(id) => (&[][..], Some(&self.replica_sets[id.index()].pods)),
            WorkloadId::StatefulSet(id) => (&[][..], Some(&self.stateful_sets[id.index()].pods)),
            WorkloadId::DaemonSet(id) => (&[][..], Some(&self.daemon_sets[id.index()].pods)),
        };
        sets.iter().map(|rs| &self.replica_sets[rs.index()].pods).chain(one)
    }
    /// All pods of a workload whose objects exist, each with the time at which its Ready condition last changed (`MAX`:
    /// never); ReplicaSet by ReplicaSet, in order of creation.
    pub fn pods_of(&self, workload: impl Into<WorkloadId>) -> impl Iterator<Item = (PodId, SimTime)> {
        let sets = self.pod_sets(workload.into());
        sets.flat_map(|set| set.pods.iter().map(|(pod, ready_changed)| (*pod, *ready_changed)))
    }
    /// Pods of a workload that neither ended nor are being deleted.
    #[must_use]
    pub fn active_pods(&self, workload: impl Into<WorkloadId>) -> u32 {
        self.pod_sets(workload.into()).map(|set| set.active).sum()
    }
    /// How many of these are Ready.
    #[must_use]
    pub fn ready_pods(&self, workload: impl Into<WorkloadId>) -> u32 {
        self.pod_sets(workload.into()).map(|set| set.ready).sum()
    }
    /// Pods of a workload made so far.
    #[must_use]
    pub fn pods_created(&self, workload: impl Into<WorkloadId>) -> u32 {
        match workload.into() {
            WorkloadId::Deployment(id) => self.deployments[id.index()].pods_created,
            other => self.pod_sets(other).map(|set| set.created).sum(),
        }
    }
    /// `spec.replicas` of a workload; of a DaemonSet the nodes that should run it, as its status says.
    #[must_use]
    pub fn desired_pods(&self, workload: impl Into<WorkloadId>) -> u32 {
        match workload.into() {
            WorkloadId::Deployment(id) => self.deployments[id.index()].spec.replicas,
            WorkloadId::ReplicaSet(id) => self.replica_sets[id.index()].spec.replicas,
            WorkloadId::StatefulSet(id) => self.stateful_sets[id.index()].spec.replicas,
            WorkloadId::DaemonSet(id) => self.daemon_sets[id.index()].status.desired_number_scheduled,
        }
    }
    /// Namespace and name of a workload that people made.
    #[must_use]
    pub fn workload_name(&self, workload: impl Into<WorkloadId>) -> (&str, &str) {
        match workload.into() {
            WorkloadId::Deployment(id) => {
                let spec = &self.deployments[id.index()].spec;
                (&spec.namespace, &spec.name)
            }
            WorkloadId::ReplicaSet(id) => {
                let spec = &self.replica_sets[id.index()].spec;
                (&spec.namespace, &spec.name)
            }
            WorkloadId::StatefulSet(id) => {
                let spec = &self.stateful_sets[id.index()].spec;
                (&spec.namespace, &spec.name)
            }
            WorkloadId::DaemonSet(id) => {
                let spec = &self.daemon_sets[id.index()].spec;
                (&spec.namespace, &spec.name)
            }
        }
    }

    /// The pods of the controller that made a pod; `None` for Jobs, which keep lists, and for bare pods.
    pub(crate) fn pod_set_mut(&mut self, owner: Owner) -> Option<&mut PodSet> {
        match owner {
            Owner::Job(_) | Owner::Nobody(_) => None,
            Owner::ReplicaSet(id) => Some(&mut self.replica_sets[id.index()].pods),
            Owner::StatefulSet(id) => Some(&mut self.stateful_sets[id.index()].pods),
            Owner::DaemonSet(id) => Some(&mut self.daemon_sets[id.index()].pods),
        }
    }
    /// The template of the next pod of `owner`, which is not a Job; of a StatefulSet that of the newest revision.
    pub(crate) fn next_template(&mut self, owner: Owner) -> PodTemplateId {
        match owner {
            Owner::Job(job) => self.job_templates[self.jobs[job.index()].spec.index()],
            Owner::ReplicaSet(id) => self.replica_sets[id.index()].template,
            Owner::StatefulSet(id) => {
                let set = &self.stateful_sets[id.index()];
                set.revisions[set.update].template
            }
            Owner::DaemonSet(id) => self.daemon_sets[id.index()].template(),
            Owner::Nobody(which) => {
                let template = self.bare_pods[which as usize].template.clone();
                self.add_template(&template)
            }
        }
    }
}
