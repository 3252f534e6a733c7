//! The tables and sentences of a comparison.

use crate::experiment::Aggregate;
use crate::experiment::bounds::Submission;
use crate::experiment::compare::{Comparison, Section};
use crate::experiment::format::{count, duration_of_secs, percent, significant};
use crate::experiment::stats::Estimate;
use crate::report::figures::compare::distinct;
use crate::report::figures::compare::theory::equal;
use crate::report::number::number;
use crate::report::table::{Column, Table};

use super::{Paper, plural};

/// The control plane that the answer is about, if it was run.
const REAL: &str = "kubernetes";

/// Everything about a comparison: the tables, the answer, the growth of each curve, and what is missing or broken.
#[must_use]
pub fn compare(comparison: &Comparison, paper: &Paper) -> String {
    let mut parts = Vec::new();
    let tables = compare_tables(comparison);
    if !tables.is_empty() {
        parts.push(paper.tables(&tables));
    }
    parts.extend(answer(comparison).map(|answer| paper.sentence(&answer)));
    let growth = growth(comparison);
    if !growth.is_empty() {
        parts.push(format!("How the makespan grows with n:\n{}", paper.bullets(&growth)));
    }
    let mut remarks = String::new();
    if comparison.missing > 0 {
        let missing = plural(comparison.missing as u64, "run");
        remarks.push_str(&paper.sentence(&format!("Stopped early: {missing} not done.")));
    }
    if comparison.rows.is_empty() {
        remarks.push_str("No run ended, so there is nothing to show.\n");
    }
    for violation in &comparison.violations {
        remarks.push_str(&paper.sentence(&format!(
            "A rule of the model was broken, please report it: {violation}"
        )));
    }
    if !remarks.is_empty() {
        parts.push(remarks);
    }
    parts.join("\n")
}

/// The answer to "what if we submitted all of them at once?", on the largest set of nodes, under the control plane
/// `kubernetes` if it was run, else the first one. `None` if nothing was submitted at once.
#[must_use]
pub fn answer(comparison: &Comparison) -> Option<String> {
    let section = comparison.sections.last()?;
    let planes = distinct(section.aggregates.iter().map(|a| a.control_plane.as_str()));
    let plane = planes.iter().find(|plane| **plane == REAL).or_else(|| planes.first())?;
    let sentence = crate::experiment::answer::answer(&section.aggregates, plane)?;
    if comparison.sections.len() == 1 {
        return Some(sentence);
    }
    Some(format!("With {}: {sentence}", size(section)))
}

/// One sentence for each curve that was fitted, with its nodes if there are several sets of them. None for curves with
/// one n: they have no growth.
#[must_use]
pub fn growth(comparison: &Comparison) -> Vec<String> {
    let sentences = comparison.sections.iter().flat_map(|section| {
        let several = comparison.sections.len() > 1;
        let place = if several {
            format!("{}: ", size(section))
        } else {
            String::new()
        };
        let has_sizes = section.aggregates.iter().any(|a| a.n != section.aggregates[0].n);
        let curves = section.curves.iter().filter(move |_| has_sizes);
        curves.map(move |curve| format!("{place}{}", curve.sentence()))
    });
    sentences.collect()
}

/// `8 nodes, 64 slots`.
fn size(section: &Section) -> String {
    let slots = section
        .slots
        .map_or_else(String::new, |c| format!(", {}", plural(c, "slot")));
    plural(section.nodes, "node") + &slots
}

/// The tables, each with its heading: one for each control plane and set of nodes; if one n was run on several sets of
/// nodes, one for each control plane, with a row for each set. What the columns mean stands below the last one.
#[must_use]
pub fn compare_tables(comparison: &Comparison) -> Vec<(String, Table)> {
    let all = || comparison.sections.iter().flat_map(|s| &s.aggregates);
    let planes = distinct(all().map(|a| a.control_plane.as_str()));
    let is_one_n = all().all(|a| Some(a.n) == all().next().map(|a| a.n));
    let sections: Vec<&Section> = comparison.sections.iter().collect();
    let groups: Vec<Vec<&Section>> = if is_one_n && sections.len() > 1 {
        vec![sections]
    } else {
        sections.into_iter().map(|section| vec![section]).collect()
    };
    let layout = Layout::new(comparison);
    let mut tables = Vec::new();
    for group in &groups {
        let is_run = |plane: &&&str| {
            group
                .iter()
                .flat_map(|s| &s.aggregates)
                .any(|a| a.control_plane == **plane)
        };
        for plane in planes.iter().filter(is_run) {
            let place = match group[..] {
                [section] => format!(", {}", size(section)),
                [] | [_, ..] => all()
                    .next()
                    .map_or_else(String::new, |a| format!(", n = {}", count(a.n))),
            };
            tables.push((format!("Control plane {plane}{place}"), layout.table(group, plane)));
        }
    }
    if let Some((_, table)) = tables.last_mut() {
        for line in layout.legend(all()) {
            table.footer(line);
        }
    }
    tables
}

