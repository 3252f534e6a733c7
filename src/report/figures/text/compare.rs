//! The tables and sentences of a comparison.

use crate::experiment::Aggregate;
use crate::experiment::bounds::Submission;
use crate::experiment::compare::{Comparison, Section};
use crate::experiment::format::{count, duration_of_secs, percent, significant};
use crate::experiment::stats::Estimate;
use crate::report::figures::compare::distinct;
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
    let growth: String = growth(comparison).iter().map(|line| paper.sentence(line)).collect();
    if !growth.is_empty() {
        parts.push(format!("How the makespan grows with n:\n{growth}"));
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
        curves.map(move |curve| format!("  {place}{}", curve.sentence()))
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
/// nodes, one for each control plane, with a row for each set.
#[must_use]
pub fn compare_tables(comparison: &Comparison) -> Vec<(String, Table)> {
    let all = || comparison.sections.iter().flat_map(|s| &s.aggregates);
    let planes = distinct(all().map(|a| a.control_plane.as_str()));
    let one_n = all().all(|a| Some(a.n) == all().next().map(|a| a.n));
    let sections: Vec<&Section> = comparison.sections.iter().collect();
    let groups: Vec<Vec<&Section>> = if one_n && sections.len() > 1 {
        vec![sections]
    } else {
        sections.into_iter().map(|section| vec![section]).collect()
    };
    let mut tables = Vec::new();
    for group in &groups {
        let aggregates = || group.iter().flat_map(|s| &s.aggregates);
        for plane in planes
            .iter()
            .filter(|plane| aggregates().any(|a| a.control_plane == **plane))
        {
            let place = match group[..] {
                [section] => format!(", {}", size(section)),
                [] | [_, ..] => String::new(),
            };
            let strategies = distinct(all().map(|a| a.strategy.as_str()));
            tables.push((
                format!("Control plane {plane}{place}"),
                Block { plane, strategies }.table(group),
            ));
        }
    }
    tables
}

/// A table of one control plane.
struct Block<'a> {
    plane: &'a str,
    strategies: Vec<&'a str>,
}

impl Block<'_> {
    fn table(&self, sections: &[&Section]) -> Table {
        let (sequential, parallel) = (self.place(Submission::Sequential), self.place(Submission::Parallel));
        let has_speedup = sequential.is_some() && parallel.is_some();
        let by_nodes = sections.len() > 1;
        let of_plane = || {
            sections
                .iter()
                .flat_map(|s| &s.aggregates)
                .filter(|a| a.control_plane == self.plane)
        };
        let has_theory = |name: &str| of_plane().any(|a| a.strategy == name && a.theory.is_some());
        let theories: Vec<(&str, &str)> = THEORIES.into_iter().filter(|(name, _)| has_theory(name)).collect();
        let mut columns = Vec::new();
        if by_nodes {
            columns.push(Column::number("slots", "", "slots"));
            columns.push(Column::number("nodes", "", "nodes"));
        }
        columns.push(Column::number("n", "", "n"));
        columns.extend(self.strategies.iter().map(|name| Column::number(*name, "", *name)));
        if has_speedup {
            columns.push(Column::number("speed-up", "", "speed_up"));
        }
        columns.extend(
            theories
                .iter()
                .map(|(name, formula)| Column::number(*formula, "", format!("theory_{name}"))),
        );
        columns.push(Column::number("operations", "", "operations"));
        let mut table = Table::new(columns);
        for section in sections {
            let mut sizes: Vec<u64> = section
                .aggregates
                .iter()
                .filter(|a| a.control_plane == self.plane)
                .map(|a| a.n)
                .collect();
            sizes.dedup();
            for n in sizes {
                let mut cells = Vec::new();
                if by_nodes {
                    cells.push(section.slots.map_or_else(|| "–".to_owned(), count));
                    cells.push(count(section.nodes));
                }
                cells.push(count(n));
                let find = |name: &str| {
                    let of_it = |a: &&Aggregate| a.n == n && a.strategy == name && a.control_plane == self.plane;
                    section.aggregates.iter().find(of_it)
                };
                cells.extend(self.strategies.iter().map(|name| makespan(find(name))));
                if has_speedup {
                    cells.push(factor(find(PARALLEL).and_then(|a| a.speedup)));
                }
                cells.extend(theories.iter().map(|(name, _)| span(find(name).and_then(|a| a.theory))));
                cells.push(
                    self.strategies
                        .iter()
                        .map(|name| operations(name, n))
                        .collect::<Vec<_>>()
                        .join("/"),
                );
                table.row(cells);
            }
        }
        for line in self.footers(of_plane(), has_speedup, &theories) {
            table.footer(line);
        }
        table
    }

    fn place(&self, submission: Submission) -> Option<usize> {
        let name = submission.to_string();
        self.strategies.iter().position(|s| *s == name)
    }

    /// What the columns mean.
    fn footers<'a>(
        &self,
        mut aggregates: impl Iterator<Item = &'a Aggregate>,
        has_speedup: bool,
        theories: &[(&str, &str)],
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let repeated = aggregates.find(|a| a.replications > 1);
        let mut makespans = "Under each strategy: its makespan".to_owned();
        if let Some(a) = repeated {
            makespans.push_str(&format!(
                ", the mean of {} ± half its {} confidence interval",
                plural(a.replications as u64, "replication"),
                percent(a.confidence)
            ));
        }
        if has_speedup {
            makespans.push_str("; speed-up: sequential ÷ parallel");
        }
        let formulas: Vec<&str> = theories.iter().map(|(_, formula)| *formula).collect();
        if !formulas.is_empty() {
            let words = if formulas.contains(&STAIRS) {
                " (d: run time of a Job, c: slots)"
            } else {
                ""
            };
            makespans.push_str(&format!(
                "; {}: theory without a control plane{words}",
                formulas.join(" and ")
            ));
        }
        lines.push(makespans + ".");
        lines.push(format!(
            "Operations: how often the client submits and then waits, {}.",
            self.strategies.join("/")
        ));
        lines
    }
}

const PARALLEL: &str = "parallel";
const STAIRS: &str = "⌈n/c⌉·d";
/// Strategies with a closed form that has a column, and that form.
const THEORIES: [(&str, &str); 2] = [("sequential", "n·d"), (PARALLEL, STAIRS)];

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
            format!("{} of {} unfinished", a.unfinished, a.replications)
        } else {
            "unfinished".to_owned()
        };
    };
    let mean = duration_of_secs(makespan.mean);
    match half_width(&makespan) {
        Some(half) => format!("{mean} ± {}", duration_of_secs(half)),
        None => mean,
    }
}

/// Half of the interval, if it is worth a word.
fn half_width(estimate: &Estimate) -> Option<f64> {
    let half = estimate.interval?.half_width();
    (half > 1e-6 * estimate.mean.abs()).then_some(half)
}

fn factor(speedup: Option<Estimate>) -> String {
    let Some(speedup) = speedup else {
        return "–".to_owned();
    };
    let mean = format!("{}×", significant(speedup.mean, 3));
    match half_width(&speedup) {
        Some(half) => format!("{mean} ± {}", significant(half, 2)),
        None => mean,
    }
}
