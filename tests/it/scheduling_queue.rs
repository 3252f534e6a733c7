//! The scheduling queue against the log of a real kube-scheduler (`sched-queue.csv`): it is fed with the logged arrivals,
//! failures and moves at their logged times, and has to name the pod of each logged attempt.

use std::path::Path;

use makespan::experiment::recording::Recording;
use makespan::experiment::recording::queue_log::Tally;
use makespan::kernel::SimDuration;

/// Feeds the log of a recording to a queue whose wall clock is wrong by `clock_error`.
fn tally(name: &str, clock_error: SimDuration) -> Tally {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recordings")
        .join(name);
    let recording = Recording::read(&folder).unwrap();
    let mut plane = recording.plan.scenario.control_plane;
    plane.wall_clock_offset += clock_error;
    Tally::read(&recording.folder, &plane).unwrap().expect("there is a log")
}

const CROSS: &str = "cross-par-300x10s-32slots-r3-schedlog";
const POISSON: &str = "poisson-2ps-90s-16slots-r1-schedlog";

#[test]
fn it_names_the_pod_of_every_attempt() {
    let cross = tally(CROSS, SimDuration::ZERO);
    assert_eq!((cross.attempts, cross.missed, cross.unknown), (13_541, 1, 0));
    let poisson = tally(POISSON, SimDuration::ZERO);
    assert_eq!((poisson.attempts, poisson.missed, poisson.unknown), (4240, 0, 0));
}

/// Back-off ends at whole wall-clock seconds: half a second off, and the queue names other pods.
#[test]
fn it_needs_the_wall_clock() {
    let cross = tally(CROSS, SimDuration::from_millis(500));
    assert!(cross.missed > 1, "{cross:?}");
}
