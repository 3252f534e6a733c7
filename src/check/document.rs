//! docs/checks.md: all checks with their lessons.

use std::fmt::Write as _;

use crate::check::{Check, Finder, Level, all};

const HEAD: &str = "\
# Checks

What `makespan check` finds, by code. `makespan check --explain CODE` shows the same in a terminal. This file is made by
`UPDATE_CHECKS=1 cargo test --test it checks`; the same test fails if it is not what the program knows.

* **error**: the API server refuses the object, with this message; or makespan refuses its own input.
* **warning**: it is accepted, and it is probably not what was meant.
* **note**: it is accepted, and makespan does not simulate it.

";

/// The whole file.
#[must_use]
pub fn markdown() -> String {
    let mut out = HEAD.to_owned();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| code | level | what |\n| --- | --- | --- |");
    for check in all() {
        let _ = writeln!(
            out,
            "| [{0}](#{0}) | {1} | {2} |",
            check.code,
            check.level.name(),
            check.what
        );
    }
    let _ = writeln!(
        out,
        "\n## What the API server refuses, and what makespan says of its own input\n"
    );
    let told = |check: &&Check| matches!(check.finder, Finder::Told(_));
    for check in all().filter(told) {
        section(check, &mut out);
    }
    let _ = writeln!(out, "## What is accepted, and not what was meant\n");
    for check in all().filter(|check| !told(check)) {
        section(check, &mut out);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn section(check: &Check, out: &mut String) {
    let word = match check.level {
        Level::Error => "Error",
        Level::Warning => "Warning",
        Level::Note => "Note",
    };
    let page = if check.page.starts_with("https://") {
        format!("<{}>", check.page)
    } else {
        let name = check.page.rsplit('/').next().unwrap_or(check.page);
        let from_docs = check
            .page
            .strip_prefix("docs/")
            .map_or_else(|| format!("../{}", check.page), str::to_owned);
        format!("[{name}]({from_docs})")
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "### {}\n\n**{word}.** {} {}\n\nMore: {page}\n",
        check.code, check.what, check.why
    );
    for (title, example) in [("Not like this", check.bad), ("But like this", check.good)] {
        if !example.is_empty() {
            let _ = writeln!(out, "{title}:\n\n```yaml\n{example}```\n");
        }
    }
}
