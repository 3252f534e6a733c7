//! What a sweep showed: its rows, a table of all combinations, sentences, charts of each metric.

use serde::Serialize;

use crate::experiment::format::{count, percent, significant};
use crate::experiment::planning::Metric;
use crate::experiment::planning::metric::Unit;
use crate::experiment::stats::Estimate;
use crate::experiment::sweep::journal::value_text;
use crate::experiment::sweep::outcome::Mean;
use crate::experiment::sweep::{Design, Outcome, Precision};
use crate::experiment::table::Cell;
use crate::kernel::random::stream::replication_seed;
use crate::report::figures::Labels;
use crate::report::figures::text::Paper;
use crate::report::table::{Column, Table};

mod charts;

/// A sweep with what was asked.
#[derive(Clone, Copy, Debug)]
pub struct SweepView<'a> {
    /// The combinations.
    pub design: &'a Design,
    /// What was measured.
    pub metrics: &'a [Metric],
    /// What came of it.
    pub outcome: &'a Outcome,
    /// How narrow intervals were to be.
    pub precision: Option<&'a Precision>,
    /// Confidence of the intervals, such as 0.95.
    pub confidence: f64,
    /// What was run.
    pub labels: &'a Labels,
}

/// Columns of `sweep-runs.csv` between what is varied and the metrics.
pub const RUN_COLUMNS: [&str; 2] = ["replication", "run_seed"];

/// Columns of `sweep.csv` behind what is varied.
pub const COLUMNS: [&str; 9] = [
    "metric",
    "replications",
    "mean",
    "low",
    "high",
    "without",
    "difference",
    "difference_low",
    "difference_high",
];

/// So many combinations are shown on the terminal.
const MOST_SHOWN: usize = 100;

/// Lines of CSV.
fn csv(lines: impl Iterator<Item = Vec<String>>) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.write_record(line)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

/// A value of a metric, for people.
pub(super) fn value(metric: &Metric, value: f64) -> String {
    match metric.measure.unit() {
        Unit::Count if value.is_finite() => significant(value, 4),
        unit => unit.text(value),
    }
}

/// A mean and half the width of its interval, for people.
pub(super) fn told(metric: &Metric, estimate: Estimate) -> String {
    let half = estimate.interval.map_or(0.0, |interval| interval.half_width());
    let mean = value(metric, estimate.mean);
    if half > 0.0 {
        format!("{mean} ± {}", value(metric, half))
    } else {
        mean
    }
}

fn mean_text(metric: &Metric, mean: &Mean) -> String {
    match mean.estimate {
        Some(estimate) => told(metric, estimate),
        None => format!(
            "none in {} of {} runs",
            count(mean.without as u64),
            count(mean.runs as u64)
        ),
    }
}

