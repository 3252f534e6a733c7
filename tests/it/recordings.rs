//! Recordings of real Kubernetes 1.36.2 (`tests/recordings`), replayed and checked. What does not agree stands in the list of
//! known gaps with its reason; anything else that does not agree fails here, and so does a gap that has closed.
//! `docs/validation.md` is made here.

mod document;

mod gaps;

use std::path::{Path, PathBuf};

use makespan::experiment::recording::Recording;
use makespan::experiment::recording::check::Validation;
use makespan::experiment::recording::validate::validate;

use gaps::GAPS;

/// One reason why checks of some recordings do not hold.
struct Gap {
    /// Recordings, with `*` for any text.
    recordings: &'static [&'static str],
    /// The checks, with `*` for any text.
    checks: &'static [&'static str],
    /// Why.
    reason: &'static str,
}

impl Gap {
    fn covers(&self, recording: &str, what: &str) -> bool {
        let matches = |patterns: &[&str], text: &str| patterns.iter().any(|pattern| is_like(pattern, text));
        matches(self.recordings, recording) && matches(self.checks, what)
    }
}

/// Whether `text` is `pattern`, whose `*` stand for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => {
            let Some(text) = text.strip_prefix(head) else {
                return false;
            };
            let mut starts = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
            starts.any(|at| is_like(rest, &text[at..]))
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// Every recording that is there, by name.
fn recordings() -> Vec<Recording> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: &PathBuf| match Recording::read(folder) {
        Ok(recording) => recording,
        Err(problems) => panic!("{}: {problems:?}", folder.display()),
    };
    folders.iter().map(read).collect()
}

/// What does not agree and no gap explains, and gaps that explain nothing.
fn findings(validations: &[Validation], gaps: &[Gap]) -> Vec<String> {
    let mut used = vec![false; gaps.len()];
    let mut findings = Vec::new();
    for validation in validations {
        for check in validation.failures() {
            match gaps.iter().position(|gap| gap.covers(&validation.name, &check.what)) {
                Some(gap) => used[gap] = true,
                None => findings.push(format!(
                    "{}: {}: {} recorded, {} simulated ({})",
                    validation.name,
                    check.what,
                    check.real.text(),
                    check.simulated.text(),
                    check.tolerance
                )),
            }
        }
    }
    let closed = gaps.iter().zip(used).filter(|(_, used)| !used);
    findings.extend(closed.map(|(gap, _)| format!("this gap has closed, take it off the list: {}", gap.reason)));
    findings
}

#[test]
fn replays_agree_with_their_recordings() {
    let validations = validate(&recordings());
    let findings = findings(&validations, GAPS);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    document::check(&validations, GAPS);
}

#[test]
fn a_difference_needs_a_gap_and_a_gap_a_difference() {
    use makespan::experiment::recording::check::{Check, Makespan};
    let checks = vec![Check::exact("Job/a: pods created", 3_usize, 2_usize)];
    let validation = [Validation::new("seq-10-r1".to_owned(), Makespan::default(), checks)];
    let gap = |recordings, checks| Gap {
        recordings,
        checks,
        reason: "because",
    };
    assert!(findings(&validation, &[gap(&["seq-*-r1"], &["*: pods created"])]).is_empty());
    assert_eq!(findings(&validation, &[]).len(), 1);
    assert_eq!(findings(&validation, &[gap(&["seq-*-r2"], &["*"])]).len(), 2);
    assert!(is_like("a*b*c", "a--b--b-c") && !is_like("a*b", "a-bc"));
}