/// A column of theory: its formula, the strategy it speaks of, and where its value is.
type Theory = (&'static str, &'static str, fn(&Aggregate) -> Option<f64>);

/// The columns that all tables of a comparison have.
struct Layout<'a> {
    strategies: Vec<&'a str>,
    has_speedup: bool,
    theories: Vec<Theory>,
    /// Whether all Jobs are equal, so that d is one number.
    is_equal: bool,
}

impl<'a> Layout<'a> {
    fn new(comparison: &'a Comparison) -> Self {
        let all = || comparison.sections.iter().flat_map(|s| &s.aggregates);
        let strategies = distinct(all().map(|a| a.strategy.as_str()));
        let is_equal = comparison.sections.iter().all(|section| equal(section).is_some());
        let theories: Vec<Theory> = if is_equal {
            vec![("n·d", SEQUENTIAL, |a| a.theory), ("⌈n/c⌉·d", PARALLEL, |a| a.theory)]
        } else {
            vec![
                ("Σ d", SEQUENTIAL, |a| a.theory),
                ("lower bound", PARALLEL, |a| a.lower_bound),
                ("upper bound", PARALLEL, |a| a.upper_bound),
            ]
        };
        let is_known = |(_, strategy, value): &Theory| all().any(|a| a.strategy == *strategy && value(a).is_some());
        Self {
            has_speedup: [SEQUENTIAL, PARALLEL].iter().all(|name| strategies.contains(name)),
            strategies,
            theories: theories.into_iter().filter(is_known).collect(),
            is_equal,
        }
    }

    fn table(&self, sections: &[&Section], plane: &str) -> Table {
        let is_sweep = sections.len() > 1;
        let number = |name: &str| Column::number(name, "", name);
        let places: &[&str] = if is_sweep { &["slots", "nodes"] } else { &["n"] };
        let mut columns: Vec<Column> = places.iter().map(|name| number(name)).collect();
        columns.extend(self.strategies.iter().map(|name| number(name)));
        columns.extend(self.has_speedup.then(|| number("speed-up")));
        columns.extend(self.theories.iter().map(|(formula, ..)| number(formula)));
        columns.push(number("operations"));
        let mut table = Table::new(columns);
        for section in sections {
            let of_plane = || section.aggregates.iter().filter(|a| a.control_plane == plane);
            let mut sizes: Vec<u64> = of_plane().map(|a| a.n).collect();
            sizes.sort_unstable();
            sizes.dedup();
            for n in sizes {
                let mut cells = if is_sweep {
                    vec![
                        section.slots.map_or_else(|| "–".to_owned(), count),
                        count(section.nodes),
                    ]
                } else {
                    vec![count(n)]
                };
                let of_size: Vec<&Aggregate> = of_plane().filter(|a| a.n == n).collect();
                cells.extend(self.cells(n, &of_size));
                table.row(cells);
            }
        }
        table
    }

    /// The cells of one n behind its place; `aggregates` are its strategies'.
    fn cells(&self, n: u64, aggregates: &[&Aggregate]) -> Vec<String> {
        let find = |name: &str| aggregates.iter().find(|a| a.strategy == name).copied();
        let mut cells: Vec<String> = self.strategies.iter().map(|name| makespan(find(name))).collect();
        if self.has_speedup {
            cells.push(factor(find(PARALLEL).and_then(|a| a.speedup)));
        }
        let theory = |(_, strategy, value): &Theory| span(find(strategy).and_then(value));
        cells.extend(self.theories.iter().map(theory));
        let operations: Vec<String> = self.strategies.iter().map(|name| operations(name, n)).collect();
        cells.push(operations.join("/"));
        cells
    }

