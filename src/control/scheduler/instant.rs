//! The scheduling queue of a control plane in which attempts take no time and nothing backs off (`ideal`).
//!
//! There, kube-scheduler's own queue ([`super::queue`]) keeps all waiting pods in one order, by priority, then arrival: every
//! move sends all of them through the loop at one instant (a *sweep*), and those that fail again return in the order in which
//! they went. So it is enough to keep them in lanes of one priority and template, and to try the head of a lane: once it fails,
//! the lane fails whole until something moves. What preemption does within a sweep may change that: then the lane is taken up
//! again where it stopped. A pod that was nominated for a node is unlike the others of its template from then on, and gets a
//! lane of its own. If it is held back while others are tried, it goes before them from then on: its last attempt is longer
//! ago. A test plays both queues and compares every record.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use crate::cluster::{PodId, PodTemplateId};

/// Pods that differ in nothing but their arrival.
#[derive(Debug)]
struct Lane {
    priority: i32,
    template: PodTemplateId,
    /// It is for one pod only, unlike the others of its template.
    alone: bool,
    /// PreEnqueue holds its pod: no move opens it.
    held: bool,
    /// Its pod is tried though nothing moved.
    again: bool,
    /// So many pods at its front failed since the last move.
    tried: usize,
    /// One of them failed, and when it did, there had been so many changes: without another the next would fail, too.
    blocked: Option<u64>,
    /// The last sweep in which one failed.
    failed_in: u64,
    /// (order, pod): the order of arrival, if nothing changed it. The first that is not tried is not gone.
    pods: VecDeque<(i64, PodId)>,
}

impl Lane {
    fn new(priority: i32, template: PodTemplateId, entry: (i64, PodId)) -> Self {
        Self {
            priority,
            template,
            alone: false,
            held: false,
            again: false,
            tried: 0,
            blocked: None,
            failed_in: 0,
            pods: VecDeque::from([entry]),
        }
    }
    /// The pod to try next, after so many changes.
    fn head(&self, changes: u64) -> Option<(i64, PodId)> {
        let open = self.blocked != Some(changes);
        self.pods.get(self.tried).copied().filter(|_| open)
    }
    fn open(&mut self, gone: &mut BTreeSet<PodId>) {
        (self.tried, self.blocked) = (0, None);
        self.drop_gone(gone);
    }
    /// Drops pods that are gone and would be next.
    fn drop_gone(&mut self, gone: &mut BTreeSet<PodId>) {
        while !gone.is_empty() && self.pods.get(self.tried).is_some_and(|(_, pod)| gone.remove(pod)) {
            self.pods.remove(self.tried);
        }
    }
}

/// Pods that wait to be scheduled.
#[derive(Debug, Default)]
pub struct InstantQueue {
    lanes: Vec<Lane>,
    arrivals: i64,
    /// The order of the pod that was put before all others last.
    first: i64,
    sweep: u64,
    changes: u64,
    /// The pod that was popped last, with its lane and order.
    popped: Option<(usize, i64, PodId)>,
    /// Pods that went while they waited, and are still in a lane.
    gone: BTreeSet<PodId>,
    /// Pods that arrived since the last [`Self::drain_fresh`]: (priority, arrival, pod).
    fresh: Vec<(i32, i64, PodId)>,
}

impl InstantQueue {
    /// A new pod.
    pub fn add(&mut self, pod: PodId, priority: i32, template: PodTemplateId) {
        self.arrivals += 1;
        self.fresh.push((priority, self.arrivals, pod));
        let entry = (self.arrivals, pod);
        match self.shared_lane(priority, template) {
            Some(lane) => lane.pods.push_back(entry),
            None => self.lanes.push(Lane::new(priority, template, entry)),
        }
    }

    /// A new pod that is unlike the others of its template.
    pub fn add_alone(&mut self, pod: PodId, priority: i32, template: PodTemplateId) {
        self.arrivals += 1;
        self.fresh.push((priority, self.arrivals, pod));
        self.lanes.push(Lane {
            alone: true,
            ..Lane::new(priority, template, (self.arrivals, pod))
        });
    }

