//! `makespan sweep`: every combination of some values. Rows are kept as they come; a killed sweep goes on where it was.

mod store;

pub mod merge;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use crate::api::problem::Problems;
use crate::api::value::Document;
use crate::cli::args::{Format, OutputArgs};
use crate::cli::invocation::Invocation;
use crate::cli::output::{Files, folder};
use crate::cli::ui::{self, Stop, Ui};
use crate::cli::{figures, threads};
use crate::experiment::compare::Progress;
use crate::experiment::planning::{Metric, Variation};
use crate::experiment::sweep::play::{Stopped, play};
use crate::experiment::sweep::schedule::Enough;
use crate::experiment::sweep::{Design, MetricList, Outcome, Precision, Row, Schedule, Shard};
use crate::report::append::AppendError;
use crate::report::figures::sweep::SweepView;
use crate::report::files::OutputDir;
use crate::scenario::Scenario;
use store::Store;

/// The question of a sweep, as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweeping {
    /// `--vary`, each.
    pub vary: Vec<String>,
    /// The text of `--points`.
    pub points: Option<String>,
    /// `--metrics`.
    pub metrics: String,
    /// `--replications`.
    pub replications: usize,
    /// `--until-ci`.
    pub until_ci: Option<String>,
    /// `--max-replications`.
    pub max_replications: usize,
    /// `--confidence`, as a share.
    pub confidence: f64,
}

/// What of a sweep is done now; no part of the question.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Go on with what is in the folder.
    pub resume: bool,
    /// Which part of the runs.
    pub shard: Shard,
}

/// The question, understood.
struct Question {
    design: Design,
    schedule: Schedule,
    precision: Option<Precision>,
    confidence: f64,
}

/// Runs of a sweep at most.
const MOST_RUNS: usize = 100_000_000;

impl Question {
    /// Reads the question of `invocation`; everything that is wrong is told.
    fn read(invocation: &Invocation, problems: &mut Problems) -> Option<Self> {
        let asked = invocation.sweep.clone().unwrap_or_default();
        let mut good = true;
        let mut wrong = |text: String| {
            problems.general_error(text, None);
            good = false;
        };
        let mut variations: Vec<Variation> = Vec::new();
        for text in &asked.vary {
            match text.parse() {
                Ok(variation) => variations.push(variation),
                Err(why) => wrong(format!("--vary: {why}")),
            }
        }
        let design = (variations.len() == asked.vary.len()).then(|| Design::new(asked.points.as_deref(), &variations));
        let design = design.and_then(|design| design.map_err(|why| wrong(format!("--vary, --points: {why}"))).ok());
        let metrics = asked.metrics.parse::<MetricList>();
        let mut metrics: Vec<Metric> = metrics
            .map_err(|why| wrong(format!("--metrics: {why}")))
            .map_or_else(|()| Vec::new(), |list| list.0);
        let precision = asked.until_ci.as_ref().map(|text| text.parse::<Precision>());
        let precision = precision.and_then(|read| read.map_err(|why| wrong(format!("--until-ci: {why}"))).ok());
        for demand in precision.iter().flat_map(|precision| &precision.0) {
            if !metrics.contains(&demand.metric) {
                metrics.push(demand.metric.clone());
            }
        }
        let (replications, most) = (asked.replications, asked.max_replications);
        if replications == 0 || replications > MOST_RUNS || most > MOST_RUNS {
            wrong(format!("--replications: give a number from 1 to {MOST_RUNS}"));
        } else if precision.is_some() && !(2..=most).contains(&replications) {
            wrong(format!(
                "--until-ci: begin with --replications from 2 to {most} (--max-replications)"
            ));
        }
        let design = design?;
        if design.points.len().saturating_mul(replications) > MOST_RUNS {
            wrong(format!(
                "there would be more than {MOST_RUNS} runs; ask for fewer values or replications"
            ));
        }
        good.then(|| Self {
            schedule: Schedule {
                points: design.points.len(),
                metrics,
                replications,
                enough: precision.clone().map(|precision| Enough {
                    precision,
                    confidence: asked.confidence,
                    most,
                }),
            },
            design,
            precision,
            confidence: asked.confidence,
        })
    }

    /// The scenario of a combination.
    fn scenario(
        &self,
        invocation: &Invocation,
        documents: &[Document],
        point: usize,
        problems: &mut Problems,
    ) -> Option<Scenario> {
        let set: Vec<(&str, &str)> = self.design.assignments(point).collect();
        invocation.variant("--vary", documents, &set, problems)
    }
}

