//! The smallest value that meets a goal, found by bisection: each value that is tried gets as many replications as it takes to tell.

use std::collections::BTreeMap;

use super::goal::{Goal, Side};
use super::metric::Metric;
use super::replications::{limits, measure};
use super::sequential::{Verdict, at_most, replications};
use crate::experiment::compare::Progress;
use crate::experiment::stats::Estimate;
use crate::observe::LimitRow;
use crate::scenario::Scenario;

/// One value with what its replications showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Replications done.
    pub replications: usize,
    /// The metric of each clause in each replication, in the order of the goal's clauses.
    pub samples: Vec<Vec<f64>>,
    /// What they show of each clause.
    pub verdicts: Vec<Verdict>,
    /// What they show of the goal.
    pub verdict: Verdict,
}

impl Tried {
    /// Mean and interval of the metric of a clause; `None` if a replication has none or an infinite one.
    #[must_use]
    pub fn estimate(&self, clause: usize, confidence: f64) -> Option<Estimate> {
        Estimate::of(&self.samples[clause], confidence)
    }
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every value that was tried, by its place among the candidates.
    pub tried: BTreeMap<usize, Tried>,
    /// The place of the smallest value that meets the goal; `None`: no value that was tried does.
    pub answer: Option<usize>,
    /// A smaller value meets the goal and a greater one does not.
    pub is_monotone: bool,
    /// Replications in all.
    pub runs: usize,
    /// What holds up the value below the answer (the greatest value, if there is no answer), the weightiest first.
    pub limits: Vec<LimitRow>,
}

/// How sure a plan must be, and how long it may try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Probability that the answer is right, such as 0.95.
    pub confidence: f64,
    /// The most replications of one value.
    pub replications: usize,
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlan {
    /// The user stopped.
    Stopped,
    /// A value makes no valid scenario; whoever made it knows why.
    BadValue(usize),
}

/// Where more can be worse, so many values below the answer are tried one by one.
const FEW: usize = 256;

struct Search<'a> {
    goal: &'a Goal,
    metrics: Vec<Metric>,
    scenario: &'a dyn Fn(usize) -> Option<Scenario>,
    effort: Effort,
    progress: &'a Progress,
    tried: BTreeMap<usize, Tried>,
    runs: usize,
}

/// Finds the smallest of `candidates` values, of which `scenario` makes a scenario each, that meets `goal`.
///
/// # Errors
/// The user stopped, or a value makes no scenario.
pub fn plan(
    goal: &Goal,
    candidates: usize,
    scenario: &dyn Fn(usize) -> Option<Scenario>,
    effort: Effort,
    progress: &Progress,
) -> Result<Plan, NoPlan> {
    let mut search = Search {
        goal,
        metrics: goal.clauses.iter().map(|clause| clause.metric.clone()).collect(),
        scenario,
        effort,
        progress,
        tried: BTreeMap::new(),
        runs: 0,
    };
    let last = candidates - 1;
    let mut answer = if search.is_met(last)? {
        Some(search.bisect(None, last)?)
    } else {
        search.below(last)?
    };
    // What one more and one less would change.
    for neighbour in answer
        .into_iter()
        .flat_map(|at| [at.checked_sub(1), (at < last).then_some(at + 1)])
        .flatten()
    {
        search.judge(neighbour)?;
    }
    if let Some(found) = answer.filter(|found| *found <= FEW && !search.is_monotone()) {
        // Bisection may have passed over a smaller one.
        for at in 0..found {
            if search.is_met(at)? {
                answer = Some(at);
                break;
            }
        }
    }
    let short = answer.map_or(last, |at| at.saturating_sub(1));
    let limits = limits(&(scenario)(short).ok_or(NoPlan::BadValue(short))?);
    Ok(Plan {
        answer,
        is_monotone: search.is_monotone(),
        runs: search.runs,
        limits,
        tried: search.tried,
    })
}