    /// What the columns mean.
    fn legend<'b>(&self, mut aggregates: impl Iterator<Item = &'b Aggregate>) -> Vec<String> {
        let mut first = "Under each strategy: its makespan".to_owned();
        if let Some(a) = aggregates.find(|a| a.replications > 1) {
            first.push_str(&format!(
                ", the mean of {} ± half its {} confidence interval",
                plural(a.replications as u64, "replication"),
                percent(a.confidence)
            ));
        }
        if self.has_speedup {
            first.push_str("; speed-up: sequential ÷ parallel");
        }
        let formulas: Vec<&str> = self.theories.iter().map(|(formula, ..)| *formula).collect();
        if !formulas.is_empty() {
            let meanings: Vec<&str> = formulas.iter().filter_map(|formula| meaning(formula)).collect();
            let d = if self.is_equal {
                "d: run time of a Job, c: slots".to_owned()
            } else {
                meanings.join("; ")
            };
            let formulas = match formulas[..] {
                [ref before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
                _ => formulas.join(""),
            };
            first.push_str(&format!(
                "; {formulas}: theory, for a control plane that costs nothing ({d})"
            ));
        }
        let order = self.strategies.join("/");
        vec![
            first + ".",
            format!("Operations: how often the client submits and then waits, {order}."),
        ]
    }
}

/// What a column of theory means, where its head does not say it all.
fn meaning(formula: &str) -> Option<&'static str> {
    match formula {
        "Σ d" => Some("Σ d: all run times added up"),
        "lower bound" => Some("lower: no schedule of all at once is shorter"),
        "upper bound" => Some("upper: no list schedule of all at once is longer"),
        _ => None,
    }
}

const SEQUENTIAL: &str = "sequential";
const PARALLEL: &str = "parallel";

/// How often the client submits and then waits: n one by one, ⌈n/k⌉ in batches, once otherwise.
fn operations(strategy: &str, n: u64) -> String {
    match strategy.parse() {
        Ok(Submission::Sequential) => count(n),
        Ok(Submission::Batched(k)) => count(n.div_ceil(k)),
        Ok(Submission::Parallel | Submission::Windowed(_)) => count(1),
        Err(_) => "–".to_owned(),
    }
}

fn span(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), duration_of_secs)
}

/// The mean and half its interval, or in how many runs some Job did not end.
fn makespan(aggregate: Option<&Aggregate>) -> String {
    let Some(a) = aggregate else {
        return "–".to_owned();
    };
    let Some(makespan) = a.makespan else {
        return if a.replications > 1 {
            format!(
                "{} of {} unfinished",
                count(a.unfinished as u64),
                count(a.replications as u64)
            )
        } else {
            "unfinished".to_owned()
        };
    };
    let mean = duration_of_secs(makespan.mean);
    match half_width(&makespan) {
        Some(half) => format!("{mean} ± {}", duration_of_secs(as_exact_as(makespan.mean, half))),
        None => mean,
    }
}

/// Half of the interval, if it is worth a word.
fn half_width(estimate: &Estimate) -> Option<f64> {
    let half = estimate.interval?.half_width();
    (half > 1e-6 * estimate.mean.abs()).then_some(half)
}

/// `half` in the unit to which a span of `mean` seconds is written, where it is as long as that.
fn as_exact_as(mean: f64, half: f64) -> f64 {
    let unit = match mean {
        m if m >= 86_400.0 => 3_600.0,
        m if m >= 3_600.0 => 60.0,
        m if m >= 60.0 => 1.0,
        _ => return half,
    };
    if half >= unit {
        (half / unit).round() * unit
    } else {
        half
    }
}

/// The speed-up to three digits, and half its interval to as many decimals.
fn factor(speedup: Option<Estimate>) -> String {
    let Some(speedup) = speedup else {
        return "–".to_owned();
    };
    let mean = significant(speedup.mean, 3);
    let decimals = mean.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match half_width(&speedup) {
        Some(half) => format!("{mean}× ± {}", number(half, decimals)),
        None => format!("{mean}×"),
    }
}
