//! `makespan check --explain CODE`: a lesson as text.

use std::fmt::Write as _;

use crate::check::{Check, all};
use crate::kernel::text::suggest;

/// The lesson about a kind of problem, or which codes there are.
///
/// # Errors
/// A sentence, if there is no such code.
pub fn explain(code: &str) -> Result<String, String> {
    match super::find(code) {
        Some(check) => Ok(lesson(check)),
        None => Err(match suggest(code, all().map(|check| check.code)) {
            Some(near) => format!("there is no check {code:?}; did you mean {near:?}?"),
            None => format!("there is no check {code:?}; `makespan check --explain list` shows all"),
        }),
    }
}

fn lesson(check: &Check) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{} ({})\n\n{}\n\n{}",
        check.code,
        check.level.name(),
        wrapped(check.what),
        wrapped(check.why)
    );
    for (title, example) in [("Not like this:", check.bad), ("But like this:", check.good)] {
        if !example.is_empty() {
            let _ = writeln!(out, "\n{title}\n");
            for line in example.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    let _ = writeln!(out, "\nMore: {}", check.page);
    out
}

/// One line for each check: code, level, what it finds.
#[must_use]
pub fn table_of_codes() -> String {
    let width = all().map(|check| check.code.len()).max().unwrap_or(0);
    let lines = all().map(|check| format!("{:width$}  {:7}  {}\n", check.code, check.level.name(), check.what));
    lines.collect()
}

/// The text in lines of at most 100 characters.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 100;
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_shows_both_examples() {
        let text = explain("gpu-fraction").unwrap();
        assert!(text.starts_with("gpu-fraction (error)\n\nA part of a device"), "{text}");
        assert!(text.contains("Not like this:\n\n    apiVersion: batch/v1\n"), "{text}");
        assert!(text.contains("But like this:"), "{text}");
        assert!(text.ends_with("scheduling-gpus/\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    }

    #[test]
    fn a_code_that_is_not_there_is_told_with_the_nearest() {
        assert_eq!(
            explain("gpu-fractions").unwrap_err(),
            "there is no check \"gpu-fractions\"; did you mean \"gpu-fraction\"?"
        );
        assert!(explain("").unwrap_err().contains("--explain list"));
    }
}
