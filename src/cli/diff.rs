//! `makespan diff`: two scenarios on the same luck, metric by metric.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::api::problem::Problems;
use crate::cli::args::{Format, OutputArgs};
use crate::cli::figures;
use crate::cli::invocation::{Input, Invocation};
use crate::cli::output::{Files, folder};
use crate::cli::threads;
use crate::cli::ui::{self, Stop, Ui};
use crate::experiment::compare::Progress;
use crate::experiment::planning::Metric;
use crate::experiment::sweep::play::play;
use crate::experiment::sweep::{MetricList, Outcome, Row, Schedule, Shard};
use crate::experiment::table::write_csv;
use crate::report::figures::diff::DiffView;
use crate::scenario::Scenario;

/// The question of a diff, as it is typed; the first scenario is that of the invocation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diffing {
    /// What the scenarios go by.
    pub names: [String; 2],
    /// The inputs of the second scenario; `None`: those of the first one.
    pub inputs: Option<Vec<Input>>,
    /// `--with`, each.
    pub with: Vec<String>,
    /// `--metrics`.
    pub metrics: String,
    /// `--replications`.
    pub replications: usize,
    /// `--confidence`, as a share.
    pub confidence: f64,
}

/// Compares what `invocation` asks; returns the exit code.
pub fn execute(invocation: &Invocation, args: &OutputArgs, mut problems: Problems) -> Result<u8, Stop> {
    let ui = Ui::new(args);
    let asked = invocation.diff.clone().unwrap_or_default();
    let metrics = asked.metrics.parse::<MetricList>();
    let metrics = metrics.map_err(|why| problems.general_error(format!("--metrics: {why}"), None));
    if asked.replications < 2 {
        problems.general_error("--replications: one run shows nothing; give 2 or more", None);
    }
    let scenarios = invocation
        .scenario(&mut problems)
        .zip(second(invocation, &asked, &mut problems));
    let ((a, b), metrics) = ui.check(scenarios.zip(metrics.ok()), problems)?;
    let folder = folder(args, &asked.names.join("-vs-"))?;
    if a.seed != b.seed {
        ui.note(&format!(
            "both are played on seed {}, that of {}",
            a.seed, asked.names[0]
        ));
    }
    let b = Scenario { seed: a.seed, ..b };
    let progress = Arc::new(Progress::default());
    ui::stop_on_interrupt(&progress);
    let rows = threads(args, || runs(&[a, b], &metrics.0, asked.replications, (ui, &progress)))?;
    let rows = rows.ok_or_else(|| Stop::Message("interrupted; nothing was written".to_owned(), ui::INTERRUPTED))?;

    let outcome = Outcome::new(2, rows);
    let view = DiffView {
        names: [&asked.names[0], &asked.names[1]],
        metrics: &metrics.0,
        outcome: &outcome,
        confidence: asked.confidence,
    };
    let mut files = Files::new(folder)?;
    let mut csv = Vec::new();
    write_csv(&mut csv, &view.rows())?;
    files.write("diff.csv", &csv)?;
    let summary = view.json();
    files.write("summary.json", summary.as_bytes())?;
    files.manifest(invocation)?;
    match args.format {
        Format::Table => Ui::out(&format!("{}\n{}\n", view.text(&figures::paper()), files.list()))?,
        Format::Json => Ui::out(&summary)?,
        Format::Csv | Format::Sarif => Ui::out(&String::from_utf8_lossy(&csv))?,
    }
    Ok(ui::GOOD)
}

fn second(invocation: &Invocation, asked: &Diffing, problems: &mut Problems) -> Option<Scenario> {
    let mut other = Invocation {
        name: asked.names[1].clone(),
        ..invocation.clone()
    };
    if let Some(inputs) = &asked.inputs {
        other.inputs.clone_from(inputs);
    }
    if asked.with.is_empty() {
        return other.scenario(problems);
    }
    let mut set = Vec::new();
    for text in &asked.with {
        match text.split_once('=').map(|(path, value)| (path.trim(), value.trim())) {
            Some((path, value)) if !path.is_empty() && !value.is_empty() => set.push((path, value)),
            _ => problems.general_error(
                format!("--with: {text:?}: write PATH=VALUE, such as nodes.a100=8"),
                None,
            ),
        }
    }
    other.variant("--with", &other.documents(), &set, problems)
}

/// All rows of both scenarios; `None` if the user stopped.
fn runs(
    scenarios: &[Scenario; 2],
    metrics: &[Metric],
    replications: usize,
    (ui, progress): (Ui, &Arc<Progress>),
) -> Option<Vec<Row>> {
    let schedule = Schedule {
        points: 2,
        metrics: metrics.to_vec(),
        replications,
        enough: None,
    };
    let all = schedule.runs(Shard::WHOLE, &[]);
    let mut rows = Vec::new();
    let mut keep = |new: &[Row]| {
        rows.extend_from_slice(new);
        Ok::<(), ()>(())
    };
    let scenario = |point: usize| scenarios.get(point).cloned();
    let played = ui.with_progress(all.len(), progress, || {
        play(&all, metrics, &scenario, progress, &mut keep)
    });
    played.ok().map(|()| rows)
}
