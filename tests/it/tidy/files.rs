//! Rules about files: their length, their headings, and what must not stand in them.

use super::code::{code_only, line_of, places_of};
use super::{Source, expect_none, library, made_up, sources};

/// Longest file without a reason.
const LONGEST: usize = 500;

/// Files that may be longer, each with the reason why splitting would make it worse.
const LONG_FILES: &[(&str, &str)] = &[];

fn files_are_short(sources: &[Source], exceptions: &[(&str, &str)]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        let exception = exceptions.iter().find(|(path, _)| *path == source.path);
        match exception {
            None if lines > LONGEST => findings.push(source.finding(
                lines,
                &format!("the file has {lines} lines, over {LONGEST}; split it where its subjects part"),
            )),
            Some(_) if lines <= LONGEST => findings.push(source.finding(
                lines,
                &format!("the file has only {lines} lines; take it off the list of long files"),
            )),
            Some((_, reason)) if reason.trim().is_empty() => {
                findings.push(source.finding(lines, "the list of long files gives no reason; write it"));
            }
            None | Some(_) => {}
        }
    }
    for (path, _) in exceptions {
        if !sources.iter().any(|source| source.path == *path) {
            findings.push(format!(
                "{path}:1: a file of the list of long files is gone; take it off the list"
            ));
        }
    }
    findings
}

#[test]
fn no_file_is_long_without_a_reason() {
    expect_none(&files_are_short(&library(), LONG_FILES));
}

#[test]
fn a_long_file_is_found_and_so_is_an_idle_exception() {
    let long = made_up("src/a.rs", &"x\n".repeat(501));
    let short = made_up("src/a.rs", &"x\n".repeat(500));
    assert_eq!(
        files_are_short(&long, &[]),
        ["src/a.rs:501: the file has 501 lines, over 500; split it where its subjects part"]
    );
    assert!(files_are_short(&short, &[]).is_empty());
    assert!(files_are_short(&long, &[("src/a.rs", "one table")]).is_empty());
    assert_eq!(files_are_short(&long, &[("src/a.rs", " ")]).len(), 1);
    assert_eq!(files_are_short(&short, &[("src/a.rs", "one table")]).len(), 1);
    assert_eq!(files_are_short(&short, &[("src/b.rs", "one table")]).len(), 1);
}

/// The folders that hold `sources`, each with the file that is its module: `src/a` has `src/a/mod.rs` or `src/a.rs`.
fn folder_modules_are_described(sources: &[Source]) -> Vec<String> {
    let mut folders: Vec<&str> = sources
        .iter()
        .filter_map(|source| source.path.rsplit_once('/').map(|(folder, _)| folder))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let mut findings = Vec::new();
    for folder in folders {
        let homes = if folder == "src" {
            ["src/lib.rs".to_owned(), "src/main.rs".to_owned()]
        } else {
            [format!("{folder}/mod.rs"), format!("{folder}.rs")]
        };
        let mut found = sources.iter().filter(|source| homes.contains(&source.path)).peekable();
        if found.peek().is_none() {
            findings.push(format!("{folder}:1: the folder has no module file; add {}", homes[0]));
        }
        for source in found {
            if !source.text.trim_start().starts_with("//! ") {
                findings.push(source.finding(
                    1,
                    "a folder's module opens with `//! ` and what the folder is for; write it",
                ));
            }
        }
    }
    findings
}

#[test]
fn every_folder_says_what_it_is_for() {
    expect_none(&folder_modules_are_described(&library()));
}

#[test]
fn a_folder_without_a_description_is_found() {
    let bare = made_up("src/a/mod.rs", "use std::fmt;\n");
    assert_eq!(
        folder_modules_are_described(&bare),
        ["src/a/mod.rs:1: a folder's module opens with `//! ` and what the folder is for; write it"]
    );
    let headless = made_up("src/a/b.rs", "//! Something.\n");
    assert_eq!(
        folder_modules_are_described(&headless),
        ["src/a:1: the folder has no module file; add src/a/mod.rs"]
    );
    assert!(folder_modules_are_described(&made_up("src/a/mod.rs", "//! What a is.\n")).is_empty());
}

/// Beginnings of paths that exist on somebody's machine only. In pieces, so that the rule does not find itself.
const MACHINE_PATHS: [&str; 6] = [
    concat!("/", "home/"),
    concat!("/", "Users/"),
    concat!("/", "root/"),
    concat!("/", "work/"),
    concat!("/", "tmp/"),
    concat!("C:", "\\"),
];

fn no_machine_paths(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        for start in MACHINE_PATHS {
            for (position, _) in source.text.match_indices(start) {
                let before = source.text[..position].chars().next_back();
                if before.is_none_or(|letter| letter.is_whitespace() || "\"'`([{<>=,:|".contains(letter)) {
                    let what = format!(
                        "`{start}…` is a path of one machine; name it relative to the repository or take it as an argument"
                    );
                    findings.push(source.finding(line_of(&source.text, position), &what));
                }
            }
        }
    }
    findings
}

#[test]
fn nothing_names_a_path_of_one_machine() {
    let mut all = library();
    for folder in [
        "tests",
        "benches",
        "docs",
        "scenarios",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
    ] {
        all.extend(sources(folder, &[".rs", ".md", ".toml"]));
    }
    all.extend(sources("scenarios", &[".yaml", ".yml"]));
    all.extend(sources("Cargo.toml", &["Cargo.toml"]));
    all.extend(sources(".ci", &[""]));
    expect_none(&no_machine_paths(&all));
}

#[test]
fn a_path_of_one_machine_is_found() {
    for start in MACHINE_PATHS {
        for text in [
            format!("a\nread(\"{start}x\")"),
            format!("a\n{start}x"),
            format!("a\nfile={start}x"),
        ] {
            let findings = no_machine_paths(&made_up("docs/a.md", &text));
            assert_eq!(findings.len(), 1, "{text}");
            assert!(findings[0].starts_with("docs/a.md:2: `"), "{findings:?}");
        }
        let elsewhere = format!("https://example.org{start}x and ..{start}x and target{start}x");
        if start.starts_with('/') {
            assert!(
                no_machine_paths(&made_up("docs/a.md", &elsewhere)).is_empty(),
                "{elsewhere}"
            );
        }
    }
}

/// Macros that write to the terminal.
const PRINTING: [&str; 5] = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];

fn only_the_commands_print(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("src/cli/")) {
        let code = code_only(&source.text);
        for name in PRINTING {
            for position in places_of(&code, name) {
                let what =
                    format!("`{name}` outside src/cli; return the text, or write to a `Write` that is passed in");
                findings.push(source.finding(line_of(&code, position), &what));
            }
        }
    }
    findings
}

#[test]
fn the_library_prints_nothing() {
    expect_none(&only_the_commands_print(&library()));
}

#[test]
fn a_print_is_found() {
    let text = "// println!\n\"println!\";\nprintln!(\"x\");\nstd::eprint!(\"y\");\nmy_print!();\n";
    assert_eq!(
        only_the_commands_print(&made_up("src/report/table.rs", text)),
        [
            "src/report/table.rs:3: `println!` outside src/cli; return the text, or write to a `Write` that is passed in",
            "src/report/table.rs:4: `eprint!` outside src/cli; return the text, or write to a `Write` that is passed in",
        ]
    );
    assert!(only_the_commands_print(&made_up("src/cli/run.rs", text)).is_empty());
}
