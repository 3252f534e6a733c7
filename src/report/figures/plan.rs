//! What a plan found: the answer in words, a table of what was tried, its rows, and a chart of each metric against the value.

use serde::Serialize;

use crate::experiment::format::{count, percent};
use crate::experiment::planning::goal::Side;
use crate::experiment::planning::metric::Unit;
use crate::experiment::planning::sequential::Verdict;
use crate::experiment::planning::{Clause, Goal, Plan, Tried, Variation};
use crate::experiment::stats::Estimate;
use crate::experiment::table::{Cell, Row};
use crate::observe::LimitRow;
use crate::report::chart::{Axis, LineChart, LinePanel, Series, SeriesStyle};
use crate::report::figures::text::Paper;
use crate::report::figures::text::limits;
use crate::report::figures::{Chart, Labels};
use crate::report::table::{Column, Table};

/// A plan with what was asked.
#[derive(Clone, Copy, Debug)]
pub struct PlanView<'a> {
    /// What was found.
    pub plan: &'a Plan,
    /// What was asked of the cluster.
    pub goal: &'a Goal,
    /// What was varied.
    pub variation: &'a Variation,
    /// How sure the answer is, such as 0.95.
    pub confidence: f64,
    /// What was run.
    pub labels: &'a Labels,
}

/// One row of `plan.csv`: a clause of the goal at one value that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRow {
    value: String,
    metric: String,
    goal: String,
    verdict: &'static str,
    replications: u64,
    estimate: Option<Estimate>,
}

impl Row for PlanRow {
    const COLUMNS: &'static [&'static str] = &[
        "value",
        "metric",
        "goal",
        "verdict",
        "replications",
        "mean",
        "low",
        "high",
    ];

    fn cells(&self) -> Vec<Cell> {
        let interval = self.estimate.and_then(|estimate| estimate.interval);
        vec![
            Cell::text(&self.value),
            Cell::text(&self.metric),
            Cell::text(&self.goal),
            Cell::text(self.verdict),
            Cell::Count(self.replications),
            Cell::maybe(self.estimate, |estimate| Cell::Number(estimate.mean)),
            Cell::maybe(interval, |interval| Cell::Number(interval.low)),
            Cell::maybe(interval, |interval| Cell::Number(interval.high)),
        ]
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::Undecided => "undecided",
    }
}

