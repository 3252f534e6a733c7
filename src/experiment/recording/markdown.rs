//! Comparisons as Markdown tables.

use std::fmt::Write as _;

use super::compare::{Comparison, Pair};

/// A comparison with what its row says besides.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The comparison.
    pub comparison: Comparison,
    /// The makespan in seconds with Jobs arriving as the API showed them, if the recording tells.
    pub as_seen: Option<f64>,
    /// The makespans in seconds over other latencies.
    pub range: Option<(f64, f64)>,
    /// What was recorded, in a few words.
    pub what: String,
    /// Whether everything that is checked holds, or what does not.
    pub verdict: String,
}

/// One row a recording: makespans, their error, and whether all checks hold.
#[must_use]
pub fn makespans(entries: &[Entry]) -> String {
    let mut out = String::from(
        "| recording | what | makespan, real (s) | simulated (s) | error | as seen (s) | other latencies (s) | checks |\n\
         |---|---|--:|--:|--:|--:|--:|---|\n",
    );
    for entry in entries {
        let pair = &entry.comparison.makespan;
        let error = pair
            .error_percent()
            .map_or_else(|| "–".to_owned(), |percent| format!("{} %", signed(percent, 1)));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {error} | {} | {} | {} |",
            entry.comparison.name,
            entry.what,
            number(pair.real),
            number(pair.simulated),
            number(entry.as_seen),
            entry
                .range
                .map_or_else(|| "–".to_owned(), |(least, most)| format!("{least:.2} to {most:.2}")),
            entry.verdict
        );
    }
    out
}

/// One row a recording: every other figure, real and simulated.
#[must_use]
pub fn figures(entries: &[Entry], columns: &[&str]) -> String {
    let mut out = String::from("| recording |");
    for column in columns {
        let _ = write!(out, " {column} |");
    }
    out.push_str("\n|---|");
    out.push_str(&"--:|".repeat(columns.len()));
    out.push('\n');
    for entry in entries {
        let _ = write!(out, "| {} |", entry.comparison.name);
        for column in columns {
            let pair = entry.comparison.figures.iter().find(|pair| pair.what == *column);
            let _ = write!(out, " {} |", pair.map_or_else(|| "–".to_owned(), both));
        }
        out.push('\n');
    }
    out
}

/// One row a moment.
#[must_use]
pub fn moments<'a>(entries: impl Iterator<Item = &'a Comparison>) -> String {
    let mut out = String::from("| recording | moment | real | simulated | error (s) |\n|---|---|--:|--:|--:|\n");
    for comparison in entries {
        for pair in &comparison.moments {
            let error = pair.error().map_or_else(|| "–".to_owned(), |error| signed(error, 2));
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {error} |",
                comparison.name,
                pair.what,
                number(pair.real),
                number(pair.simulated)
            );
        }
    }
    out
}

fn both(pair: &Pair) -> String {
    format!("{} / {}", number(pair.real), number(pair.simulated))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
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

    fn entry() -> Entry {
        let pair = |what: &str, real, simulated| Pair {
            what: what.to_owned(),
            real,
            simulated,
        };
        Entry {
            comparison: Comparison {
                name: "seq-10".to_owned(),
                makespan: pair("makespan (s)", Some(65.86), Some(64.0)),
                figures: vec![pair("wait p50 (s)", Some(0.5), Some(0.512))],
                moments: vec![pair("a: pod 1 created (s)", Some(0.5), None)],
                differences: Vec::new(),
            },
            as_seen: None,
            range: Some((63.5, 66.0)),
            what: "ten Jobs".to_owned(),
            verdict: "ok".to_owned(),
        }
    }

    #[test]
    fn tables_have_one_row_a_recording() {
        insta::assert_snapshot!(makespans(&[entry()]), @r"
        | recording | what | makespan, real (s) | simulated (s) | error | as seen (s) | other latencies (s) | checks |
        |---|---|--:|--:|--:|--:|--:|---|
        | seq-10 | ten Jobs | 65.86 | 64.00 | -2.8 % | – | 63.50 to 66.00 | ok |
        ");
        insta::assert_snapshot!(figures(&[entry()], &["wait p50 (s)", "wait p90 (s)"]), @r"
        | recording | wait p50 (s) | wait p90 (s) |
        |---|--:|--:|
        | seq-10 | 0.50 / 0.51 | – |
        ");
        insta::assert_snapshot!(moments([&entry().comparison].into_iter()), @r"
        | recording | moment | real | simulated | error (s) |
        |---|---|--:|--:|--:|
        | seq-10 | a: pod 1 created (s) | 0.50 | – | – |
        ");
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(
            [signed(-0.01, 1), signed(0.04, 1), signed(-1.25, 1)],
            ["0.0", "0.0", "-1.2"]
        );
    }
}
