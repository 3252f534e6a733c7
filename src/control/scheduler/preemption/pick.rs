//! Which of several candidates is best (`pkg/scheduler/framework/preemption/preemption.go: pickOneNodeForPreemption`).

use std::cmp::Reverse;

use crate::control::scheduler::preemption::victims::{Candidate, View};
use crate::kernel::WallTime;

/// Smaller is better: fewest protected victims, lowest priority of the most important one, smallest sum of priorities, fewest
/// victims, latest start of the earliest among the most important ones.
pub type Rank = (u32, i32, i64, usize, Reverse<WallTime>);

/// How good `candidate` is.
///
/// # Panics
/// If it has no victims.
#[must_use]
pub fn rank(candidate: &Candidate, view: &View<'_>) -> Rank {
    let priorities: Vec<i32> = candidate.victims.iter().map(|v| view.priority(*v)).collect();
    let highest = priorities[0];
    // Added to each priority so that more victims of a negative priority do not count as better.
    const OFFSET: i64 = i32::MAX as i64 + 1;
    let sum = priorities.iter().map(|p| i64::from(*p) + OFFSET).sum();
    let most_important = candidate
        .victims
        .iter()
        .zip(&priorities)
        .filter(|(_, p)| **p == highest);
    let earliest = most_important.map(|(victim, _)| view.start_time(*victim)).min();
    let earliest = earliest.unwrap_or(WallTime::ZERO);
    (candidate.violations, highest, sum, priorities.len(), Reverse(earliest))
}

/// The best candidates, all equally good, in order.
#[must_use]
pub fn best<'c>(candidates: &'c [Candidate], view: &View<'_>) -> Vec<&'c Candidate> {
    let ranks: Vec<Rank> = candidates.iter().map(|c| rank(c, view)).collect();
    let best = ranks.iter().min();
    let is_best = |(_, rank): &(&Candidate, &Rank)| Some(*rank) == best;
    candidates.iter().zip(&ranks).filter(is_best).map(|(c, _)| c).collect()
}