impl Search<'_> {
    /// Whether no value that misses the goal is greater than one that meets it.
    fn is_monotone(&self) -> bool {
        let of = |verdict: Verdict| {
            let such = self.tried.iter().filter(move |(_, tried)| tried.verdict == verdict);
            such.map(|(at, _)| *at)
        };
        let least_met = of(Verdict::Met).min();
        least_met.is_none_or(|met| of(Verdict::Missed).all(|missed| missed < met))
    }

    fn is_met(&mut self, at: usize) -> Result<bool, NoPlan> {
        Ok(self.judge(at)? == Verdict::Met)
    }

    /// The smallest value between `missed` (not included; `None`: from the first on) and `met` that meets the goal, if greater
    /// values are never worse.
    fn bisect(&mut self, missed: Option<usize>, met: usize) -> Result<usize, NoPlan> {
        let (mut low, mut high) = (missed.map_or(0, |missed| missed + 1), met);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.is_met(middle)? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(high)
    }

    /// The greatest value does not meet the goal: smaller ones are tried, at doubling distances from it, in case more is worse.
    fn below(&mut self, last: usize) -> Result<Option<usize>, NoPlan> {
        let mut steps: Vec<usize> = (0..)
            .map(|k| 1_usize << k)
            .take_while(|step| *step <= last)
            .map(|step| last - step)
            .collect();
        steps.push(0);
        for (i, at) in steps.iter().enumerate() {
            if self.is_met(*at)? {
                let below = steps.get(i + 1).copied().filter(|below| below < at);
                return match below {
                    Some(below) if !self.is_met(below)? => self.bisect(Some(below), *at).map(Some),
                    Some(below) => self.bisect(None, below).map(Some),
                    None => Ok(Some(*at)),
                };
            }
        }
        Ok(None)
    }

    /// Whether the value at `at` meets the goal, with as many replications as it takes.
    fn judge(&mut self, at: usize) -> Result<Verdict, NoPlan> {
        if let Some(tried) = self.tried.get(&at) {
            return Ok(tried.verdict);
        }
        let scenario = (self.scenario)(at).ok_or(NoPlan::BadValue(at))?;
        let mut tried = Tried {
            replications: 0,
            samples: vec![Vec::new(); self.metrics.len()],
            verdicts: vec![Verdict::Undecided; self.metrics.len()],
            verdict: Verdict::Undecided,
        };
        for look in 1.. {
            let to = replications(look, self.effort.replications);
            let rows =
                measure(&scenario, &self.metrics, tried.replications, to, self.progress).ok_or(NoPlan::Stopped)?;
            self.runs += rows.len();
            tried.add(&rows, self.goal);
            // An answer is wrong if it is judged wrongly, or the value below it is: each may err half as often.
            tried.judge(self.goal, look, (1.0 - self.effort.confidence) / 2.0);
            if tried.verdict != Verdict::Undecided || to >= self.effort.replications {
                break;
            }
        }
        let verdict = tried.verdict;
        self.tried.insert(at, tried);
        Ok(verdict)
    }
}

impl Tried {
    fn add(&mut self, rows: &[Vec<Option<f64>>], goal: &Goal) {
        self.replications += rows.len();
        for row in rows {
            for ((sample, value), clause) in self.samples.iter_mut().zip(row).zip(&goal.clauses) {
                // Where there is nothing to count, nothing is shown to be good.
                let worst = match clause.side {
                    Side::AtMost => f64::INFINITY,
                    Side::AtLeast => f64::NEG_INFINITY,
                };
                sample.push(value.unwrap_or(worst));
            }
        }
    }

    fn judge(&mut self, goal: &Goal, look: u32, alpha: f64) {
        let verdicts = goal
            .clauses
            .iter()
            .zip(&self.samples)
            .map(|(clause, sample)| match clause.side {
                Side::AtMost => at_most(sample, clause.threshold, look, alpha),
                Side::AtLeast => {
                    let negated: Vec<f64> = sample.iter().map(|x| -x).collect();
                    at_most(&negated, -clause.threshold, look, alpha)
                }
            });
        self.verdicts = verdicts.collect();
        self.verdict = if self.verdicts.contains(&Verdict::Missed) {
            Verdict::Missed
        } else if self.verdicts.contains(&Verdict::Undecided) {
            Verdict::Undecided
        } else {
            Verdict::Met
        };
    }
}

#[cfg(test)]
mod tests;
