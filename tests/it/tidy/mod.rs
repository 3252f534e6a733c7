//! House rules: what the compiler and clippy do not check. Each rule says where, what, and what to do; each has a test that
//! it can fail.

use std::fs;
use std::path::Path;

mod code;

mod files;

mod layers;

/// A text file of the repository.
struct Source {
    /// Relative to the repository, with `/` between the parts.
    path: String,
    text: String,
}

impl Source {
    /// What a rule has to say about a line (counted from 1) of this file.
    fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The files below `folder` (or the file itself) whose names end in one of `endings`, in the order of their paths.
fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        folder,
        endings,
        &mut found,
    );
    found
}

fn collect(place: &Path, name: &str, endings: &[&str], found: &mut Vec<Source>) {
    if place.is_file() {
        if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = fs::read_to_string(place).unwrap_or_else(|error| panic!("{name}: {error}"));
            found.push(Source {
                path: name.to_owned(),
                text,
            });
        }
        return;
    }
    // A folder that a checkout does not have (yet) holds nothing to complain about.
    let Ok(entries) = fs::read_dir(place) else { return };
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("a readable folder")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    for entry in names {
        collect(&place.join(&entry), &format!("{name}/{entry}"), endings, found);
    }
}

/// The Rust files of the library and the program.
fn library() -> Vec<Source> {
    let found = sources("src", &[".rs"]);
    assert!(found.len() > 10, "the rules found only {} files in src", found.len());
    found
}

/// A made-up file, to see a rule fail.
fn made_up(path: &str, text: &str) -> Vec<Source> {
    vec![Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }]
}

/// Fails with all findings.
fn expect_none(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "house rules (CONTRIBUTING.md) are broken:\n{}",
        findings.join("\n")
    );
}
