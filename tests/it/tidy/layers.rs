//! Imports point one way: each layer may use only the layers named here.

use super::code::{code_only, line_of, places_of};
use super::{Source, expect_none, library, made_up};

/// Every top-level module, and which others it may use. Keep ARCHITECTURE.md and src/lib.rs in step.
const LAYERS: [(&str, &[&str]); 11] = [
    ("kernel", &[]),
    ("cluster", &["kernel"]),
    ("workload", &["kernel", "cluster"]),
    ("control", &["kernel", "cluster", "workload"]),
    ("api", &["kernel", "cluster", "workload"]),
    ("check", &["kernel", "cluster", "workload", "api"]),
    (
        "scenario",
        &["kernel", "cluster", "workload", "control", "api", "check"],
    ),
    ("observe", &["kernel", "cluster", "workload", "control"]),
    (
        "experiment",
        &["kernel", "cluster", "workload", "control", "api", "scenario", "observe"],
    ),
    ("report", &["kernel", "cluster", "observe", "experiment"]),
    (
        "cli",
        &[
            "kernel",
            "cluster",
            "workload",
            "control",
            "api",
            "check",
            "scenario",
            "observe",
            "experiment",
            "report",
        ],
    ),
];

/// The module that a file of src belongs to, as its path from the crate's root: `src/a/b.rs` and `src/a/b/mod.rs` are [a, b].
fn module_of(path: &str) -> Vec<&str> {
    let inner = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    let mut parts: Vec<&str> = inner.split('/').collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(last)) {
        parts.pop();
    }
    parts
}

/// The names that follow a path's `::`, the heads of a group in braces one by one: `{a::b, c}` gives a and c.
fn heads(after: &str) -> Vec<&str> {
    let name = |text: &str| {
        let end = text
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(text.len());
        if end == 0 {
            text.chars().next().map_or(0, char::len_utf8)
        } else {
            end
        }
    };
    let after = after.trim_start();
    let Some(group) = after.strip_prefix('{') else {
        return vec![&after[..name(after)]];
    };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = group[start..at].trim();
                if !item.is_empty() {
                    found.push(&item[..name(item)]);
                }
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// Every use of a top-level module in `code`, which stands at `depth` modules below the root: (position, name).
fn uses(code: &str, depth: usize) -> Vec<(usize, &str)> {
    let mut found: Vec<(usize, &str)> = Vec::new();
    for position in places_of(code, "crate::") {
        // `$crate::` in a macro is the same crate; `pub(in crate::x)` names the own module.
        found.extend(
            heads(&code[position + "crate::".len()..])
                .into_iter()
                .map(|head| (position, head)),
        );
    }
    for position in places_of(code, "super::") {
        if code[..position].ends_with("super::") {
            continue; // The middle of a chain that was followed from its beginning.
        }
        let mut rest = &code[position..];
        let mut steps = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            steps += 1;
        }
        if steps >= depth {
            // Within an inline module one step less leads out, so only names of layers count here.
            let is_layer = |head: &&str| LAYERS.iter().any(|(layer, _)| layer == head);
            found.extend(heads(rest).into_iter().filter(is_layer).map(|head| (position, head)));
        }
    }
    found
}

fn imports_point_down(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        let module = module_of(&source.path);
        let Some(&layer) = module.first() else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            let what = format!("the layer `{layer}` is unknown; say in tests/it/tidy/layers.rs what it may use");
            findings.push(source.finding(1, &what));
            continue;
        };
        let code = code_only(&source.text);
        for (position, used) in uses(&code, module.len()) {
            if used == layer || allowed.contains(&used) {
                continue;
            }
            let what = if LAYERS.iter().any(|(name, _)| *name == used) {
                format!(
                    "`{layer}` uses `{used}`, which stands above it; move the shared part down, or pass it in \
                     ({layer} may use: {})",
                    if allowed.is_empty() {
                        "nothing".to_owned()
                    } else {
                        allowed.join(", ")
                    }
                )
            } else {
                format!("`crate::{used}` hides its layer; write the path through the layer's module")
            };
            findings.push(source.finding(line_of(&code, position), &what));
        }
    }
    findings
}

#[test]
fn the_imports_of_the_library_point_down() {
    expect_none(&imports_point_down(&library()));
}

#[test]
fn an_import_that_points_up_is_found() {
    for (path, text) in [
        ("src/kernel/time.rs", "\nuse crate::cluster::Pod;"),
        ("src/kernel/time.rs", "\nlet pod: crate::cluster::Pod;"),
        (
            "src/workload/mod.rs",
            "\nuse crate::{kernel::SimTime, control::Simulation};",
        ),
        (
            "src/cluster/spec/pod.rs",
            "use crate::{\n    api::{value::A, problem::B},\n    kernel::SimTime,\n};",
        ),
        ("src/report/csv.rs", "\nuse crate::scenario::Scenario;"),
        (
            "src/observe/deep/rows.rs",
            "\nuse super::super::super::experiment::Run;",
        ),
        ("src/control/mod.rs", "\nuse super::api::Value;"),
        ("src/control/mod.rs", "\nuse crate::*;"),
        ("src/novelty/mod.rs", "\n"),
    ] {
        let findings = imports_point_down(&made_up(path, text));
        assert_eq!(findings.len(), 1, "{path}: {text}: {findings:?}");
        assert!(findings[0].starts_with(&format!("{path}:")), "{findings:?}");
    }
    let finding = imports_point_down(&made_up("src/kernel/time.rs", "\nuse crate::cluster::Pod;")).remove(0);
    assert_eq!(
        finding,
        "src/kernel/time.rs:2: `kernel` uses `cluster`, which stands above it; move the shared part down, or pass it in \
         (kernel may use: nothing)"
    );
}

#[test]
fn imports_that_point_down_or_stay_are_let_through() {
    for (path, text) in [
        (
            "src/kernel/calendar/wheel.rs",
            "use crate::kernel::SimTime; use super::super::time::SimTime;",
        ),
        (
            "src/cluster/spec/pod.rs",
            "// see crate::control\nconst X: &str = \"crate::cli\"; use crate::kernel::{SimTime, time};",
        ),
        (
            "src/experiment/mod.rs",
            "use crate::{scenario::{Scenario, build}, observe};",
        ),
        (
            "src/cli/run.rs",
            "use crate::report::{csv, chart}; mod tests { use super::*; }",
        ),
        ("src/lib.rs", "pub mod kernel; pub use crate::kernel::SimTime;"),
    ] {
        assert_eq!(imports_point_down(&made_up(path, text)), [""; 0], "{path}: {text}");
    }
}
