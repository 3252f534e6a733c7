//! The checker: it knows what must hold in every run and keeps its own books beside the store's, so that a mistake in one of
//! them shows. It costs O(1) a record and a byte a pod, and changes nothing.

mod violation;

use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::record::{Observer, Record};
use crate::cluster::{JobId, NodeId, PodId, ResourceId, Store};
use crate::kernel::SimTime;
use crate::observe::utilization::{Integral, split_between};

pub use violation::{Rule, Violation};

/// Violations that are kept; later ones are only counted.
const KEPT: usize = 100;

/// What happened to a pod so far.
mod pod {
    pub(super) const CREATED: u8 = 1;
    pub(super) const BOUND: u8 = 2;
    pub(super) const RAN: u8 = 4;
    pub(super) const ENDED: u8 = 8;
    pub(super) const GONE: u8 = 16;
}

/// What happened to a Job so far.
mod job {
    pub(super) const SUBMITTED: u8 = 1;
    pub(super) const FINISHED: u8 = 2;
}

/// Listens and complains.
#[derive(Clone, Debug)]
pub struct Checker {
    now: SimTime,
    records: u64,
    pods: Vec<u8>,
    jobs: Vec<u8>,
    width: usize,
    /// Use by node and resource, and over all nodes, as the records tell it.
    used: Vec<i64>,
    busy: Vec<Integral>,
    /// Nodes that pods name themselves: those are bound whether they fit or not, so the node's room is nobody's promise.
    named: Vec<bool>,
    /// Nodes that changed: a pod may be on its way to room that is no longer offered, but never to more than there ever was.
    changed: Vec<bool>,
    finished_jobs: u32,
    submitted_jobs: u32,
    violations: Vec<Violation>,
    found: u64,
}