    /// The pod to try next: of the highest priority, the earliest, among lanes that are open. If there is none, a sweep ends.
    pub fn pop(&mut self) -> Option<PodId> {
        self.forget_popped();
        let lanes = self.lanes.iter().enumerate();
        let heads = lanes.filter_map(|(i, lane)| {
            let (order, _) = lane.head(self.changes)?;
            Some((Reverse(lane.priority), order, i))
        });
        let Some((_, order, at)) = heads.min() else {
            self.sweep += 1;
            for lane in &mut self.lanes {
                lane.tried = lane.pods.len();
            }
            return None;
        };
        let lane = &mut self.lanes[at];
        let (_, pod) = lane.pods.remove(lane.tried)?;
        lane.drop_gone(&mut self.gone);
        self.popped = Some((at, order, pod));
        Some(pod)
    }

    /// The attempt on the pod that was just popped failed: its lane is blocked until something moves.
    pub fn fail(&mut self) {
        let Some((at, order, pod)) = self.popped.take() else {
            return;
        };
        let order = self.failed(at, order);
        let lane = &mut self.lanes[at];
        lane.pods.insert(lane.tried, (order, pod));
        lane.tried += 1;
        lane.blocked = Some(self.changes);
        lane.failed_in = self.sweep;
        lane.again = false;
        lane.drop_gone(&mut self.gone);
    }

    /// The attempt on the pod that was just popped failed, but others may make room for it: it was nominated for a node. It
    /// waits alone until something moves, and if it is `held`, until it is [released](Self::release) as well.
    pub fn fail_alone(&mut self, held: bool) {
        let Some((at, order, pod)) = self.popped.take() else {
            return;
        };
        let order = self.failed(at, order);
        let Lane { priority, template, .. } = self.lanes[at];
        self.drop_if_done(at);
        self.lanes.push(Lane {
            alone: true,
            held,
            tried: 1,
            blocked: Some(self.changes),
            failed_in: self.sweep,
            ..Lane::new(priority, template, (order, pod))
        });
    }

    /// Puts pods that are not part of this sweep before the one that failed in it. Returns that one's order.
    fn failed(&mut self, at: usize, order: i64) -> i64 {
        if self.lanes[at].again {
            self.arrivals += 1;
            return self.arrivals;
        }
        let (priority, sweep) = (self.lanes[at].priority, self.sweep);
        let waits = |lane: &Lane| {
            let asked = lane.alone && lane.priority == priority && lane.failed_in != sweep;
            asked.then_some(())?;
            lane.pods.front().filter(|_| lane.tried > 0).map(|(order, _)| *order)
        };
        let lanes = self.lanes.iter().enumerate();
        let mut others: Vec<(i64, usize)> = lanes.filter_map(|(i, lane)| Some((waits(lane)?, i))).collect();
        if others.iter().any(|(other, _)| *other > order) {
            others.sort_unstable();
            for (_, lane) in others.into_iter().rev() {
                self.first -= 1;
                self.lanes[lane].pods[0].0 = self.first;
            }
        }
        order
    }

    /// The next move may open the lane of `pod` again; or it is opened now.
    pub fn release(&mut self, pod: PodId, now: bool) {
        if let Some(at) = self.lane_of_alone(pod) {
            let lane = &mut self.lanes[at];
            lane.held = false;
            if now && lane.tried > 0 {
                lane.again = true;
                lane.open(&mut self.gone);
            }
        }
    }

    /// Takes out `pod`, which waits.
    pub fn remove(&mut self, pod: PodId) {
        self.forget_popped();
        self.fresh.retain(|(_, _, p)| *p != pod);
        for lane in &mut self.lanes {
            if let Some(at) = lane.pods.iter().position(|(_, p)| *p == pod) {
                lane.pods.remove(at);
                lane.tried -= usize::from(at < lane.tried);
                lane.drop_gone(&mut self.gone);
            }
        }
        self.lanes.retain(|lane| !lane.alone || !lane.pods.is_empty());
    }

    /// `pod` of this priority and template was deleted, and comes back no more.
    pub fn forget(&mut self, pod: PodId, priority: i32, template: PodTemplateId) {
        self.forget_popped();
        self.fresh.retain(|(_, _, p)| *p != pod);
        if let Some(own) = self.lane_of_alone(pod) {
            self.lanes.swap_remove(own);
            return;
        }
        let mut gone = std::mem::take(&mut self.gone);
        if let Some(lane) = self.shared_lane(priority, template) {
            gone.insert(pod);
            lane.drop_gone(&mut gone);
        }
        self.gone = gone;
    }

    /// Something happened that may make room, for pods of at most `priority` if it is given.
    pub fn move_all(&mut self, priority: Option<i32>) {
        let moves = |lane: &&mut Lane| !lane.held && priority.is_none_or(|most| lane.priority <= most);
        for lane in self.lanes.iter_mut().filter(moves) {
            lane.again = false;
            lane.open(&mut self.gone);
        }
    }

