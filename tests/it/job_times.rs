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

#[test]
fn a_ttl_may_be_changed_after_the_end() {
    use makespan::cluster::spec::ObjectSpec;
    use makespan::control::{Input, Simulation};
    use makespan::workload::script::{Action, ObjectKind, ObjectRef, Script, Step};

    // The Job ends at 5 s. What its ttlSecondsAfterFinished is at first and from 20 s on, and when it goes.
    let gone = |first: Option<u64>, then: Option<u64>| {
        let (mut store, gpu) = cluster(1, 8);
        let mut before = job(gpu, Distribution::Fixed(SimDuration::from_secs(5)));
        before.ttl_after_finished = first.map(SimDuration::from_secs);
        let mut after = before.clone();
        after.ttl_after_finished = then.map(SimDuration::from_secs);
        let id = store.add_job_spec(before.clone());
        store.add_job(id);
        let change = Action::Update {
            object: ObjectRef::new(ObjectKind::Job, "default", "train"),
            change: Box::new((ObjectSpec::Job(before), ObjectSpec::Job(after))),
        };
        let mut watch = Gone(None);
        let mut simulation = Simulation::new(Input {
            store,
            strategy: Strategy::Parallel,
            script: Script {
                // The run goes on until the last step.
                steps: [20, 200]
                    .map(|secs| Step::at(SimTime::ZERO + SimDuration::from_secs(secs), change.clone()))
                    .to_vec(),
            },
            control_plane: ControlPlane::ideal(),
            services: Vec::new(),
            seed: 1,
            until: None,
        });
        simulation.run(&mut watch);
        watch.0
    };
    assert_eq!(gone(Some(30), Some(30)), Some(35.0));
    assert_eq!(gone(Some(30), Some(60)), Some(65.0));
    assert_eq!(gone(Some(30), None), None);
    assert_eq!(gone(None, Some(40)), Some(45.0));
    // It is over already.
    assert_eq!(gone(None, Some(10)), Some(20.0));
}

/// When the first Job object went.
struct Gone(Option<f64>);

impl makespan::cluster::record::Observer for Gone {
    fn record(
        &mut self,
        now: makespan::kernel::SimTime,
        record: makespan::cluster::record::Record,
        _: &makespan::cluster::Store,
    ) {
        if let makespan::cluster::record::Record::JobGone(_) = record {
            self.0.get_or_insert(now.as_secs_f64());
        }
    }
}
