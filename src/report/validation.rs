//! Validations as tables: one row a recording, one row a check.

use std::fmt::Write as _;

use crate::experiment::recording::check::Validation;
use crate::report::table::{Column, Table};

/// Longest text of a cell, in characters; only files for machines have the whole.
const LONGEST: usize = 120;
/// Most differences of one recording in a document for people.
const MOST_DIFFERENCES: usize = 6;

/// One row a recording: the makespan of both sides, its error, and how many checks hold.
#[must_use]
pub fn overview(validations: &[Validation]) -> Table {
    let mut table = Table::new(vec![
        Column::text("recording", "name"),
        Column::number("makespan, real", "s", "makespan_real_s"),
        Column::number("simulated", "s", "makespan_simulated_s"),
        Column::number("error", "%", "error_percent"),
        Column::number("checks that hold", "", "passed"),
        Column::text("", "ok"),
    ]);
    for validation in validations {
        let makespan = &validation.makespan_s;
        let seconds = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        table.row([
            validation.name.clone(),
            seconds(makespan.real),
            seconds(makespan.simulated),
            makespan
                .error_percent()
                .map_or_else(|| "–".to_owned(), |percent| signed(percent, 1)),
            format!("{} of {}", validation.passed(), validation.checks.len()),
            if validation.ok { "ok" } else { "differs" }.to_owned(),
        ]);
    }
    let good = validations.iter().filter(|validation| validation.ok).count();
    table.footer(format!(
        "{good} of {} recordings agree in everything.",
        validations.len()
    ));
    table
}

/// One row a check: all of them, or those that do not hold.
#[must_use]
pub fn checks(validations: &[Validation], all: bool) -> Table {
    let mut table = Table::new(vec![
        Column::text("recording", "name"),
        Column::text("what", "what"),
        Column::text("real", "real"),
        Column::text("simulated", "simulated"),
        Column::text("tolerance", "tolerance"),
        Column::text("ok", "ok"),
    ]);
    for validation in validations {
        for check in validation.checks.iter().filter(|check| all || !check.ok) {
            table.row([
                validation.name.clone(),
                check.what.clone(),
                check.real.text(),
                check.simulated.text(),
                check.tolerance.clone(),
                if check.ok { "yes" } else { "no" }.to_owned(),
            ]);
        }
    }
    table
}

/// The first table in Markdown, and the first few differences of each recording with long texts cut.
#[must_use]
pub fn markdown(validations: &[Validation]) -> String {
    let mut text = overview(validations).markdown();
    if validations.iter().all(|validation| validation.ok) {
        return text;
    }
    text.push_str("\nWhat differs:\n\n| recording | what | real | simulated | tolerance |\n|---|---|---|---|---|\n");
    for validation in validations {
        for check in validation.failures().take(MOST_DIFFERENCES) {
            let (real, simulated) = (check.real.text(), check.simulated.text());
            let cells = [&validation.name, &check.what, &real, &simulated, &check.tolerance];
            let cells: Vec<String> = cells.map(|cell| shortened(cell).replace('|', "\\|")).to_vec();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        let more = validation.failures().count().saturating_sub(MOST_DIFFERENCES);
        if more > 0 {
            let _ = writeln!(text, "| {} | {more} more | | | |", validation.name);
        }
    }
    text
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    start + "…"
}

/// With its sign, and no sign before a zero.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    let is_zero = !text.contains(|letter: char| ('1'..='9').contains(&letter));
    if is_zero { text[1..].to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::recording::check::{Check, Makespan};

    fn validation() -> Validation {
        let checks = vec![
            Check::exact("pods", 3_usize, 3_usize),
            Check::exact("reason", "a".repeat(200), "b".to_owned()),
        ];
        let makespan = Makespan {
            real: Some(65.86),
            simulated: Some(64.0),
        };
        Validation::new("seq-10".to_owned(), makespan, checks)
    }

    #[test]
    fn one_row_a_recording_and_one_row_a_check() {
        let csv = |table: Table| String::from_utf8(table.csv()).unwrap();
        insta::assert_snapshot!(csv(overview(&[validation()])), @r"
        name,makespan_real_s,makespan_simulated_s,error_percent,passed,ok
        seq-10,65.86,64.00,-2.8,1 of 2,differs
        ");
        assert_eq!(checks(&[validation()], true).rows().len(), 2);
        assert_eq!(checks(&[validation()], false).rows().len(), 1);
        assert!(markdown(&[validation()]).contains(&format!("{}…", "a".repeat(LONGEST))));
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(
            [signed(-0.01, 1), signed(0.04, 1), signed(-1.25, 1)],
            ["0.0", "0.0", "-1.2"]
        );
    }
}
