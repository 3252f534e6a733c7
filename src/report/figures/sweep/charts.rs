//! Charts of a sweep: each metric against what is varied and has a scale; a line for each value of the others.

use super::SweepView;
use crate::experiment::format::percent;
use crate::experiment::planning::Metric;
use crate::experiment::planning::metric::Unit;
use crate::experiment::stats::Estimate;
use crate::kernel::SimDuration;
use crate::report::chart::{Axis, LineChart, LinePanel, Series, SeriesStyle};
use crate::report::figures::Chart;

/// More lines than this cannot be told apart.
const MOST_LINES: usize = 7;
/// Axes whose ends differ by such a factor are logarithmic.
const WIDE: f64 = 100.0;
/// So many values have a tick each.
const MOST_TICKS: usize = 12;

/// What is varied along the axis.
struct Along {
    /// Which of the factors.
    factor: usize,
    /// Its value in each combination.
    values: Vec<f64>,
    /// Whether they are seconds.
    is_time: bool,
}

impl SweepView<'_> {
    /// A chart for each metric that is not everywhere the same; none where nothing that is varied has a scale, or there would be too many lines.
    #[must_use]
    pub fn charts(&self) -> Vec<(String, Chart)> {
        let Some(along) = self.along() else {
            return Vec::new();
        };
        let mut groups: Vec<String> = Vec::new();
        let group_of: Vec<usize> = (0..self.design.points.len())
            .map(|point| {
                let others = self
                    .design
                    .assignments(point)
                    .enumerate()
                    .filter(|(i, _)| *i != along.factor);
                let name: Vec<String> = others.map(|(_, (path, value))| format!("{path} = {value}")).collect();
                let name = name.join(", ");
                groups.iter().position(|group| *group == name).unwrap_or_else(|| {
                    groups.push(name);
                    groups.len() - 1
                })
            })
            .collect();
        if groups.len() > MOST_LINES {
            return Vec::new();
        }
        let charts = self.metrics.iter().enumerate().filter_map(|(i, metric)| {
            let chart = self.chart((i, metric), &along, &groups, &group_of)?;
            Some((stem(metric), Chart::Line(chart)))
        });
        charts.collect()
    }

    /// The factor with a scale that has the most values.
    fn along(&self) -> Option<Along> {
        let of_factor = |factor: usize| {
            let texts = || self.design.points.iter().map(|point| point[factor].as_str());
            let numbers: Option<Vec<f64>> = texts()
                .map(|text| text.parse().ok().filter(|x: &f64| x.is_finite()))
                .collect();
            let is_time = numbers.is_none();
            let spans = || {
                texts()
                    .map(|text| text.parse::<SimDuration>().ok().map(SimDuration::as_secs_f64))
                    .collect()
            };
            let values: Vec<f64> = numbers.or_else(spans)?;
            let mut distinct = values.clone();
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            let along = Along {
                factor,
                values,
                is_time,
            };
            (distinct.len() > 1).then_some((distinct.len(), along))
        };
        let all = (0..self.design.factors.len()).filter_map(of_factor);
        all.reduce(|a, b| if b.0 > a.0 { b } else { a }).map(|(_, along)| along)
    }

    fn chart(
        &self,
        (i, metric): (usize, &Metric),
        along: &Along,
        groups: &[String],
        of: &[usize],
    ) -> Option<LineChart> {
        let estimates: Vec<(usize, f64, Estimate)> = (0..self.design.points.len())
            .filter_map(|point| Some((of[point], along.values[point], self.mean(point, i).estimate?)))
            .collect();
        let (_, _, first) = estimates.first()?;
        if estimates.iter().all(|(_, _, estimate)| estimate.mean == first.mean) {
            return None;
        }
        let series = groups.iter().enumerate().map(|(group, name)| {
            let own = || estimates.iter().filter(move |(of, _, _)| *of == group);
            let band = own().filter_map(|(_, x, estimate)| {
                let interval = estimate.interval?;
                Some((*x, interval.low.max(0.0), interval.high.max(0.0)))
            });
            Series {
                name: if name.is_empty() {
                    metric.to_string()
                } else {
                    name.clone()
                },
                points: own().map(|(_, x, estimate)| (*x, estimate.mean)).collect(),
                band: band.collect(),
                style: SeriesStyle::Measured,
                group,
            }
        });
        let path = self.design.factors[along.factor].as_str();
        let y = match metric.measure.unit() {
            Unit::Seconds => Axis::time(metric.to_string()),
            Unit::Share => Axis::share(metric.to_string()),
            Unit::Count => Axis::number(metric.to_string(), ""),
        };
        let labels = self.labels;
        Some(LineChart {
            title: labels.title(&format!("{metric} against {path}")),
            subtitle: format!(
                "{}; seed {}; bands: {} confidence",
                labels.what("run time"),
                labels.seed,
                percent(self.confidence)
            ),
            x: axis(path, along),
            y,
            panels: vec![LinePanel {
                title: String::new(),
                series: series.collect(),
            }],
            note: (estimates.len() < self.design.points.len())
                .then(|| "Points are missing where there was no number in some run.".to_owned()),
        })
    }
}

fn axis(path: &str, along: &Along) -> Axis {
    let mut values = along.values.clone();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let whole = values.iter().all(|x| libm::floor(*x) == *x);
    let axis = match (along.is_time, whole) {
        (true, _) => Axis::time(path),
        (false, true) => Axis::count(path, ""),
        (false, false) => Axis::number(path, ""),
    };
    let (least, most) = (values[0], values[values.len() - 1]);
    let axis = if least > 0.0 && most / least >= WIDE {
        axis.log()
    } else {
        axis
    };
    if values.len() <= MOST_TICKS {
        axis.ticks_at(values)
    } else {
        axis
    }
}

/// The name of a metric's chart: letters, numbers and dashes.
fn stem(metric: &Metric) -> String {
    let text = metric.to_string();
    let words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    format!("sweep-{}", words.collect::<Vec<_>>().join("-"))
}
