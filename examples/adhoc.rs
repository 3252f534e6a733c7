use makespan::cluster::record::Silent;
use makespan::cluster::spec::*;
use makespan::cluster::{Amounts, ResourceId, ResourceTable, Store};
use makespan::control::{ControlPlane, Input, Simulation};
use makespan::kernel::SimDuration;
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::strategy::Strategy;
use std::sync::Arc;
fn store(nodes: u32, gpus: i64, n: u32, d: Distribution) -> Store {
    let mut resources = ResourceTable::default();
    let gpu = resources.intern("nvidia.com/gpu");
    let mut a = Amounts::new();
    a.set(ResourceId::CPU, 64_000);
    a.set(ResourceId::MEMORY, 256 << 30);
    a.set(ResourceId::PODS, 110);
    a.set(gpu, gpus);
    let nodes = (0..nodes)
        .map(|i| NodeSpec {
            name: format!("n{i}"),
            allocatable: a.clone(),
            capacity: a.clone(),
            ..Default::default()
        })
        .collect();
    let mut s = Store::new(resources, nodes);
    let mut r = Amounts::new();
    r.set(ResourceId::PODS, 1);
    r.set(gpu, 1);
    let spec = s.add_job_spec(JobSpec {
        namespace: "d".into(),
        name: "t".into(),
        parallelism: 1,
        completions: Some(1),
        completion_mode: CompletionMode::NonIndexed,
        backoff_limit: 3,
        active_deadline: None,
        suspend: false,
        template: Arc::new(PodTemplate {
            requests: r,
            nonzero_cpu: 100,
            nonzero_memory: 200 << 20,
            restart_policy: RestartPolicy::Never,
            behaviour: Behaviour {
                runtime: vec![d],
                ..Default::default()
            },
            ..Default::default()
        }),
    });
    for _ in 0..n {
        s.add_job(spec);
    }
    s
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (mode, nodes, n, secs) = (
        &a[1],
        a[2].parse().unwrap(),
        a[3].parse().unwrap(),
        a[4].parse().unwrap(),
    );
    let plane = if mode == "ideal" {
        ControlPlane::ideal()
    } else {
        ControlPlane::kubernetes()
    };
    let s = store(nodes, 8, n, Distribution::Fixed(SimDuration::from_secs(secs)));
    let t = std::time::Instant::now();
    let mut sim = Simulation::new(Input {
        store: s,
        strategy: Strategy::Parallel,
        control_plane: plane,
        services: vec![],
        seed: 1,
        until: None,
    });
    let o = sim.run(&mut Silent);
    println!("{mode} nodes {nodes} n {n}: {:?} wall {:?} {:?}", o.end, t.elapsed(), o);
}