impl Checker {
    /// A checker of a run that begins with `store`.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        let width = store.resources.len();
        Self {
            now: SimTime::ZERO,
            records: 0,
            pods: Vec::new(),
            jobs: vec![0; store.jobs.len()],
            width,
            used: vec![0; width * store.nodes.len()],
            busy: vec![Integral::new(SimTime::ZERO); width],
            named: vec![false; store.nodes.len()],
            changed: vec![false; store.nodes.len()],
            finished_jobs: 0,
            submitted_jobs: 0,
            violations: Vec::new(),
            found: 0,
        }
    }

    /// What was found so far, at most the first hundred.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
    /// How often a rule was broken.
    #[must_use]
    pub const fn found(&self) -> u64 {
        self.found
    }

    /// Checks what must hold when the run ends at `now`: every pod is somewhere, and use adds up. Returns all that was found.
    pub fn finish(&mut self, now: SimTime, store: &Store) -> &[Violation] {
        self.records = 0;
        self.look_at_time(now);
        self.check_conservation(store);
        for (id, name) in store.resources.iter() {
            let integral = self.busy[id.index()].until(now);
            let sum = split_between(store, id, SimTime::ZERO, now).total();
            if integral != sum {
                self.complain(
                    Rule::Balance,
                    format!("{name} in use adds up to {integral} over time, but to {sum} over the pods (unit · ns)"),
                );
            }
        }
        &self.violations
    }

    fn check_conservation(&mut self, store: &Store) {
        let mut phases = [0u32; 4];
        let (mut waiting, mut seen) = (0, [0u32; 4]);
        for (record, flags) in store.pods.iter().zip(self.pods.iter().chain(std::iter::repeat(&0))) {
            phases[record.phase as usize] += 1;
            waiting += u32::from(record.node == NodeId::NONE && !record.phase.is_terminal());
            let place = match (flags & pod::ENDED != 0, flags & pod::RAN != 0) {
                (true, _) if record.phase == PodPhase::Succeeded => 2,
                (true, _) => 3,
                (false, true) => 1,
                (false, false) => 0,
            };
            seen[place] += 1;
        }
        let stored = [
            ("pods pending by phase", phases[0], seen[0]),
            ("pods running by phase", phases[1], seen[1]),
            ("pods succeeded", phases[2], seen[2]),
            ("pods failed", phases[3], seen[3]),
            ("pods created", store.pods.len() as u32, self.pods.len() as u32),
            ("pods that wait for a node", store.pending_pods, waiting),
            ("pods that run", store.running_pods, phases[1]),
            (
                "Jobs unfinished",
                store.unfinished_jobs,
                self.submitted_jobs.saturating_sub(self.finished_jobs),
            ),
        ];
        for (what, stored, counted) in stored {
            if stored != counted {
                self.complain(
                    Rule::Conservation,
                    format!("{what}: {stored} in the store, {counted} counted"),
                );
            }
        }
    }

    fn look_at_time(&mut self, now: SimTime) {
        let before = std::mem::replace(&mut self.now, now);
        if now < before {
            self.complain(Rule::Time, format!("the clock fell from {before} s to {now} s"));
        }
    }

    fn complain(&mut self, rule: Rule, message: String) {
        self.found += 1;
        if self.violations.len() < KEPT {
            self.violations.push(Violation {
                at: self.now,
                record: self.records,
                rule,
                message,
            });
        }
    }

    /// Sets `flag` of a pod that must have all `needed` and none of `forbidden`.
    fn live(&mut self, id: PodId, flag: u8, needed: u8, forbidden: u8, what: &str, store: &Store) {
        if self.pods.len() <= id.index() {
            self.pods.resize(id.index() + 1, 0);
        }
        let flags = self.pods[id.index()];
        self.pods[id.index()] |= flag;
        if flags & needed != needed || flags & forbidden != 0 {
            let history = history(flags);
            let who = describe(id, store);
            self.complain(Rule::PodLife, format!("{who} {what}, but was {history} before"));
        }
    }

    /// The times of a pod stand in the order of its life.
    fn check_times(&mut self, id: PodId, store: &Store) {
        let record = &store.pods[id.index()];
        let times = [record.created, record.scheduled, record.started, record.finished];
        let happened = times.iter().filter(|at| at.happened().is_some());
        if !happened.is_sorted() || record.finished != self.now {
            let who = describe(id, store);
            let text: Vec<String> = times.iter().map(ToString::to_string).collect();
            let what = format!(
                "{who} ended with created, scheduled, started, finished at {}",
                text.join(", ")
            );
            self.complain(Rule::PodLife, what);
        }
    }

    /// A node came.
    fn grow(&mut self, store: &Store) {
        self.used.resize(self.width * store.nodes.len(), 0);
        self.named.resize(store.nodes.len(), false);
        self.changed.resize(store.nodes.len(), false);
    }

    /// Charges (`sign` 1) or frees (−1) what a pod requests on `node`, in the checker's own books.
    fn charge(&mut self, id: PodId, node: NodeId, sign: i64, store: &Store) {
        if node.index() >= store.nodes.len() {
            let who = describe(id, store);
            self.complain(
                Rule::PodLife,
                format!("{who} is bound to node {}, which is none", node.0),
            );
            return;
        }
        let template = store.template(id);
        self.named[node.index()] |= template.node_name.is_some();
        for (resource, amount) in template.requests.iter_nonzero() {
            self.busy[resource.index()].change(self.now, sign * amount);
            let place = node.index() * self.width + resource.index();
            self.used[place] += sign * amount;
            let used = self.used[place];
            let stored = store.used(node, resource);
            if used != stored {
                let (name, what) = (&store.nodes[node.index()].name, store.resources.name(resource));
                let message = format!("{what} on node {name}: {stored} in the store, {used} by the records");
                self.complain(Rule::Accounts, message);
            }
            if sign > 0 && !self.named[node.index()] {
                self.check_capacity(id, node, resource, used, store);
            }
        }
    }

    fn check_capacity(&mut self, id: PodId, node: NodeId, resource: ResourceId, used: i64, store: &Store) {
        let spec = &store.nodes[node.index()];
        let allocatable = if self.changed[node.index()] {
            spec.capacity.get(resource).max(spec.allocatable.get(resource))
        } else {
            spec.allocatable.get(resource)
        };
        if used > allocatable {
            let (who, what) = (describe(id, store), store.resources.name(resource));
            let message = format!(
                "node {} gives {used} of {allocatable} {what} once it has {who}",
                spec.name
            );
            self.complain(Rule::Capacity, message);
        }
    }

    fn submitted(&mut self, id: JobId, store: &Store) {
        self.submitted_jobs += 1;
        // A script may bring more Jobs than there were at the beginning.
        if self.jobs.len() <= id.index() {
            self.jobs.resize(id.index() + 1, 0);
        }
        if std::mem::replace(&mut self.jobs[id.index()], job::SUBMITTED) != 0 {
            let name = store.job_name(id);
            self.complain(Rule::JobLife, format!("Job {name} is submitted twice"));
        }
    }

    fn condition_written(&mut self, id: JobId, store: &Store) {
        let record = &store.jobs[id.index()];
        let flags = self.jobs.get(id.index()).copied().unwrap_or(0);
        if flags != job::SUBMITTED {
            let (name, condition) = (store.job_name(id), record.condition.name());
            let state = if flags == 0 { "not submitted" } else { "finished" };
            let message = format!("Job {name} becomes {condition}, but was {state} before");
            self.complain(Rule::JobLife, message);
        }
        if record.condition.is_finished() {
            if let Some(flags) = self.jobs.get_mut(id.index()) {
                *flags |= job::FINISHED;
            }
            self.finished_jobs += 1;
            if record.active + record.terminating > 0 {
                let (name, active, terminating) = (store.job_name(id), record.active, record.terminating);
                let message = format!("Job {name} finishes with {active} pods active and {terminating} terminating");
                self.complain(Rule::JobLife, message);
            }
        }
    }

    /// A Job that goes before it is over counts as over.
    fn job_gone(&mut self, id: JobId) {
        let flags = &mut self.jobs[id.index()];
        self.finished_jobs += u32::from(*flags == job::SUBMITTED);
        *flags |= job::FINISHED;
    }

    fn created(&mut self, id: PodId, store: &Store) {
        self.live(id, pod::CREATED, 0, u8::MAX, "is created", store);
        if let Owner::Job(owner) = store.pods[id.index()].owner
            && self.jobs.get(owner.index()) != Some(&job::SUBMITTED)
        {
            let who = describe(id, store);
            self.complain(
                Rule::JobLife,
                format!("{who} is created, but the Job is not submitted or finished"),
            );
        }
    }

    fn ended(&mut self, id: PodId, store: &Store) {
        self.live(id, pod::ENDED, pod::CREATED, pod::ENDED, "ends", store);
        self.check_times(id, store);
        let record = &store.pods[id.index()];
        if !record.phase.is_terminal() {
            let (who, phase) = (describe(id, store), record.phase.name());
            self.complain(Rule::PodLife, format!("{who} ends, but its phase is {phase}"));
        }
        if let Some(node) = record.node.some() {
            self.charge(id, node, -1, store);
        }
    }
}

