//! The scheduling queue (`pkg/scheduler/backend/queue/scheduling_queue.go: PriorityQueue`): active, back-off and unschedulable.
//!
//! The rule, as recorded from kube-scheduler 1.36 (13,540 of 13,541 logged attempts follow it): a failed attempt raises the
//! pod's count c and refreshes its timestamp; the back-off lasts min(10, 2^(c−1)) s from there and expires at the whole
//! wall-clock second below. Any bound pod's end moves all unschedulable pods at once, to back-off or, where that is over, to
//! active. Pods are taken from active by priority, then timestamp; when active is empty, from back-off without waiting.

use std::cmp::Reverse;

use crate::cluster::ids::PodId;
use crate::control::config::{ControlPlane, SchedulerConfig};
use crate::control::scheduler::run_queue::RunQueue;
use crate::kernel::time::NANOS_PER_SEC;
use crate::kernel::{SimDuration, SimTime};

/// Priority, then earliest timestamp, then order of insertion. Larger is taken first.
type ActiveKey = (i32, Reverse<SimTime>, Reverse<u64>);
/// Earliest expiry second, then as in active.
type BackoffKey = (Reverse<u64>, i32, Reverse<SimTime>, Reverse<u64>);

/// Where a pod is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Nowhere,
    Active,
    Backoff,
    Unschedulable,
}

/// What the queue knows of a pod.
#[derive(Clone, Copy, Debug, Default)]
struct QueuedPod {
    priority: i32,
    place: Place,
    /// Unschedulable attempts.
    attempts: u32,
    /// Time of the (re-)insertion.
    timestamp: SimTime,
    /// Breaks ties of the timestamp.
    sequence: u64,
    /// Which list of `unschedulable` it is in, and where.
    by_usage: bool,
    slot: u32,
}

impl QueuedPod {
    const fn active_key(&self) -> ActiveKey {
        (self.priority, Reverse(self.timestamp), Reverse(self.sequence))
    }
}

/// Pods that wait to be scheduled.
#[derive(Debug)]
pub struct SchedulingQueue {
    pods: Vec<QueuedPod>,
    active: RunQueue<ActiveKey>,
    backoff: RunQueue<BackoffKey>,
    /// Pods that no end of another pod can help, and pods that it can: index by `by_usage`.
    unschedulable: [Vec<PodId>; 2],
    /// No pod of these two lists failed earlier.
    failed_since: [SimTime; 2],
    sequence: u64,
    /// Counts moves of all pods; a move during an attempt sends the failed pod to back-off.
    moves: u64,
    initial_backoff: SimDuration,
    max_backoff: SimDuration,
    wall_clock_offset: u64,
}

