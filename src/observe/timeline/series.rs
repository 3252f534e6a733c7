//! One quantity over time as steps, kept within bounds.

use crate::kernel::SimTime;

/// From `at` on, until the next step, the quantity was `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Since when.
    pub at: SimTime,
    /// The value; its unit is the series'.
    pub value: i64,
}

/// Steps in ascending order of time, each with another value than the one before (unless thinned).
#[derive(Clone, Debug)]
pub(super) struct Series {
    steps: Vec<Step>,
    limit: usize,
}

impl Series {
    /// A series that keeps at most `limit` steps, at least 16.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            steps: Vec::new(),
            limit: limit.max(16),
        }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Notes that the quantity is `value` from `at` on. Of several values at one instant the last stays.
    pub(super) fn push(&mut self, at: SimTime, value: i64) {
        if self.steps.last().is_some_and(|last| last.at == at) {
            self.steps.pop();
        }
        if self.steps.last().is_some_and(|last| last.value == value) {
            return;
        }
        if self.steps.len() >= self.limit {
            self.thin();
        }
        self.steps.push(Step { at, value });
    }

    /// Halves the series: the time from the first to the last step is cut into `limit / 8` equal parts, and of each part stay
    /// the first, the least, the greatest and the last step (the earlier of equals). So every step that stays is true, peaks
    /// survive, and what is kept depends on the steps alone. (Four steps per pixel column are all that a line chart can show:
    /// Jugel et al. 2014, "M4".)
    fn thin(&mut self) {
        let (Some(first), Some(last)) = (self.steps.first(), self.steps.last()) else {
            return;
        };
        let origin = first.at.as_nanos();
        let span = u128::from(last.at.as_nanos() - origin) + 1;
        let parts = (self.limit / 8) as u128;
        let part = |step: &Step| u128::from(step.at.as_nanos() - origin) * parts / span;
        let mut kept = Vec::with_capacity(self.limit / 2 + 1);
        for steps in self.steps.chunk_by(|a, b| part(a) == part(b)) {
            let places = 0..steps.len();
            let least = places.clone().min_by_key(|i| (steps[*i].value, *i)).unwrap_or(0);
            let greatest = places.min_by_key(|i| (-i128::from(steps[*i].value), *i)).unwrap_or(0);
            let mut chosen = [0, least, greatest, steps.len() - 1];
            chosen.sort_unstable();
            let mut before = None;
            for place in chosen {
                if before.replace(place) != Some(place) {
                    kept.push(steps[place]);
                }
            }
        }
        self.steps = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    #[test]
    fn only_changes_stay_and_the_last_of_an_instant() {
        let mut series = Series::new(100);
        for (time, value) in [(0, 1), (5, 1), (7, 2), (7, 3), (9, 4), (9, 3), (10, 1)] {
            series.push(at(time), value);
        }
        let steps: Vec<_> = series.steps().iter().map(|s| (s.at.as_nanos(), s.value)).collect();
        assert_eq!(steps, [(0, 1), (7, 3), (10, 1)]);
    }

    #[test]
    fn an_instant_that_returns_to_the_old_value_leaves_no_step() {
        let mut series = Series::new(100);
        series.push(at(0), 1);
        series.push(at(3), 2);
        series.push(at(3), 1);
        assert_eq!(series.steps().len(), 1);
        series.push(at(4), 2);
        assert_eq!(series.steps().len(), 2);
    }

    proptest! {
        #[test]
        fn a_thinned_series_stays_short_true_and_keeps_its_extremes(
            gaps in prop::collection::vec((0u64..50, -5i64..100), 200..2000),
        ) {
            let mut full = Series::new(usize::MAX);
            let mut thin = Series::new(64);
            let mut now = 0;
            for (gap, value) in gaps {
                now += gap;
                full.push(at(now), value);
                thin.push(at(now), value);
                prop_assert!(thin.steps().len() <= 64);
            }
            prop_assert!(thin.steps().is_sorted_by_key(|s| s.at));
            prop_assert!(thin.steps().iter().all(|s| full.steps().contains(s)));
            let greatest = |s: &Series| s.steps().iter().map(|s| s.value).max();
            let least = |s: &Series| s.steps().iter().map(|s| s.value).min();
            prop_assert_eq!(greatest(&thin), greatest(&full));
            prop_assert_eq!(least(&thin), least(&full));
            prop_assert_eq!(thin.steps().first(), full.steps().first());
            prop_assert_eq!(thin.steps().last(), full.steps().last());
        }
    }
}
