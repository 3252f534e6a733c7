//! How long does it take to choose a node? One-GPU and mixed pods on a cluster kept nearly full: each step ends one pod and
//! places another. `literal` is the walk over all nodes, `indexed` the same choice from the index.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use makespan::cluster::spec::{NodeSpec, PodTemplate};
use makespan::cluster::{Amounts, NodeId, PodTemplateId, ResourceId, ResourceTable};
use makespan::control::scheduler::{Placement, Placer};

const GI: i64 = 1 << 30;

fn amounts(resources: &mut ResourceTable, cpu: i64, memory: i64, gpu: i64, pods: i64) -> Amounts {
    let mut amounts = Amounts::new();
    amounts.set(ResourceId::CPU, cpu);
    amounts.set(ResourceId::MEMORY, memory);
    amounts.set(ResourceId::PODS, pods);
    amounts.set(resources.intern("nvidia.com/gpu"), gpu);
    amounts
}

/// Eight-GPU nodes, and pods of these numbers of GPUs.
fn cluster(nodes: usize, gpus: &[i64]) -> Placer {
    let mut resources = ResourceTable::default();
    let node = NodeSpec {
        allocatable: amounts(&mut resources, 64_000, 512 * GI, 8, 110),
        ..NodeSpec::default()
    };
    let templates: Vec<Arc<PodTemplate>> = gpus
        .iter()
        .map(|&gpu| {
            Arc::new(PodTemplate {
                requests: amounts(&mut resources, 4000 * gpu, 16 * GI * gpu, gpu, 1),
                nonzero_cpu: 4000 * gpu,
                nonzero_memory: 16 * GI * gpu,
                ..PodTemplate::default()
            })
        })
        .collect();
    Placer::new(&resources, &vec![node; nodes], &templates)
}

/// A cluster in use: `running` is a ring of pods, the oldest ends first.
struct Busy {
    placer: Placer,
    running: Vec<(NodeId, PodTemplateId)>,
    oldest: usize,
}

impl Busy {
    fn new(nodes: usize, gpus: &[i64]) -> Self {
        let mut placer = cluster(nodes, gpus);
        let mut running = Vec::new();
        for i in 0.. {
            let shape = PodTemplateId((i * 7 % gpus.len()) as u32);
            let Placement::Placed(node) = placer.place(shape) else {
                break;
            };
            placer.assume(node, shape);
            running.push((node, shape));
        }
        // One in ten ends, from anywhere.
        let leave = running.len() / 10;
        for i in 0..leave {
            let (node, shape) = running.swap_remove(i * 7919 % running.len());
            placer.release(node, shape);
        }
        Self {
            placer,
            running,
            oldest: 0,
        }
    }
    fn step(&mut self, place: impl Fn(&mut Placer, PodTemplateId) -> Placement) {
        let (node, shape) = self.running[self.oldest];
        self.placer.release(node, shape);
        if let Placement::Placed(node) = place(&mut self.placer, black_box(shape)) {
            self.placer.assume(node, shape);
            self.running[self.oldest] = (node, shape);
        }
        self.oldest = (self.oldest + 1) % self.running.len();
    }
}

fn placement(c: &mut Criterion) {
    let mut group = c.benchmark_group("placement");
    for (pods, gpus) in [("one GPU", &[1][..]), ("1, 2, 4 and 8 GPUs", &[1, 2, 4, 8, 1, 1, 2])] {
        for nodes in [100, 1000, 10_000, 100_000] {
            let mut busy = Busy::new(nodes, gpus);
            group.bench_function(BenchmarkId::new(format!("indexed, {pods}"), nodes), |b| {
                b.iter(|| busy.step(Placer::place));
            });
            if nodes <= 10_000 {
                group.bench_function(BenchmarkId::new(format!("literal, {pods}"), nodes), |b| {
                    b.iter(|| busy.step(Placer::place_literally));
                });
            }
        }
    }
    let mut empty = cluster(1000, &[1]);
    empty.place(PodTemplateId(0));
    group.bench_function("empty cluster of 1000", |b| {
        b.iter(|| empty.place(black_box(PodTemplateId(0))));
    });
    let mut full = cluster(1000, &[1, 9]);
    full.place(PodTemplateId(1));
    group.bench_function("refused by 1000 nodes", |b| {
        b.iter_batched(
            || (),
            |()| full.place(black_box(PodTemplateId(1))),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, placement);
criterion_main!(benches);
