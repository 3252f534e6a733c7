//! The lines of theory: closed forms where all Jobs are equal, else bounds through the points that were run.

use crate::experiment::Aggregate;
use crate::experiment::bounds::{Submission, batched_equal, parallel_equal, windowed_equal};
use crate::experiment::compare::Section;
use crate::kernel::SimDuration;
use crate::report::chart::{Series, SeriesStyle};

use super::{LEAST, PARALLEL, SEQUENTIAL, View, line};

/// Jobs that are all alike: how long each runs, and how many at the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Equal {
    /// d in seconds.
    pub(super) d: f64,
    /// c.
    pub(super) slots: Option<u64>,
}

/// What the rows of `section` say about equal Jobs: every closed form is there, and all of them speak of the same d.
pub(super) fn equal(section: &Section) -> Option<Equal> {
    let of = |a: &Aggregate| Some(a.theory? / rounds(a, section.slots)? as f64);
    // One by one there is a closed form for unequal Jobs too, so it is no sign of equal ones unless alone.
    let is_sequential = |a: &&Aggregate| a.strategy == SEQUENTIAL;
    let all = || section.aggregates.iter().filter(|a| a.n > 0);
    let d = match all().find(is_sequential) {
        Some(a) => of(a)?,
        None => of(all().next()?)?,
    };
    let agrees = |a: &Aggregate| of(a).is_some_and(|other| (other - d).abs() <= 1e-9 * d.abs());
    let tells = all().any(|a| a.strategy != SEQUENTIAL) || all().any(|a| Some(a.n) != all().next().map(|a| a.n));
    (tells && all().all(agrees)).then_some(Equal {
        d,
        slots: section.slots.filter(|c| *c > 0),
    })
}

/// How many times d the strategy of `a` takes: the closed form with d of a nanosecond.
fn rounds(a: &Aggregate, slots: Option<u64>) -> Option<u64> {
    let unit = SimDuration::from_nanos(1);
    let rounds = match (a.strategy.parse().ok()?, slots) {
        (Submission::Sequential, _) => Some(SimDuration::from_nanos(a.n)),
        (Submission::Parallel, Some(c)) => parallel_equal(a.n, c, unit),
        (Submission::Batched(k), Some(c)) => batched_equal(a.n, k, c, unit),
        (Submission::Windowed(k), Some(c)) => windowed_equal(a.n, k, c, unit),
        (Submission::Parallel | Submission::Batched(_) | Submission::Windowed(_), None) => None,
    };
    rounds.map(SimDuration::as_nanos).filter(|rounds| *rounds > 0)
}

/// ⌈n/c⌉.
pub(super) fn waves(n: f64, c: f64) -> f64 {
    libm::ceil(n / c)
}

/// Whole numbers from `from` to `to`, close enough together that a line through them shows every step that can be seen:
/// all of them if they are few, else both sides of the first multiples of `step`, and then ever wider apart.
pub(super) fn dense(from: u64, to: u64, step: u64) -> Vec<f64> {
    const FEW: u64 = 4_096;
    const CORNERS: u64 = 500;
    const RATIO: f64 = 1.005;
    let mut places: Vec<u64> = Vec::new();
    if to - from <= FEW {
        places.extend(from..=to);
    } else {
        let first = from / step;
        let corners = (first..=first + CORNERS).flat_map(|k| [k * step, k * step + 1]);
        places.extend(corners.filter(|x| (from..=to).contains(x)));
        let mut x = from.max(1) as f64;
        while x < to as f64 {
            // On multiples of the step, where the line through them is straight.
            let multiple = (x as u64).div_ceil(step) * step;
            places.extend((from..=to).contains(&multiple).then_some(multiple));
            x *= RATIO;
        }
        places.extend([from, to]);
    }
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|x| x as f64).collect()
}

/// Makespans by theory at the places x of `points`.
pub(super) fn bounds(view: &View<'_>, points: &[(f64, &Aggregate)]) -> Vec<Series> {
    type Value = fn(&Aggregate) -> Option<f64>;
    let through = |strategy: &str, name: &str, style, value: Value| {
        let mut line = line(name, style, view.group(strategy), Vec::new());
        for (x, a) in points.iter().filter(|(_, a)| a.strategy == strategy) {
            // The control planes share their theory: the first that has it speaks.
            if let (Some(y), false) = (value(a), line.points.iter().any(|p| p.0 == *x)) {
                line.points.push((*x, y));
            }
        }
        line.points.retain(|(_, y)| *y >= LEAST);
        line
    };
    // Without runs at once, the bounds of the last strategy.
    let best = if view.strategies.contains(&PARALLEL) {
        PARALLEL
    } else {
        view.strategies.last().copied().unwrap_or(PARALLEL)
    };
    let lower = format!("lower bound, {best}");
    let upper = format!("upper bound, {best}");
    let mut lines = vec![through(SEQUENTIAL, "Σ d (one by one)", SeriesStyle::Theory, |a| {
        a.theory
    })];
    if best != SEQUENTIAL {
        lines.push(through(best, &lower, SeriesStyle::Bound, |a| a.lower_bound));
        lines.push(through(best, &upper, SeriesStyle::Bound, |a| a.upper_bound));
    }
    lines.retain(|line| !line.points.is_empty());
    lines
}

/// What bounds say about the speed-up at the places of `points`: one by one over the lower bound of all at once.
pub(super) fn speedup_bound(points: &[(f64, &Aggregate)], group: usize) -> Option<Series> {
    let mut bound = line("bound: Σ d / lower bound", SeriesStyle::Bound, group, Vec::new());
    for (x, a) in points.iter().filter(|(_, a)| a.strategy == PARALLEL) {
        let one_by_one = points
            .iter()
            .find(|(at, b)| at == x && b.n == a.n && b.strategy == SEQUENTIAL);
        let ratio = one_by_one.and_then(|(_, b)| Some(b.theory? / a.lower_bound.filter(|low| *low > 0.0)?));
        if let (Some(y), false) = (ratio, bound.points.iter().any(|p| p.0 == *x)) {
            bound.points.push((*x, y));
        }
    }
    (!bound.points.is_empty()).then_some(bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The line through the places is never further from the staircase than one step, and exact at both ends.
        #[test]
        fn dense_places_follow_the_staircase(from in 1u64..100, span in 0u64..3_000_000, step in 1u64..2_000) {
            let to = from + span;
            let places = dense(from, to, step);
            prop_assert!(places.len() <= 8_192);
            prop_assert!(places.is_sorted());
            prop_assert_eq!((places[0], places[places.len() - 1]), (from as f64, to as f64));
            for pair in places.windows(2) {
                let (a, b) = (pair[0], pair[1]);
                let (low, high) = (waves(a, step as f64), waves(b, step as f64));
                // Between neighbours the law ⌈x/step⌉ is either straight within a step, or too fine to be seen.
                let middle = libm::floor((a + b) / 2.0);
                let on_line = low + (high - low) * (middle - a) / (b - a);
                prop_assert!((waves(middle, step as f64) - on_line).abs() <= 1.0);
            }
        }
    }
}
