//! Rows of several replications brought together: means with intervals, and the speed-up over sequential submission.

use super::bounds::Submission;
use super::growth::{self, Point};
use super::rows::{CompareRow, CurveRow};
use super::stats::{Estimate, paired_ratio};
use super::table::{Cell, Row};
use crate::kernel::SimDuration;
use std::collections::BTreeMap;

/// All replications of one (n, strategy, control plane). Times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Number of Jobs.
    pub n: u64,
    /// The strategy.
    pub strategy: String,
    /// The control plane.
    pub control_plane: String,
    /// Number of runs.
    pub replications: usize,
    /// Runs in which some Job did not end. If there are any, there is no mean makespan: that of the others alone would be
    /// too short.
    pub unfinished: usize,
    /// The confidence of the intervals, such as 0.95.
    pub confidence: f64,
    /// The makespan.
    pub makespan: Option<Estimate>,
    /// Makespan of sequential submission ÷ this one, geometric mean over runs paired by replication and seed; `None` if
    /// there is no sequential run, or one of either did not end.
    pub speedup: Option<Estimate>,
    /// Mean lower bound.
    pub lower_bound: Option<f64>,
    /// Mean upper bound.
    pub upper_bound: Option<f64>,
    /// Mean closed form.
    pub theory: Option<f64>,
    /// The mean wait.
    pub mean_wait: Option<Estimate>,
    /// The 95th percentile of the wait.
    pub p95_wait: Option<Estimate>,
    /// The mean turnaround.
    pub mean_turnaround: Option<Estimate>,
    /// The 95th percentile of the turnaround.
    pub p95_turnaround: Option<Estimate>,
    /// GPU utilisation, 0 to 1.
    pub gpu_utilization: Option<Estimate>,
    /// Mean number of attempts.
    pub attempts: f64,
    /// Mean number of failed Jobs.
    pub failed_jobs: f64,
    /// Mean number of API calls.
    pub api_calls: f64,
}

