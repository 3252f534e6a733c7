//! A small cluster whose story the tests tell by hand, record by record.

use std::sync::Arc;

use crate::cluster::job::JobCondition;
use crate::cluster::pod::Owner;
use crate::cluster::record::{Observer, Record};
use crate::cluster::spec::{DeploymentSpec, JobSpec, NodeSpec, PodTemplate};
use crate::cluster::{Amounts, JobId, NodeId, PodId, ResourceId, ResourceTable, Store};
use crate::kernel::{SimDuration, SimTime};

/// Two nodes of 4 GPUs and 8 cores; each pod asks for `gpus` GPUs and a core.
pub(crate) fn store(copies: u32, gpus: i64) -> (Store, ResourceId) {
    let mut resources = ResourceTable::default();
    let gpu = resources.intern("nvidia.com/gpu");
    let node = |i: u32| {
        let mut allocatable = Amounts::new();
        allocatable.set(ResourceId::CPU, 8_000);
        allocatable.set(ResourceId::PODS, 110);
        allocatable.set(gpu, 4);
        NodeSpec {
            name: format!("node-{i}"),
            capacity: allocatable.clone(),
            allocatable,
            ..NodeSpec::default()
        }
    };
    let mut store = Store::new(resources, (0..2).map(node).collect());
    let mut requests = Amounts::new();
    requests.set(ResourceId::CPU, 1_000);
    requests.set(ResourceId::PODS, 1);
    requests.set(gpu, gpus);
    let template = Arc::new(PodTemplate {
        requests,
        ..PodTemplate::default()
    });
    let spec = store.add_job_spec(JobSpec {
        namespace: "ml".into(),
        name: "train".into(),
        template: template.clone(),
        ..JobSpec::default()
    });
    for _ in 0..copies {
        store.add_job(spec);
    }
    let front = DeploymentSpec {
        namespace: "web".into(),
        name: "front".into(),
        replicas: 2,
        template,
        ..DeploymentSpec::default()
    };
    let front = store.add_deployment(front, SimTime::ZERO);
    store.add_replica_set_of(front, 2, SimTime::ZERO);
    (store, gpu)
}

/// So many seconds after the beginning.
pub(crate) fn at(secs: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

/// A store and who watches it.
pub(crate) struct Story<O> {
    pub(crate) store: Store,
    pub(crate) observer: O,
}

impl<O: Observer> Story<O> {
    pub(crate) fn tell(&mut self, secs: u64, record: Record) {
        self.observer.record(at(secs), record, &self.store);
    }
    pub(crate) fn submit(&mut self, secs: u64, job: JobId) {
        self.store.jobs[job.index()].submitted = at(secs);
        self.store.jobs[job.index()].condition = JobCondition::Active;
        self.store.unfinished_jobs += 1;
        self.tell(secs, Record::JobSubmitted(job));
    }
    pub(crate) fn finish_job(&mut self, secs: u64, job: JobId, condition: JobCondition) {
        let record = &mut self.store.jobs[job.index()];
        record.condition = condition;
        record.finished = at(secs);
        self.store.unfinished_jobs -= 1;
        self.tell(secs, Record::JobConditionWritten(job));
    }
    pub(crate) fn create(&mut self, secs: u64, owner: Owner) -> PodId {
        let pod = self.store.create_pod(owner, u32::MAX, at(secs));
        self.tell(secs, Record::PodCreated(pod));
        pod
    }
    pub(crate) fn bind(&mut self, secs: u64, pod: PodId, node: u32) {
        self.store.bind(pod, NodeId(node), at(secs));
        self.tell(secs, Record::PodBound(pod, NodeId(node)));
    }
    pub(crate) fn run(&mut self, secs: u64, pod: PodId) {
        self.store.run_containers(pod, at(secs));
        self.store.start(pod);
        self.tell(secs, Record::PodRunning(pod));
        self.store.set_ready(pod, true, at(secs));
        self.tell(secs, Record::PodReadiness(pod, true));
    }
    pub(crate) fn finish(&mut self, secs: u64, pod: PodId, exit_code: u8) {
        self.store.finish(pod, exit_code, at(secs));
        self.tell(secs, Record::PodFinished(pod));
    }
    /// Creates, binds and runs a pod at once.
    pub(crate) fn place(&mut self, secs: u64, owner: Owner, node: u32) -> PodId {
        let pod = self.create(secs, owner);
        self.bind(secs, pod, node);
        self.run(secs, pod);
        pod
    }
}
