//! Times that the Job controller counts from: those that API objects show, not those at which something was noticed.

use std::sync::Arc;

use makespan::cluster::pod::PodPhase;
use makespan::cluster::spec::{AttemptOutcome, JobSpec, Outcome};
use makespan::control::ControlPlane;
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::workload::strategy::Strategy;

use crate::support::{cluster, job, play};

fn played(change: impl FnOnce(&mut JobSpec), plane: ControlPlane) -> makespan::cluster::Store {
    let (mut store, gpu) = cluster(1, 1);
    let mut spec = job(gpu, Distribution::Fixed(SimDuration::from_millis(60_200)));
    change(&mut spec);
    let spec = store.add_job_spec(spec);
    store.add_job(spec);
    play(store, Strategy::Parallel, plane, 1).0
}

/// `startTime` is truncated to whole seconds, also where that lies before the beginning of the run: a deadline of 12 s that
/// begins half a second into a wall-clock second ends at 11.5 s (recorded: activedeadline-12).
#[test]
fn a_deadline_counts_from_the_whole_second() {
    let mut plane = ControlPlane::kubernetes();
    plane.wall_clock_offset = SimDuration::from_millis(500);
    let api_latency = plane.api_latency;
    let store = played(|spec| spec.active_deadline = Some(SimDuration::from_secs(12)), plane);
    let pod = &store.pods[0];
    assert_eq!(pod.phase, PodPhase::Failed);
    // The DELETE, the watch, the stop latency of 0.2 s, the last write.
    let stop = SimDuration::from_millis(5 + 5 + 200) + api_latency;
    assert_eq!(pod.finished, SimTime::ZERO + SimDuration::from_millis(11_500) + stop);
}

/// The back-off counts from the container's own end, not from the relist that noticed it.
#[test]
fn back_off_counts_from_the_end_of_the_container() {
    let mut plane = ControlPlane::kubernetes();
    plane.api_time_resolution = SimDuration::ZERO;
    plane.kubelet.pleg_relist_period = SimDuration::from_secs(7);
    let api_latency = plane.api_latency;
    let fails = |spec: &mut JobSpec| {
        let template = Arc::make_mut(&mut spec.template);
        template.behaviour.outcome = Outcome::Script(vec![AttemptOutcome::Exit(1), AttemptOutcome::Ok]);
    };
    let store = played(fails, plane);
    let [first, second] = &store.pods[..] else {
        panic!("two pods, not {}", store.pods.len())
    };
    let end = first.started + SimDuration::from_millis(60_200);
    assert!(
        first.finished.since(end) > SimDuration::from_secs(1),
        "the relist comes too soon for this test"
    );
    assert_eq!(second.created, end + SimDuration::from_secs(10) + api_latency);
}
