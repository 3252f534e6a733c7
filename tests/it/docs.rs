//! The documents against the program: links lead somewhere, commands are understood and run, texts are read, tables are
//! complete.

mod commands;

mod links;

mod markdown;

mod tables;

use std::fs;
use std::path::Path;

/// All documents that people read, relative to the repository.
const DOCUMENTS: [&str; 11] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/checks.md",
    "docs/model.md",
    "docs/validation.md",
    "docs/recording-format.md",
    "benches/README.md",
    "results/README.md",
    "assets/fonts/README.md",
];

/// A file of the repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a document.
fn document(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails with all findings.
fn expect_none(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "documents and program disagree:\n{}",
        findings.join("\n")
    );
}
