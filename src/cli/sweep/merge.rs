//! `makespan merge`: all shards of a sweep to its result, as if it had been done in one go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::store::{Asked, place, shards};
use super::{Question, finish, merged_folder};
use crate::api::problem::Problems;
use crate::cli::args::{MergeArgs, OutputArgs};
use crate::cli::output::Files;
use crate::cli::ui::{Stop, Ui};
use crate::experiment::planning::Metric;
use crate::experiment::sweep::{Journal, Row, Shard};

/// Merges the shards in the folders of `args`; returns the exit code.
pub fn execute(args: &MergeArgs, output: &OutputArgs) -> Result<u8, Stop> {
    let asked = question(&args.folders)?;
    let files = found(&args.folders)?;
    let mut problems = Problems::new();
    let mut invocation = asked.question.clone();
    invocation.charts = !output.no_charts;
    let question = Question::read(&invocation, &mut problems);
    let scenario = invocation.scenario(&mut problems);
    let (scenario, question) = Ui::new(output).check(scenario.zip(question), problems)?;
    let metrics: Vec<String> = question.schedule.metrics.iter().map(Metric::to_string).collect();
    let mut rows: Vec<Row> = Vec::new();
    for (shard, place) in &files {
        let told = |why: String| Stop::bad_input(format!("{}: {why}", place.display()));
        let bytes = std::fs::read(place).map_err(|error| told(format!("cannot be read: {error}")))?;
        let kept = Journal::new(&asked.digest, *shard, &metrics).read(&bytes);
        let kept = kept.ok_or_else(|| told("is of another sweep, or of another shard".to_owned()))?;
        if let Some(line) = kept.damaged {
            return Err(told(format!(
                "line {line} was changed after it was written; do the shard again with --resume"
            )));
        }
        let runs = question.schedule.runs(*shard, &kept.rows);
        let in_order = runs.iter().zip(&kept.rows).all(|(run, row)| *run == row.run);
        if !in_order || kept.length < bytes.len() || kept.rows.len() != runs.len() {
            return Err(told(format!(
                "shard {shard} is not done: {} of {} runs; go on with it by --resume",
                kept.rows.len(),
                runs.len()
            )));
        }
        rows.extend(kept.rows);
    }
    let folder = merged_folder(output, &args.folders[0])?;
    finish(&invocation, &question, &scenario, rows, Files::new(folder)?, output)
}

/// The question, which must be the same in all folders, and one of this program.
fn question(folders: &[PathBuf]) -> Result<Asked, Stop> {
    let mut first: Option<(&PathBuf, Asked)> = None;
    for folder in folders {
        let asked = Asked::read(folder)?;
        let asked = asked.ok_or_else(|| {
            Stop::bad_input(format!(
                "{} has no sweep.json: it is not the folder of a sweep",
                folder.display()
            ))
        })?;
        let mine = env!("CARGO_PKG_VERSION");
        if asked.question.makespan != mine {
            return Err(Stop::bad_input(format!(
                "{} was written by version {}, this is {mine}; merge with the version that played the shards",
                folder.display(),
                asked.question.makespan
            )));
        }
        match &first {
            Some((other, same)) if *same != asked => {
                return Err(Stop::bad_input(format!(
                    "{} and {} have different sweeps",
                    other.display(),
                    folder.display()
                )));
            }
            Some(_) => {}
            None => first = Some((folder, asked)),
        }
    }
    first
        .map(|(_, asked)| asked)
        .ok_or_else(|| Stop::bad_input("name the folders of the shards"))
}

/// The file of each shard: all of one number of shards, each once.
fn found(folders: &[PathBuf]) -> Result<BTreeMap<Shard, PathBuf>, Stop> {
    let mut files: BTreeMap<Shard, PathBuf> = BTreeMap::new();
    for folder in folders {
        for shard in shards(folder)? {
            let place = place(folder, shard);
            if let Some(other) = files.insert(shard, place.clone()) {
                return Err(Stop::bad_input(format!(
                    "shard {shard} is there twice: {} and {}",
                    other.display(),
                    place.display()
                )));
            }
        }
    }
    let Some(of) = files.keys().next().map(|shard| shard.of) else {
        return Err(Stop::bad_input("there is no shard to merge"));
    };
    if let Some(other) = files.keys().find(|shard| shard.of != of) {
        return Err(Stop::bad_input(format!(
            "there are shards of {of} and of {}; merge those of one division only",
            other.of
        )));
    }
    let missing = (0..of)
        .map(|index| Shard { index, of })
        .filter(|shard| !files.contains_key(shard));
    let missing: Vec<String> = missing.map(|shard| shard.to_string()).collect();
    if missing.is_empty() {
        Ok(files)
    } else {
        Err(Stop::bad_input(format!("shards are missing: {}", missing.join(", "))))
    }
}
