//! The scheduling queue (`pkg/scheduler/backend/queue/scheduling_queue.go: PriorityQueue`): active, back-off and unschedulable.
//!
//! The rule, as recorded from kube-scheduler 1.36 (13,540 of 13,541 logged attempts follow it): a failed attempt raises the
//! pod's count c and refreshes its timestamp; the back-off lasts min(10, 2^(c−1)) s from there and expires at the whole
//! wall-clock second below. Any bound pod's end moves all pods at once that NodeResourcesFit refused, to back-off or, where that
//! is over, to active; other events move those for which a plugin that refused them says so ([`hints`](super::hints)). Pods are
//! taken from active by priority, then timestamp; when active is empty, from back-off without waiting. An attempt that ended in
//! an error waits in a back-off queue of its own, from which nothing is taken early.

use std::cmp::Reverse;

use crate::cluster::ids::PodId;
use crate::control::config::{ControlPlane, SchedulerConfig};
use crate::control::scheduler::hints::Rejectors;
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
    ErrorBackoff,
    Unschedulable,
}

/// What the queue knows of a pod.
#[derive(Clone, Copy, Debug, Default)]
struct QueuedPod {
    priority: i32,
    place: Place,
    /// Unschedulable attempts; more than [`MOST_DOUBLINGS`] make no difference.
    attempts: u8,
    /// Attempts that ended in an error, since the last that did not.
    errors: u8,
    /// PreEnqueue holds it: it may not leave `unschedulable`.
    held: bool,
    /// Time of the (re-)insertion.
    timestamp: SimTime,
    /// Breaks ties of the timestamp.
    sequence: u64,
    /// The plugins that refused it.
    rejectors: Rejectors,
    /// Where in its list of `unschedulable` it is.
    slot: u32,
}

/// The back-off doubles at most so often: 2^62 nanoseconds are 146 years.
const MOST_DOUBLINGS: u8 = 62;

impl QueuedPod {
    const fn active_key(&self) -> ActiveKey {
        (self.priority, Reverse(self.timestamp), Reverse(self.sequence))
    }
    /// Which list of `unschedulable` it belongs to.
    fn list(&self) -> usize {
        usize::from(self.rejectors.intersects(Rejectors::NODE_RESOURCES_FIT))
    }
}