/// Does the part of the sweep that `invocation` asks for; returns the exit code.
pub fn execute(invocation: &Invocation, part: Part, args: &OutputArgs, mut problems: Problems) -> Result<u8, Stop> {
    let ui = Ui::new(args);
    let question = Question::read(invocation, &mut problems);
    let scenario = invocation.scenario(&mut problems);
    let documents = invocation.documents();
    if let Some(question) = question.as_ref().filter(|_| scenario.is_some()) {
        // Every value is tried before anything runs, so that a wrong one is told at once.
        for point in question.design.samples() {
            let mut wrong = Problems::new();
            question.scenario(invocation, &documents, point, &mut wrong);
            if wrong.has_errors() {
                problems.append(wrong);
                break;
            }
        }
    }
    let (scenario, question) = ui.check(scenario.zip(question), problems)?;
    let folder = folder(args, &scenario.name)?;
    let metrics: Vec<String> = question.schedule.metrics.iter().map(Metric::to_string).collect();
    let (mut store, mut rows) = Store::begin(&folder, invocation, part, &metrics)?;
    if part.resume && !rows.is_empty() {
        ui.note(&format!("{} runs are done already", rows.len()));
    }
    let files = (part.shard == Shard::WHOLE)
        .then(|| Files::new(folder.clone()))
        .transpose()?;
    let progress = Arc::new(Progress::default());
    ui::stop_on_interrupt(&progress);
    threads(args, || {
        fill(
            &question,
            invocation,
            &documents,
            part.shard,
            &mut store,
            &mut rows,
            (ui, &progress),
        )
    })??;
    match files {
        Some(files) => finish(invocation, &question, &scenario, rows, files, args),
        None => {
            let told = format!(
                "Shard {} of the sweep is done: {} runs, in {}. makespan merge brings all shards together.\n",
                part.shard,
                rows.len(),
                store.place().display()
            );
            Ui::out(&told)?;
            Ok(ui::GOOD)
        }
    }
}

/// Plays what is missing of a shard's rows, round by round.
fn fill(
    question: &Question,
    invocation: &Invocation,
    documents: &[Document],
    shard: Shard,
    store: &mut Store,
    rows: &mut Vec<Row>,
    (ui, progress): (Ui, &Arc<Progress>),
) -> Result<(), Stop> {
    let scenario = |point: usize| question.scenario(invocation, documents, point, &mut Problems::new());
    loop {
        let runs = question.schedule.runs(shard, rows);
        let missing = &runs[rows.len()..];
        if missing.is_empty() {
            return Ok(());
        }
        progress.done.store(0, Ordering::Relaxed);
        let mut keep = |new: &[Row]| -> Result<(), AppendError> {
            store.append(new)?;
            rows.extend_from_slice(new);
            Ok(())
        };
        let played = ui.with_progress(missing.len(), progress, || {
            play(missing, &question.schedule.metrics, &scenario, progress, &mut keep)
        });
        played.map_err(|why| match why {
            Stopped::User => Stop::Message(
                format!(
                    "interrupted: {} of {} runs finished; they are kept, and --resume goes on",
                    rows.len(),
                    runs.len()
                ),
                ui::INTERRUPTED,
            ),
            Stopped::BadPoint(point) => {
                let mut problems = Problems::new();
                question.scenario(invocation, documents, point, &mut problems);
                Stop::Problems(problems)
            }
            Stopped::NotKept(error) => Stop::bad_input(format!("{error}\n  hint: make room, then --resume goes on")),
        })?;
    }
}

/// Writes the result of a sweep whose rows are all there; returns the exit code.
fn finish(
    invocation: &Invocation,
    question: &Question,
    scenario: &Scenario,
    rows: Vec<Row>,
    mut files: Files,
    args: &OutputArgs,
) -> Result<u8, Stop> {
    let outcome = Outcome::new(question.design.points.len(), rows);
    let labels = figures::run_labels(scenario);
    let view = SweepView {
        design: &question.design,
        metrics: &question.schedule.metrics,
        outcome: &outcome,
        precision: question.precision.as_ref(),
        confidence: question.confidence,
        labels: &labels,
    };
    let csv = view.csv()?;
    files.write("sweep-runs.csv", &view.runs_csv()?)?;
    files.write("sweep.csv", &csv)?;
    let summary = view.json(&scenario.name);
    files.write("summary.json", summary.as_bytes())?;
    if invocation.charts {
        files.charts(&view.charts())?;
    }
    files.manifest(invocation)?;
    match args.format {
        Format::Table => Ui::out(&format!("{}\n{}\n", view.text(&figures::paper()), files.list()))?,
        Format::Json => Ui::out(&summary)?,
        Format::Csv | Format::Sarif => Ui::out(&String::from_utf8_lossy(&csv))?,
    }
    Ok(ui::GOOD)
}

/// The folder of a merged sweep: the one that is asked for, or the first that has shards.
fn merged_folder(args: &OutputArgs, first: &std::path::Path) -> Result<OutputDir, Stop> {
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(first));
    OutputDir::create(path).map_err(|error| Stop::bad_input(format!("--output: {error}")))
}
