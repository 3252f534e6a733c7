//! Steps that wait for what they see.

use makespan::cluster::record::Record;
use makespan::cluster::spec::{ObjectSpec, PodSpec};
use makespan::cluster::{PodId, Store};
use makespan::control::{ControlPlane, End};
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Action, ObjectKind, Order, PodRef, Trigger};

use super::{after, at, object, play, secs, submit};
use crate::support::{cluster, job};

/// A cluster of `gpus` GPUs and a Job of `parallelism` pods of 10 s.
fn one_job(gpus: i64, parallelism: u32) -> (Store, ObjectSpec) {
    let (store, gpu) = cluster(1, gpus);
    let mut spec = job(gpu, Distribution::Fixed(secs(10)));
    spec.parallelism = parallelism;
    spec.completions = Some(parallelism);
    (store, ObjectSpec::Job(spec))
}

fn first_pod() -> PodRef {
    PodRef::Of {
        owner: object(ObjectKind::Job, "train"),
        ordinal: 0,
    }
}

#[test]
fn a_pod_is_deleted_two_seconds_after_it_runs() {
    let (store, job) = one_job(4, 1);
    let running = Trigger::PodsRunning {
        namespace: Some("default".into()),
        count: 1,
    };
    let steps = vec![
        at(0, submit(vec![job], Order::default())),
        after(
            running,
            2,
            Action::DeletePod {
                pod: first_pod(),
                grace: None,
            },
        ),
    ];
    let played = play(store, steps, ControlPlane::ideal(), None);
    assert_eq!(played.outcome.end, End::Finished);
    assert_eq!(played.first(|r| r == Record::PodDeleting(PodId(0))), 2.0);
    // Counted as failed; its successor waits 10 s for the back-off.
    assert_eq!((played.store.jobs[0].failed, played.store.jobs[0].succeeded), (1, 1));
    assert_eq!(played.store.pods[1].created.as_secs_f64(), 12.0);
    assert_eq!(played.store.jobs[0].finished.as_secs_f64(), 22.0);
}

#[test]
fn an_evicted_pod_says_why() {
    let (store, job) = one_job(4, 1);
    let ready = Trigger::PodsReady {
        namespace: None,
        count: 1,
    };
    let steps = vec![
        at(0, submit(vec![job], Order::default())),
        after(ready, 2, Action::Evict { pod: first_pod() }),
    ];
    let played = play(store, steps, ControlPlane::kubernetes(), None);
    assert_eq!(played.outcome.end, End::Finished);
    assert_eq!(played.store.pods[0].disruption.reason(), "EvictionByEvictionAPI");
    let (ready, deleted) = (
        played.first(|r| r == Record::PodReadiness(PodId(0), true)),
        played.first(|r| r == Record::PodDeleting(PodId(0))),
    );
    // Seen 5 ms later, taken 5 ms after it was asked for; the mark is a write of its own.
    assert!((deleted - ready - 2.015).abs() < 1e-9, "{ready} {deleted}");
}

#[test]
fn a_pod_that_fits_nowhere_is_settled_too() {
    let (store, job) = one_job(2, 3);
    let settled = |ordinal| {
        Trigger::PodSettled(PodRef::Of {
            owner: object(ObjectKind::Job, "train"),
            ordinal,
        })
    };
    let ObjectSpec::Job(mut second) = job.clone() else {
        unreachable!()
    };
    second.name = "second".into();
    let steps = vec![
        at(0, submit(vec![job], Order::default())),
        after(settled(2), 3, submit(vec![ObjectSpec::Job(second)], Order::default())),
    ];
    let played = play(store, steps, ControlPlane::kubernetes(), None);
    assert_eq!(played.outcome.end, End::Finished);
    let unschedulable = played.first(|r| r == Record::PodUnschedulable(PodId(2)));
    let sent = played.store.jobs[1].submitted.as_secs_f64();
    assert!((sent - unschedulable - 3.005).abs() < 1e-9, "{unschedulable} {sent}");
}

#[test]
fn a_step_may_wait_for_the_end_of_a_job() {
    let (store, job) = one_job(2, 1);
    let ObjectSpec::Job(mut second) = job.clone() else {
        unreachable!()
    };
    second.name = "second".into();
    let steps = vec![
        at(1, submit(vec![job], Order::default())),
        after(
            Trigger::JobFinished(object(ObjectKind::Job, "train")),
            4,
            submit(vec![ObjectSpec::Job(second)], Order::default()),
        ),
    ];
    let played = play(store, steps, ControlPlane::ideal(), None);
    assert_eq!(played.store.jobs[1].submitted.as_secs_f64(), 15.0);
    assert_eq!(played.outcome.end, End::Finished);
}

#[test]
fn a_run_whose_trigger_never_comes_stalls() {
    let (store, job) = one_job(2, 1);
    let never = Trigger::PodsRunning {
        namespace: Some("elsewhere".into()),
        count: 1,
    };
    let steps = vec![
        at(1, submit(vec![job.clone()], Order::default())),
        after(never, 4, submit(vec![job], Order::default())),
    ];
    let played = play(store, steps, ControlPlane::ideal(), None);
    assert_eq!(played.outcome.end, End::Stalled);
    assert_eq!(played.store.jobs.len(), 1);
}

#[test]
fn what_is_not_there_is_refused_in_the_servers_words() {
    let (store, job) = one_job(2, 1);
    let ObjectSpec::Job(spec) = &job else { unreachable!() };
    let pod = |name: &str| PodRef::Named {
        namespace: "default".into(),
        name: name.into(),
    };
    let bare = ObjectSpec::Pod(PodSpec {
        namespace: "default".into(),
        name: "mine".into(),
        template: spec.template.clone(),
    });
    let delete = |pod| Action::DeletePod { pod, grace: None };
    let steps = vec![
        at(0, submit(vec![bare], Order::default())),
        at(1, delete(pod("yours"))),
        at(2, delete(pod("mine"))),
        at(4, delete(pod("mine"))),
        at(5, delete(first_pod())),
    ];
    let played = play(store, steps, ControlPlane::ideal(), Some(10));
    insta::assert_debug_snapshot!(played.refused(), @r#"
    [
        (
            "delete Pod default/yours",
            "pods \"yours\" not found",
        ),
        (
            "delete Pod default/mine",
            "pods \"mine\" not found",
        ),
        (
            "delete pod 0 of Job default/train",
            "pod 0 of Job default/train is not there",
        ),
    ]
    "#);
}
