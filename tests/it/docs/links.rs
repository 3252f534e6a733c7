//! Relative links and the files that documents name exist.

use super::markdown::{anchors, prose, spans};
use super::{DOCUMENTS, document, expect_none, repository};

/// Folders whose files the documents name in code spans. Of `results` only the README is kept.
const FOLDERS: [&str; 7] = ["src/", "tests/", "docs/", "scenarios/", "benches/", "assets/", ".ci/"];

/// The targets of the links and pictures of `text`.
fn targets(text: &str) -> Vec<String> {
    let text = prose(text);
    let after = text.split("](").skip(1);
    after
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.trim().to_owned())
        .collect()
}

/// `base` and `path` as one path from the repository's root, without `..`; `None` if it leads out.
fn joined(base: &str, path: &str) -> Option<String> {
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What is wrong with the links of `text`, the document `name`.
fn broken_links(name: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for target in targets(text) {
        if target.contains("://") {
            continue;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let file = if path.is_empty() {
            Some(name.to_owned())
        } else {
            joined(name, path)
        };
        let Some(file) = file.filter(|file| path.is_empty() || repository().join(file).exists()) else {
            findings.push(format!("{name}: the link {target} leads nowhere"));
            continue;
        };
        let there = if path.is_empty() {
            text.to_owned()
        } else if anchor.is_empty() {
            continue;
        } else {
            document(&file)
        };
        if !anchors(&there).iter().any(|known| known == anchor) {
            findings.push(format!("{name}: the link {target} names no heading of {file}"));
        }
    }
    findings
}

/// The files that `text` names in code spans and that do not exist.
fn missing_files(name: &str, text: &str) -> Vec<String> {
    let is_path = |span: &String| {
        FOLDERS.iter().any(|folder| span.starts_with(folder))
            && span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
    };
    let named = spans(&prose(text)).into_iter().filter(is_path);
    named
        .filter(|path| !repository().join(path).exists())
        .map(|path| format!("{name}: there is no {path}"))
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let findings = DOCUMENTS.map(|name| broken_links(name, &document(name)));
    expect_none(&findings.concat());
}

#[test]
fn named_files_exist() {
    let findings = DOCUMENTS.map(|name| missing_files(name, &document(name)));
    expect_none(&findings.concat());
}

#[test]
fn a_broken_link_is_found_and_so_is_a_missing_file() {
    let text = "# Here\n[a](#here) [b](#there) [c](../README.md) [d](nothing.md) [e](https://example.org/x) [f](../../x)\n\
        ![g](../docs/model.md#settings) [h](model.md#no-such-heading)\n";
    assert_eq!(
        broken_links("docs/x.md", text),
        [
            "docs/x.md: the link #there names no heading of docs/x.md",
            "docs/x.md: the link nothing.md leads nowhere",
            "docs/x.md: the link ../../x leads nowhere",
            "docs/x.md: the link model.md#no-such-heading names no heading of docs/model.md",
        ]
    );
    let text = "`src/lib.rs` `src/nothing.rs` `src/<name>.rs` `results/x.csv`\n```\n`src/other.rs`\n```\n";
    assert_eq!(
        missing_files("docs/x.md", text),
        ["docs/x.md: there is no src/nothing.rs"]
    );
}
