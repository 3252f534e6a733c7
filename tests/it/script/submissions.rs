//! Jobs of a script go the way that those of the run's own client go.

use makespan::cluster::spec::ObjectSpec;
use makespan::cluster::{JobId, Store};
use makespan::control::{ControlPlane, End};
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Order, Step};
use makespan::workload::strategy::Strategy;

use super::{after, at, play, secs, submit};
use crate::support::{cluster, job};

const JOBS: u32 = 7;

fn times(store: &Store) -> Vec<(u64, u64, u64)> {
    let of = |job: &makespan::cluster::job::Job| {
        (
            job.submitted.as_nanos(),
            job.first_started.as_nanos(),
            job.finished.as_nanos(),
        )
    };
    store.jobs.iter().map(of).collect()
}

/// The Jobs one by one as a script has them: each with its own name.
fn objects() -> (Store, Vec<ObjectSpec>) {
    let (store, gpu) = cluster(1, 3);
    let template = job(gpu, Distribution::Fixed(secs(10)));
    let objects = (0..JOBS).map(|i| {
        let mut spec = template.clone();
        spec.name = format!("train-{i}");
        ObjectSpec::Job(spec)
    });
    (store, objects.collect())
}

#[test]
fn orders_of_scripts_are_the_strategies_of_the_client() {
    let all = || Order::Parallel { concurrency: None };
    for plane in [ControlPlane::ideal(), ControlPlane::kubernetes()] {
        for (order, strategy) in [
            (Order::Sequential, Strategy::Sequential),
            (all(), Strategy::Parallel),
            (Order::Batched(2), Strategy::Batched(2)),
            (Order::Windowed(2), Strategy::Windowed(2)),
        ] {
            let (store, objects) = objects();
            let played = play(store, vec![at(0, submit(objects, order))], plane.clone(), None);
            assert_eq!(played.outcome.end, End::Finished);
            let (mut store, gpu) = cluster(1, 3);
            let spec = store.add_job_spec(job(gpu, Distribution::Fixed(secs(10))));
            for _ in 0..JOBS {
                store.add_job(spec);
            }
            let (expected, _) = crate::support::play(store, strategy.clone(), plane.clone(), 1);
            assert_eq!(times(&played.store), times(&expected), "{strategy:?}");
        }
    }
}

#[test]
fn a_step_may_wait_for_the_end_of_a_submission() {
    let (store, mut objects) = objects();
    let last = objects.split_off(2);
    let steps: Vec<Step> = vec![
        at(5, submit(objects, Order::Sequential)),
        after(
            makespan::workload::script::Trigger::Previous,
            3,
            submit(last, Order::default()),
        ),
    ];
    let played = play(store, steps, ControlPlane::ideal(), None);
    let submitted: Vec<f64> = played.store.jobs.iter().map(|j| j.submitted.as_secs_f64()).collect();
    // 10 s each, one after the other, from 5 s on; three seconds later all others.
    assert_eq!(submitted, [5.0, 15.0, 28.0, 28.0, 28.0, 28.0, 28.0]);
    assert_eq!(played.store.job_name(JobId(6)), "train-6");
}

#[test]
fn the_next_object_may_wait_until_the_pods_of_the_one_before_are_settled() {
    let (store, objects) = objects();
    let order = Order::WhenSettled {
        gated_timeout: secs(100),
    };
    let played = play(
        store,
        vec![at(0, submit(objects, order))],
        ControlPlane::kubernetes(),
        None,
    );
    assert_eq!(played.outcome.end, End::Finished);
    let jobs = &played.store.jobs;
    for i in 1..JOBS as usize {
        let before = jobs[i - 1].submitted;
        let span = jobs[i].submitted.since(before).as_secs_f64();
        // POST 5 ms, the controller sees the Job, creates the pod, the scheduler tries it: a few latencies of 5 ms each. Three
        // pods fit; the others are settled because they do not.
        assert!((0.02..0.06).contains(&span), "{i}: {span}");
    }
}
