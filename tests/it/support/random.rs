//! Random small clusters and Jobs that all fit: every pod fits on an empty node.

use std::sync::Arc;

use makespan::cluster::spec::{
    AttemptOutcome, Behaviour, CompletionMode, JobSpec, NodeSpec, Outcome, PodTemplate, RestartPolicy,
};
use makespan::cluster::{Amounts, ResourceId, ResourceTable, Store};
use makespan::control::ControlPlane;
use makespan::kernel::SimDuration;
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::{Arrivals, Strategy};
use proptest::prelude::*;
use proptest::strategy::Strategy as Generator;

/// One random run.
#[derive(Clone, Debug)]
pub struct Case {
    pub nodes: Vec<RandomNode>,
    pub jobs: Vec<RandomJob>,
    pub strategy: Strategy,
    pub kubernetes: bool,
    pub seed: u64,
}

/// GPUs, cores and pod slots of a node. Every node has at least one of each.
#[derive(Clone, Debug)]
pub struct RandomNode {
    gpus: i64,
    cores: i64,
    pods: i64,
}

/// A Job specification and how many copies of it there are.
#[derive(Clone, Debug)]
pub struct RandomJob {
    copies: u32,
    gpus: i64,
    cores: i64,
    parallelism: u32,
    completions: Option<u32>,
    indexed: bool,
    backoff_limit: u32,
    deadline: Option<u64>,
    restarts: bool,
    priority: i32,
    runtime: &'static str,
    outcome: Outcome,
}

impl RandomNode {
    /// A node of so much.
    pub const fn of(gpus: i64, cores: i64, pods: i64) -> Self {
        Self { gpus, cores, pods }
    }
}

impl RandomJob {
    /// Jobs of one pod that succeeds.
    pub fn plain(copies: u32, gpus: i64, cores: i64, priority: i32, runtime: &'static str) -> Self {
        Self {
            copies,
            gpus,
            cores,
            parallelism: 1,
            completions: None,
            indexed: false,
            backoff_limit: 0,
            deadline: None,
            restarts: false,
            priority,
            runtime,
            outcome: Outcome::default(),
        }
    }
    /// The same with so many pods at once, and so many successes if they are told.
    pub fn of_pods(self, parallelism: u32, completions: Option<u32>) -> Self {
        Self {
            parallelism,
            completions,
            ..self
        }
    }
}

const GPUS: i64 = 3;
const CORES: i64 = 4;

fn node() -> impl Generator<Value = RandomNode> {
    (0..=GPUS, 1..=CORES, 1i64..5).prop_map(|(gpus, cores, pods)| RandomNode { gpus, cores, pods })
}

fn outcome() -> impl Generator<Value = Outcome> {
    let attempt = prop_oneof![
        3 => Just(AttemptOutcome::Ok),
        1 => Just(AttemptOutcome::Exit(1)),
        1 => Just(AttemptOutcome::Exit(137)),
    ];
    prop_oneof![
        2 => Just(Outcome::default()),
        3 => prop::collection::vec(attempt, 1..4).prop_map(Outcome::Script),
        1 => (0.0..=1.0f64).prop_map(|failure| Outcome::Probability { failure, exit_code: 2 }),
    ]
}

fn job() -> impl Generator<Value = RandomJob> {
    let size = (1u32..4, 0..=GPUS, 0..=CORES);
    let shape = (1u32..4, prop::option::weighted(0.8, 1u32..5), any::<bool>());
    let end = (
        0u32..3,
        prop::option::weighted(0.2, 1u64..60),
        prop::bool::weighted(0.3),
    );
    let runtime = prop_oneof![
        Just("0s"),
        Just("5s"),
        Just("999999937ns"),
        Just("exponential(mean=20s)"),
        Just("lognormal(median=10s,p95=1m)"),
    ];
    (size, shape, end, 0i32..3, runtime, outcome()).prop_map(|(size, shape, end, priority, runtime, outcome)| {
        RandomJob {
            copies: size.0,
            gpus: size.1,
            cores: size.2,
            parallelism: shape.0,
            completions: shape.1,
            indexed: shape.1.is_some() && shape.2,
            backoff_limit: end.0,
            deadline: end.1,
            restarts: end.2,
            priority,
            runtime,
            outcome,
        }
    })
}