    /// Something changed that moves nobody, but with which an attempt may end otherwise than the one before.
    pub const fn change(&mut self) {
        self.changes += 1;
    }

    fn shared_lane(&mut self, priority: i32, template: PodTemplateId) -> Option<&mut Lane> {
        let shared = |lane: &&mut Lane| !lane.alone && (lane.priority, lane.template) == (priority, template);
        self.lanes.iter_mut().find(shared)
    }

    fn lane_of_alone(&self, pod: PodId) -> Option<usize> {
        let own = |lane: &Lane| lane.alone && lane.pods.front().is_some_and(|(_, p)| *p == pod);
        self.lanes.iter().position(own)
    }

    /// The pod that was popped last comes back no more.
    fn forget_popped(&mut self) {
        if let Some((lane, ..)) = self.popped.take() {
            self.drop_if_done(lane);
        }
    }

    /// Forgets a lane for one pod once that pod is gone.
    fn drop_if_done(&mut self, lane: usize) {
        if self.lanes[lane].alone && self.lanes[lane].pods.is_empty() {
            self.lanes.swap_remove(lane);
        }
    }

    /// Takes the pods that arrived since this was last asked, in the order in which they are tried.
    pub fn drain_fresh(&mut self) -> impl Iterator<Item = PodId> {
        self.fresh
            .sort_unstable_by_key(|(priority, arrival, _)| (Reverse(*priority), *arrival));
        self.fresh.drain(..).map(|(_, _, pod)| pod)
    }

    /// The same, only those that are tried before the pod that was popped last, and that pod.
    pub fn drain_fresh_until_popped(&mut self) -> impl Iterator<Item = PodId> {
        self.fresh
            .sort_unstable_by_key(|(priority, arrival, _)| (Reverse(*priority), *arrival));
        let last = self
            .popped
            .map(|(lane, order, _)| (Reverse(self.lanes[lane].priority), order));
        let end = self
            .fresh
            .partition_point(|(priority, arrival, _)| Some((Reverse(*priority), *arrival)) <= last);
        self.fresh.drain(..end).map(|(_, _, pod)| pod)
    }

    /// Whether no pod could be popped and none is fresh.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.fresh.is_empty() && self.lanes.iter().all(|lane| lane.head(self.changes).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_head_blocks_its_lane_only() {
        let mut queue = InstantQueue::default();
        let (a, b) = (PodTemplateId(0), PodTemplateId(1));
        for (pod, template) in [(0, a), (1, b), (2, a), (3, b)] {
            queue.add(PodId(pod), 0, template);
        }
        assert_eq!(queue.pop(), Some(PodId(0)));
        queue.fail();
        assert_eq!(queue.pop(), Some(PodId(1)));
        assert_eq!(queue.pop(), Some(PodId(3)));
        assert_eq!(queue.pop(), None);
        queue.move_all(None);
        assert_eq!(queue.pop(), Some(PodId(0)));
        assert_eq!(queue.pop(), Some(PodId(2)));
    }

    #[test]
    fn a_nominated_pod_waits_alone_until_it_is_released_and_something_moves() {
        let mut queue = InstantQueue::default();
        for pod in 0..2 {
            queue.add(PodId(pod), 0, PodTemplateId(0));
        }
        assert_eq!(queue.pop(), Some(PodId(0)));
        queue.fail_alone(true);
        assert_eq!(queue.pop(), Some(PodId(1)), "the others of its template are tried");
        queue.fail();
        queue.move_all(None);
        assert_eq!(queue.pop(), Some(PodId(1)));
        queue.fail();
        queue.release(PodId(0), false);
        assert_eq!(queue.pop(), None, "nothing moved since");
        queue.move_all(None);
        assert_eq!(
            [queue.pop(), queue.pop()],
            [Some(PodId(0)), Some(PodId(1))],
            "it came first"
        );
        assert_eq!(queue.lanes.len(), 1);
    }

    #[test]
    fn priority_goes_before_arrival() {
        let mut queue = InstantQueue::default();
        queue.add(PodId(0), 0, PodTemplateId(0));
        queue.add(PodId(1), 7, PodTemplateId(0));
        assert_eq!(queue.drain_fresh().collect::<Vec<_>>(), [PodId(1), PodId(0)]);
        assert_eq!(queue.pop(), Some(PodId(1)));
    }
}
