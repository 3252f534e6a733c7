//! How long does a whole run take? From one thousand Jobs on 32 GPUs to one million on 8,000, on both control planes.
//! See benches/README.md for what the figures mean.

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Bencher, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use makespan::cluster::record::Silent;
use makespan::cluster::spec::{Behaviour, JobSpec, NodeSpec, PodTemplate, RestartPolicy};
use makespan::cluster::{Amounts, ResourceId, ResourceTable, Store};
use makespan::control::{ControlPlane, End, Input, Simulation};
use makespan::workload::Script;
use makespan::workload::strategy::Strategy;

/// One bench: `n` one-GPU Jobs on `nodes` nodes of 8 GPUs.
struct Case {
    nodes: u32,
    n: u32,
    runtime: &'static str,
    strategy: &'static str,
    plane: fn() -> ControlPlane,
}

impl Case {
    /// 300 s each, all at once.
    const fn parallel(nodes: u32, n: u32, plane: fn() -> ControlPlane) -> Self {
        Self {
            nodes,
            n,
            runtime: "300s",
            strategy: "parallel",
            plane,
        }
    }
    /// Everything a run is made from.
    fn input(&self) -> Input {
        let mut resources = ResourceTable::default();
        let gpu = resources.intern("nvidia.com/gpu");
        let mut allocatable = Amounts::new();
        allocatable.set(ResourceId::CPU, 64_000);
        allocatable.set(ResourceId::MEMORY, 512 << 30);
        allocatable.set(ResourceId::PODS, 110);
        allocatable.set(gpu, 8);
        let node = |i| NodeSpec {
            name: format!("node-{i}"),
            capacity: allocatable.clone(),
            allocatable: allocatable.clone(),
            ..NodeSpec::default()
        };
        let mut store = Store::new(resources, (0..self.nodes).map(node).collect());
        let spec = store.add_job_spec(one_gpu(gpu, self.runtime));
        for _ in 0..self.n {
            store.add_job(spec);
        }
        let arrivals = self.strategy.parse().ok();
        let strategy = arrivals.is_none().then_some(self.strategy);
        Input {
            store,
            strategy: Strategy::choose(strategy, arrivals).expect("the strategy is written right"),
            control_plane: (self.plane)(),
            script: Script::default(),
            services: Vec::new(),
            seed: 1,
            until: None,
        }
    }
    /// Measures a run, without making and dropping what it is made from.
    fn measure(&self, bencher: &mut Bencher<'_>) {
        let play = |input| {
            let mut simulation = Simulation::new(input);
            let outcome = simulation.run(&mut Silent);
            assert_eq!(outcome.end, End::Finished);
            simulation
        };
        bencher.iter_batched(|| self.input(), play, BatchSize::PerIteration);
    }
}

/// A Job of one pod that takes one GPU.
fn one_gpu(gpu: ResourceId, runtime: &str) -> JobSpec {
    let mut requests = Amounts::new();
    requests.set(ResourceId::PODS, 1);
    requests.set(gpu, 1);
    let template = PodTemplate {
        requests,
        nonzero_cpu: 100,
        nonzero_memory: 200 << 20,
        restart_policy: RestartPolicy::Never,
        behaviour: Behaviour {
            runtime: vec![runtime.parse().expect("the runtime is written right")],
            ..Behaviour::default()
        },
        ..PodTemplate::default()
    };
    JobSpec {
        namespace: "default".into(),
        name: "ml-train".into(),
        backoff_limit: 3,
        template: Arc::new(template),
        ..JobSpec::default()
    }
}

fn runs(criterion: &mut Criterion) {
    let kubernetes = ControlPlane::kubernetes;
    let ideal = ControlPlane::ideal;
    let mut group = criterion.benchmark_group("runs");
    // Ten samples of one run each.
    group.sampling_mode(SamplingMode::Flat);
    for (name, case) in [
        (
            "kubernetes/1e4 Jobs on 1000 nodes",
            Case::parallel(1000, 10_000, kubernetes),
        ),
        (
            "kubernetes/1e5 Jobs on 1000 nodes",
            Case::parallel(1000, 100_000, kubernetes),
        ),
        (
            "kubernetes/herd of 5000 on 4 nodes",
            Case::parallel(4, 5_000, kubernetes),
        ),
        ("ideal/1e6 Jobs on 1000 nodes", Case::parallel(1000, 1_000_000, ideal)),
        (
            // Load 0.9: the mean runtime is 600 s · exp(1.5² / 2) = 1848 s.
            "ideal/M_G_c, 1e6 Jobs, c = 1000",
            Case {
                nodes: 125,
                n: 1_000_000,
                runtime: "lognormal(median=600s,sigma=1.5)",
                strategy: "poisson(rate=0.487/s)",
                plane: ideal,
            },
        ),
    ] {
        group.throughput(Throughput::Elements(u64::from(case.n)));
        group.bench_function(name, |bencher| case.measure(bencher));
    }
    group.finish();
}

/// The largest cells of the built-in experiment.
fn cells(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1000 Jobs on 4 nodes");
    group.throughput(Throughput::Elements(1000));
    for (plane, preset) in [
        ("kubernetes", ControlPlane::kubernetes as fn() -> ControlPlane),
        ("ideal", ControlPlane::ideal),
    ] {
        for strategy in ["sequential", "batched:32", "windowed:32", "parallel"] {
            let case = Case {
                strategy,
                ..Case::parallel(4, 1000, preset)
            };
            group.bench_function(format!("{plane}/{strategy}"), |bencher| case.measure(bencher));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500));
    targets = cells, runs
}
criterion_main!(benches);
