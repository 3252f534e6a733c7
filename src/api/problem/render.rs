//! Problems as a person reads them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::api::value::{Place, Source};

use super::{Problem, Problems, Severity};

/// Characters of a source line that are shown.
const SHOWN: usize = 110;
/// Further places of the same problem that are named.
const NAMED: usize = 3;

/// All problems as text, in the order of the sources and of the places in them: for each one
/// `error: file:line:column: path: message`, the line of the source with a mark under the place, and a hint. Problems that
/// differ in nothing but their place are told once, with the other places. Ends with a line feed unless there are none.
#[must_use]
pub fn render(problems: &Problems) -> String {
    let mut texts = Texts::default();
    for problem in problems.list() {
        if let Some(source) = &problem.source {
            texts.add(source);
        }
    }
    let mut sorted: Vec<(usize, &Problem)> = problems.list().iter().map(|p| (texts.position(p), p)).collect();
    sorted.sort_by_key(|(position, p)| (*position, p.place, p.severity));
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for (_, problem) in sorted {
        let likeness = (problem.severity, &problem.path, &problem.message, &problem.hint);
        let next = groups.len();
        match *known.entry(likeness).or_insert(next) {
            position if position < next => groups[position].add(problem),
            _ => groups.push(Group {
                first: problem,
                others: Vec::new(),
            }),
        }
    }
    let mut out = String::new();
    for group in &groups {
        // Writing to a string cannot fail.
        let _ = group.write(&texts, &mut out);
    }
    out
}

/// Problems that differ in their place only.
struct Group<'a> {
    first: &'a Problem,
    others: Vec<&'a Problem>,
}

fn same_source(a: &Problem, b: &Problem) -> bool {
    match (&a.source, &b.source) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, other: &'a Problem) {
        let last = self.others.last().copied().unwrap_or(self.first);
        // The very same place again, as an alias gives it.
        if !(last.place == other.place && same_source(last, other)) {
            self.others.push(other);
        }
    }

    fn write(&self, texts: &Texts<'_>, out: &mut String) -> std::fmt::Result {
        let problem = self.first;
        out.write_str(match problem.severity {
            Severity::Error => "error",
            Severity::Absent => "skipped",
            Severity::Warning => "warning",
            Severity::Note => "note",
        })?;
        // In a run the severity may differ from that of the check.
        if !problem.code.is_empty() {
            write!(out, "[{}]", problem.code)?;
        }
        out.write_str(": ")?;
        let place = place_of(problem);
        if !place.is_empty() {
            write!(out, "{place}: ")?;
        }
        if !problem.path.is_empty() {
            write!(out, "{}: ", problem.path)?;
        }
        writeln!(out, "{}", indent(&problem.message))?;
        if let Some(line) = texts.line(problem) {
            write_line(line, problem.place, out)?;
        }
        if let Some(hint) = &problem.hint {
            writeln!(out, "  hint: {}", indent(hint))?;
        }
        if !self.others.is_empty() {
            let named: Vec<String> = self.others.iter().take(NAMED).map(|p| place_of(p)).collect();
            let more = if self.others.len() > NAMED { ", …" } else { "" };
            let (count, named) = (self.others.len(), named.join(", "));
            writeln!(out, "  and {count} more like this: {named}{more}")?;
        }
        Ok(())
    }
}

/// A message of several lines keeps its shape under the first.
fn indent(text: &str) -> String {
    text.trim_end().replace('\n', "\n    ")
}

fn place_of(problem: &Problem) -> String {
    let Some(source) = &problem.source else {
        return String::new();
    };
    match problem.place {
        Place { line: 0, .. } => source.name.clone(),
        Place { line, column: 0 } => format!("{}:{line}", source.name),
        Place { line, column } => format!("{}:{line}:{column}", source.name),
    }
}

/// The line with its number, and a mark under the column. A long line is shown around the column.
fn write_line(line: &str, place: Place, out: &mut String) -> std::fmt::Result {
    let column = (place.column as usize).saturating_sub(1);
    // A line of a hundred megabytes is possible: only what is near the column is looked at.
    let start = if column < SHOWN { 0 } else { column - SHOWN / 2 };
    let mut shown: String = line.chars().skip(start).take(SHOWN).map(printable).collect();
    let cut = if start > 0 { "…" } else { "" };
    let is_longer = line.chars().nth(start + SHOWN).is_some();
    shown.truncate(shown.trim_end().len());
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    writeln!(out, "  {number} | {cut}{shown}{}", if is_longer { "…" } else { "" })?;
    if place.column > 0 {
        let before = " ".repeat(column - start + cut.chars().count());
        writeln!(out, "  {margin} | {before}^")?;
    }
    Ok(())
}

