//! `makespan run`: one run of manifests or a scenario.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;

use crate::api::problem::Problems;
use crate::cli::args::{Format, OutputArgs};
use crate::cli::figures;
use crate::cli::invocation::Invocation;
use crate::cli::output::{Files, folder};
use crate::cli::ui::{self, Stop, Ui};
use crate::control::{End, Outcome, Simulation};
use crate::experiment::compare::Progress;
use crate::observe::Seconds;
use crate::observe::limits::limit_rows;
use crate::observe::metrics::window;
use crate::observe::rows::{node_rows, write_jobs, write_nodes, write_pods};
use crate::observe::{Checker, Fingerprint, LimitRow, Room, RunMetrics, Timeline, rows};
use crate::report::figures as report;
use crate::scenario::Scenario;

/// One finished run with all that listened.
struct Played {
    simulation: Simulation,
    outcome: Outcome,
    metrics: RunMetrics,
    fingerprint: Fingerprint,
    timeline: Timeline,
    violations: Vec<String>,
    limits: Vec<LimitRow>,
}

impl Played {
    /// The run as figures see it.
    fn seen<'a>(&'a self, scenario: &'a Scenario, demands: &'a [report::Demand]) -> report::Run<'a> {
        report::Run {
            store: self.simulation.store(),
            timeline: &self.timeline,
            metrics: &self.metrics,
            ended_at: self.outcome.ended_at,
            seed: scenario.seed,
            pools: &scenario.pools,
            demands,
            limits: &self.limits,
        }
    }
}

/// Plays the scenario of `invocation`; returns the exit code.
pub fn execute(invocation: &Invocation, args: &OutputArgs, mut problems: Problems) -> Result<u8, Stop> {
    let ui = Ui::new(args);
    let scenario = invocation.scenario(&mut problems);
    let warnings: Vec<String> = problems.list().iter().map(|problem| problem.message.clone()).collect();
    if scenario.as_ref().is_some_and(|scenario| scenario.compare.is_some()) {
        ui.note("the scenario is a comparison: it is played as makespan compare does");
        return crate::cli::compare::execute(&invocation.as_comparison(), args, Problems::new());
    }
    let scenario = ui.check(scenario, problems)?;
    let folder = folder(args, &scenario.name)?;
    let progress = Arc::new(Progress::default());
    ui::stop_on_interrupt(&progress);
    let played = ui.with_progress(1, &progress, || play(&scenario, &progress));

    let mut files = Files::new(folder)?;
    write_files(invocation, &scenario, &played, &mut files)?;
    match args.format {
        Format::Table => Ui::out(&table(&scenario, &played, &files))?,
        Format::Json => Ui::out(&json(invocation, &scenario, &played, &warnings)?)?,
        Format::Csv | Format::Sarif => {
            let mut bytes = Vec::new();
            write_jobs(played.simulation.store(), &mut bytes).map_err(internal)?;
            Ui::out(&String::from_utf8_lossy(&bytes))?;
        }
    }
    verdict(&played, &files)
}

fn internal(error: impl std::fmt::Display) -> Stop {
    Stop::Message(error.to_string(), ui::INTERNAL)
}

fn play(scenario: &Scenario, progress: &Progress) -> Played {
    let mut simulation = Simulation::new(scenario.input(scenario.seed));
    let mut fingerprint = Fingerprint::default();
    let mut checker = Checker::new(simulation.store());
    let mut timeline = Timeline::new(simulation.store());
    let mut room = Room::default();
    let outcome = simulation.run_while(
        &mut (&mut fingerprint, &mut checker, &mut timeline, &mut room),
        &mut |_| !progress.stop.load(Ordering::Relaxed),
    );
    let violations = checker.finish(outcome.ended_at, simulation.store());
    let violations = violations.iter().map(ToString::to_string).collect();
    let metrics = RunMetrics::new(simulation.store(), &outcome);
    let limits = limit_rows(&simulation, &room, outcome.ended_at);
    Played {
        simulation,
        outcome,
        metrics,
        fingerprint,
        timeline,
        violations,
        limits,
    }
}

fn write_files(invocation: &Invocation, scenario: &Scenario, played: &Played, files: &mut Files) -> Result<(), Stop> {
    let store = played.simulation.store();
    let mut bytes = Vec::new();
    write_jobs(store, &mut bytes).map_err(internal)?;
    files.write("jobs.csv", &bytes)?;
    if invocation.pods {
        let mut bytes = Vec::new();
        write_pods(store, scenario.seed, &mut bytes).map_err(internal)?;
        files.write("pods.csv", &bytes)?;
    }
    let (from, to) = window(store, played.outcome.ended_at);
    let mut bytes = Vec::new();
    write_nodes(store, from, to, &mut bytes).map_err(internal)?;
    files.write("nodes.csv", &bytes)?;
    let mut bytes = Vec::new();
    played.timeline.write_csv(store, &mut bytes).map_err(internal)?;
    files.write("timeline.csv", &bytes)?;
    let demands = figures::demands(scenario, store, played.outcome.ended_at);
    let seen = played.seen(scenario, &demands);
    let about = report::summary::About {
        name: &scenario.name,
        fingerprint: &played.fingerprint.to_string(),
        end: end_name(played.outcome.end),
        reasons: &reasons(played, scenario.seed),
    };
    let summary = report::summary::run(&seen, &about);
    files.write("summary.json", summary.as_bytes())?;
    if played.outcome.end == End::Interrupted {
        // Whoever stops a run does not want to wait for charts; and without a manifest the result is not taken for whole.
        return Ok(());
    }
    if invocation.charts {
        files.charts(&report::run::charts(&seen, &figures::run_labels(scenario)))?;
    }
    files.manifest(invocation)
}