/// Strategies of all kinds.
pub fn strategies() -> impl Generator<Value = Strategy> {
    prop_oneof![
        Just(Strategy::Sequential),
        Just(Strategy::Parallel),
        (1u32..5).prop_map(Strategy::Batched),
        (1u32..5).prop_map(Strategy::Windowed),
        (0u64..30).prop_map(|secs| Strategy::Arrivals(Arrivals::Fixed {
            interval: SimDuration::from_secs(secs),
        })),
        Just(Strategy::Arrivals("poisson(mean=7s)".parse().unwrap())),
    ]
}

/// Runs under the given control plane, or under both.
pub fn cases(kubernetes: Option<bool>) -> impl Generator<Value = Case> {
    let planes = match kubernetes {
        Some(which) => Just(which).boxed(),
        None => any::<bool>().boxed(),
    };
    let nodes = prop::collection::vec(node(), 0..4);
    let jobs = prop::collection::vec(job(), 1..5);
    (nodes, jobs, strategies(), planes, any::<u64>()).prop_map(|(nodes, jobs, strategy, kubernetes, seed)| Case {
        nodes,
        jobs,
        strategy,
        kubernetes,
        seed,
    })
}

impl Case {
    /// The control plane.
    pub fn plane(&self) -> ControlPlane {
        if self.kubernetes {
            ControlPlane::kubernetes()
        } else {
            ControlPlane::ideal()
        }
    }

    /// The store before the run. One more node than asked for is large enough for every pod.
    pub fn store(&self) -> Store {
        let mut resources = ResourceTable::default();
        let gpu = resources.intern("nvidia.com/gpu");
        let large = RandomNode {
            gpus: GPUS,
            cores: CORES,
            pods: 4,
        };
        let spec = |(i, node): (usize, &RandomNode)| {
            let mut allocatable = Amounts::new();
            allocatable.set(ResourceId::CPU, node.cores * 1000);
            allocatable.set(ResourceId::MEMORY, 64 << 30);
            allocatable.set(ResourceId::PODS, node.pods);
            allocatable.set(gpu, node.gpus);
            NodeSpec {
                name: format!("node-{i}"),
                capacity: allocatable.clone(),
                allocatable,
                ..NodeSpec::default()
            }
        };
        let nodes = std::iter::once(&large).chain(&self.nodes).enumerate().map(spec);
        let mut store = Store::new(resources, nodes.collect());
        for (i, job) in self.jobs.iter().enumerate() {
            let id = store.add_job_spec(job.spec(format!("job-{i}"), gpu));
            for _ in 0..job.copies {
                store.add_job(id);
            }
        }
        store
    }
}

impl RandomJob {
    fn spec(&self, name: String, gpu: ResourceId) -> JobSpec {
        let mut requests = Amounts::new();
        requests.set(ResourceId::CPU, self.cores * 1000);
        requests.set(ResourceId::PODS, 1);
        requests.set(gpu, self.gpus);
        let template = PodTemplate {
            nonzero_cpu: if self.cores == 0 { 100 } else { self.cores * 1000 },
            nonzero_memory: 200 << 20,
            requests,
            priority: self.priority,
            restart_policy: if self.restarts {
                RestartPolicy::OnFailure
            } else {
                RestartPolicy::Never
            },
            termination_grace: SimDuration::from_secs(30),
            behaviour: Behaviour {
                runtime: vec![self.runtime.parse::<Distribution>().unwrap()],
                outcome: self.outcome.clone(),
                ..Behaviour::default()
            },
            ..PodTemplate::default()
        };
        JobSpec {
            namespace: "default".into(),
            name,
            parallelism: self.parallelism,
            completions: self.completions,
            completion_mode: if self.indexed {
                CompletionMode::Indexed
            } else {
                CompletionMode::NonIndexed
            },
            backoff_limit: self.backoff_limit,
            active_deadline: self.deadline.map(SimDuration::from_secs),
            template: Arc::new(template),
            ..JobSpec::default()
        }
    }
}