impl SchedulingQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(config: &ControlPlane) -> Self {
        let SchedulerConfig {
            pod_initial_backoff,
            pod_max_backoff,
            ..
        } = config.scheduler;
        Self {
            pods: Vec::new(),
            active: RunQueue::default(),
            backoff: RunQueue::default(),
            unschedulable: [Vec::new(), Vec::new()],
            failed_since: [SimTime::ZERO; 2],
            sequence: 0,
            moves: 0,
            initial_backoff: pod_initial_backoff,
            max_backoff: pod_max_backoff,
            wall_clock_offset: config.wall_clock_offset.as_nanos(),
        }
    }

    /// A new pod.
    pub fn add(&mut self, pod: PodId, priority: i32, now: SimTime) {
        if self.pods.len() <= pod.index() {
            self.pods.resize(pod.index() + 1, QueuedPod::default());
        }
        self.sequence += 1;
        self.pods[pod.index()] = QueuedPod {
            priority,
            timestamp: now,
            sequence: self.sequence,
            ..QueuedPod::default()
        };
        self.push_active(pod);
    }

    /// The pod to try next.
    pub fn pop(&mut self) -> Option<PodId> {
        let popped = self.active.pop().or_else(|| self.backoff.pop());
        if let Some(pod) = popped {
            self.pods[pod.index()].place = Place::Nowhere;
        }
        popped
    }

    /// How many moves there were; to be given back to [`Self::fail`].
    #[must_use]
    pub const fn moves(&self) -> u64 {
        self.moves
    }

    /// The attempt on `pod` failed at `now`; `moves` is what [`Self::moves`] said when it began. `by_usage`: what other pods
    /// use was a reason, so that the end of one may help (the queueing hint of NodeResourcesFit).
    pub fn fail(&mut self, pod: PodId, now: SimTime, moves: u64, by_usage: bool) {
        self.sequence += 1;
        let queued = &mut self.pods[pod.index()];
        queued.attempts += 1;
        queued.timestamp = now;
        queued.sequence = self.sequence;
        queued.by_usage = by_usage;
        if self.moves == moves || !by_usage {
            let list = &mut self.unschedulable[usize::from(by_usage)];
            queued.place = Place::Unschedulable;
            queued.slot = list.len() as u32;
            if list.is_empty() {
                self.failed_since[usize::from(by_usage)] = now;
            }
            list.push(pod);
        } else {
            self.push_backoff_or_active(pod, now);
        }
    }

    /// A bound pod ended (AssignedPodDelete): all pods that were refused for what others use move on.
    pub fn move_all(&mut self, now: SimTime) {
        self.moves += 1;
        let mut moved = std::mem::take(&mut self.unschedulable[1]);
        for pod in moved.drain(..) {
            self.push_backoff_or_active(pod, now);
        }
        // The list keeps its room for the next pass.
        self.unschedulable[1] = moved;
    }

    /// Pods that were unschedulable for longer than `longest` move on; says whether any pod is still unschedulable.
    pub fn flush_unschedulable(&mut self, now: SimTime, longest: SimDuration) -> bool {
        for list in 0..2 {
            if self.unschedulable[list].is_empty() || now.since(self.failed_since[list]) <= longest {
                continue;
            }
            let late = |pod: &PodId| now.since(self.pods[pod.index()].timestamp) > longest;
            let (flushed, kept): (Vec<PodId>, Vec<PodId>) = self.unschedulable[list].iter().partition(|p| late(p));
            for (slot, pod) in kept.iter().enumerate() {
                self.pods[pod.index()].slot = slot as u32;
            }
            let earliest = kept.iter().map(|pod| self.pods[pod.index()].timestamp).min();
            self.failed_since[list] = earliest.unwrap_or(now);
            self.unschedulable[list] = kept;
            for pod in flushed {
                self.push_backoff_or_active(pod, now);
            }
        }
        self.has_unschedulable()
    }

    /// The whole second has come at which pods leave back-off: those whose expiry second has passed become active.
    pub fn flush_backoff(&mut self, now: SimTime) {
        let second = self.wall_second(now);
        while self
            .backoff
            .peek()
            .is_some_and(|(Reverse(expiry), ..)| *expiry < second)
        {
            let pod = self.backoff.pop().expect("it was just seen");
            self.push_active(pod);
        }
    }

    /// When [`Self::flush_backoff`] is due next, if any pod backs off.
    #[must_use]
    pub fn next_flush(&self, now: SimTime) -> Option<SimTime> {
        let next = (self.wall_second(now) + 1) * NANOS_PER_SEC - self.wall_clock_offset;
        (!self.backoff.is_empty()).then(|| SimTime::from_nanos(next))
    }

    /// Forgets a pod that was deleted while it waited.
    pub fn remove(&mut self, pod: PodId) {
        let Some(queued) = self.pods.get_mut(pod.index()) else {
            return;
        };
        let place = std::mem::take(&mut queued.place);
        let queued = *queued;
        match place {
            Place::Nowhere => {}
            Place::Active => self.active.remove(pod, queued.active_key()),
            Place::Backoff => self.backoff.remove(pod, self.backoff_key(&queued)),
            Place::Unschedulable => {
                let slot = queued.slot as usize;
                let list = &mut self.unschedulable[usize::from(queued.by_usage)];
                list.swap_remove(slot);
                if let Some(moved) = list.get(slot) {
                    self.pods[moved.index()].slot = slot as u32;
                }
            }
        }
    }

    /// Whether no pod could be popped.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.active.is_empty() && self.backoff.is_empty()
    }
    /// Whether pods are unschedulable.
    #[must_use]
    pub fn has_unschedulable(&self) -> bool {
        self.unschedulable.iter().any(|list| !list.is_empty())
    }

    fn push_active(&mut self, pod: PodId) {
        let queued = &mut self.pods[pod.index()];
        queued.place = Place::Active;
        self.active.push(pod, queued.active_key());
    }

    fn push_backoff_or_active(&mut self, pod: PodId, now: SimTime) {
        let queued = self.pods[pod.index()];
        let key = self.backoff_key(&queued);
        let Reverse(expiry) = key.0;
        if self.backoff_span(&queued).is_zero() || expiry < self.wall_second(now) {
            self.push_active(pod);
        } else {
            self.pods[pod.index()].place = Place::Backoff;
            self.backoff.push(pod, key);
        }
    }

    /// How long `queued` backs off after its last attempt.
    fn backoff_span(&self, queued: &QueuedPod) -> SimDuration {
        let doublings = queued.attempts.saturating_sub(1).min(62);
        self.initial_backoff
            .saturating_mul(1 << doublings)
            .min(self.max_backoff)
    }

    fn backoff_key(&self, queued: &QueuedPod) -> BackoffKey {
        let expiry = self.wall_second(queued.timestamp + self.backoff_span(queued));
        let (priority, timestamp, sequence) = queued.active_key();
        (Reverse(expiry), priority, timestamp, sequence)
    }

    /// Whole wall-clock seconds at `at`.
    fn wall_second(&self, at: SimTime) -> u64 {
        (at.as_nanos() + self.wall_clock_offset) / NANOS_PER_SEC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    fn fail(queue: &mut SchedulingQueue, pod: u32, millis: u64) {
        let moves = queue.moves();
        queue.fail(PodId(pod), at(millis), moves, true);
    }

    #[test]
    fn new_pods_overtake_pods_that_failed_often() {
        let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
        queue.add(PodId(0), 0, at(0));
        for millis in [10, 20, 30, 40] {
            assert_eq!(queue.pop(), Some(PodId(0)));
            fail(&mut queue, 0, millis);
            queue.move_all(at(millis + 1));
        }
        queue.add(PodId(1), 0, at(50));
        assert_eq!(queue.pop(), Some(PodId(1)));
        // Active is empty: the head of the back-off queue is taken without waiting.
        assert_eq!(queue.pop(), Some(PodId(0)));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn back_off_ends_at_the_first_whole_second_after_its_expiry_second() {
        let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
        queue.add(PodId(0), 0, at(0));
        queue.pop();
        fail(&mut queue, 0, 300);
        queue.move_all(at(400));
        // 0.3 s + 1 s expires in second 1, which is over at 2.0 s.
        assert_eq!(queue.next_flush(at(400)), Some(at(1000)));
        queue.flush_backoff(at(1000));
        assert_eq!(queue.next_flush(at(1000)), Some(at(2000)));
        queue.flush_backoff(at(2000));
        assert_eq!(queue.next_flush(at(2000)), None);
        assert_eq!(queue.pop(), Some(PodId(0)));
    }

    #[test]
    fn a_move_during_the_attempt_sends_the_pod_to_back_off() {
        let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
        queue.add(PodId(0), 0, at(0));
        queue.pop();
        let moves = queue.moves();
        queue.move_all(at(1));
        queue.fail(PodId(0), at(2), moves, true);
        assert!(!queue.has_unschedulable());
        assert_eq!(queue.pop(), Some(PodId(0)));
    }

    #[test]
    fn the_end_of_a_pod_moves_only_pods_it_may_help() {
        let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
        queue.add(PodId(0), 0, at(0));
        queue.pop();
        let moves = queue.moves();
        queue.fail(PodId(0), at(1), moves, false);
        queue.move_all(at(2));
        assert!(queue.is_idle() && queue.has_unschedulable());
        queue.flush_unschedulable(at(400_000), SimDuration::from_secs(300));
        assert_eq!(queue.pop(), Some(PodId(0)));
    }

    #[test]
    fn priority_goes_before_time() {
        let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
        queue.add(PodId(0), 0, at(0));
        queue.add(PodId(1), 5, at(1));
        queue.add(PodId(2), 5, at(2));
        queue.remove(PodId(1));
        assert_eq!(
            [queue.pop(), queue.pop(), queue.pop()],
            [Some(PodId(2)), Some(PodId(0)), None]
        );
    }

    #[test]
    fn removal_works_wherever_a_pod_waits() {
        let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
        for pod in 0..4 {
            queue.add(PodId(pod), 0, at(0));
        }
        for pod in 0..3 {
            queue.pop();
            fail(&mut queue, pod, 1);
        }
        queue.remove(PodId(0));
        queue.remove(PodId(3));
        queue.move_all(at(2));
        queue.remove(PodId(1));
        assert_eq!([queue.pop(), queue.pop()], [Some(PodId(2)), None]);
        queue.add(PodId(5), 0, at(3));
        queue.pop();
        fail(&mut queue, 5, 4);
        assert!(queue.flush_unschedulable(at(300_000), SimDuration::from_secs(300)));
        assert!(!queue.flush_unschedulable(at(300_005), SimDuration::from_secs(300)));
        assert_eq!(queue.pop(), Some(PodId(5)));
    }
}
