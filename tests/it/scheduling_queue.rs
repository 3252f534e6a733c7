//! The scheduling queue against the log of a real kube-scheduler (`sched-queue.csv`): it is fed with the logged arrivals,
//! failures and moves at their logged times, and has to name the pod of each logged attempt.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use makespan::cluster::PodId;
use makespan::control::ControlPlane;
use makespan::control::scheduler::hints::Rejectors;
use makespan::control::scheduler::queue::SchedulingQueue;
use makespan::experiment::recording::Recording;
use makespan::experiment::recording::folder::Folder;
use makespan::experiment::recording::rows::Rows;
use makespan::kernel::{SimDuration, SimTime};

/// What came of feeding a log to the queue.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    attempts: u32,
    /// Attempts at another pod than the queue named.
    missed: u32,
}

struct Replay {
    queue: SchedulingQueue,
    now: SimTime,
    ids: BTreeMap<String, PodId>,
    /// Pods that failed and that no move has touched since.
    unschedulable: BTreeSet<PodId>,
    /// Pods in a scheduling cycle.
    in_cycle: BTreeSet<PodId>,
    /// Pods that the queue named too early; their own attempt is still to come.
    early: BTreeSet<PodId>,
    tally: Tally,
}

impl Replay {
    fn new(plane: &ControlPlane) -> Self {
        Self {
            queue: SchedulingQueue::new(plane),
            now: SimTime::ZERO,
            ids: BTreeMap::new(),
            unschedulable: BTreeSet::new(),
            in_cycle: BTreeSet::new(),
            early: BTreeSet::new(),
            tally: Tally::default(),
        }
    }

    /// Lets pods leave back-off at every whole second up to `at`.
    fn advance(&mut self, at: SimTime) {
        while let Some(flush) = self.queue.next_flush(self.now).filter(|flush| *flush <= at) {
            self.queue.flush_backoff(flush);
            self.now = flush;
        }
        self.now = at;
    }

    fn row(&mut self, pod: PodId, what: &str, detail: &str) {
        match (what, detail) {
            ("moved", "UnschedulablePodAdd Active") => self.queue.add(pod, 0, self.now),
            ("attempt", _) => self.attempt(pod),
            ("moved", "ScheduleAttemptFailure Unschedulable") => self.fail(pod, false),
            ("moved", "ScheduleAttemptFailure Backoff") => self.fail(pod, true),
            ("moved", "AssignedPodDelete Active" | "AssignedPodDelete Backoff") => {
                // One row for each pod that the end of another one moves.
                if self.unschedulable.contains(&pod) {
                    self.unschedulable.clear();
                    self.queue.move_all(self.now, None);
                }
            }
            ("no-fit" | "fits" | "bound", _) => {}
            _ => panic!("unknown row {what} {detail}"),
        }
    }

    fn attempt(&mut self, pod: PodId) {
        self.tally.attempts += 1;
        self.in_cycle.insert(pod);
        if self.early.remove(&pod) {
            return;
        }
        let named = self.queue.pop();
        if named != Some(pod) {
            self.tally.missed += 1;
            self.queue.remove(pod);
            self.early.extend(named);
        }
    }

    /// The log has a failure twice if something moved during the attempt.
    fn fail(&mut self, pod: PodId, moved_meanwhile: bool) {
        if !self.in_cycle.remove(&pod) {
            return;
        }
        self.queue
            .fail(pod, self.now, Rejectors::NODE_RESOURCES_FIT, moved_meanwhile);
        if !moved_meanwhile {
            self.unschedulable.insert(pod);
        }
    }
}

/// Feeds the log of a recording to a queue whose wall clock is wrong by `clock_error`.
fn tally(name: &str, clock_error: SimDuration) -> Tally {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recordings")
        .join(name);
    let mut plane = Recording::read(&folder).unwrap().scenario.control_plane;
    plane.wall_clock_offset += clock_error;
    let rows = Rows::read(&Folder::new(&folder), "sched-queue.csv").unwrap().unwrap();
    let mut replay = Replay::new(&plane);
    for row in rows.iter() {
        let at = SimDuration::from_secs_f64(row.seconds("time_s").unwrap().unwrap()).unwrap();
        let next = PodId(replay.ids.len() as u32);
        let pod = *replay
            .ids
            .entry(row.required("pod").unwrap().to_owned())
            .or_insert(next);
        replay.advance(SimTime::ZERO + at);
        replay.row(pod, row.required("what").unwrap(), row.text("detail").unwrap_or(""));
    }
    replay.tally
}

const CROSS: &str = "cross-par-300x10s-32slots-r3-schedlog";
const POISSON: &str = "poisson-2ps-90s-16slots-r1-schedlog";

#[test]
fn it_names_the_pod_of_every_attempt() {
    let cross = tally(CROSS, SimDuration::ZERO);
    assert_eq!(cross.attempts, 13_541);
    assert_eq!(cross.missed, 1, "docs/validation.md says so");
    let poisson = Tally {
        attempts: 4240,
        missed: 0,
    };
    assert_eq!(tally(POISSON, SimDuration::ZERO), poisson);
}

/// Back-off ends at whole wall-clock seconds: half a second off, and the queue names other pods.
#[test]
fn it_needs_the_wall_clock() {
    let cross = tally(CROSS, SimDuration::from_millis(500));
    assert!(cross.missed > 1, "{cross:?}");
}