/// A tab or another control character would move the mark, or worse.
fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

/// The sources in order of appearance, each with the byte positions of its lines.
#[derive(Default)]
struct Texts<'a> {
    list: Vec<(&'a Arc<Source>, Vec<usize>)>,
}

impl<'a> Texts<'a> {
    fn find(&self, source: &Arc<Source>) -> Option<usize> {
        self.list.iter().position(|(known, _)| Arc::ptr_eq(known, source))
    }

    fn add(&mut self, source: &'a Arc<Source>) {
        if self.find(source).is_none() {
            let breaks = source.text.match_indices('\n').map(|(at, _)| at + 1);
            let starts = std::iter::once(0).chain(breaks).collect();
            self.list.push((source, starts));
        }
    }

    /// The problem's source by order of appearance; those without one come first.
    fn position(&self, problem: &Problem) -> usize {
        let source = problem.source.as_ref();
        source.and_then(|s| self.find(s)).map_or(0, |i| i + 1)
    }

    /// The line the problem stands on.
    fn line(&self, problem: &Problem) -> Option<&'a str> {
        let (source, starts) = &self.list[self.find(problem.source.as_ref()?)?];
        let index = (problem.place.line as usize).checked_sub(1)?;
        let start = *starts.get(index)?;
        let end = starts.get(index + 1).map_or(source.text.len(), |next| next - 1);
        let line = source.text[start..end].trim_end_matches('\r');
        Some(if index == 0 {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, text: &str) -> Arc<Source> {
        Arc::new(Source {
            name: name.into(),
            text: text.into(),
        })
    }

    fn at(line: u32, column: u32) -> Place {
        Place { line, column }
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(render(&Problems::new()), "");
    }

    #[test]
    fn shows_place_line_and_hint_in_order() {
        let a = source("a.yaml", "kind: Job\nspec:\n\tparallelism: four\r\n");
        let b = source("b.yaml", "é: ü\n");
        let mut problems = Problems::new();
        problems.general_error("no runtime is given", Some("--runtime 5m".into()));
        problems.error(
            &a,
            at(3, 15),
            "spec.parallelism",
            "json: no",
            Some("a whole number".into()),
        );
        problems.warning(&b, at(1, 4), "é", "odd", None);
        problems.error(&a, at(1, 1), "", "first\nsecond", None);
        problems.error(&a, at(9, 9), "x", "beyond the end", None);
        problems.error(&a, Place::default(), "", "unreadable", None);
        insta::assert_snapshot!(render(&problems), @"
        error: no runtime is given
          hint: --runtime 5m
        error: a.yaml: unreadable
        error: a.yaml:1:1: first
            second
          1 | kind: Job
            | ^
        error: a.yaml:3:15: spec.parallelism: json: no
          3 |  parallelism: four
            |               ^
          hint: a whole number
        error: a.yaml:9:9: x: beyond the end
        warning: b.yaml:1:4: é: odd
          1 | é: ü
            |    ^
        ");
    }

    #[test]
    fn likes_are_told_once() {
        let a = source("a.yaml", "x\nx\nx\nx\nx\nx\n");
        let mut problems = Problems::new();
        for line in [5, 1, 2, 3, 4, 4, 1] {
            problems.error(&a, at(line, 1), "spec.x", "unknown", None);
        }
        problems.warning(&a, at(2, 1), "spec.x", "unknown", None);
        insta::assert_snapshot!(render(&problems), @"
        error: a.yaml:1:1: spec.x: unknown
          1 | x
            | ^
          and 4 more like this: a.yaml:2:1, a.yaml:3:1, a.yaml:4:1, …
        warning: a.yaml:2:1: spec.x: unknown
          2 | x
            | ^
        ");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(300), "b".repeat(300));
        let a = source("a.json", &text);
        let mut problems = Problems::new();
        problems.error(&a, at(1, 301), "", "far", None);
        problems.error(&a, at(1, 3), "", "near", None);
        insta::assert_snapshot!(render(&problems), @"
        error: a.json:1:3: near
          1 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
            |   ^
        error: a.json:1:301: far
          1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaHEREbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
            |                                                         ^
        ");
    }
}