impl PlanView<'_> {
    fn value(&self, at: usize) -> &str {
        &self.variation.values.0[at]
    }

    fn named(&self, at: usize) -> String {
        format!("{} = {}", self.variation.path, self.value(at))
    }

    /// The rows of `plan.csv`, by value.
    #[must_use]
    pub fn rows(&self) -> Vec<PlanRow> {
        let of_value = |(at, tried): (&usize, &Tried)| {
            let clauses = self.goal.clauses.iter().enumerate();
            let rows = clauses.map(|(i, clause)| PlanRow {
                value: self.value(*at).to_owned(),
                metric: clause.metric.to_string(),
                goal: clause.to_string(),
                verdict: word(tried.verdicts[i]),
                replications: tried.replications as u64,
                estimate: tried.estimate(i, self.confidence),
            });
            rows.collect::<Vec<_>>()
        };
        self.plan.tried.iter().flat_map(of_value).collect()
    }

    /// The answer: sentences, the most important first.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let plan = self.plan;
        let effort = format!(
            "{} values tried in {} runs",
            count(plan.tried.len() as u64),
            count(plan.runs as u64)
        );
        let sure = percent(self.confidence);
        let mut out = Vec::new();
        let Some(answer) = plan.answer else {
            let last = self.variation.values.0.len() - 1;
            out.push(format!(
                "No value of {} up to {} is shown to meet {} ({effort}): {}.",
                self.variation.path,
                self.value(last),
                self.goal,
                self.told(last)
            ));
            out.extend(
                limits::sentences(&plan.limits)
                    .into_iter()
                    .map(|line| format!("With {}: {line}", self.named(last))),
            );
            return out;
        };
        out.push(format!(
            "{} is the smallest value that meets {}, with {sure} confidence ({effort}): {}.",
            self.named(answer),
            self.goal,
            self.told(answer)
        ));
        if let Some(below) = answer.checked_sub(1) {
            let undecided = plan
                .tried
                .get(&below)
                .is_some_and(|tried| tried.verdict == Verdict::Undecided);
            let but = if undecided { ", too near the goal to tell" } else { "" };
            out.push(format!("With {}: {}{but}.", self.named(below), self.told(below)));
            let short = limits::sentences(&plan.limits);
            out.extend(
                short
                    .into_iter()
                    .map(|line| format!("With {}: {line}", self.named(below))),
            );
        }
        if plan.tried.contains_key(&(answer + 1)) {
            out.push(format!("With {}: {}.", self.named(answer + 1), self.told(answer + 1)));
        }
        if !plan.is_monotone {
            out.push(
                "More is not always better here: a greater value misses the goal that a smaller one meets.".to_owned(),
            );
        }
        out
    }

    /// `p95(wait) 14m 3s ± 20s` of every clause.
    fn told(&self, at: usize) -> String {
        let Some(tried) = self.plan.tried.get(&at) else {
            return "not tried".to_owned();
        };
        let clauses = self.goal.clauses.iter().enumerate();
        let told = clauses.map(|(i, clause)| format!("{} {}", clause.metric, self.estimate(clause, tried, i)));
        told.collect::<Vec<_>>().join(", ")
    }

    fn estimate(&self, clause: &Clause, tried: &Tried, i: usize) -> String {
        match tried.estimate(i, self.confidence) {
            Some(estimate) => {
                let half = estimate.interval.map_or(0.0, |interval| interval.half_width());
                let spread = if half > 0.0 {
                    format!(" ± {}", clause.text(half))
                } else {
                    String::new()
                };
                format!("{}{spread}", clause.text(estimate.mean))
            }
            None => {
                let endless = tried.samples[i].iter().filter(|x| x.is_infinite()).count();
                format!(
                    "without end in {} of {} runs",
                    count(endless as u64),
                    count(tried.replications as u64)
                )
            }
        }
    }

    /// Everything for the terminal.
    #[must_use]
    pub fn text(&self, paper: &Paper) -> String {
        let mut columns = vec![Column::number(self.variation.path.as_str(), "", "value")];
        for clause in &self.goal.clauses {
            columns.push(Column::number(clause.metric.to_string(), "", "mean"));
        }
        columns.push(Column::number("runs", "", "replications"));
        columns.push(Column::text("goal", "verdict"));
        let mut table = Table::new(columns);
        for (at, tried) in &self.plan.tried {
            let mut cells = vec![self.value(*at).to_owned()];
            for (i, clause) in self.goal.clauses.iter().enumerate() {
                cells.push(self.estimate(clause, tried, i));
            }
            cells.push(count(tried.replications as u64));
            cells.push(word(tried.verdict).to_owned());
            table.row(cells);
        }
        table.footer(format!(
            "Goal: {}. Means over runs, with intervals of {} confidence.",
            self.goal,
            percent(self.confidence)
        ));
        format!(
            "{}\n{}",
            table.render(paper.border, paper.width),
            paper.bullets(&self.sentences())
        )
    }

    /// A chart for each clause whose values are numbers: the metric against the value, with the goal.
    #[must_use]
    pub fn charts(&self) -> Vec<(String, Chart)> {
        let numbers: Option<Vec<f64>> = self.variation.values.0.iter().map(|value| value.parse().ok()).collect();
        let Some(numbers) = numbers else {
            return Vec::new();
        };
        let clauses = self.goal.clauses.iter().enumerate();
        let charts = clauses.filter_map(|(i, clause)| {
            let stem = if self.goal.clauses.len() == 1 {
                "plan".to_owned()
            } else {
                format!("plan-{}", i + 1)
            };
            Some((stem, Chart::Line(self.chart(i, clause, &numbers)?)))
        });
        charts.collect()
    }

    fn chart(&self, i: usize, clause: &Clause, numbers: &[f64]) -> Option<LineChart> {
        let estimates: Vec<(f64, Estimate)> = self
            .plan
            .tried
            .iter()
            .filter_map(|(at, tried)| Some((numbers[*at], tried.estimate(i, self.confidence)?)))
            .collect();
        let (first, last) = (estimates.first()?.0, estimates.last()?.0);
        let band = estimates.iter().filter_map(|(x, estimate)| {
            let interval = estimate.interval?;
            Some((*x, interval.low.max(0.0), interval.high))
        });
        let mut series = vec![Series {
            name: clause.metric.to_string(),
            points: estimates.iter().map(|(x, estimate)| (*x, estimate.mean)).collect(),
            band: band.collect(),
            style: SeriesStyle::Measured,
            group: 0,
        }];
        let goal = |name: String, points: Vec<(f64, f64)>, group| Series {
            name,
            points,
            band: Vec::new(),
            style: SeriesStyle::Theory,
            group,
        };
        let side = match clause.side {
            Side::AtMost => "at most",
            Side::AtLeast => "at least",
        };
        series.push(goal(
            format!("goal: {side} {}", clause.text(clause.threshold)),
            vec![(first, clause.threshold), (last, clause.threshold)],
            1,
        ));
        if let Some(answer) = self.plan.answer {
            let x = numbers[answer];
            let most = estimates.iter().map(|(_, e)| e.mean).fold(clause.threshold, f64::max);
            series.push(goal(
                format!("answer: {}", self.value(answer)),
                vec![(x, 0.0), (x, most)],
                2,
            ));
        }
        let y = match clause.metric.measure.unit() {
            Unit::Seconds => Axis::time(clause.metric.to_string()),
            Unit::Share => Axis::share(clause.metric.to_string()),
            Unit::Count => Axis::number(clause.metric.to_string(), ""),
        };
        Some(LineChart {
            title: self
                .labels
                .title(&format!("{} against {}", clause.metric, self.variation.path)),
            subtitle: format!(
                "{}; seed {}; bands: {} confidence",
                self.labels.what("run time"),
                self.labels.seed,
                percent(self.confidence)
            ),
            x: Axis::count(self.variation.path.as_str(), ""),
            y,
            panels: vec![LinePanel {
                title: String::new(),
                series,
            }],
            note: (!estimates.len().eq(&self.plan.tried.len()))
                .then(|| "Points are missing where something had no end in some run.".to_owned()),
        })
    }

    /// `summary.json`.
    #[must_use]
    pub fn json(&self, name: &str) -> String {
        let values = self.plan.tried.iter().map(|(at, tried)| Value {
            value: self.value(*at),
            verdict: word(tried.verdict),
            replications: tried.replications,
            metrics: self
                .goal
                .clauses
                .iter()
                .enumerate()
                .map(|(i, clause)| MetricValue {
                    metric: clause.metric.to_string(),
                    verdict: word(tried.verdicts[i]),
                    mean: tried.estimate(i, self.confidence).map(|e| e.mean),
                    interval: tried
                        .estimate(i, self.confidence)
                        .and_then(|e| e.interval)
                        .map(|i| [i.low, i.high]),
                })
                .collect(),
        });
        let summary = Summary {
            name,
            goal: self.goal.to_string(),
            vary: &self.variation.path,
            answer: self.plan.answer.map(|at| self.value(at)),
            confidence: self.confidence,
            runs: self.plan.runs,
            monotone: self.plan.is_monotone,
            sentences: self.sentences(),
            values: values.collect(),
            limits: &self.plan.limits,
        };
        let mut text = serde_json::to_string_pretty(&summary).expect("a summary is plain data");
        text.push('\n');
        text
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    name: &'a str,
    goal: String,
    vary: &'a str,
    answer: Option<&'a str>,
    confidence: f64,
    runs: usize,
    monotone: bool,
    sentences: Vec<String>,
    values: Vec<Value<'a>>,
    limits: &'a [LimitRow],
}

#[derive(Serialize)]
struct Value<'a> {
    value: &'a str,
    verdict: &'static str,
    replications: usize,
    metrics: Vec<MetricValue>,
}

#[derive(Serialize)]
struct MetricValue {
    metric: String,
    verdict: &'static str,
    mean: Option<f64>,
    interval: Option<[f64; 2]>,
}