/// A pod and where to find it.
fn describe(id: PodId, store: &Store) -> String {
    let number = id.0;
    match store.pods[id.index()].owner {
        Owner::Job(job) => format!("pod {number} (of Job {})", store.job_name(job)),
        Owner::Nobody(which) => format!("pod {number} ({})", store.bare_pods[which as usize].name),
        Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_) => {
            let Some(workload) = store.workload_of(id) else {
                return format!("pod {number}");
            };
            format!(
                "pod {number} (of {} {})",
                workload.kind(),
                store.workload_name(workload).1
            )
        }
    }
}

fn history(flags: u8) -> String {
    let all = [
        (pod::CREATED, "created"),
        (pod::BOUND, "bound"),
        (pod::RAN, "running"),
        (pod::ENDED, "ended"),
        (pod::GONE, "gone"),
    ];
    let names: Vec<&str> = all.iter().filter(|(f, _)| flags & f != 0).map(|(_, n)| *n).collect();
    if names.is_empty() {
        "unknown".to_owned()
    } else {
        names.join(", ")
    }
}

impl Observer for Checker {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        self.records += 1;
        self.look_at_time(now);
        let over = pod::ENDED | pod::GONE;
        match record {
            Record::JobSubmitted(job) => self.submitted(job, store),
            Record::JobConditionWritten(job) => self.condition_written(job, store),
            Record::PodCreated(id) => self.created(id, store),
            Record::PodBound(id, node) => {
                self.live(id, pod::BOUND, pod::CREATED, pod::BOUND | over, "is bound", store);
                self.charge(id, node, 1, store);
            }
            Record::PodRunning(id) => {
                self.live(id, pod::RAN, pod::BOUND, pod::RAN | over, "shows Running", store);
            }
            Record::PodReadiness(id, true) => self.live(id, 0, pod::RAN, over, "becomes Ready", store),
            Record::PodBackingOff(id) => self.live(id, 0, pod::RAN, over, "backs off", store),
            Record::PodRestarted(id) => self.live(id, 0, pod::RAN, over, "restarts", store),
            Record::PodUnschedulable(id) => {
                self.live(id, 0, pod::CREATED, pod::BOUND | over, "fits nowhere", store);
            }
            Record::PodImagePullFailed(id) => self.live(id, 0, pod::BOUND, pod::RAN | over, "lacks its image", store),
            Record::PodDeleting(id) => self.live(id, 0, pod::CREATED, pod::GONE, "is deleted", store),
            Record::PodFinished(id) => self.ended(id, store),
            Record::PodGone(id) => self.live(id, pod::GONE, pod::ENDED, pod::GONE, "goes", store),
            Record::NodeAdded(_) => self.grow(store),
            Record::NodeChanged(node) => self.changed[node.index()] = true,
            Record::JobGone(job) => self.job_gone(job),
            Record::WorkloadEvent(..) | Record::KubeletEvent(..) => {}
            Record::PodReadiness(_, false)
            | Record::HpaStatusChanged(_)
            | Record::HpaEvent(..)
            | Record::NodeRemoved(_)
            | Record::PodGated(_)
            | Record::PodChanged(_)
            | Record::PodNominated(..)
            | Record::PodPreempted(..)
            | Record::PodAttempted(_)
            | Record::PodRefusalChanged(_)
            | Record::RequestRefused(_)
            | Record::PodRefused(_)
            | Record::WorkloadCreated(_)
            | Record::WorkloadChanged(_)
            | Record::WorkloadRemoved(_)
            | Record::WorkloadStatus(_)
            | Record::ReplicaSetScaled(..)
            | Record::PodDisrupted(_)
            | Record::KubeletChanged(_)
            | Record::Scaled(..)
            | Record::HpaEvaluated(..)
            | Record::JobSuspension(_)
            | Record::JobUpdated(_)
            | Record::ServiceSampled(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