impl SweepView<'_> {
    fn mean(&self, point: usize, metric: usize) -> Mean {
        self.outcome.mean(point, metric, self.confidence)
    }

    /// The seed of the scenario of a combination.
    fn seed(&self, point: usize) -> u64 {
        let mut set = self.design.assignments(point);
        let varied = set.find(|(path, _)| matches!(*path, "seed" | "spec.seed"));
        varied
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(self.labels.seed)
    }

    /// `nodes.gpu = 4, rate = 2/h`.
    fn named(&self, point: usize) -> String {
        let set = self.design.assignments(point);
        set.map(|(path, value)| format!("{path} = {value}"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// `sweep-runs.csv`: a row a run.
    ///
    /// # Errors
    /// None but those of memory.
    pub fn runs_csv(&self) -> std::io::Result<Vec<u8>> {
        let mut header = self.design.factors.clone();
        header.extend(RUN_COLUMNS.map(str::to_owned));
        header.extend(self.metrics.iter().map(Metric::to_string));
        let rows = self.outcome.rows().iter().map(|row| {
            let mut cells = self.design.points[row.run.point].clone();
            let replication = row.run.replication as u64;
            cells.push(replication.to_string());
            cells.push(replication_seed(self.seed(row.run.point), replication).to_string());
            cells.extend(row.values.iter().map(|value| value_text(*value)));
            cells
        });
        csv(std::iter::once(header).chain(rows))
    }

    /// `sweep.csv`: a row a combination and metric.
    ///
    /// # Errors
    /// None but those of memory.
    pub fn csv(&self) -> std::io::Result<Vec<u8>> {
        let mut header = self.design.factors.clone();
        header.extend(COLUMNS.map(str::to_owned));
        let all =
            (0..self.design.points.len()).flat_map(|point| (0..self.metrics.len()).map(move |metric| (point, metric)));
        let rows = all.map(|(point, metric)| {
            let mean = self.mean(point, metric);
            let of = |estimate: Option<Estimate>| {
                let interval = estimate.and_then(|estimate| estimate.interval);
                [
                    estimate.map(|estimate| estimate.mean),
                    interval.map(|interval| interval.low),
                    interval.map(|interval| interval.high),
                ]
                .map(|value| Cell::maybe(value, Cell::Number).to_string())
            };
            let mut cells = self.design.points[point].clone();
            cells.extend([self.metrics[metric].to_string(), mean.runs.to_string()]);
            cells.extend(of(mean.estimate));
            cells.push(mean.without.to_string());
            cells.extend(of(mean.difference));
            cells
        });
        csv(std::iter::once(header).chain(rows))
    }

    /// What the sweep showed, in sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let points = self.design.points.len();
        let runs = self.outcome.rows().len();
        let word = |n: usize, word: &str| {
            if n == 1 {
                format!("1 {word}")
            } else {
                format!("{} {word}s", count(n as u64))
            }
        };
        let mut out = vec![format!("{} in {}.", word(points, "combination"), word(runs, "run"))];
        if (0..points).any(|point| self.outcome.replications(point) < 2) {
            out.push(
                "One run shows no spread, so there are no intervals; ask for --replications 2 or more.".to_owned(),
            );
        }
        out.extend((0..self.metrics.len()).filter_map(|metric| self.range(metric)));
        if let Some(precision) = self.precision {
            let vague = (0..points).filter(|point| !self.is_precise(precision, *point));
            let vague: Vec<String> = vague.map(|point| self.named(point)).collect();
            out.push(match vague.len() {
                0 => format!("All intervals are as narrow as was asked: {precision}."),
                n => format!(
                    "{} of {} did not become as precise as was asked ({precision}), such as {}.",
                    count(n as u64),
                    word(points, "combination"),
                    vague[0]
                ),
            });
        }
        out
    }

    fn is_precise(&self, precision: &Precision, point: usize) -> bool {
        precision.0.iter().all(|demand| {
            let metric = self.metrics.iter().position(|metric| *metric == demand.metric);
            metric.is_none_or(|metric| demand.holds_for(self.mean(point, metric).estimate))
        })
    }

    /// Between which combinations a metric is least and greatest.
    fn range(&self, metric: usize) -> Option<String> {
        let means = (0..self.design.points.len()).filter_map(|point| Some((point, self.mean(point, metric).estimate?)));
        let means: Vec<(usize, Estimate)> = means.collect();
        let least = means.iter().min_by(|a, b| a.1.mean.total_cmp(&b.1.mean))?;
        let most = means.iter().max_by(|a, b| a.1.mean.total_cmp(&b.1.mean))?;
        let of = &self.metrics[metric];
        (least.1.mean < most.1.mean).then(|| {
            format!(
                "{of}: from {} ({}) to {} ({}).",
                told(of, least.1),
                self.named(least.0),
                told(of, most.1),
                self.named(most.0)
            )
        })
    }

    /// Everything for the terminal.
    #[must_use]
    pub fn text(&self, paper: &Paper) -> String {
        let factors = self.design.factors.iter();
        let mut columns: Vec<Column> = factors
            .map(|path| Column::number(path.as_str(), "", path.as_str()))
            .collect();
        columns.extend(
            self.metrics
                .iter()
                .map(|metric| Column::number(metric.to_string(), "", "mean")),
        );
        columns.push(Column::number("runs", "", "replications"));
        let mut table = Table::new(columns);
        let points = self.design.points.len();
        for point in 0..points.min(MOST_SHOWN) {
            let mut cells = self.design.points[point].clone();
            cells.extend(
                (0..self.metrics.len()).map(|metric| mean_text(&self.metrics[metric], &self.mean(point, metric))),
            );
            cells.push(count(self.outcome.replications(point) as u64));
            table.row(cells);
        }
        if points > MOST_SHOWN {
            table.footer(format!(
                "{} more are in sweep.csv.",
                count((points - MOST_SHOWN) as u64)
            ));
        }
        table.footer(format!(
            "Means over runs, ± half the width of their intervals of {} confidence.",
            percent(self.confidence)
        ));
        let table = table.render(paper.border, paper.width);
        format!("{table}\n{}", paper.bullets(&self.sentences()))
    }

    /// `summary.json`.
    #[must_use]
    pub fn json(&self, name: &str) -> String {
        let points = (0..self.design.points.len()).map(|point| Point {
            values: &self.design.points[point],
            replications: self.outcome.replications(point),
            metrics: (0..self.metrics.len())
                .map(|metric| {
                    let mean = self.mean(point, metric);
                    MetricValue {
                        metric: self.metrics[metric].to_string(),
                        mean: mean.estimate.map(|e| e.mean),
                        interval: interval(mean.estimate),
                        without: mean.without,
                        difference: mean.difference.map(|e| e.mean),
                        difference_interval: interval(mean.difference),
                    }
                })
                .collect(),
        });
        let summary = Summary {
            name,
            factors: &self.design.factors,
            confidence: self.confidence,
            until: self.precision.map(Precision::to_string),
            runs: self.outcome.rows().len(),
            sentences: self.sentences(),
            points: points.collect(),
        };
        let mut text = serde_json::to_string_pretty(&summary).expect("a summary is plain data");
        text.push('\n');
        text
    }
}

pub(super) fn interval(estimate: Option<Estimate>) -> Option<[f64; 2]> {
    let interval = estimate?.interval?;
    Some([interval.low, interval.high])
}

#[derive(Serialize)]
struct Summary<'a> {
    name: &'a str,
    factors: &'a [String],
    confidence: f64,
    until: Option<String>,
    runs: usize,
    sentences: Vec<String>,
    points: Vec<Point<'a>>,
}

#[derive(Serialize)]
struct Point<'a> {
    values: &'a [String],
    replications: usize,
    metrics: Vec<MetricValue>,
}

#[derive(Serialize)]
struct MetricValue {
    metric: String,
    mean: Option<f64>,
    interval: Option<[f64; 2]>,
    without: usize,
    difference: Option<f64>,
    difference_interval: Option<[f64; 2]>,
}
