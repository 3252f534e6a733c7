//! What theory says of a makespan: closed forms for equal Jobs, bounds for unequal ones. Exact integers, u128 inside.
//!
//! This file treats Jobs that need one slot each, on c equal slots, all there from the start (a *slot* is what one pod
//! of the workload needs to run). [`rigid`] treats pods that need several slots of one node, [`submission`] puts either
//! together for a submission strategy. The bounds are of the textbook: they know no control plane, so a measured
//! makespan is never below the lower one, and what it exceeds the upper one by is the control plane's (and the pods'
//! start-up) cost.
//!
//! `None` means that the Jobs never end: there are Jobs but no slot for them, or k = 0. A result beyond
//! [`SimDuration::MAX`] (584 years) is given as that.

use crate::kernel::SimDuration;

pub mod rigid;

pub mod submission;

pub use rigid::{RigidJob, rigid_lower, rigid_upper};
pub use submission::{Bounds, Submission};

/// One Job after the other: Σ d_i. Exact for any runtimes.
#[must_use]
pub fn sequential(runtimes: &[SimDuration]) -> SimDuration {
    span(work(runtimes))
}

/// n Jobs of length d at once on c slots: ⌈n / c⌉ · d. Exact.
#[must_use]
pub fn parallel_equal(n: u64, c: u64, d: SimDuration) -> Option<SimDuration> {
    if n == 0 {
        return Some(SimDuration::ZERO);
    }
    (c > 0).then(|| d.saturating_mul(n.div_ceil(c)))
}

/// n Jobs of length d in batches of k on c slots: ⌊n / k⌋ · ⌈k / c⌉ · d for the full batches and ⌈(n mod k) / c⌉ · d for
/// the last one. Exact.
#[must_use]
pub fn batched_equal(n: u64, k: u64, c: u64, d: SimDuration) -> Option<SimDuration> {
    if n == 0 {
        return Some(SimDuration::ZERO);
    }
    let full = parallel_equal(k.min(n), c, d).filter(|_| k > 0)?;
    Some(full.saturating_mul(n / k.min(n)) + parallel_equal(n % k.min(n), c, d)?)
}

/// n Jobs of length d, at most k in flight, on c slots: as in parallel on c' = min(k, c) slots, ⌈n / c'⌉ · d. Exact.
#[must_use]
pub fn windowed_equal(n: u64, k: u64, c: u64, d: SimDuration) -> Option<SimDuration> {
    parallel_equal(n, k.min(c), d)
}

/// No schedule on c slots is shorter than max(⌈Σ d_i / c⌉, max d_i): the slots cannot do more work than they have time
/// for, and the longest Job must run.
#[must_use]
pub fn lower(runtimes: &[SimDuration], c: u64) -> Option<SimDuration> {
    if runtimes.is_empty() {
        return Some(SimDuration::ZERO);
    }
    (c > 0).then(|| span(work(runtimes).div_ceil(u128::from(c)).max(longest(runtimes))))
}

/// No schedule that leaves no slot idle while a Job waits is longer than Σ d_i / c + (1 − 1/c) · max d_i, whatever the
/// order (Graham, "Bounds for Certain Multiprocessing Anomalies", 1966). Rounded down, for makespans are integers too.
/// With a slot for every Job all start at once, and max d_i is exact.
#[must_use]
pub fn upper(runtimes: &[SimDuration], c: u64) -> Option<SimDuration> {
    if runtimes.len() as u64 <= c {
        return Some(span(longest(runtimes)));
    }
    let slots = u128::from(c);
    (c > 0).then(|| span((work(runtimes) + (slots - 1) * longest(runtimes)) / slots))
}

/// How many times the optimum a list schedule on c slots can take at worst: 2 − 1/c (Graham 1966). `None` for c = 0.
#[must_use]
pub fn worst_case_factor(c: u64) -> Option<f64> {
    (c > 0).then(|| 2.0 - 1.0 / c as f64)
}

/// Batches of k in the order given, each waiting for the whole batch before: the sum of the batches' lower bounds.
#[must_use]
pub fn batched_lower(k: u64, c: u64, runtimes: &[SimDuration]) -> Option<SimDuration> {
    batches(k, runtimes)?.map(|batch| lower(batch, c)).sum()
}

/// The same with each batch list-scheduled: the sum of the batches' upper bounds.
#[must_use]
pub fn batched_upper(k: u64, c: u64, runtimes: &[SimDuration]) -> Option<SimDuration> {
    batches(k, runtimes)?.map(|batch| upper(batch, c)).sum()
}

/// At most k in flight: the lower bound on c' = min(k, c) slots.
#[must_use]
pub fn windowed_lower(k: u64, c: u64, runtimes: &[SimDuration]) -> Option<SimDuration> {
    lower(runtimes, k.min(c))
}

/// At most k in flight, the next one submitted as soon as one ends: the upper bound on c' = min(k, c) slots.
#[must_use]
pub fn windowed_upper(k: u64, c: u64, runtimes: &[SimDuration]) -> Option<SimDuration> {
    upper(runtimes, k.min(c))
}

/// The batches of k; `None` if k = 0.
fn batches<T>(k: u64, jobs: &[T]) -> Option<std::slice::Chunks<'_, T>> {
    // A batch larger than memory is one batch.
    let size = usize::try_from(k).unwrap_or(usize::MAX);
    (size > 0).then(|| jobs.chunks(size))
}

/// Σ d_i in nanoseconds. 2^64 runtimes of 2^64 ns fit.
fn work(runtimes: &[SimDuration]) -> u128 {
    runtimes.iter().map(|d| u128::from(d.as_nanos())).sum()
}

/// max d_i in nanoseconds, 0 if there are none.
fn longest(runtimes: &[SimDuration]) -> u128 {
    runtimes.iter().map(|d| u128::from(d.as_nanos())).max().unwrap_or(0)
}

/// Nanoseconds as a span, at most [`SimDuration::MAX`].
fn span(nanos: u128) -> SimDuration {
    u64::try_from(nanos).map_or(SimDuration::MAX, SimDuration::from_nanos)
}

#[cfg(test)]
mod tests;
