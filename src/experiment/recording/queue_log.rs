//! The log of a real scheduler's queue (`sched-queue.csv`): a queue of the simulator is fed with the logged arrivals, failures and
//! moves at their logged times, and has to name the pod of each logged attempt.

use std::collections::{BTreeMap, BTreeSet};

use super::RecordingError;
use super::check::{Check, Value};
use super::folder::Folder;
use super::rows::{Row, Rows};
use super::tolerance::QUEUE;
use crate::cluster::PodId;
use crate::control::ControlPlane;
use crate::control::scheduler::hints::Rejectors;
use crate::control::scheduler::queue::SchedulingQueue;
use crate::kernel::{SimDuration, SimTime};

/// What came of feeding a log to the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Attempts that were logged.
    pub attempts: u32,
    /// Attempts at another pod than the queue named.
    pub missed: u32,
    /// Rows of the log that say something unknown.
    pub unknown: u32,
}

impl Tally {
    /// Feeds the log in `folder` to a queue with the settings of `plane`; `None` if there is no log.
    ///
    /// # Errors
    /// The log is malformed.
    pub fn read(folder: &Folder, plane: &ControlPlane) -> Result<Option<Self>, RecordingError> {
        let Some(rows) = Rows::read(folder, "sched-queue.csv")? else {
            return Ok(None);
        };
        let mut replay = Replay {
            queue: SchedulingQueue::new(plane),
            now: SimTime::ZERO,
            ids: BTreeMap::new(),
            unschedulable: BTreeSet::new(),
            in_cycle: BTreeSet::new(),
            early: BTreeSet::new(),
            tally: Self::default(),
        };
        for row in rows.iter() {
            replay.take(row)?;
        }
        Ok(Some(replay.tally))
    }

    /// How many of a hundred attempts the queue named.
    #[must_use]
    pub fn named_percent(&self) -> f64 {
        100.0 - f64::from(self.missed) * 100.0 / f64::from(self.attempts.max(1))
    }

    /// The tally as a check.
    #[must_use]
    pub fn check(&self) -> Check {
        Check {
            what: "attempts of the scheduler that its queue named (%)".to_owned(),
            real: Value::Number(100.0),
            simulated: Value::Number(self.named_percent()),
            tolerance: QUEUE.text(),
            ok: QUEUE.holds(100.0, self.named_percent()) && self.unknown == 0,
        }
    }
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
    fn take(&mut self, row: Row<'_>) -> Result<(), RecordingError> {
        let at = SimDuration::from_secs_f64(row.required_seconds("time_s")?.max(0.0)).unwrap_or_default();
        let next = PodId(self.ids.len() as u32);
        let pod = *self.ids.entry(row.required("pod")?.to_owned()).or_insert(next);
        self.advance((SimTime::ZERO + at).max(self.now));
        match (row.required("what")?, row.text("detail").unwrap_or_default()) {
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
            _ => self.tally.unknown += 1,
        }
        Ok(())
    }

    /// Lets pods leave back-off at every whole second up to `at`.
    fn advance(&mut self, at: SimTime) {
        while let Some(flush) = self.queue.next_flush(self.now).filter(|flush| *flush <= at) {
            self.queue.flush_backoff(flush);
            self.now = flush;
        }
        self.now = at;
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
