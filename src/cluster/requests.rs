//! What became of the requests to a service: rates of this moment and sums of the run.

use crate::cluster::latency::Latencies;
use crate::kernel::{SimDuration, SimTime};

/// The requests to one Deployment. Sums are floats: a fluid has no whole requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFigures {
    /// What happens now.
    pub present: RequestRates,
    /// Requests that came so far.
    pub arrived: f64,
    /// Requests of these that were served, or are being served.
    pub served: f64,
    /// Requests that were turned away or waited too long.
    pub dropped: f64,
    /// Latencies (wait and service) of those served.
    pub latencies: Latencies,
    /// When more came than the Ready pods could serve.
    pub overload: Overload,
}

/// Rates of a moment, in whole thousandths a second, and queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestRates {
    /// Requests that arrive.
    pub arrivals_milli: i64,
    /// Requests that are served.
    pub served_milli: i64,
    /// Requests that are dropped.
    pub dropped_milli: i64,
    /// Requests that the Ready pods could serve.
    pub capacity_milli: i64,
    /// Requests that wait.
    pub waiting: i64,
    /// Latencies that 50, 95 and 99 % of those who come now stay below; `None` if nobody is served.
    pub latency: Option<[SimDuration; 3]>,
}

/// Spells in which more requests came than the Ready pods could serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overload {
    /// All of them together.
    pub total: SimDuration,
    /// The longest: when it began and how long it was.
    pub longest: (SimTime, SimDuration),
    /// When the present one began.
    pub since: Option<SimTime>,
    /// How many there were.
    pub spells: u32,
}

impl Overload {
    /// Takes note of whether there is an overload from `now` on.
    pub fn note(&mut self, now: SimTime, overloaded: bool) {
        match (self.since, overloaded) {
            (None, true) => {
                self.since = Some(now);
                self.spells += 1;
            }
            (Some(since), _) => {
                let span = now.since(since);
                if span > self.longest.1 {
                    self.longest = (since, span);
                }
                if !overloaded {
                    self.total += span;
                    self.since = None;
                }
            }
            (None, false) => {}
        }
    }

    /// All spells together, the present one up to `now` among them.
    #[must_use]
    pub fn total_at(&self, now: SimTime) -> SimDuration {
        self.since.map_or(self.total, |since| self.total + now.since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_of_overload_are_added_up_and_the_longest_is_kept() {
        let at = |secs| SimTime::ZERO + SimDuration::from_secs(secs);
        let mut overload = Overload::default();
        for (second, overloaded) in [
            (0, false),
            (10, true),
            (20, true),
            (30, false),
            (40, true),
            (45, false),
            (60, true),
        ] {
            overload.note(at(second), overloaded);
        }
        assert_eq!((overload.total, overload.spells), (SimDuration::from_secs(25), 3));
        assert_eq!(overload.longest, (at(10), SimDuration::from_secs(20)));
        assert_eq!(overload.total_at(at(70)), SimDuration::from_secs(35));
    }
}
