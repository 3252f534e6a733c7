//! `makespan compare`: submission strategies over n, replications, control planes.

use std::sync::Arc;

use crate::api::problem::Problems;
use crate::cli::args::{Format, OutputArgs};
use crate::cli::invocation::Invocation;
use crate::cli::output::{Files, folder};
use crate::cli::ui::{self, Stop, Ui};
use crate::cli::{figures, threads};
use crate::experiment::compare::{Comparison, Progress, compare, runs};
use crate::experiment::rows::CompareRow;
use crate::experiment::table::write_csv;
use crate::report::figures as report;
use crate::scenario::{Compare, Scenario};

/// What every comparison answers.
const QUESTION: &str = "What if we submitted all of them at once?";

/// Does the comparison of `invocation`; returns the exit code.
pub fn execute(invocation: &Invocation, args: &OutputArgs, mut problems: Problems) -> Result<u8, Stop> {
    let ui = Ui::new(args);
    let scenario = invocation.scenario(&mut problems);
    let factors = invocation.factors(scenario.as_ref(), &mut problems);
    let scenario = ui.check(scenario, problems)?;
    let folder = folder(args, &scenario.name)?;

    let progress = Arc::new(Progress::default());
    ui::stop_on_interrupt(&progress);
    let comparison = threads(args, || {
        ui.with_progress(runs(&factors), &progress, || compare(&scenario, &factors, &progress))
    })?;

    if comparison.missing > 0 && comparison.rows.is_empty() {
        let message = "interrupted before any run finished; nothing was written".to_owned();
        return Err(Stop::Message(message, ui::INTERRUPTED));
    }
    let mut files = Files::new(folder)?;
    write_rows(&comparison, &mut files)?;
    if comparison.missing > 0 {
        return Err(interrupted(&comparison, &files));
    }
    let labels = figures::compare_labels(&scenario, &factors);
    let summary = report::summary::compare(&comparison, Some(QUESTION));
    files.write("summary.json", summary.as_bytes())?;
    if invocation.charts {
        let charts = report::compare::charts(&comparison, &labels);
        files.charts(&charts)?;
        files.charts(&figures::sample_charts(&scenario, &factors, &labels))?;
    }
    files.manifest(invocation)?;
    match args.format {
        Format::Table => Ui::out(&table(&comparison, &files))?,
        Format::Json => Ui::out(&summary)?,
        Format::Csv | Format::Sarif => Ui::out(&csv(&comparison.rows)?)?,
    }
    verdict(&comparison, &scenario, &factors)
}

fn csv(rows: &[CompareRow]) -> Result<String, Stop> {
    let mut bytes = Vec::new();
    write_csv(&mut bytes, rows)?;
    Ok(String::from_utf8(bytes).expect("CSV of text cells is text"))
}

fn write_rows(comparison: &Comparison, files: &mut Files) -> Result<(), Stop> {
    files.write("runs.csv", csv(&comparison.rows)?.as_bytes())?;
    let curves: Vec<_> = comparison
        .sections
        .iter()
        .flat_map(|section| section.curves.clone())
        .collect();
    let mut growth = Vec::new();
    write_csv(&mut growth, &curves)?;
    files.write("growth.csv", &growth)
}

fn interrupted(comparison: &Comparison, files: &Files) -> Stop {
    let (done, all) = (comparison.rows.len(), comparison.rows.len() + comparison.missing);
    Stop::Message(
        format!(
            "interrupted: {done} of {all} runs finished; their rows are in {}",
            files.place("runs.csv")
        ),
        ui::INTERRUPTED,
    )
}

fn table(comparison: &Comparison, files: &Files) -> String {
    format!(
        "{}\n{}\n",
        report::text::compare(comparison, &figures::paper()),
        files.list()
    )
}

/// 0 if all runs went to their end and kept the rules.
fn verdict(comparison: &Comparison, scenario: &Scenario, _: &Compare) -> Result<u8, Stop> {
    if let Some(first) = comparison.violations.first() {
        return Err(Stop::Message(
            format!(
                "{} rules of the model were broken, which is a bug; the first: {first}",
                comparison.violations.len()
            ),
            ui::CHECK_FAILED,
        ));
    }
    let unfinished = comparison.rows.iter().filter(|row| row.makespan.is_none()).count();
    if unfinished > 0 {
        return Err(Stop::Message(
            format!(
                "{unfinished} of {} runs of {} did not finish all Jobs; makespan run shows why",
                comparison.rows.len(),
                scenario.name
            ),
            ui::CHECK_FAILED,
        ));
    }
    Ok(ui::GOOD)
}
