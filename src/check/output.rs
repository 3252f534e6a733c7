//! Findings for people, as JSON and as CSV.

use serde_json::json;

use crate::api::problem::{Problems, render};
use crate::check::{Finding, Level};

/// How many findings of a level there are.
fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.check.level == level).count()
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The findings with the lines they are about, and a sum.
#[must_use]
pub fn table(findings: &[Finding], objects: usize) -> String {
    let mut problems = Problems::new();
    for finding in findings {
        problems.push(finding.problem.clone());
    }
    let mut out = render(&problems);
    let objects = counted(objects, "object");
    if findings.is_empty() {
        out.push_str(&format!("{objects} checked, nothing found\n"));
        return out;
    }
    let parts = [Level::Error, Level::Warning, Level::Note].map(|level| counted(count(findings, level), level.name()));
    out.push_str(&format!("{objects} checked: {}\n", parts.join(", ")));
    if let Some(worst) = findings.iter().min_by_key(|finding| finding.check.level) {
        let code = worst.check.code;
        out.push_str(&format!(
            "`makespan check --explain {code}` tells more; any of the codes may stand there\n"
        ));
    }
    out
}

fn row(finding: &Finding) -> serde_json::Value {
    let problem = &finding.problem;
    json!({
        "code": finding.check.code,
        "severity": finding.check.level.name(),
        "file": problem.source.as_ref().map(|source| source.name.as_str()),
        "line": problem.place.line,
        "column": problem.place.column,
        "path": problem.path,
        "message": problem.message,
        "hint": problem.hint,
    })
}

/// One JSON object: the counts and the findings. Lines and columns count from 1; 0 is unknown.
#[must_use]
pub fn json(findings: &[Finding], objects: usize) -> String {
    let value = json!({
        "objects": objects,
        "errors": count(findings, Level::Error),
        "warnings": count(findings, Level::Warning),
        "notes": count(findings, Level::Note),
        "findings": findings.iter().map(row).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

/// One row for each finding.
///
/// # Errors
/// Those of the writer, which a text in memory does not have.
pub fn csv(findings: &[Finding]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["file", "line", "column", "severity", "code", "path", "message", "hint"])?;
    for finding in findings {
        let problem = &finding.problem;
        let [line, column] = [problem.place.line, problem.place.column].map(|number| number.to_string());
        writer.write_record([
            problem.source.as_ref().map_or("", |source| &source.name),
            &line,
            &column,
            finding.check.level.name(),
            finding.check.code,
            &problem.path,
            &problem.message,
            problem.hint.as_deref().unwrap_or(""),
        ])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
