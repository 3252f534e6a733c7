//! Made-up results for the tests: comparisons from formulas, and a small cluster whose story is told by hand.

use std::sync::Arc;

use crate::cluster::job::JobCondition;
use crate::cluster::pod::Owner;
use crate::cluster::record::{Observer, Record};
use crate::cluster::spec::{CompletionMode, DeploymentSpec, JobSpec, NodeSpec, PodTemplate};
use crate::cluster::{Amounts, JobId, NodeId, PodId, ResourceId, ResourceTable, Store};
use crate::experiment::bounds::{Bounds, RigidJob, Submission};
use crate::experiment::compare::{Comparison, Section};
use crate::experiment::rows::CompareRow;
use crate::experiment::{aggregate, curve_rows};
use crate::kernel::{SimDuration, SimTime};
use crate::observe::{RunMetrics, Timeline};
use crate::report::figures::{Demand, Labels, Run};

/// Runs of Jobs whose i-th takes `runtimes[i % …]` seconds, one row for each of `n`, `strategies`, both control planes and
/// `replications`. The makespan is the closed form or else the upper bound, under `kubernetes` with 4 s per round on top, and differs a little
/// from replication to replication if the runtimes do.
pub(super) struct Maker<'a> {
    pub(super) n: &'a [u64],
    pub(super) strategies: &'a [&'a str],
    pub(super) slots: &'a [u64],
    pub(super) replications: u64,
    pub(super) runtimes: &'a [u64],
}

impl Maker<'_> {
    pub(super) fn comparison(&self) -> Comparison {
        let mut rows = Vec::new();
        let mut sections = Vec::new();
        for &slots in self.slots {
            let mut part = Vec::new();
            for &n in self.n {
                for strategy in self.strategies {
                    for plane in ["ideal", "kubernetes"] {
                        part.extend((0..self.replications).map(|r| self.row(n, strategy, plane, slots, r)));
                    }
                }
            }
            let aggregates = aggregate(&part, 0.95);
            sections.push(Section {
                nodes: slots.div_ceil(8),
                slots: Some(slots),
                curves: curve_rows(&aggregates, Some(slots)),
                aggregates,
            });
            rows.append(&mut part);
        }
        Comparison {
            rows,
            sections,
            missing: 0,
            violations: Vec::new(),
        }
    }

    fn row(&self, n: u64, strategy: &str, plane: &str, slots: u64, replication: u64) -> CompareRow {
        let runtime = |i: u64| self.runtimes[((i + replication) % self.runtimes.len() as u64) as usize];
        let job = |i| RigidJob {
            runtime: SimDuration::from_secs(runtime(i)),
            width: 1,
        };
        let jobs: Vec<RigidJob> = (0..n).map(job).collect();
        let submission: Submission = strategy.parse().expect("a strategy");
        let bounds = Bounds::of(submission, &jobs, &[slots]).expect("Jobs that fit");
        let rounds = n.div_ceil(submission.round(slots));
        let cost = if plane == "kubernetes" { 4 * rounds } else { 0 };
        CompareRow {
            n,
            strategy: strategy.to_owned(),
            control_plane: plane.to_owned(),
            replication,
            seed: 100 + replication,
            makespan: Some(bounds.theory.unwrap_or(bounds.upper) + SimDuration::from_secs(cost)),
            lower_bound: Some(bounds.lower),
            upper_bound: Some(bounds.upper),
            theory: bounds.theory,
            mean_wait: Some(SimDuration::from_millis(2_500)),
            p95_wait: Some(SimDuration::from_secs(3)),
            mean_turnaround: Some(SimDuration::from_secs(9)),
            p95_turnaround: Some(SimDuration::from_secs(10)),
            attempts: n,
            failed_jobs: 0,
            gpu_utilization: Some(0.75),
            api_calls: 7 * n,
            events: 30 * n,
            fingerprint: "00ff".to_owned(),
            nodes: slots.div_ceil(8),
            slots: Some(slots),
        }
    }
}

pub(super) fn labels() -> Labels {
    Labels {
        title: "lesson".to_owned(),
        job: "train".to_owned(),
        runtime: "5m".to_owned(),
        nodes: "1 node × 4 GPUs".to_owned(),
        setting: String::new(),
        seed: 1,
        replications: 1,
    }
}

/// A cluster with its story so far.
pub(super) struct Story {
    pub(super) store: Store,
    pub(super) timeline: Timeline,
    pub(super) metrics: RunMetrics,
}

