//! The answer to "what if we submitted all of them at once?", in one sentence.

use super::aggregate::Aggregate;
use super::bounds::Submission;
use super::format::{count, duration_of_secs, percent, significant};
use super::stats::Estimate;

/// The name of the control plane that costs nothing.
const IDEAL: &str = "ideal";
/// Makespans that differ by a smaller share than this are the same for a reader.
const SAME: f64 = 0.000_5;

/// Compares all at once with one by one at the largest n that has both (or else has all at once) under
/// `control_plane`, and says what the ideal would be. `None` if nothing was submitted at once.
#[must_use]
pub fn answer(aggregates: &[Aggregate], control_plane: &str) -> Option<String> {
    let find = |n: u64, submission: Submission, control_plane: &str| {
        let strategy = submission.to_string();
        aggregates
            .iter()
            .find(|a| a.n == n && a.strategy == strategy && a.control_plane == control_plane)
    };
    let sizes = aggregates.iter().map(|a| a.n);
    let parallel = |n: &u64| find(*n, Submission::Parallel, control_plane).is_some();
    let sequential = |n: &u64| find(*n, Submission::Sequential, control_plane).is_some();
    let n = sizes
        .clone()
        .filter(|n| parallel(n) && sequential(n))
        .max()
        .or_else(|| sizes.filter(parallel).max())?;

    let at_once = find(n, Submission::Parallel, control_plane)?;
    let Some(makespan) = at_once.makespan else {
        let runs = runs(at_once.unfinished, at_once.replications);
        return Some(format!(
            "Submitted all at once, the {} did not all end{runs}: there is no makespan.",
            jobs(n)
        ));
    };
    let takes = duration_of_secs(makespan.mean);
    let average = if at_once.replications > 1 { " on average" } else { "" };
    if n == 1 {
        return Some(format!(
            "A single Job takes {takes}{average}; from two on it matters how they are submitted."
        ));
    }
    let compared = find(n, Submission::Sequential, control_plane).map_or_else(String::new, |one_by_one| {
        let Some(before) = one_by_one.makespan else {
            let runs = runs(one_by_one.unfinished, one_by_one.replications);
            return format!(" (one by one they did not all end{runs})");
        };
        let speedup = at_once.speedup.unwrap_or(Estimate {
            n: 1,
            mean: before.mean / makespan.mean,
            interval: None,
        });
        let word = if is_clear(&speedup) {
            "instead of"
        } else {
            "where one by one takes"
        };
        format!(
            " {word} {} ({})",
            duration_of_secs(before.mean),
            factor(&speedup, at_once.confidence)
        )
    });
    let ideal = find(n, Submission::Parallel, IDEAL).filter(|_| control_plane != IDEAL);
    let bound = best_possible(at_once, makespan.mean, ideal);
    Some(format!(
        "Submitting all {} at once takes {takes}{average}{compared}{bound}.",
        jobs(n)
    ))
}

/// Whether the runs tell the two apart.
fn is_clear(speedup: &Estimate) -> bool {
    (speedup.mean - 1.0).abs() >= SAME && speedup.interval.is_none_or(|i| !i.contains(1.0))
}

/// How much faster, with its interval.
fn factor(speedup: &Estimate, confidence: f64) -> String {
    let (mean, interval) = (
        speedup.mean,
        speedup.interval.filter(|i| i.half_width() > SAME * speedup.mean),
    );
    let percent = percent(confidence);
    if !is_clear(speedup) {
        let range = interval.map_or_else(String::new, |i| {
            format!(
                ": {percent} interval of the speed-up {} to {}",
                significant(i.low, 3),
                significant(i.high, 3)
            )
        });
        return format!("no difference that the runs can tell{range}");
    }
    let (word, turn): (&str, fn(f64) -> f64) = if mean > 1.0 {
        ("faster", |x| x)
    } else {
        ("slower", |x| 1.0 / x)
    };
    let range = interval.map_or_else(String::new, |i| {
        let (a, b) = (turn(i.low), turn(i.high));
        let (low, high) = (significant(a.min(b), 3), significant(a.max(b), 3));
        format!(", {percent} interval {low} to {high} over {} replications", speedup.n)
    });
    format!("{} times {word}{range}", significant(turn(mean), 3))
}

/// What the ideal would be: the closed form, else the same run with an ideal control plane, else the lower bound.
fn best_possible(at_once: &Aggregate, makespan: f64, ideal: Option<&Aggregate>) -> String {
    if let Some(theory) = at_once.theory.filter(|t| *t > 0.0) {
        let bound = format!("; the bound ⌈n/c⌉·d is {}", duration_of_secs(theory));
        return attribute(&bound, makespan / theory - 1.0, at_once.control_plane == IDEAL);
    }
    if let Some(best) = ideal.and_then(|a| a.makespan).map(|e| e.mean).filter(|m| *m > 0.0) {
        let bound = format!("; with an ideal control plane it would take {}", duration_of_secs(best));
        return attribute(&bound, makespan / best - 1.0, false);
    }
    let Some(lower) = at_once.lower_bound.filter(|l| *l > 0.0) else {
        return String::new();
    };
    let shortest = duration_of_secs(lower);
    let saving = 1.0 - lower / makespan;
    if saving < SAME {
        format!("; no schedule can be shorter than {shortest}, so nothing is left to save")
    } else {
        format!(
            "; no schedule can be shorter than {shortest}, so {} at most could be saved",
            percent(saving)
        )
    }
}

/// `bound` and by how much it is exceeded, laid to the control plane unless that is ideal.
fn attribute(bound: &str, excess: f64, is_ideal: bool) -> String {
    if excess.abs() < SAME {
        format!("{bound}, and that is reached")
    } else if excess < 0.0 {
        format!("{bound}, undercut by {}", percent(-excess))
    } else if is_ideal {
        format!("{bound}, exceeded by {}", percent(excess))
    } else {
        format!("{bound}, so the control plane costs {}", percent(excess))
    }
}

fn jobs(n: u64) -> String {
    format!("{} Jobs", count(n))
}

/// In how many of the runs, if there are several.
fn runs(unfinished: usize, replications: usize) -> String {
    if replications > 1 {
        format!(" in {unfinished} of {replications} runs")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests;
