//! How two scenarios differ on the same luck: a table of every metric, its rows, sentences.

use serde::Serialize;

use super::sweep::{interval, told, value};
use crate::experiment::format::{count, percent};
use crate::experiment::planning::Metric;
use crate::experiment::stats::Estimate;
use crate::experiment::sweep::Outcome;
use crate::experiment::sweep::outcome::Mean;
use crate::experiment::table::{Cell, Row};
use crate::report::figures::text::Paper;
use crate::report::table::{Column, Table};

/// Two scenarios with what was measured.
#[derive(Clone, Copy, Debug)]
pub struct DiffView<'a> {
    /// Their names.
    pub names: [&'a str; 2],
    /// What was measured.
    pub metrics: &'a [Metric],
    /// Their runs: combination 0 is the first scenario, 1 the second one.
    pub outcome: &'a Outcome,
    /// Confidence of the intervals, such as 0.95.
    pub confidence: f64,
}

/// What the runs show of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Without end, or nothing to count, in some run.
    None,
    /// The same in every pair of runs.
    Same,
    /// The interval of the difference has zero in it.
    NotShown,
    /// It has not.
    Differs,
}

impl Verdict {
    const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Same => "same",
            Self::NotShown => "not-shown",
            Self::Differs => "differs",
        }
    }
}

/// One row of `diff.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffRow {
    metric: String,
    means: [Mean; 2],
    verdict: &'static str,
}

impl Row for DiffRow {
    const COLUMNS: &'static [&'static str] = &[
        "metric",
        "replications",
        "a",
        "a_low",
        "a_high",
        "b",
        "b_low",
        "b_high",
        "difference",
        "difference_low",
        "difference_high",
        "verdict",
        "a_without",
        "b_without",
    ];

    fn cells(&self) -> Vec<Cell> {
        let of = |estimate: Option<Estimate>| {
            let [low, high] = interval(estimate).map_or([None, None], |ends| ends.map(Some));
            [estimate.map(|e| e.mean), low, high].map(|value| Cell::maybe(value, Cell::Number))
        };
        let [a, b] = &self.means;
        let mut cells = vec![Cell::text(&self.metric), Cell::Count(a.runs as u64)];
        cells.extend([a.estimate, b.estimate, b.difference].into_iter().flat_map(of));
        cells.push(Cell::text(self.verdict));
        cells.extend([a, b].map(|mean| Cell::Count(mean.without as u64)));
        cells
    }
}