/// So many owners whose pods are refused are told of.
const MOST_FAILED_CREATIONS: usize = 10;

/// Why something is unfinished: for each Job or pod shape that waits, what kube-scheduler says; for each owner whose pods the
/// API server refuses, what that says.
fn reasons(played: &Played, seed: u64) -> Vec<String> {
    let store = played.simulation.store();
    let waits = |pod: &crate::cluster::pod::Pod| pod.node == crate::cluster::NodeId::NONE && !pod.phase.is_terminal();
    let pods = store.pods.iter().enumerate().rev();
    let waiting: std::collections::BTreeMap<_, _> = pods
        .filter(|(_, pod)| waits(pod))
        .map(|(id, pod)| (pod.template, crate::cluster::PodId(id as u32)))
        .collect();
    let reasons = waiting.into_values().map(|pod| played.simulation.explain_pod(pod));
    let refused = rows::failed_creations(store, seed).take(MOST_FAILED_CREATIONS);
    reasons.chain(refused).collect()
}

fn table(scenario: &Scenario, played: &Played, files: &Files) -> String {
    let text = report::text::run(
        &played.seen(scenario, &[]),
        &reasons(played, scenario.seed),
        &figures::paper(),
    );
    format!("{text}\n{}\n", files.list())
}

/// The object of `--format json`. It is written by serde_json directly, never by way of a `Value`: that would turn the exact
/// decimals of times into floats.
#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    makespan_s: Option<Seconds>,
    end: &'static str,
    metrics: &'a RunMetrics,
    jobs: rows::Jobs<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pods: Option<rows::Pods<'a>>,
    nodes: Vec<rows::NodeRow<'a>>,
    warnings: &'a [String],
    limits: &'a [LimitRow],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<rows::RefusedRow<'a>>,
    unschedulable: Vec<String>,
    seed: u64,
    fingerprint: String,
}

fn json(invocation: &Invocation, scenario: &Scenario, played: &Played, warnings: &[String]) -> Result<String, Stop> {
    let store = played.simulation.store();
    let (from, to) = window(store, played.outcome.ended_at);
    let report = Report {
        name: &scenario.name,
        makespan_s: played.metrics.makespan,
        end: end_name(played.outcome.end),
        metrics: &played.metrics,
        jobs: rows::Jobs(store),
        pods: invocation.pods.then_some(rows::Pods {
            store,
            seed: scenario.seed,
        }),
        nodes: node_rows(store, from, to),
        warnings,
        limits: &played.limits,
        refused: rows::refused_rows(store).collect(),
        unschedulable: reasons(played, scenario.seed),
        seed: scenario.seed,
        fingerprint: played.fingerprint.to_string(),
    };
    let mut text = serde_json::to_string_pretty(&report).map_err(internal)?;
    text.push('\n');
    Ok(text)
}

const fn end_name(end: End) -> &'static str {
    match end {
        End::Finished => "finished",
        End::TimeLimit => "time-limit",
        End::Stalled => "stalled",
        End::Interrupted => "interrupted",
    }
}

fn unfinished(played: &Played, why: &str) -> Stop {
    let (open, all) = (played.metrics.unfinished_jobs, played.metrics.jobs);
    let message = format!("{open} of {all} Jobs did not finish: {why}");
    Stop::Message(message, ui::CHECK_FAILED)
}

fn verdict(played: &Played, files: &Files) -> Result<u8, Stop> {
    if let Some(first) = played.violations.first() {
        let count = played.violations.len();
        return Err(Stop::Message(
            format!(
                "{count} rules of the model were broken, which is a bug; replay it with makespan rerun {}; the first: {first}",
                files.place("manifest.json")
            ),
            ui::CHECK_FAILED,
        ));
    }
    match played.outcome.end {
        End::Interrupted => Err(Stop::Message(
            format!(
                "interrupted at {} s of virtual time; what happened until then is in {}",
                played.outcome.ended_at,
                files.place("")
            ),
            ui::INTERRUPTED,
        )),
        End::Finished => Ok(ui::GOOD),
        End::TimeLimit | End::Stalled if played.metrics.unfinished_jobs == 0 => Ok(ui::GOOD),
        End::TimeLimit => Err(unfinished(played, "the time limit came first; --until sets another")),
        End::Stalled => Err(unfinished(
            played,
            "nothing more can happen; jobs.csv tells which wait, and standard output why",
        )),
    }
}