/// Groups `rows` by (n, strategy, control plane), the groups in the order in which they first appear.
#[must_use]
pub fn aggregate(rows: &[CompareRow], confidence: f64) -> Vec<Aggregate> {
    let mut places: BTreeMap<(u64, &str, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&CompareRow>> = Vec::new();
    for row in rows {
        let place = *places
            .entry((row.n, &row.strategy, &row.control_plane))
            .or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(row);
    }
    let sequential = Submission::Sequential.to_string();
    let of_group = |group: &Vec<&CompareRow>| {
        let first = group[0];
        let baseline = places.get(&(first.n, sequential.as_str(), first.control_plane.as_str()));
        summarise(group, baseline.map(|place| groups[*place].as_slice()), confidence)
    };
    groups.iter().map(of_group).collect()
}

/// One group (of at least one row), with the sequential runs of the same n and control plane.
fn summarise(group: &[&CompareRow], baseline: Option<&[&CompareRow]>, confidence: f64) -> Aggregate {
    let first = group[0];
    // What does not exist in one of the runs has no mean over them.
    let all = |of: &dyn Fn(&CompareRow) -> Option<f64>| -> Option<Estimate> {
        Estimate::of(
            &group.iter().map(|row| of(row)).collect::<Option<Vec<f64>>>()?,
            confidence,
        )
    };
    let span = |of: fn(&CompareRow) -> Option<SimDuration>| all(&|row| of(row).map(SimDuration::as_secs_f64));
    let mean = |estimate: Option<Estimate>| estimate.map(|e| e.mean);
    let count = |of: fn(&CompareRow) -> u64| mean(all(&|row| Some(of(row) as f64))).unwrap_or(0.0);
    Aggregate {
        n: first.n,
        strategy: first.strategy.clone(),
        control_plane: first.control_plane.clone(),
        replications: group.len(),
        unfinished: group.iter().filter(|row| row.makespan.is_none()).count(),
        confidence,
        makespan: span(|row| row.makespan),
        speedup: baseline.and_then(|baseline| speedup(baseline, group, confidence)),
        lower_bound: mean(span(|row| row.lower_bound)),
        upper_bound: mean(span(|row| row.upper_bound)),
        theory: mean(span(|row| row.theory)),
        mean_wait: span(|row| row.mean_wait),
        p95_wait: span(|row| row.p95_wait),
        mean_turnaround: span(|row| row.mean_turnaround),
        p95_turnaround: span(|row| row.p95_turnaround),
        gpu_utilization: all(&|row| row.gpu_utilization),
        attempts: count(|row| row.attempts),
        failed_jobs: count(|row| row.failed_jobs),
        api_calls: count(|row| row.api_calls),
    }
}

/// The ratio of makespans over pairs of the same replication and seed. Runs without a partner are left out.
fn speedup(baseline: &[&CompareRow], group: &[&CompareRow], confidence: f64) -> Option<Estimate> {
    let seconds = |row: &CompareRow| row.makespan.map(SimDuration::as_secs_f64);
    let partners: BTreeMap<(u64, u64), &CompareRow> =
        baseline.iter().map(|row| ((row.replication, row.seed), *row)).collect();
    let pairs: Vec<(&CompareRow, &CompareRow)> = group
        .iter()
        .filter_map(|row| Some((*partners.get(&(row.replication, row.seed))?, *row)))
        .collect();
    let before: Vec<f64> = pairs.iter().map(|(row, _)| seconds(row)).collect::<Option<_>>()?;
    let after: Vec<f64> = pairs.iter().map(|(_, row)| seconds(row)).collect::<Option<_>>()?;
    paired_ratio(&before, &after, confidence)
}

/// The growth of every curve (strategy, control plane) in `aggregates`, in the order in which they first appear.
///
/// `slots` is how many Jobs of the workload run at the same time ([`super::bounds::Bounds::slots`]), if they are alike.
#[must_use]
pub fn curve_rows(aggregates: &[Aggregate], slots: Option<u64>) -> Vec<CurveRow> {
    let mut curves: Vec<(&str, &str)> = Vec::new();
    for a in aggregates {
        let curve = (a.strategy.as_str(), a.control_plane.as_str());
        if !curves.contains(&curve) {
            curves.push(curve);
        }
    }
    let of_curve = |(strategy, control_plane): (&str, &str)| {
        let of_it = aggregates
            .iter()
            .filter(|a| a.strategy == strategy && a.control_plane == control_plane);
        let points = of_it.clone().filter_map(|a| {
            Some(Point {
                n: a.n,
                seconds: a.makespan?.mean,
            })
        });
        let round = strategy
            .parse::<Submission>()
            .ok()
            .zip(slots)
            .map(|(submission, slots)| submission.round(slots));
        let confidence = of_it
            .clone()
            .map(|a| a.confidence)
            .next()
            .unwrap_or(super::stats::CONFIDENCE);
        CurveRow {
            strategy: strategy.to_owned(),
            control_plane: control_plane.to_owned(),
            fit: growth::fit(&points.collect::<Vec<_>>(), round, confidence),
            unfinished: of_it.filter(|a| a.unfinished > 0).map(|a| a.n).collect(),
        }
    };
    curves.into_iter().map(of_curve).collect()
}

impl Row for Aggregate {
    const COLUMNS: &'static [&'static str] = &[
        "n",
        "strategy",
        "control_plane",
        "replications",
        "unfinished",
        "confidence",
        "makespan_s",
        "makespan_low_s",
        "makespan_high_s",
        "speedup",
        "speedup_low",
        "speedup_high",
        "lower_bound_s",
        "upper_bound_s",
        "theory_s",
        "mean_wait_s",
        "p95_wait_s",
        "mean_turnaround_s",
        "p95_turnaround_s",
        "gpu_utilization",
        "attempts",
        "failed_jobs",
        "api_calls",
    ];

    fn cells(&self) -> Vec<Cell> {
        let number = |x: Option<f64>| Cell::maybe(x, Cell::Number);
        let mean = |e: Option<Estimate>| number(e.map(|e| e.mean));
        let low = |e: Option<Estimate>| number(e.and_then(|e| Some(e.interval?.low)));
        let high = |e: Option<Estimate>| number(e.and_then(|e| Some(e.interval?.high)));
        vec![
            Cell::Count(self.n),
            Cell::text(&self.strategy),
            Cell::text(&self.control_plane),
            Cell::Count(self.replications as u64),
            Cell::Count(self.unfinished as u64),
            Cell::Number(self.confidence),
            mean(self.makespan),
            low(self.makespan),
            high(self.makespan),
            mean(self.speedup),
            low(self.speedup),
            high(self.speedup),
            number(self.lower_bound),
            number(self.upper_bound),
            number(self.theory),
            mean(self.mean_wait),
            mean(self.p95_wait),
            mean(self.mean_turnaround),
            mean(self.p95_turnaround),
            Cell::maybe(self.gpu_utilization, |e| Cell::Ratio(e.mean)),
            Cell::Number(self.attempts),
            Cell::Number(self.failed_jobs),
            Cell::Number(self.api_calls),
        ]
    }
}

#[cfg(test)]
mod tests;
