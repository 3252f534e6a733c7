//! `makespan plan`: the smallest value of something that meets a goal.

use std::cell::RefCell;
use std::sync::Arc;

use crate::api::problem::Problems;
use crate::cli::args::{Format, OutputArgs};
use crate::cli::figures;
use crate::cli::invocation::{Invocation, Planning};
use crate::cli::output::{Files, folder};
use crate::cli::threads;
use crate::cli::ui::{self, Stop, Ui};
use crate::experiment::compare::Progress;
use crate::experiment::planning::search::{Effort, NoPlan};
use crate::experiment::planning::{Goal, Plan, Variation, plan};
use crate::experiment::table::write_csv;
use crate::report::figures::plan::PlanView;

/// Answers what `invocation` asks; returns the exit code.
pub fn execute(invocation: &Invocation, args: &OutputArgs, mut problems: Problems) -> Result<u8, Stop> {
    let ui = Ui::new(args);
    let asked = invocation.planning.clone().unwrap_or_default();
    let question = question(&asked, &mut problems);
    let scenario = invocation.scenario(&mut problems);
    let documents = invocation.documents();
    if let Some((_, variation)) = &question {
        // Both ends are tried before anything runs, so that a wrong path or value is told at once.
        let ends = [variation.values.0.first(), variation.values.0.last()];
        for value in ends.into_iter().flatten() {
            invocation.variant("--vary", &documents, &[(&variation.path, value)], &mut problems);
        }
    }
    let (scenario, (goal, variation)) = ui.check(scenario.zip(question), problems)?;
    let folder = folder(args, &scenario.name)?;
    let effort = Effort {
        confidence: asked.confidence,
        replications: asked.replications,
    };
    let progress = Arc::new(Progress::default());
    ui::stop_on_interrupt(&progress);
    let found = threads(args, || {
        let total = asked.replications * 2;
        ui.with_progress(total, &progress, || {
            search(invocation, &documents, (&goal, &variation), effort, &progress)
        })
    })??;

    let labels = figures::run_labels(&scenario);
    let view = PlanView {
        plan: &found,
        goal: &goal,
        variation: &variation,
        confidence: asked.confidence,
        labels: &labels,
    };
    let mut files = Files::new(folder)?;
    let mut csv = Vec::new();
    write_csv(&mut csv, &view.rows())?;
    files.write("plan.csv", &csv)?;
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
    Ok(if found.answer.is_some() {
        ui::GOOD
    } else {
        ui::CHECK_FAILED
    })
}

/// The goal and what is varied, as they are asked; everything that is wrong with them is told.
fn question(asked: &Planning, problems: &mut Problems) -> Option<(Goal, Variation)> {
    let goal = asked.goal.parse::<Goal>();
    let variation = asked.vary.parse::<Variation>();
    let (goal, variation) = match (goal, variation) {
        (Ok(goal), Ok(variation)) => (goal, variation),
        (goal, variation) => {
            if let Err(problem) = goal {
                problems.general_error(format!("--goal: {problem}"), None);
            }
            if let Err(problem) = variation {
                problems.general_error(format!("--vary: {problem}"), None);
            }
            return None;
        }
    };
    if !(asked.confidence > 0.5 && asked.confidence < 1.0) {
        problems.general_error("--confidence: give a probability between 50% and 100%", None);
    }
    if asked.replications < 2 {
        problems.general_error("--replications: one run shows nothing; give 2 or more", None);
    }
    Some((goal, variation))
}

fn search(
    invocation: &Invocation,
    documents: &[crate::api::value::Document],
    (goal, variation): (&Goal, &Variation),
    effort: Effort,
    progress: &Progress,
) -> Result<Plan, Stop> {
    let wrong = RefCell::new(Problems::new());
    let scenario = |at: usize| {
        let mut problems = Problems::new();
        let set = [(variation.path.as_str(), variation.values.0[at].as_str())];
        let scenario = invocation.variant("--vary", documents, &set, &mut problems);
        if scenario.is_none() {
            *wrong.borrow_mut() = problems;
        }
        scenario
    };
    let found = plan(goal, variation.values.0.len(), &scenario, effort, progress);
    found.map_err(|why| match why {
        NoPlan::Stopped => Stop::Message(
            "interrupted before there was an answer; nothing was written".to_owned(),
            ui::INTERRUPTED,
        ),
        NoPlan::BadValue(_) => Stop::Problems(wrong.take()),
    })
}
