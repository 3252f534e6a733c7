//! Whatever text is given, the check ends and says where: seeds are all examples of the lessons and all recorded mistakes,
//! cut, spliced and garbled.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::check::{all, csv, findings, json, sarif, table};
use makespan::scenario::checked::check;
use makespan::scenario::load::Flags;
use proptest::prelude::*;

/// Texts to begin with.
fn seeds() -> &'static [String] {
    static SEEDS: OnceLock<Vec<String>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let examples = all().flat_map(|check| [check.bad, check.good]);
        let mut seeds: Vec<String> = examples.filter(|text| !text.is_empty()).map(str::to_owned).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mistakes/cases");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        seeds.extend(files.iter().map(|file| std::fs::read_to_string(file).unwrap()));
        seeds
    })
}

/// Pieces that make trouble where they stand.
const PIECES: [&str; 24] = [
    "",
    " ",
    "\n",
    "\t",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "&a ",
    "*a",
    "<<: *a",
    "---\n",
    "null",
    "~",
    "-1",
    "1e400",
    "9223372036854775808",
    "\u{0}",
    "é\u{feff}",
    "!!binary x",
];

/// A garbled text: lines taken out, doubled, put elsewhere or indented, and pieces put somewhere.
fn garbled() -> impl Strategy<Value = String> {
    let edit = (
        0..6_u8,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..PIECES.len(),
    );
    (any::<prop::sample::Index>(), prop::collection::vec(edit, 0..6)).prop_map(|(seed, edits)| {
        let mut lines: Vec<String> = seed.get(seeds()).lines().map(str::to_owned).collect();
        for (kind, from, to, piece) in edits {
            if lines.is_empty() {
                break;
            }
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            match kind {
                0 => drop(lines.remove(from)),
                1 => lines.insert(to, lines[from].clone()),
                2 => lines.swap(from, to),
                3 => lines[from].insert_str(0, "  "),
                4 => {
                    let (letters, at) = (lines[from].chars().count(), to * 7);
                    let at = lines[from]
                        .char_indices()
                        .nth(at % letters.max(1))
                        .map_or(0, |(at, _)| at);
                    lines[from].insert_str(at, PIECES[piece]);
                }
                _ => {
                    let value = lines[from].find(": ").map(|at| at + 2);
                    if let Some(at) = value {
                        lines[from].replace_range(at.., PIECES[piece]);
                    }
                }
            }
        }
        lines.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_checked_to_its_end(text in garbled()) {
        let lines = text.split('\n').count() as u32;
        let source = Arc::new(Source { name: "a.yaml".to_owned(), text });
        let mut problems = Problems::new();
        let objects = check(&[source], &Flags::default(), &mut problems);
        let findings = findings(&problems);
        for finding in &findings {
            prop_assert!(finding.problem.place.line <= lines.max(1), "{finding:?}");
            prop_assert!(!finding.problem.message.is_empty());
        }
        // Nothing that is written of them fails, whatever stands in the texts.
        prop_assert!(!table(&findings, objects).is_empty());
        let written: serde_json::Value = serde_json::from_str(&json(&findings, objects)).unwrap();
        prop_assert_eq!(written["findings"].as_array().unwrap().len(), findings.len());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&sarif(&findings, "1")).is_ok());
        prop_assert!(csv(&findings).unwrap().lines().count() > findings.len());
    }
}
