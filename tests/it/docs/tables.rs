//! Tables and lists of the documents that repeat what the program knows.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::str::FromStr;

use clap::CommandFactory;
use makespan::cli::args::Cli;
use makespan::cluster::spec::Outcome;
use makespan::control::ControlPlane;
use makespan::experiment::table::Row;
use makespan::experiment::{CompareRow, CurveRow};
use makespan::kernel::SimDuration;
use makespan::kernel::random::distribution::Distribution;
use makespan::observe::{JobRow, PodRow};
use makespan::scenario::control_plane::{SETTINGS, set};
use makespan::workload::{Arrivals, Load, Strategy};

use makespan::report::figures::diff::DiffRow;
use makespan::report::figures::plan::PlanRow;
use makespan::report::figures::sweep;

use super::markdown::{prose, rows, section, spans};
use super::{document, expect_none};

/// The code spans in the first column of the tables below `heading` of README.md.
fn texts(heading: &str) -> Vec<String> {
    let readme = document("README.md");
    let rows = rows(section(&readme, heading));
    assert!(rows.len() > 1, "{heading}: no table");
    rows.iter().flat_map(|row| spans(&row[0])).collect()
}

/// Every text of the table below `heading` is read as a `T`.
fn all_are_read<T: FromStr>(heading: &str)
where
    T::Err: Debug,
{
    let wrong = |text: &String| text.parse::<T>().err().map(|error| format!("{text}: {error:?}"));
    expect_none(&texts(heading).iter().filter_map(wrong).collect::<Vec<_>>());
}

#[test]
fn texts_of_the_readme_are_read() {
    all_are_read::<Distribution>("### Run times");
    all_are_read::<Outcome>("### Outcomes");
    all_are_read::<Strategy>("### Submission");
    all_are_read::<Arrivals>("### Arrivals");
    all_are_read::<Load>("### Load");
    let readme = document("README.md");
    let before_tables = section(&readme, "## Texts").split("\n### ").next().unwrap_or_default();
    let durations = spans(before_tables);
    assert!(durations.len() > 3 && durations.iter().all(|text| text.parse::<SimDuration>().is_ok()));
}

#[test]
fn every_distribution_stands_in_the_readme() {
    let told = texts("### Run times").join(" ");
    for name in Distribution::names() {
        assert!(told.contains(&format!("{name}(")), "{name} is missing");
    }
}

/// The item of README.md that begins with `* `name``: the columns of that file.
fn columns_told(name: &str) -> BTreeSet<String> {
    let readme = document("README.md");
    let output = section(&readme, "## Output");
    let item = output
        .split("\n* ")
        .find(|item| item.starts_with(&format!("`{name}`")))
        .unwrap_or_else(|| panic!("no list of the columns of {name}"));
    let item = item.split("\n\n").next().unwrap_or_default();
    spans(item).into_iter().collect()
}

#[test]
fn every_column_stands_in_the_readme() {
    for (file, columns) in [
        ("runs.csv", CompareRow::COLUMNS),
        ("growth.csv", CurveRow::COLUMNS),
        ("plan.csv", PlanRow::COLUMNS),
        ("sweep.csv", &sweep::COLUMNS),
        ("sweep-runs.csv", &sweep::RUN_COLUMNS),
        ("diff.csv", DiffRow::COLUMNS),
        ("jobs.csv", &JobRow::COLUMNS),
        ("pods.csv", &PodRow::COLUMNS),
    ] {
        let told = columns_told(file);
        for column in columns {
            assert!(told.contains(*column), "{file}: {column} is missing");
        }
    }
}

/// All long flags of all commands.
fn flags() -> BTreeSet<String> {
    let program = Cli::command();
    let of = |command: &clap::Command| {
        let longs = command.get_arguments().filter_map(|argument| argument.get_long());
        longs.map(|long| format!("--{long}")).collect::<Vec<_>>()
    };
    let commands = program.get_subcommands().flat_map(of);
    commands.chain(of(&program)).collect()
}

#[test]
fn the_readme_names_every_flag_and_no_other() {
    let readme = document("README.md");
    let words: BTreeSet<&str> = readme
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect();
    let known = flags();
    // Those of cargo, and the rules of tables.
    let foreign = ["--release", "--locked", "--path"];
    let is_rule = |word: &str| word.chars().all(|c| c == '-');
    let unknown = words
        .iter()
        .filter(|word| !known.contains(**word) && !foreign.contains(word) && !is_rule(word));
    let untold = known
        .iter()
        .filter(|flag| !words.contains(flag.as_str()) && *flag != "--help");
    let findings: Vec<String> = unknown
        .map(|word| format!("README.md: {word} is no flag"))
        .chain(untold.map(|flag| format!("README.md: {flag} is missing")))
        .collect();
    expect_none(&findings);
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let help = Cli::command()
        .get_after_help()
        .expect("the help ends with them")
        .to_string();
    let readme = document("README.md");
    let codes: Vec<String> = rows(section(&readme, "### Exit codes"))
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    for code in &codes {
        assert!(help.contains(&format!(" {code} ")), "{code} is not in: {help}");
    }
    assert_eq!(codes.len(), help.split(';').count(), "{help}");
}

