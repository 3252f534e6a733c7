//! `makespan validate`: recordings of real clusters beside their replays.

use std::path::{Path, PathBuf};

use crate::cli::args::{Format, OutputArgs, ValidateArgs};
use crate::cli::ui::{self, Stop, Ui};
use crate::experiment::recording::check::Validation;
use crate::experiment::recording::validate::validate;
use crate::experiment::recording::{Recording, RecordingError};
use crate::report::validation;

/// Replays the recordings that `args` names; returns the exit code.
pub fn execute(args: &ValidateArgs, output: &OutputArgs) -> Result<u8, Stop> {
    let recordings = read_all(&args.folders)?;
    let validations = super::threads(output, || validate(&recordings))?;
    let text = match output.format {
        _ if args.markdown => validation::markdown(&validations),
        Format::Table => table(&validations, args.all),
        Format::Json => json(&validations)?,
        Format::Csv | Format::Sarif => {
            String::from_utf8_lossy(&validation::checks(&validations, true).csv()).into_owned()
        }
    };
    Ui::out(&text)?;
    let is_good = validations.iter().all(|validation| validation.ok);
    Ok(if is_good { ui::GOOD } else { ui::CHECK_FAILED })
}

/// Reads every folder; all that is wrong with any of them is told at once.
fn read_all(folders: &[PathBuf]) -> Result<Vec<Recording>, Stop> {
    let mut recordings = Vec::new();
    let mut problems: Vec<String> = Vec::new();
    for folder in folders.iter().flat_map(|folder| recordings_in(folder)) {
        match Recording::read(&folder) {
            Ok(recording) => recordings.push(recording),
            Err(errors) => problems.extend(errors.iter().map(|error| tell(&folder, error))),
        }
    }
    if problems.is_empty() {
        return Ok(recordings);
    }
    let hint = "hint: a recording is a folder with manifests.yaml, actions.yaml and events.csv, pods.csv or jobs.csv";
    Err(Stop::bad_input(format!(
        "{}\n  {hint} (docs/recording-format.md)",
        problems.join("\nerror: ")
    )))
}

fn tell(folder: &Path, error: &RecordingError) -> String {
    let text = error.to_string();
    let folder = folder.display().to_string();
    if text.contains(&folder) {
        text
    } else {
        format!("{folder}: {text}")
    }
}

/// The folder itself, or the recordings in it, by name.
fn recordings_in(folder: &Path) -> Vec<PathBuf> {
    let is_recording = |path: &Path| path.join("actions.yaml").is_file() || path.join("actions.yaml.gz").is_file();
    if is_recording(folder) {
        return vec![folder.to_path_buf()];
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut inside: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| is_recording(path))
        .collect();
    inside.sort();
    if inside.is_empty() {
        vec![folder.to_path_buf()]
    } else {
        inside
    }
}

fn table(validations: &[Validation], all: bool) -> String {
    let paper = super::figures::paper();
    let mut text = validation::overview(validations).render(paper.border, paper.width);
    let checks = validation::checks(validations, all);
    if !checks.rows().is_empty() {
        text.push('\n');
        text.push_str(&checks.render(paper.border, paper.width));
    }
    text
}

fn json(validations: &[Validation]) -> Result<String, Stop> {
    let text = serde_json::to_string_pretty(validations);
    let text = text.map_err(|error| Stop::Message(error.to_string(), ui::INTERNAL))?;
    Ok(text + "\n")
}
