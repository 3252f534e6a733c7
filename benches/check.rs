//! How long does `makespan check` take for 10,000 Jobs in one file of 30 MB?
//!
//! Numbers and what they mean: `benches/README.md`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::check::findings;
use makespan::scenario::checked::check;
use makespan::scenario::load::Flags;

/// `count` Jobs as people write them, each with a long environment: about 3 kB.
fn jobs(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "---\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: train-{i}\n  labels: {{team: a, run: r{i}}}\nspec:\n  \
             parallelism: 4\n  completions: 4\n  backoffLimit: 2\n  template:\n    metadata:\n      labels: {{job: train-{i}}}\n    \
             spec:\n      restartPolicy: Never\n      tolerations:\n      - {{key: nvidia.com/gpu, operator: Exists}}\n      \
             containers:\n      - name: main\n        image: registry.example.com/train:1.{i}\n        resources:\n          \
             requests: {{cpu: 4, memory: 16Gi}}\n          limits: {{memory: 16Gi, nvidia.com/gpu: 1}}\n        env:\n"
        );
        for k in 0..30 {
            let _ = writeln!(
                text,
                "        - name: VARIABLE_{k}\n          value: \"some value of a variable number {k}\""
            );
        }
    }
    text
}

fn check_jobs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    let source = Arc::new(Source {
        name: "jobs.yaml".to_owned(),
        text: jobs(10_000),
    });
    group.bench_function("10000 Jobs", |bencher| {
        bencher.iter(|| {
            let mut problems = Problems::new();
            let objects = check(std::slice::from_ref(&source), &Flags::default(), &mut problems);
            assert_eq!((objects, findings(&problems).len()), (10_000, 0));
        });
    });
    group.finish();
}

criterion_group!(benches, check_jobs);
criterion_main!(benches);