/// Pods that wait to be scheduled.
#[derive(Debug)]
pub struct SchedulingQueue {
    pods: Vec<QueuedPod>,
    active: RunQueue<ActiveKey>,
    backoff: RunQueue<BackoffKey>,
    error_backoff: RunQueue<BackoffKey>,
    /// Pods that NodeResourcesFit did not refuse, and pods that it did: the latter move whole when a bound pod ends.
    unschedulable: [Vec<PodId>; 2],
    /// All plugins that refused a pod of the first of these lists, and maybe more.
    unschedulable_by: Rejectors,
    /// No pod of these two lists failed earlier.
    failed_since: [SimTime; 2],
    sequence: u64,
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
            error_backoff: RunQueue::default(),
            unschedulable: [Vec::new(), Vec::new()],
            unschedulable_by: Rejectors::NONE,
            failed_since: [SimTime::ZERO; 2],
            sequence: 0,
            initial_backoff: pod_initial_backoff,
            max_backoff: pod_max_backoff,
            wall_clock_offset: config.wall_clock_offset.as_nanos(),
        }
    }

    /// A new pod, first seen at `since`.
    pub fn add(&mut self, pod: PodId, priority: i32, since: SimTime) {
        if self.pods.len() <= pod.index() {
            self.pods.resize(pod.index() + 1, QueuedPod::default());
        }
        self.sequence += 1;
        self.pods[pod.index()] = QueuedPod {
            priority,
            timestamp: since,
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

    /// The attempt on `pod` failed at `now`: these plugins refused it, or none of them, if it ended in an error. `moved`:
    /// something happened during the attempt that makes it worth another one (`determineSchedulingHintForInFlightPod`).
    pub fn fail(&mut self, pod: PodId, now: SimTime, rejectors: Rejectors, moved: bool) {
        self.sequence += 1;
        let queued = &mut self.pods[pod.index()];
        if rejectors.is_empty() {
            queued.errors = queued.errors.saturating_add(1);
        } else {
            queued.attempts = queued.attempts.saturating_add(1);
            queued.errors = 0;
        }
        queued.timestamp = now;
        queued.sequence = self.sequence;
        queued.rejectors = rejectors;
        let retries = rejectors.is_empty() && !self.max_backoff.is_zero();
        if moved || retries {
            self.push_backoff_or_active(pod, now);
        } else {
            self.push_unschedulable(pod);
        }
    }

    /// A bound pod ended (AssignedPodDelete): all pods that NodeResourcesFit refused move on, whatever was freed; only those of
    /// at most `priority` if it is given.
    pub fn move_all(&mut self, now: SimTime, priority: Option<i32>) {
        let mut moved = std::mem::take(&mut self.unschedulable[1]);
        let mut kept = 0;
        for i in 0..moved.len() {
            let pod = moved[i];
            let queued = &mut self.pods[pod.index()];
            if queued.held || priority.is_some_and(|most| queued.priority > most) {
                queued.slot = kept as u32;
                moved[kept] = pod;
                kept += 1;
            } else {
                self.push_backoff_or_active(pod, now);
            }
        }
        // The list keeps its room for the next pass.
        moved.truncate(kept);
        self.unschedulable[1] = moved;
    }

    /// Something happened in which the plugins of `interest` are interested: pods that one of them refused move on if `hint`
    /// says so. `beside_fit`: leave out pods that NodeResourcesFit refused, which [`Self::move_all`] moves.
    pub fn move_where(
        &mut self,
        now: SimTime,
        interest: Rejectors,
        beside_fit: bool,
        hint: &mut dyn FnMut(PodId, Rejectors) -> bool,
    ) {
        for list in 0..2 - usize::from(beside_fit) {
            if list == 0 && !self.unschedulable_by.intersects(interest) {
                continue;
            }
            let pods = std::mem::take(&mut self.unschedulable[list]);
            let (moved, kept): (Vec<PodId>, Vec<PodId>) = pods.into_iter().partition(|pod| {
                let queued = &self.pods[pod.index()];
                !queued.held && queued.rejectors.intersects(interest) && hint(*pod, queued.rejectors)
            });
            self.keep(list, kept);
            for pod in moved {
                self.push_backoff_or_active(pod, now);
            }
        }
    }

    /// Something happened to `pod` itself that makes it worth another attempt, if it is unschedulable.
    pub fn move_one(&mut self, pod: PodId, now: SimTime) {
        let queued = self.pods[pod.index()];
        if queued.place == Place::Unschedulable && !queued.held {
            self.take_unschedulable(pod);
            self.push_backoff_or_active(pod, now);
        }
    }
    /// The plugins that refused `pod`, if it is unschedulable.
    #[must_use]
    pub fn unschedulable_by(&self, pod: PodId) -> Option<Rejectors> {
        let queued = self.pods.get(pod.index())?;
        (queued.place == Place::Unschedulable).then_some(queued.rejectors)
    }

    /// Lets `pod` leave `unschedulable` no more, or again. A pod that is let go waits there for the next event
    /// (`plugins/defaultpreemption/default_preemption.go: PreEnqueue`).
    pub fn set_held(&mut self, pod: PodId, held: bool) {
        self.pods[pod.index()].held = held;
    }

    /// Pods that were unschedulable for longer than `longest` move on; says whether any pod is still unschedulable.
    pub fn flush_unschedulable(&mut self, now: SimTime, longest: SimDuration) -> bool {
        for list in 0..2 {
            if self.unschedulable[list].is_empty() || now.since(self.failed_since[list]) <= longest {
                continue;
            }
            let pods = std::mem::take(&mut self.unschedulable[list]);
            let (flushed, kept): (Vec<PodId>, Vec<PodId>) = pods.into_iter().partition(|pod| {
                let queued = &self.pods[pod.index()];
                !queued.held && now.since(queued.timestamp) > longest
            });
            let earliest = kept.iter().map(|pod| self.pods[pod.index()].timestamp).min();
            self.failed_since[list] = earliest.unwrap_or(now);
            self.keep(list, kept);
            for pod in flushed {
                self.push_backoff_or_active(pod, now);
            }
        }
        self.has_unschedulable()
    }

    /// The whole second has come at which pods leave back-off: those whose expiry second has passed become active.
    pub fn flush_backoff(&mut self, now: SimTime) {
        let second = self.wall_second(now);
        let over = |key: Option<&BackoffKey>| key.is_some_and(|(Reverse(expiry), ..)| *expiry < second);
        while over(self.backoff.peek()) {
            let pod = self.backoff.pop().expect("it was just seen");
            self.push_active(pod);
        }
        while over(self.error_backoff.peek()) {
            let pod = self.error_backoff.pop().expect("it was just seen");
            self.push_active(pod);
        }
    }

    /// When [`Self::flush_backoff`] is due next, if any pod backs off.
    #[must_use]
    pub fn next_flush(&self, now: SimTime) -> Option<SimTime> {
        let next = (self.wall_second(now) + 1) * NANOS_PER_SEC - self.wall_clock_offset;
        self.has_backoff().then(|| SimTime::from_nanos(next))
    }
    /// Whether any pod backs off.
    #[must_use]
    pub fn has_backoff(&self) -> bool {
        !self.backoff.is_empty() || !self.error_backoff.is_empty()
    }
    /// A pod that will be taken soon, most likely next.
    #[must_use]
    pub fn upcoming(&self) -> Option<PodId> {
        self.active.upcoming()
    }
    /// Whether pods back off, and all of them after an error.
    #[must_use]
    pub fn has_only_errors(&self) -> bool {
        self.backoff.is_empty() && !self.error_backoff.is_empty()
    }

    /// Forgets a pod that was deleted while it waited.
    pub fn remove(&mut self, pod: PodId) {
        let Some(queued) = self.pods.get(pod.index()).copied() else {
            return;
        };
        match queued.place {
            Place::Nowhere => {}
            Place::Active => self.active.remove(pod, queued.active_key()),
            Place::Backoff => self.backoff.remove(pod, self.backoff_key(&queued)),
            Place::ErrorBackoff => self.error_backoff.remove(pod, self.backoff_key(&queued)),
            Place::Unschedulable => self.take_unschedulable(pod),
        }
        self.pods[pod.index()].place = Place::Nowhere;
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
        if queued.held {
            return self.push_unschedulable(pod);
        }
        let key = self.backoff_key(&queued);
        let Reverse(expiry) = key.0;
        if self.backoff_span(&queued).is_zero() || expiry < self.wall_second(now) {
            self.push_active(pod);
        } else if queued.rejectors.is_empty() {
            self.pods[pod.index()].place = Place::ErrorBackoff;
            self.error_backoff.push(pod, key);
        } else {
            self.pods[pod.index()].place = Place::Backoff;
            self.backoff.push(pod, key);
        }
    }

    fn push_unschedulable(&mut self, pod: PodId) {
        let queued = &mut self.pods[pod.index()];
        let list = queued.list();
        queued.place = Place::Unschedulable;
        queued.slot = self.unschedulable[list].len() as u32;
        if self.unschedulable[list].is_empty() {
            self.failed_since[list] = queued.timestamp;
        }
        if list == 0 {
            // A pod that failed in an error, which nothing retries (`ideal`), waits for any event.
            let by = if queued.rejectors.is_empty() {
                Rejectors::OTHER
            } else {
                queued.rejectors
            };
            queued.rejectors = by;
            self.unschedulable_by = self.unschedulable_by.union(by);
        }
        self.unschedulable[list].push(pod);
    }

    fn take_unschedulable(&mut self, pod: PodId) {
        let queued = &mut self.pods[pod.index()];
        queued.place = Place::Nowhere;
        let slot = queued.slot as usize;
        let list = &mut self.unschedulable[queued.list()];
        list.swap_remove(slot);
        if let Some(moved) = list.get(slot) {
            self.pods[moved.index()].slot = slot as u32;
        }
    }

    /// Makes `kept` a list of unschedulable pods.
    fn keep(&mut self, list: usize, kept: Vec<PodId>) {
        let mut by = Rejectors::NONE;
        for (slot, pod) in kept.iter().enumerate() {
            let queued = &mut self.pods[pod.index()];
            queued.slot = slot as u32;
            by = by.union(queued.rejectors);
        }
        if list == 0 {
            self.unschedulable_by = by;
        }
        self.unschedulable[list] = kept;
    }

    /// How long `queued` backs off after its last attempt (`backoff_queue.go: calculateBackoffDuration`).
    fn backoff_span(&self, queued: &QueuedPod) -> SimDuration {
        let count = if queued.errors > 0 {
            queued.errors
        } else {
            queued.attempts
        };
        let doublings = count.saturating_sub(1).min(MOST_DOUBLINGS);
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
