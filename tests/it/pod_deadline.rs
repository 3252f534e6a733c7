//! `activeDeadlineSeconds` of a pod (`pkg/kubelet/active_deadline.go`).

use std::sync::Arc;

use makespan::cluster::pod::PodPhase;
use makespan::cluster::spec::{JobSpec, RestartPolicy};
use makespan::cluster::{PodId, Store};
use makespan::control::ControlPlane;
use makespan::kernel::random::distribution::Distribution;

use crate::node_failures::{Story, play_script, recorded, span};
use crate::support::{cluster, job};

fn play(plane: ControlPlane, change: impl Fn(&mut JobSpec)) -> (Store, Story) {
    let (mut store, gpu) = cluster(1, 4);
    let mut spec = job(gpu, Distribution::Fixed(span(100.0)));
    spec.backoff_limit = 0;
    Arc::make_mut(&mut spec.template).active_deadline = Some(span(12.0));
    change(&mut spec);
    let spec = store.add_job_spec(spec);
    store.add_job(spec);
    let (store, story, _) = play_script(store, plane, vec![], &[], 60.0);
    (store, story)
}

/// From the whole second of `status.startTime` on, whatever the restart policy; looked for once a second.
#[test]
fn a_pod_that_runs_too_long_fails() {
    for policy in [RestartPolicy::Never, RestartPolicy::OnFailure] {
        let mut plane = recorded(0.0, 0.0, 0.0, 0.0);
        plane.kubelet.pleg_relist_period = span(1.0);
        let (store, story) = play(plane, |spec| Arc::make_mut(&mut spec.template).restart_policy = policy);
        let failed = story.time("pod 0 Failed");
        // Seen by the kubelet at 0.03 s, so started at 0 s.
        assert!((12.2..13.25).contains(&failed), "{failed}");
        let failure = store.failures[&PodId(0)];
        assert_eq!(failure.reason(&store.resources), "DeadlineExceeded");
        assert_eq!(
            failure.message(&store.resources),
            "Pod was active on the node longer than the specified deadline"
        );
        assert_eq!((store.pods[0].phase, store.pods[0].exit_code), (PodPhase::Failed, 143));
        assert_eq!(store.jobs[0].failed, 1, "it counts as any failure");
    }
}

#[test]
fn containers_that_do_not_stop_are_killed() {
    let (store, story) = play(ControlPlane::ideal(), |spec| {
        let template = Arc::make_mut(&mut spec.template);
        template.termination_grace = span(3.0);
        template.behaviour.stop_latency = Some(span(10.0));
    });
    assert!((story.time("pod 0 Failed") - 15.0).abs() < 1e-6);
    assert_eq!(store.pods[0].exit_code, 137);
}

#[test]
fn a_pod_that_ends_in_time_is_left_alone() {
    let (store, _) = play(ControlPlane::ideal(), |spec| {
        Arc::make_mut(&mut spec.template).behaviour.runtime = vec![Distribution::Fixed(span(11.9))];
    });
    assert_eq!((store.pods[0].phase, store.failures.len()), (PodPhase::Succeeded, 0));
    assert_eq!(store.jobs[0].succeeded, 1);
}
