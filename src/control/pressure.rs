//! When something was short: the stretches of time in which somebody waited for it.

use crate::kernel::{SimDuration, SimTime};

/// How many stretches are kept apart.
const MOST_STRETCHES: usize = 64;
/// Stretches nearer to each other than this are one, at first.
const GAP: SimDuration = SimDuration::from_secs(1);

/// Stretches of waiting, in order of time. Their total is exact; the stretches themselves are joined where they are near each
/// other, so that a long run needs no more memory than a short one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    stretches: Vec<Stretch>,
    waited: SimDuration,
    /// End of the waiting noted last.
    end: SimTime,
    gap: SimDuration,
    since: Option<SimTime>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its beginning.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
    /// For how much of it somebody waited.
    pub waited: SimDuration,
}

impl Pressure {
    /// Somebody waits from `from` to `to`. Calls come in order of `from`, or of `to`.
    pub fn add(&mut self, from: SimTime, to: SimTime) {
        let fresh = from.max(self.end);
        if to <= fresh {
            return;
        }
        let waited = to.since(fresh);
        self.waited += waited;
        self.end = to;
        match self.stretches.last_mut() {
            Some(last) if fresh <= last.to + self.gap.max(GAP) => {
                last.to = to;
                last.waited += waited;
            }
            _ => self.stretches.push(Stretch {
                from: fresh,
                to,
                waited,
            }),
        }
        if self.stretches.len() > MOST_STRETCHES {
            self.join();
        }
    }

    /// Whether somebody waits, from `now` on until it is told otherwise.
    pub fn set(&mut self, waiting: bool, now: SimTime) {
        match (self.since, waiting) {
            (None, true) => self.since = Some(now),
            (Some(since), false) => {
                self.since = None;
                self.add(since, now);
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// The same with what is still waited for at `now` closed.
    #[must_use]
    pub fn until(&self, now: SimTime) -> Self {
        let mut closed = self.clone();
        closed.set(false, now);
        closed
    }

    /// For how long somebody waited, in all.
    #[must_use]
    pub const fn waited(&self) -> SimDuration {
        self.waited
    }
    /// The stretches in order of time.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }
    /// The stretch with most waiting; the first of equal ones.
    #[must_use]
    pub fn main(&self) -> Option<Stretch> {
        let most = self.stretches.iter().map(|stretch| stretch.waited).max()?;
        self.stretches.iter().find(|stretch| stretch.waited == most).copied()
    }

    /// Joins the nearest stretches until half as many are left.
    fn join(&mut self) {
        let mut gaps: Vec<SimDuration> = self
            .stretches
            .windows(2)
            .map(|pair| pair[1].from.since(pair[0].to))
            .collect();
        gaps.sort_unstable();
        self.gap = gaps[gaps.len() / 2];
        let mut joined: Vec<Stretch> = Vec::with_capacity(MOST_STRETCHES);
        for stretch in self.stretches.drain(..) {
            match joined.last_mut() {
                Some(last) if stretch.from <= last.to + self.gap => {
                    last.to = stretch.to;
                    last.waited += stretch.waited;
                }
                _ => joined.push(stretch),
            }
        }
        self.stretches = joined;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn waiting_that_overlaps_counts_once_and_near_stretches_are_one() {
        let mut pressure = Pressure::default();
        pressure.add(at(10), at(14));
        pressure.add(at(12), at(15));
        pressure.add(at(16), at(17));
        pressure.add(at(30), at(31));
        pressure.add(at(30), at(31));
        assert_eq!(pressure.waited(), SimDuration::from_secs(7));
        let told: Vec<_> = pressure.stretches().iter().map(|s| (s.from, s.to)).collect();
        assert_eq!(told, [(at(10), at(17)), (at(30), at(31))]);
        assert_eq!(pressure.main().map(|s| s.to), Some(at(17)));
    }

    #[test]
    fn what_is_still_waited_for_ends_with_the_run() {
        let mut pressure = Pressure::default();
        pressure.set(true, at(5));
        pressure.set(true, at(6));
        assert!(pressure.stretches().is_empty());
        assert_eq!(pressure.until(at(9)).waited(), SimDuration::from_secs(4));
        pressure.set(false, at(7));
        pressure.set(false, at(8));
        assert_eq!(pressure.until(at(9)).waited(), SimDuration::from_secs(2));
    }

    proptest! {
        #[test]
        fn the_total_is_exact_however_many_there_are(steps in prop::collection::vec((0u64..9, 1u64..5), 1..400)) {
            let mut pressure = Pressure::default();
            let mut seconds = std::collections::BTreeSet::new();
            let mut now = 0;
            for (gap, length) in steps {
                now += gap;
                pressure.add(at(now), at(now + length));
                // Only calls in order of their ends count in full; here they are.
                seconds.extend(now..now + length);
            }
            prop_assert_eq!(pressure.waited(), SimDuration::from_secs(seconds.len() as u64));
            prop_assert!(pressure.stretches().len() <= MOST_STRETCHES);
            let parts: SimDuration = pressure.stretches().iter().fold(SimDuration::ZERO, |sum, s| sum + s.waited);
            prop_assert_eq!(parts, pressure.waited());
            prop_assert!(pressure.stretches().windows(2).all(|pair| pair[0].to < pair[1].from));
        }
    }
}
