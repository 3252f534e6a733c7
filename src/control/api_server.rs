//! The capacity of the API server (with etcd): writes that are in flight together wait for one another.
//!
//! Kubernetes' clients are limited on their own side, by default so far that the API server is not the limit. With higher limits,
//! or many clients at once, it is: real control planes of 1.36.2 on two cores with one etcd member took about 500 writes a second.

use std::collections::BTreeMap;

use crate::kernel::{SimDuration, SimTime};

/// A server that takes one write after another, each for the same time; a write gets the first free time from the moment it was
/// sent. Callers may ask ahead for writes that a rate limit holds back, so free time before a later write is kept.
#[derive(Clone, Debug, Default)]
pub struct ApiServer {
    /// Busy time that matters yet: start and end of each stretch, in nanoseconds; no two touch.
    busy: BTreeMap<u64, u64>,
}

impl ApiServer {
    /// How long a write that is sent at `sent` and takes `cost` waits for others. `now` is the earliest time at which any later
    /// caller may send.
    #[inline]
    #[must_use]
    pub fn wait(&mut self, now: SimTime, sent: SimTime, cost: SimDuration) -> SimDuration {
        if cost.is_zero() {
            return SimDuration::ZERO;
        }
        self.wait_for_others(now, sent, cost.as_nanos())
    }

    fn wait_for_others(&mut self, now: SimTime, sent: SimTime, cost: u64) -> SimDuration {
        self.forget(now.as_nanos());
        let sent = sent.as_nanos();
        let before = self.busy.range(..=sent).next_back();
        let mut start = before.map_or(sent, |(_, end)| sent.max(*end));
        // The first gap that is long enough.
        while let Some((from, end)) = self.busy.range(start..).next() {
            if *from >= start + cost {
                break;
            }
            start = *end;
        }
        let before = self.busy.range(..start).next_back().filter(|(_, end)| **end == start);
        let from = before.map_or(start, |(from, _)| *from);
        let end = self.busy.remove(&(start + cost)).unwrap_or(start + cost);
        self.busy.insert(from, end);
        SimDuration::from_nanos(start - sent)
    }

    /// Drops what ended before `now`.
    fn forget(&mut self, now: u64) {
        while let Some(first) = self.busy.first_entry().filter(|first| *first.get() < now) {
            first.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const COST: SimDuration = SimDuration::from_millis(2);

    fn millis(wait: SimDuration) -> u64 {
        wait.as_nanos() / 1_000_000
    }
    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    #[test]
    fn writes_at_once_wait_for_one_another() {
        let mut server = ApiServer::default();
        let waits: Vec<u64> = (0..4).map(|_| millis(server.wait(at(10), at(10), COST))).collect();
        assert_eq!(waits, [0, 2, 4, 6]);
        assert_eq!(millis(server.wait(at(10), at(17), COST)), 1);
        assert_eq!(server.wait(at(30), at(30), COST), SimDuration::ZERO);
        assert!(server.busy.len() == 1, "what is over is forgotten");
    }

    #[test]
    fn a_write_held_back_leaves_the_time_before_it_free() {
        let mut server = ApiServer::default();
        assert_eq!(server.wait(at(0), at(50), COST), SimDuration::ZERO);
        assert_eq!(server.wait(at(0), at(0), COST), SimDuration::ZERO);
        assert_eq!(
            millis(server.wait(at(0), at(49), COST)),
            3,
            "one millisecond is too short a gap"
        );
    }

    #[test]
    fn without_a_cost_nothing_waits_and_nothing_is_kept() {
        let mut server = ApiServer::default();
        assert!((0..100).all(|_| server.wait(at(1), at(1), SimDuration::ZERO).is_zero()));
        assert!(server.busy.is_empty());
    }

    proptest! {
        /// The slow twin: every nanosecond is a slot of its own, and a write looks for the first run of free ones.
        #[test]
        fn it_equals_looking_at_every_slot(calls in prop::collection::vec((0u64..6, 0u64..30), 1..60), cost in 1u64..5) {
            let mut server = ApiServer::default();
            let mut taken = BTreeSet::new();
            let mut now = 0;
            for (gap, ahead) in calls {
                now += gap;
                let sent = now + ahead;
                let start = (sent..).find(|start| (*start..start + cost).all(|slot| !taken.contains(&slot))).expect("a gap");
                taken.extend(start..start + cost);
                let wait = server.wait(SimTime::from_nanos(now), SimTime::from_nanos(sent), SimDuration::from_nanos(cost));
                prop_assert_eq!(wait.as_nanos(), start - sent);
            }
        }
    }
}