/// So many seconds after the beginning.
pub(super) fn at(secs: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

impl Story {
    /// `nodes` nodes of 8 cores and `gpus` GPUs, and `copies` Jobs of a core and (if there are GPUs) a GPU.
    pub(super) fn new(nodes: u32, gpus: i64, copies: u32) -> Self {
        let mut resources = ResourceTable::default();
        let gpu = resources.intern("nvidia.com/gpu");
        let amounts = |cpu, pods, gpus| {
            let mut amounts = Amounts::new();
            amounts.set(ResourceId::CPU, cpu);
            amounts.set(ResourceId::PODS, pods);
            amounts.set(gpu, gpus);
            amounts
        };
        let node = |i: u32| NodeSpec {
            name: format!("node-{i}"),
            allocatable: amounts(8_000, 110, gpus),
            pool: i / 20,
            ..NodeSpec::default()
        };
        let mut store = Store::new(resources, (0..nodes).map(node).collect());
        let template = Arc::new(PodTemplate {
            requests: amounts(1_000, 1, gpus.min(1)),
            ..PodTemplate::default()
        });
        let spec = store.add_job_spec(JobSpec {
            namespace: "ml".to_owned(),
            name: "train".to_owned(),
            parallelism: 1,
            completions: Some(1),
            completion_mode: CompletionMode::NonIndexed,
            backoff_limit: 6,
            active_deadline: None,
            suspend: false,
            template,
        });
        for _ in 0..copies {
            store.add_job(spec);
        }
        Self {
            timeline: Timeline::new(&store),
            store,
            metrics: RunMetrics {
                makespan: None,
                mean_wait: None,
                p50_wait: None,
                p95_wait: None,
                max_wait: None,
                mean_turnaround: None,
                p95_turnaround: None,
                jobs: copies,
                failed_jobs: 0,
                unfinished_jobs: copies,
                attempts: 0,
                gpu_utilization: None,
                gpu_goodput: None,
            },
        }
    }

    /// Adds a Deployment of the Jobs' template; the timeline begins anew.
    pub(super) fn with_deployment(mut self, name: &str, replicas: u32) -> Self {
        let template = self.store.templates[0].clone();
        let spec = DeploymentSpec {
            namespace: "ml".to_owned(),
            name: name.to_owned(),
            replicas,
            template,
            ..DeploymentSpec::default()
        };
        let deployment = self.store.add_deployment(spec, SimTime::ZERO);
        self.store.add_replica_set_of(deployment, replicas, SimTime::ZERO);
        self.timeline = Timeline::new(&self.store);
        self
    }

    pub(super) fn tell(&mut self, secs: u64, record: Record) {
        self.timeline.record(at(secs), record, &self.store);
    }
    pub(super) fn submit(&mut self, secs: u64, job: u32) {
        self.store.jobs[job as usize].submitted = at(secs);
        self.store.jobs[job as usize].condition = JobCondition::Active;
        self.store.unfinished_jobs += 1;
        self.tell(secs, Record::JobSubmitted(JobId(job)));
    }
    pub(super) fn create(&mut self, secs: u64, owner: Owner) -> PodId {
        let pod = self.store.create_pod(owner, u32::MAX, at(secs));
        self.tell(secs, Record::PodCreated(pod));
        pod
    }
    pub(super) fn bind(&mut self, secs: u64, pod: PodId, node: u32) {
        self.store.bind(pod, NodeId(node), at(secs));
        self.tell(secs, Record::PodBound(pod, NodeId(node)));
    }
    pub(super) fn start(&mut self, secs: u64, pod: PodId) {
        self.store.run_containers(pod, at(secs));
        self.store.start(pod);
        self.tell(secs, Record::PodRunning(pod));
        self.store.set_ready(pod, true, at(secs));
        self.tell(secs, Record::PodReadiness(pod, true));
    }
    pub(super) fn finish(&mut self, secs: u64, pod: PodId, exit_code: u8) {
        self.store.finish(pod, exit_code, at(secs));
        self.tell(secs, Record::PodFinished(pod));
    }
    pub(super) fn finish_job(&mut self, secs: u64, job: u32, condition: JobCondition) {
        let record = &mut self.store.jobs[job as usize];
        record.condition = condition;
        record.finished = at(secs);
        self.store.unfinished_jobs -= 1;
        self.tell(secs, Record::JobConditionWritten(JobId(job)));
    }
    /// A Job that is submitted at `secs`, runs on `node` from one second later for nine seconds, and is done.
    pub(super) fn job(&mut self, secs: u64, job: u32, node: u32) {
        self.submit(secs, job);
        let pod = self.create(secs, Owner::Job(JobId(job)));
        self.bind(secs, pod, node);
        self.start(secs + 1, pod);
        self.finish(secs + 10, pod, 0);
        self.finish_job(secs + 10, job, JobCondition::Complete);
    }

    pub(super) fn run<'a>(&'a self, ended_at: u64, demands: &'a [Demand]) -> Run<'a> {
        Run {
            limits: &[],
            store: &self.store,
            timeline: &self.timeline,
            metrics: &self.metrics,
            ended_at: at(ended_at),
            seed: 1,
            pools: &[],
            demands,
        }
    }
}
