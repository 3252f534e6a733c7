//! Small clusters and Jobs built by hand.

pub mod program;
pub mod random;

use std::sync::Arc;

use makespan::cluster::record::{Observer, Silent};
use makespan::cluster::spec::{Behaviour, JobSpec, NodeSpec, PodTemplate, RestartPolicy};
use makespan::cluster::{Amounts, ResourceId, ResourceTable, Store};
use makespan::control::{ControlPlane, Input, Outcome, Simulation};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::workload::Script;
use makespan::workload::strategy::Strategy;

/// `nodes` nodes of `gpus` GPUs each and an empty store around them.
pub fn cluster(nodes: u32, gpus: i64) -> (Store, ResourceId) {
    let mut resources = ResourceTable::default();
    let gpu = resources.intern("nvidia.com/gpu");
    let mut allocatable = Amounts::new();
    allocatable.set(ResourceId::CPU, 64_000);
    allocatable.set(ResourceId::MEMORY, 256 << 30);
    allocatable.set(ResourceId::PODS, 110);
    allocatable.set(gpu, gpus);
    let node = |i: u32| NodeSpec {
        name: format!("node-{i}"),
        allocatable: allocatable.clone(),
        capacity: allocatable.clone(),
        ..NodeSpec::default()
    };
    (Store::new(resources, (0..nodes).map(node).collect()), gpu)
}

/// A Job of one pod that takes one GPU.
pub fn job(gpu: ResourceId, runtime: Distribution) -> JobSpec {
    let mut requests = Amounts::new();
    requests.set(ResourceId::PODS, 1);
    requests.set(gpu, 1);
    JobSpec {
        namespace: "default".into(),
        name: "train".into(),
        backoff_limit: 3,
        container: "main".into(),
        template: Arc::new(PodTemplate {
            requests,
            nonzero_cpu: 100,
            nonzero_memory: 200 << 20,
            restart_policy: RestartPolicy::Never,
            termination_grace: SimDuration::from_secs(30),
            behaviour: Behaviour {
                runtime: vec![runtime],
                ..Behaviour::default()
            },
            ..PodTemplate::default()
        }),
        ..JobSpec::default()
    }
}

/// `n` copies of `spec` on `nodes` nodes of `gpus` GPUs.
pub fn copies(nodes: u32, gpus: i64, n: u32, runtime: &Distribution) -> Store {
    let (mut store, gpu) = cluster(nodes, gpus);
    let spec = store.add_job_spec(job(gpu, runtime.clone()));
    for _ in 0..n {
        store.add_job(spec);
    }
    store
}

/// Plays `store` and returns what came of it.
pub fn play(store: Store, strategy: Strategy, control_plane: ControlPlane, seed: u64) -> (Store, Outcome) {
    play_with(store, strategy, control_plane, seed, &mut Silent)
}

/// The same, with an observer.
pub fn play_with(
    store: Store,
    strategy: Strategy,
    control_plane: ControlPlane,
    seed: u64,
    observer: &mut dyn Observer,
) -> (Store, Outcome) {
    let input = Input {
        store,
        strategy,
        control_plane,
        script: Script::default(),
        services: vec![],
        seed,
        until: None,
    };
    let mut simulation = Simulation::new(input);
    let outcome = simulation.run(observer);
    (simulation.into_store(), outcome)
}

/// From the first submission to the last completion.
pub fn makespan(store: &Store) -> SimDuration {
    let first = store.jobs.iter().map(|j| j.submitted).min().unwrap_or(SimTime::ZERO);
    let last = store.jobs.iter().map(|j| j.finished).max().unwrap_or(SimTime::ZERO);
    last.since(first)
}
