//! `makespan check`: every lesson holds for its own examples, and docs/checks.md is made here.

use std::collections::BTreeSet;
use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::check::{Finder, Finding, Level, all, findings, markdown};
use makespan::scenario::checked::check;
use makespan::scenario::load::Flags;

fn found(text: &str) -> Vec<Finding> {
    let source = Arc::new(Source {
        name: "example.yaml".to_owned(),
        text: text.to_owned(),
    });
    let mut problems = Problems::new();
    check(&[source], &Flags::default(), &mut problems);
    findings(&problems)
}

fn told(findings: &[Finding]) -> String {
    let lines = findings
        .iter()
        .map(|f| format!("{}: {}: {}\n", f.check.code, f.problem.path, f.problem.message));
    lines.collect()
}

#[test]
fn bad_examples_have_their_problem_and_good_ones_have_none() {
    let mut wrong = String::new();
    for check in all() {
        let bad = found(check.bad);
        if !check.bad.is_empty() && !bad.iter().any(|finding| finding.check.code == check.code) {
            wrong.push_str(&format!(
                "{}: the bad example has not this problem, but\n{}",
                check.code,
                told(&bad)
            ));
        }
        let others = bad
            .iter()
            .filter(|finding| finding.check.code != check.code && finding.check.level < check.level);
        let others: Vec<Finding> = others.cloned().collect();
        if !others.is_empty() {
            wrong.push_str(&format!("{}: the bad example also has\n{}", check.code, told(&others)));
        }
        let mut good = found(check.good);
        good.retain(|finding| finding.check.level != Level::Note);
        if !check.good.is_empty() && !good.is_empty() {
            wrong.push_str(&format!("{}: the good example has\n{}", check.code, told(&good)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn codes_are_words_with_hyphens_and_stand_once() {
    let mut seen = BTreeSet::new();
    for check in all() {
        let is_word = !check.code.is_empty() && check.code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(is_word && seen.insert(check.code), "{}", check.code);
        assert!(check.what.ends_with('.') && check.why.ends_with('.'), "{}", check.code);
        assert_eq!(check.bad.is_empty(), check.good.is_empty(), "{}", check.code);
        assert!(
            check.page.starts_with("https://") || check.page.ends_with(".md"),
            "{}",
            check.code
        );
        assert!(check.bad.is_empty() || check.bad.ends_with('\n'), "{}", check.code);
        let is_lesson = !matches!(check.finder, Finder::Told(_));
        assert!(
            !is_lesson || !check.bad.is_empty(),
            "{}: a lesson has examples",
            check.code
        );
    }
}

#[test]
fn the_document_is_what_the_program_knows() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md");
    let text = markdown();
    if std::env::var_os("UPDATE_CHECKS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/checks.md is out of date; make it again by UPDATE_CHECKS=1 cargo test --test it checks"
    );
}
