//! When pods of failing Jobs start again, to the nanosecond.

use std::sync::Arc;

use makespan::cluster::job::{FailureReason, JobCondition};
use makespan::cluster::spec::{AttemptOutcome, JobSpec, Outcome, RestartPolicy};
use makespan::cluster::{JobId, Store};
use makespan::control::{ControlPlane, End};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::time::NANOS_PER_SEC;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::Strategy;

use crate::support::{cluster, job, play_with};

/// Plays one Job made from the usual one by `change`, with the checker on.
fn play_one(change: impl Fn(&mut JobSpec), plane: ControlPlane) -> Store {
    play_copies(1, change, plane)
}

fn play_copies(copies: u32, change: impl Fn(&mut JobSpec), plane: ControlPlane) -> Store {
    let (mut store, gpu) = cluster(1, 4);
    let mut spec = job(gpu, Distribution::Fixed(SimDuration::ZERO));
    change(&mut spec);
    let id = store.add_job_spec(spec);
    for _ in 0..copies {
        store.add_job(id);
    }
    let mut checker = Checker::new(&store);
    let (store, outcome) = play_with(store, Strategy::Sequential, plane, 1, &mut checker);
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    assert_eq!(outcome.end, End::Finished);
    store
}

fn always_fails(spec: &mut JobSpec, runtime: SimDuration, restarts: RestartPolicy) {
    let template = Arc::make_mut(&mut spec.template);
    template.behaviour.runtime = vec![Distribution::Fixed(runtime)];
    template.behaviour.outcome = Outcome::Script(vec![AttemptOutcome::Exit(1)]);
    template.restart_policy = restarts;
}

/// Starts of the attempts of a Job that always fails after `runtime`, and the end of the last.
fn attempts(limit: u32, runtime: u64) -> (Vec<u64>, u64) {
    let store = play_one(
        |spec| {
            always_fails(spec, SimDuration::from_nanos(runtime), RestartPolicy::Never);
            spec.backoff_limit = limit;
        },
        ControlPlane::ideal(),
    );
    let record = &store.jobs[0];
    assert_eq!(
        record.condition,
        JobCondition::Failed(FailureReason::BackoffLimitExceeded)
    );
    assert_eq!((record.pods_created, record.failed), (limit + 1, limit + 1));
    let starts = store.pods.iter().map(|pod| pod.started.as_nanos()).collect();
    (starts, record.finished.as_nanos())
}

/// The worked example: 5 s, limit 6.
#[test]
fn a_failing_job_tries_again_after_10_20_40_seconds() {
    let (starts, end) = attempts(6, 5 * NANOS_PER_SEC);
    let seconds: Vec<u64> = starts.iter().map(|nanos| nanos / NANOS_PER_SEC).collect();
    assert_eq!(seconds, [0, 15, 40, 85, 170, 335, 660]);
    assert_eq!(end, 665 * NANOS_PER_SEC);
}

/// `pkg/controller/job/backoff_utils.go`: after the k-th failure a wait of min(10 s · 2^(k−1), 600 s).
#[test]
fn the_waits_double_up_to_600_seconds() {
    for limit in 0..10 {
        for runtime in [0, 1, 999_999_937, 5 * NANOS_PER_SEC, 3600 * NANOS_PER_SEC] {
            let mut at = 0;
            let mut expected = vec![0];
            for k in 0..limit {
                at += runtime + ((10 * NANOS_PER_SEC) << k).min(600 * NANOS_PER_SEC);
                expected.push(at);
            }
            assert_eq!(
                attempts(limit, runtime),
                (expected, at + runtime),
                "limit {limit} runtime {runtime}"
            );
        }
    }
}

/// In place: the kubelet waits 0, 10, 20 … 160 s; the Job fails when the sixth restart begins, at 6 · 5 s + 310 s.
#[test]
fn restarts_in_place_fail_the_job_when_they_reach_the_limit() {
    let store = play_one(
        |spec| {
            always_fails(spec, SimDuration::from_secs(5), RestartPolicy::OnFailure);
            spec.backoff_limit = 6;
        },
        ControlPlane::ideal(),
    );
    assert_eq!((store.pods.len(), store.pods[0].restarts), (1, 6));
    assert_eq!(
        store.jobs[0].condition,
        JobCondition::Failed(FailureReason::BackoffLimitExceeded)
    );
    assert_eq!(store.jobs[0].finished, SimTime::ZERO + SimDuration::from_secs(340));
}

/// A pod whose first run ends before it was shown is Running all the same once it has restarted.
#[test]
fn a_restart_before_running_was_shown_shows_running() {
    let store = play_one(
        |spec| {
            always_fails(spec, SimDuration::ZERO, RestartPolicy::OnFailure);
            let template = Arc::make_mut(&mut spec.template);
            template.behaviour.outcome = Outcome::Script(vec![AttemptOutcome::Exit(1), AttemptOutcome::Ok]);
            template
                .behaviour
                .runtime
                .push(Distribution::Fixed(SimDuration::from_secs(7)));
        },
        ControlPlane::ideal(),
    );
    assert_eq!(store.jobs[0].condition, JobCondition::Complete);
    assert_eq!(store.jobs[0].first_started, SimTime::ZERO);
    assert_eq!(store.jobs[0].finished, SimTime::ZERO + SimDuration::from_secs(7));
    assert_eq!(store.pods[0].restarts, 1);
}

/// A Job fails while its next pod is being bound: the pod is deleted, and what it was given is there for the next Job.
#[test]
fn the_room_of_a_pod_deleted_while_it_is_bound_is_used() {
    for literal in [false, true] {
        let mut plane = ControlPlane::ideal();
        plane.scheduler.literal_queue = literal;
        let crowd = |spec: &mut JobSpec| {
            always_fails(spec, SimDuration::from_secs(5), RestartPolicy::Never);
            spec.backoff_limit = 0;
            // Three at once, three GPUs each, where there are four: two wait.
            spec.parallelism = 3;
            spec.completions = Some(3);
            let template = Arc::make_mut(&mut spec.template);
            let gpu = template.requests.iter_nonzero().last().expect("a GPU").0;
            template.requests.set(gpu, 3);
        };
        let store = play_copies(3, crowd, plane);
        let ends: Vec<SimTime> = store.jobs.iter().map(|job| job.finished).collect();
        let at = |secs| SimTime::ZERO + SimDuration::from_secs(secs);
        assert_eq!(ends, [at(5), at(10), at(15)], "literal {literal}");
        assert_eq!(store.job_name(JobId(2)), "train-2");
    }
}
