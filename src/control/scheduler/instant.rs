//! The scheduling queue of a control plane in which attempts take no time and nothing backs off (`ideal`).
//!
//! There, kube-scheduler's own queue ([`super::queue`]) keeps all waiting pods in one order, by priority, then arrival: every
//! move sends all of them through the loop at one instant, and those that fail again return in the order in which they went.
//! So it is enough to keep them in lanes of one priority and template, and to try the head of a lane: once it fails, the lane
//! fails whole until something moves. A pod that was nominated for a node is unlike the others of its template from then on,
//! and gets a lane of its own. If it is held back while others are tried and fail, it goes before them from then on: its last
//! attempt is longer ago. A test plays both queues and compares every record.

use std::collections::VecDeque;

use crate::cluster::{PodId, PodTemplateId};

/// Pods that differ in nothing but their arrival.
#[derive(Debug)]
struct Lane {
    priority: i32,
    template: PodTemplateId,
    /// The head failed and nothing moved since.
    blocked: bool,
    /// It is for one pod only, which was nominated for a node.
    alone: bool,
    /// PreEnqueue holds its pod: no move unblocks it.
    held: bool,
    /// How many moves there had been when its pod was tried last, if others have been tried since.
    overtaken: Option<u64>,
    /// (order, pod): the order of arrival, if nothing changed it.
    pods: VecDeque<(i64, PodId)>,
}

/// Pods that wait to be scheduled.
#[derive(Debug, Default)]
pub struct InstantQueue {
    lanes: Vec<Lane>,
    arrivals: i64,
    moves: u64,
    /// How many pods were put before all others since the last move.
    put_first: i64,
    /// The pod that was popped last, with its lane and arrival.
    popped: Option<(usize, i64, PodId)>,
    /// Pods that arrived since the last [`Self::drain_fresh`]: (priority, arrival, pod).
    fresh: Vec<(i32, i64, PodId)>,
}

impl InstantQueue {
    /// A new pod.
    pub fn add(&mut self, pod: PodId, priority: i32, template: PodTemplateId) {
        self.arrivals += 1;
        self.fresh.push((priority, self.arrivals, pod));
        let known = self
            .lanes
            .iter_mut()
            .find(|l| l.template == template && l.priority == priority && !l.alone);
        let entry = (self.arrivals, pod);
        match known {
            Some(lane) => lane.pods.push_back(entry),
            None => self.lanes.push(Lane {
                priority,
                template,
                blocked: false,
                alone: false,
                held: false,
                overtaken: None,
                pods: VecDeque::from([entry]),
            }),
        }
    }

    /// A new pod that is unlike the others of its template.
    pub fn add_alone(&mut self, pod: PodId, priority: i32, template: PodTemplateId) {
        self.arrivals += 1;
        self.fresh.push((priority, self.arrivals, pod));
        self.lanes.push(Lane {
            priority,
            template,
            blocked: false,
            alone: true,
            held: false,
            overtaken: None,
            pods: VecDeque::from([(self.arrivals, pod)]),
        });
    }

    /// The pod to try next: of the highest priority, the earliest, among lanes that are not blocked.
    pub fn pop(&mut self) -> Option<PodId> {
        if let Some((lane, ..)) = self.popped.take() {
            self.drop_if_done(lane);
        }
        let open = |lane: &&(usize, &Lane)| !lane.1.blocked;
        let head = |(i, lane): (usize, &Lane)| {
            let order = (lane.overtaken.is_none(), lane.overtaken);
            lane.pods
                .front()
                .map(|(arrival, _)| (-lane.priority, order, *arrival, i))
        };
        let (.., lane) = self
            .lanes
            .iter()
            .enumerate()
            .filter(|l| open(&l))
            .filter_map(head)
            .min()?;
        let (arrival, pod) = self.lanes[lane].pods.pop_front()?;
        self.popped = Some((lane, arrival, pod));
        Some(pod)
    }

    /// The attempt on the pod that was just popped failed: its lane is blocked until something moves.
    pub fn fail(&mut self) {
        if let Some((lane, arrival, pod)) = self.popped.take() {
            self.lanes[lane].pods.push_front((arrival, pod));
            self.lanes[lane].blocked = true;
        }
    }

    /// The attempt on the pod that was just popped failed, but others may make room for it: it was nominated for a node. It
    /// waits alone until something moves, and if it is `held`, until it is [released](Self::release) as well.
    pub fn fail_alone(&mut self, held: bool) {
        if let Some((lane, arrival, pod)) = self.popped.take() {
            let Lane {
                priority,
                template,
                overtaken,
                ..
            } = self.lanes[lane];
            self.drop_if_done(lane);
            let order = if overtaken.is_some() {
                // Before all that were put first after earlier moves, and after those of this one.
                self.put_first += 1;
                self.put_first - ((self.moves as i64) << 20)
            } else {
                arrival
            };
            self.lanes.push(Lane {
                priority,
                template,
                blocked: true,
                alone: true,
                held,
                overtaken: None,
                pods: VecDeque::from([(order, pod)]),
            });
        }
    }

    /// The next move may unblock `pod` again; or it is unblocked now.
    pub fn release(&mut self, pod: PodId, now: bool) {
        let own = |lane: &&mut Lane| lane.alone && lane.pods.front().is_some_and(|(_, p)| *p == pod);
        if let Some(lane) = self.lanes.iter_mut().find(own) {
            lane.held = false;
            lane.blocked &= !now;
        }
    }

    /// Takes out `pod`, which waits.
    pub fn remove(&mut self, pod: PodId) {
        for lane in &mut self.lanes {
            lane.pods.retain(|(_, p)| *p != pod);
        }
        self.fresh.retain(|(_, _, p)| *p != pod);
    }

    /// Something happened that may make room.
    pub fn move_all(&mut self) {
        for lane in &mut self.lanes {
            lane.blocked &= lane.held;
            if lane.held && lane.overtaken.is_none() {
                lane.overtaken = Some(self.moves);
            }
        }
        self.moves += 1;
        self.put_first = 0;
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
            .sort_unstable_by_key(|(priority, arrival, _)| (std::cmp::Reverse(*priority), *arrival));
        self.fresh.drain(..).map(|(_, _, pod)| pod)
    }

    /// The same, only those that are tried before the pod that was popped last, and that pod.
    pub fn drain_fresh_until_popped(&mut self) -> impl Iterator<Item = PodId> {
        self.fresh
            .sort_unstable_by_key(|(priority, arrival, _)| (std::cmp::Reverse(*priority), *arrival));
        let last = self
            .popped
            .map(|(lane, arrival, _)| (std::cmp::Reverse(self.lanes[lane].priority), arrival));
        let end = self
            .fresh
            .partition_point(|(priority, arrival, _)| Some((std::cmp::Reverse(*priority), *arrival)) <= last);
        self.fresh.drain(..end).map(|(_, _, pod)| pod)
    }

    /// Whether no pod could be popped and none is fresh.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.fresh.is_empty() && self.lanes.iter().all(|lane| lane.blocked || lane.pods.is_empty())
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
        queue.move_all();
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
        queue.move_all();
        assert_eq!(queue.pop(), Some(PodId(1)));
        queue.fail();
        queue.release(PodId(0), false);
        assert_eq!(queue.pop(), None, "nothing moved since");
        queue.move_all();
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