impl DiffView<'_> {
    fn means(&self, metric: usize) -> [Mean; 2] {
        [0, 1].map(|of| self.outcome.mean(of, metric, self.confidence))
    }

    fn verdict(&self, metric: usize) -> Verdict {
        let difference = self.means(metric)[1].difference;
        match difference.and_then(|difference| Some((difference, difference.interval?))) {
            None => Verdict::None,
            Some((difference, interval)) if interval.half_width() == 0.0 && difference.mean == 0.0 => Verdict::Same,
            Some((_, interval)) if interval.contains(0.0) => Verdict::NotShown,
            Some(_) => Verdict::Differs,
        }
    }

    /// The rows of `diff.csv`.
    #[must_use]
    pub fn rows(&self) -> Vec<DiffRow> {
        let row = |(i, metric): (usize, &Metric)| DiffRow {
            metric: metric.to_string(),
            means: self.means(i),
            verdict: self.verdict(i).key(),
        };
        self.metrics.iter().enumerate().map(row).collect()
    }

    /// What the difference comes to, in words.
    fn words(&self, metric: usize) -> String {
        let [a, b] = self.means(metric);
        match self.verdict(metric) {
            Verdict::None => {
                let of = |mean: &Mean| format!("{} of {}", count(mean.without as u64), count(mean.runs as u64));
                format!("no number in {} and {} runs", of(&a), of(&b))
            }
            Verdict::Same => "the same in every run".to_owned(),
            Verdict::NotShown => "no difference shown".to_owned(),
            Verdict::Differs => {
                let (before, after) = (a.estimate.map_or(0.0, |e| e.mean), b.estimate.map_or(0.0, |e| e.mean));
                let word = if after > before { "more" } else { "less" };
                if before == 0.0 {
                    word.to_owned()
                } else {
                    format!("{} {word}", percent(((after - before) / before).abs()))
                }
            }
        }
    }

    /// A difference with its sign and interval.
    fn difference(&self, metric: usize) -> [String; 2] {
        let text = |x: f64| value(&self.metrics[metric], x);
        let signed = |x: f64| if x < 0.0 { format!("−{}", text(-x)) } else { text(x) };
        let difference = self.means(metric)[1].difference;
        let range = interval(difference).filter(|[low, high]| low < high);
        [
            difference.map_or_else(String::new, |e| signed(e.mean)),
            range.map_or_else(String::new, |[low, high]| {
                format!("{} to {}", signed(low), signed(high))
            }),
        ]
    }

    /// What is sure, in sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let of = |verdict: Verdict| {
            let such = (0..self.metrics.len()).filter(move |metric| self.verdict(*metric) == verdict);
            such.map(|metric| self.metrics[metric].to_string()).collect::<Vec<_>>()
        };
        let [a, b] = self.names;
        let differs = (0..self.metrics.len()).filter(|metric| self.verdict(*metric) == Verdict::Differs);
        let differs: Vec<String> = differs
            .map(|metric| format!("{} {}", self.metrics[metric], self.words(metric)))
            .collect();
        let mut out = Vec::new();
        if !differs.is_empty() {
            out.push(format!("With {b} in place of {a}: {}.", differs.join(", ")));
        }
        for (verdict, word) in [
            (Verdict::NotShown, "No difference shown"),
            (Verdict::Same, "The same in every run"),
            (Verdict::None, "Without a number in some run, so not compared"),
        ] {
            let metrics = of(verdict);
            if !metrics.is_empty() {
                out.push(format!("{word}: {}.", metrics.join(", ")));
            }
        }
        out
    }

    /// Everything for the terminal.
    #[must_use]
    pub fn text(&self, paper: &Paper) -> String {
        let mut table = Table::new(vec![
            Column::text("metric", "metric"),
            Column::number(format!("A: {}", self.names[0]), "", "a"),
            Column::number(format!("B: {}", self.names[1]), "", "b"),
            Column::number("B − A", "", "difference"),
            Column::number("interval", "", "interval"),
            Column::text("", "verdict"),
        ]);
        for (i, metric) in self.metrics.iter().enumerate() {
            let mean = |mean: &Mean| {
                mean.estimate
                    .map_or_else(|| "–".to_owned(), |estimate| told(metric, estimate))
            };
            let [a, b] = self.means(i);
            let [difference, interval] = self.difference(i);
            table.row([
                metric.to_string(),
                mean(&a),
                mean(&b),
                difference,
                interval,
                self.words(i),
            ]);
        }
        table.footer(format!(
            "Means over {} runs each on the same luck; every interval has {} confidence by itself.",
            count(self.outcome.replications(0) as u64),
            percent(self.confidence)
        ));
        let table = table.render(paper.border, paper.width);
        format!("{table}\n{}", paper.bullets(&self.sentences()))
    }

    /// `summary.json`.
    #[must_use]
    pub fn json(&self) -> String {
        let metrics = (0..self.metrics.len()).map(|i| {
            let [a, b] = self.means(i);
            MetricValue {
                metric: self.metrics[i].to_string(),
                a: a.estimate.map(|e| e.mean),
                b: b.estimate.map(|e| e.mean),
                difference: b.difference.map(|e| e.mean),
                interval: interval(b.difference),
                verdict: self.verdict(i).key(),
                a_without: a.without,
                b_without: b.without,
            }
        });
        let summary = Summary {
            a: self.names[0],
            b: self.names[1],
            confidence: self.confidence,
            replications: self.outcome.replications(0),
            sentences: self.sentences(),
            metrics: metrics.collect(),
        };
        let mut text = serde_json::to_string_pretty(&summary).expect("a summary is plain data");
        text.push('\n');
        text
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    a: &'a str,
    b: &'a str,
    confidence: f64,
    replications: usize,
    sentences: Vec<String>,
    metrics: Vec<MetricValue>,
}

#[derive(Serialize)]
struct MetricValue {
    metric: String,
    a: Option<f64>,
    b: Option<f64>,
    difference: Option<f64>,
    interval: Option<[f64; 2]>,
    verdict: &'static str,
    a_without: usize,
    b_without: usize,
}