/// (name, value under `kubernetes`, value under `ideal`) of the table of docs/model.md.
fn settings_told(model: &str) -> Vec<(String, String, String)> {
    let rows = rows(section(model, "## Settings"));
    let told = rows.iter().map(|row| {
        let name = spans(&row[0]).concat();
        (name, row[1].clone(), row[2].clone())
    });
    told.collect()
}

/// What is wrong with the table of settings.
fn wrong_settings(told: &[(String, String, String)]) -> Vec<String> {
    let mut findings = Vec::new();
    for setting in SETTINGS {
        if !told.iter().any(|(name, ..)| name == setting.name) {
            findings.push(format!(
                "docs/model.md: add | `{}` | … | … | {} |",
                setting.name, setting.about
            ));
        }
    }
    for (name, kubernetes, ideal) in told {
        for (preset, value) in [(ControlPlane::kubernetes(), kubernetes), (ControlPlane::ideal(), ideal)] {
            let mut plane = preset.clone();
            match set(&mut plane, name, value) {
                Err(error) => findings.push(format!("docs/model.md: {error}")),
                Ok(()) if plane != preset => {
                    findings.push(format!("docs/model.md: {name} is not {value} with {}", preset.preset));
                }
                Ok(()) => {}
            }
        }
    }
    findings
}

#[test]
fn the_model_lists_every_setting_with_its_values() {
    expect_none(&wrong_settings(&settings_told(&document("docs/model.md"))));
}

#[test]
fn a_wrong_setting_is_found() {
    let mut told = settings_told(&document("docs/model.md"));
    assert_eq!(told.len(), SETTINGS.len(), "each setting once");
    told[0].1 = "7ms".to_owned();
    told[1].0 = "watchLatensy".to_owned();
    let findings = wrong_settings(&told);
    assert_eq!(findings.len(), 4, "{findings:?}");
    assert!(findings[0].contains("add | `watchLatency`"), "{findings:?}");
    assert!(
        findings[1].contains("apiLatency is not 7ms with kubernetes"),
        "{findings:?}"
    );
    assert!(findings[2].contains("did you mean \"watchLatency\""), "{findings:?}");
}

/// Every shipped scenario has its row.
#[test]
fn the_readme_lists_every_scenario() {
    let readme = prose(&document("README.md"));
    let list = section(&readme, "## Scenarios");
    let folder = super::repository().join("scenarios");
    let mut shipped = 0;
    for entry in std::fs::read_dir(folder).expect("scenarios is a folder") {
        let name = entry
            .expect("a readable folder")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(list.contains(&format!("(scenarios/{name})")), "{name} is missing");
        shipped += 1;
    }
    assert!(shipped > 0);
}

/// The files and folders directly below `src/<layer>` that `architecture` does not name in that layer's part of the code map.
fn unmapped(architecture: &str) -> Vec<String> {
    let map = section(architecture, "## Code map");
    let source = super::repository().join("src");
    let list = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).expect("a folder of the sources");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
        names.sort();
        names
    };
    let mut findings = Vec::new();
    for layer in list(&source).iter().filter(|path| path.is_dir()) {
        let name = layer.file_name().expect("a name").to_string_lossy();
        let part = section(map, &format!("### `src/{name}`"));
        for entry in list(layer) {
            let file = entry.file_name().expect("a name").to_string_lossy().into_owned();
            let skipped = ["mod.rs", "tests.rs", "testing.rs", "tests"].contains(&file.as_str());
            if !skipped && !part.contains(&file) {
                findings.push(format!("ARCHITECTURE.md: src/{name}/{file} is not in the code map"));
            }
        }
    }
    findings
}

#[test]
fn the_code_map_names_every_module() {
    expect_none(&unmapped(&document("ARCHITECTURE.md")));
}

#[test]
fn a_module_that_is_not_in_the_code_map_is_found() {
    let architecture = document("ARCHITECTURE.md")
        .replace("wheel", "")
        .replace("`time.rs`", "");
    let without = architecture.replace("calendar", "");
    let findings = unmapped(&without);
    assert!(
        findings.contains(&"ARCHITECTURE.md: src/kernel/calendar is not in the code map".to_owned()),
        "{findings:?}"
    );
}
