//! The lines of theory: closed forms where all Jobs are equal, else bounds through the points that were run.

use std::collections::BTreeMap;

use crate::experiment::Aggregate;
use crate::experiment::bounds::{Submission, batched_equal, parallel_equal, windowed_equal};
use crate::experiment::compare::Section;
use crate::experiment::stats::{CONFIDENCE, paired_ratio};
use crate::kernel::SimDuration;
use crate::report::chart::{Series, SeriesStyle};

use super::{LEAST, NEUTRAL, PARALLEL, SEQUENTIAL, View, line};

/// Jobs that are all alike: how long each runs, and how many at the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report::figures) struct Equal {
    /// d in seconds.
    pub(in crate::report::figures) d: f64,
    /// c.
    pub(in crate::report::figures) slots: Option<u64>,
}

/// What the rows of `section` say about equal Jobs: every closed form is there, and all of them speak of the same d.
pub(in crate::report::figures) fn equal(section: &Section) -> Option<Equal> {
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

/// A little: what a staircase is drawn with, so that its steps are upright.
const HAIR: f64 = 0.001;

/// Whole numbers from `from` to `to`, close enough together that a line through them shows all that can be seen: all of
/// them if they are few, else the first `FEW / 2` multiples of `step`, and then multiples ever wider apart.
fn whole(from: u64, to: u64, step: u64) -> Vec<u64> {
    const FEW: u64 = 2_048;
    const RATIO: f64 = 1.005;
    let mut places: Vec<u64> = vec![from, to];
    if to - from <= FEW {
        places.extend(from..=to);
    } else {
        let first = from.div_ceil(step);
        places.extend((first..first + FEW / 2).map(|k| k * step));
        let mut x = from.max(1) as f64;
        while x < to as f64 {
            places.push((x as u64).div_ceil(step) * step);
            x = libm::ceil(x * RATIO);
        }
    }
    places.retain(|x| (from..=to).contains(x));
    places.sort_unstable();
    places.dedup();
    places
}

/// Places from `from` to `to` for a law that jumps just after every multiple of `step`, such as ⌈n/step⌉.
pub(super) fn jumps_after(from: u64, to: u64, step: u64) -> Vec<f64> {
    let sides = |x: u64| {
        let jumps = x.is_multiple_of(step) && x < to;
        [Some(x as f64), jumps.then_some(x as f64 + HAIR)]
    };
    whole(from, to, step).into_iter().flat_map(sides).flatten().collect()
}

/// Places from `from` to `to` for a law of whole numbers that holds until the next one, each with the whole number.
pub(super) fn holds(from: u64, to: u64) -> Vec<(f64, f64)> {
    let places = whole(from, to, 1);
    let before = std::iter::once(None).chain(places.iter().map(|x| Some(*x)));
    let step = |(before, x): (Option<u64>, u64)| {
        [
            before.map(|before| (x as f64 - HAIR, before as f64)),
            Some((x as f64, x as f64)),
        ]
    };
    before.zip(places.iter().copied()).flat_map(step).flatten().collect()
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

/// What bounds say about the speed-up: one by one over the lower bound of all at once, the geometric mean over
/// replications as for the measured speed-up. `places` are (x, nodes, n).
pub(super) fn speedup_bound(view: &View<'_>, places: impl Iterator<Item = (f64, u64, u64)>) -> Option<Series> {
    let points = places.filter_map(|(x, nodes, n)| {
        let of_it = || view.rows.iter().filter(move |row| row.nodes == nodes && row.n == n);
        // The control planes share their theory: the first speaks.
        let plane = &of_it().next()?.control_plane;
        let of = |strategy| of_it().filter(move |row| row.strategy == strategy && row.control_plane == *plane);
        let one_by_one: BTreeMap<u64, _> = of(SEQUENTIAL).map(|row| (row.seed, row.theory)).collect();
        let seconds = |span: Option<SimDuration>| span.map(SimDuration::as_secs_f64);
        let before = of(PARALLEL).map(|row| seconds(*one_by_one.get(&row.seed)?));
        let after = of(PARALLEL).map(|row| seconds(row.lower_bound));
        let (before, after): (Option<Vec<f64>>, Option<Vec<f64>>) = (before.collect(), after.collect());
        Some((x, paired_ratio(&before?, &after?, CONFIDENCE)?.mean))
    });
    let points: Vec<(f64, f64)> = points.collect();
    (!points.is_empty()).then(|| line("bound: Σ d / lower bound", SeriesStyle::Bound, NEUTRAL, points))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the line through `points` (ascending) shows at `x`.
    fn drawn(points: &[(f64, f64)], x: f64) -> f64 {
        let after = points.partition_point(|p| p.0 <= x).clamp(1, points.len() - 1);
        let ((a, low), (b, high)) = (points[after - 1], points[after]);
        low + (high - low) * (x - a) / (b - a)
    }

    proptest! {
        #[test]
        fn a_line_through_few_places_is_the_staircase(from in 1u64..100, span in 1u64..2_000, step in 1u64..200) {
            let to = from + span;
            let places = jumps_after(from, to, step);
            let points: Vec<_> = places.iter().map(|n| (*n, waves(*n, step as f64))).collect();
            for n in from..=to {
                prop_assert_eq!(drawn(&points, n as f64), waves(n as f64, step as f64), "n {}", n);
            }
            let points: Vec<_> = holds(from, to).iter().map(|(x, c)| (*x, waves(5_000.0, *c))).collect();
            for c in from..=to {
                prop_assert_eq!(drawn(&points, c as f64), waves(5_000.0, c as f64), "c {}", c);
            }
        }

        #[test]
        fn a_line_through_many_places_is_near_it(from in 1u64..100, span in 3_000u64..30_000_000, step in 1u64..2_000) {
            let to = from + span;
            let places = jumps_after(from, to, step);
            prop_assert!(places.len() <= 8_192, "{}", places.len());
            prop_assert!(places.is_sorted());
            prop_assert_eq!((places[0], places[places.len() - 1]), (from as f64, to as f64));
            let points: Vec<_> = places.iter().map(|n| (*n, waves(*n, step as f64))).collect();
            for i in 0..1_000 {
                let n = (from + span * i / 1_000) as f64;
                prop_assert!((drawn(&points, n) - waves(n, step as f64)).abs() <= 1.0);
            }
        }
    }
}
