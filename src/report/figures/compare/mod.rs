//! Charts of a comparison: makespan and speed-up against n, and against slots if the number of nodes was varied.

mod against_n;

mod against_slots;

pub(super) mod theory;

#[cfg(test)]
mod tests;

use crate::experiment::compare::{Comparison, Section};
use crate::experiment::format::{count, percent};
use crate::experiment::stats::Estimate;
use crate::experiment::{Aggregate, CompareRow};
use crate::report::chart::{Series, SeriesStyle};
use crate::report::figures::{Chart, Labels, joined};

/// The charts of `comparison`, each with the stem of its file's name, in the order in which one would show them.
///
/// * `makespan`, `makespan-loglog`, `speedup`: against n, on the largest set of nodes, a panel for each control plane. No
///   log-log chart of a single n, and neither of the two others if the number of nodes was varied instead.
/// * `makespan-slots`, `speedup-slots`: against slots (or nodes, if slots cannot be told), for the largest n, if there are
///   several sets of nodes.
/// * No speed-up without sequential runs.
#[must_use]
pub fn charts(comparison: &Comparison, labels: &Labels) -> Vec<(String, Chart)> {
    let view = View::new(comparison, labels);
    let mut charts = Vec::new();
    let mut add = |stem: &str, chart| charts.push((stem.to_owned(), Chart::Line(chart)));
    if let Some(section) = comparison.sections.last() {
        let sizes = against_n::sizes(section).len();
        let several = view.is_sweep;
        if sizes > 1 || !several {
            add("makespan", against_n::makespan(&view, section, false));
        }
        if sizes > 1 {
            add("makespan-loglog", against_n::makespan(&view, section, true));
        }
        if view.has_speedup && (sizes > 1 || !several) {
            add("speedup", against_n::speedup(&view, section));
        }
        if several {
            add("makespan-slots", against_slots::makespan(&view, &comparison.sections));
        }
        if several && view.has_speedup {
            add("speedup-slots", against_slots::speedup(&view, &comparison.sections));
        }
    }
    charts
}

/// What all charts of a comparison share.
struct View<'a> {
    labels: &'a Labels,
    rows: &'a [CompareRow],
    /// Whether the number of nodes was varied.
    is_sweep: bool,
    /// In order of first appearance: the place is the colour.
    strategies: Vec<&'a str>,
    planes: Vec<&'a str>,
    has_speedup: bool,
    /// Confidence of the bands, if any run was repeated.
    confidence: Option<f64>,
    /// What is to be said about points that are not there.
    gaps: Vec<String>,
}

impl<'a> View<'a> {
    fn new(comparison: &'a Comparison, labels: &'a Labels) -> Self {
        let all = || comparison.sections.iter().flat_map(|s| &s.aggregates);
        let mut gaps = Vec::new();
        if all().any(|a| a.unfinished > 0) {
            gaps.push("Points are missing where not all Jobs ended.".to_owned());
        }
        if comparison.missing > 0 {
            gaps.push(format!("{} runs were not done.", count(comparison.missing as u64)));
        }
        Self {
            labels,
            rows: &comparison.rows,
            is_sweep: comparison.sections.len() > 1,
            strategies: distinct(all().map(|a| a.strategy.as_str())),
            planes: distinct(all().map(|a| a.control_plane.as_str())),
            has_speedup: all().any(|a| a.strategy != SEQUENTIAL && a.speedup.is_some()),
            confidence: all().find(|a| a.replications > 1).map(|a| a.confidence),
            gaps,
        }
    }

    /// What was run: on what, and how (`size`).
    fn subtitle(&self, section: &Section, size: &str) -> String {
        let labels = self.labels;
        let runtime = if theory::equal(section).is_some() {
            "d ="
        } else {
            "run time"
        };
        let what = joined(", ", [labels.what(runtime).as_str(), size]);
        let plane = match self.planes[..] {
            [plane] => format!("control plane {plane}"),
            [] | [_, ..] => String::new(),
        };
        let replications = match labels.replications {
            0 | 1 => String::new(),
            several => format!("{} replications", count(several.into())),
        };
        let seed = format!("seed {}", labels.seed);
        let bands = self
            .confidence
            .map_or_else(String::new, |share| format!("bands: {} confidence", percent(share)));
        joined(
            "; ",
            [what.as_str(), &labels.setting, &plane, &replications, &seed, &bands],
        )
    }

    /// The name of a control plane's panel: none if it is the only one, for then the subtitle has it.
    fn panel_title(&self, plane: &str) -> String {
        if self.planes.len() == 1 {
            String::new()
        } else {
            format!("control plane: {plane}")
        }
    }

    /// The colour and marker of a strategy.
    fn group(&self, strategy: &str) -> usize {
        self.strategies.iter().position(|s| *s == strategy).unwrap_or(NEUTRAL)
    }

    /// One line for each strategy under `plane`, of what `value` gives at the place `x`.
    fn measured(
        &self,
        points: &[(f64, &Aggregate)],
        plane: &str,
        value: fn(&Aggregate) -> Option<Estimate>,
        is_log: bool,
    ) -> Vec<Series> {
        let of_strategy = |(group, name): (usize, &&str)| {
            let mut series = line(name, SeriesStyle::Measured, group, Vec::new());
            let of_it = points
                .iter()
                .filter(|(_, a)| a.strategy == **name && a.control_plane == plane);
            for (x, estimate) in of_it.filter_map(|(x, a)| Some((*x, value(a)?))) {
                if !is_log || estimate.mean >= LEAST {
                    series.points.push((x, estimate.mean));
                    series.band.extend(estimate.interval.map(|i| (x, i.low, i.high)));
                }
            }
            // Intervals that are all points make no band.
            if series.band.iter().all(|(_, low, high)| high - low <= 1e-9 * high.abs()) {
                series.band.clear();
            }
            series
        };
        self.strategies
            .iter()
            .enumerate()
            .map(of_strategy)
            .filter(|s| !s.points.is_empty())
            .collect()
    }

    /// What is to be said below a chart with these lines of theory.
    fn note(&self, theory: &[Series]) -> Option<String> {
        let has = |style| theory.iter().any(|line| line.style == style);
        let lines = match (has(SeriesStyle::Theory), has(SeriesStyle::Bound)) {
            (true, true) => "Dashed and dotted: theory and its bounds, without cost of the control plane.",
            (true, false) => "Dashed: theory, without cost of the control plane.",
            (false, true) => "Dotted: the bound of theory, without cost of the control plane.",
            (false, false) => "",
        };
        let note = [lines, "Only the marked points were run."];
        let gaps = self.gaps.iter().map(String::as_str);
        Some(joined(" ", note.into_iter().chain(gaps)))
    }
}

/// The strategies that theory knows best.
const SEQUENTIAL: &str = "sequential";
const PARALLEL: &str = "parallel";
/// The group of lines that belong to no strategy: black.
const NEUTRAL: usize = 6;
/// What is less has no place on a logarithmic axis.
const LEAST: f64 = 1e-9;

fn line(name: &str, style: SeriesStyle, group: usize, points: Vec<(f64, f64)>) -> Series {
    Series {
        name: name.to_owned(),
        points,
        band: Vec::new(),
        style,
        group,
    }
}

/// Each of `names` once, in order of first appearance.
pub(super) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
