//! `makespan explain`: the whole story of a pod.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;

use crate::api::problem::Problems;
use crate::cli::args::{ExplainArgs, Format, OutputArgs};
use crate::cli::figures;
use crate::cli::invocation::Invocation;
use crate::cli::ui::{self, Stop, Ui};
use crate::control::Simulation;
use crate::experiment::compare::Progress;
use crate::observe::story::ObjectStory;
use crate::observe::{PodStory, Seconds, Stories, Subject, rows};
use crate::report::figures::text::story;

/// Plays the scenario, and tells what happened to the pods that are asked about; returns the exit code.
pub fn execute(args: &ExplainArgs, output: &OutputArgs, mut problems: Problems) -> Result<u8, Stop> {
    let ui = Ui::new(output);
    let subject: Subject = args
        .pod
        .parse()
        .map_err(|error| Stop::Message(format!("POD: {error}"), ui::BAD_INPUT))?;
    let invocation = Invocation::run(&args.run, false, &mut problems);
    let scenario = invocation.scenario(&mut problems);
    let scenario = ui.check(scenario, problems)?;
    let progress = Arc::new(Progress::default());
    ui::stop_on_interrupt(&progress);
    let mut simulation = Simulation::new(scenario.input(scenario.seed));
    let mut stories = Stories::new(subject.clone(), scenario.seed);
    let outcome = ui.with_progress(1, &progress, || {
        simulation.run_while(&mut stories, &mut |_| !progress.stop.load(Ordering::Relaxed))
    });
    stories.finish(outcome.ended_at);
    if stories.pods().is_empty() && stories.objects().is_empty() {
        return Err(Stop::Message(
            nobody(&subject, &simulation, scenario.seed),
            ui::BAD_INPUT,
        ));
    }
    let store = simulation.store();
    match output.format {
        Format::Table => Ui::out(&story::text(&stories, store, outcome.ended_at, &figures::paper()))?,
        Format::Json => {
            let pods = stories.pods().iter().map(|story| {
                Told::Pod(ToldPod {
                    phase: store.pods[story.id.index()].phase.name(),
                    node: store.pods[story.id.index()]
                        .node
                        .some()
                        .map(|node| store.nodes[node.index()].name.as_str()),
                    story,
                    ended: outcome.ended_at.into(),
                })
            });
            let told: Vec<Told<'_>> = stories.objects().iter().map(Told::Object).chain(pods).collect();
            let mut text = serde_json::to_string_pretty(&told).map_err(internal)?;
            text.push('\n');
            Ui::out(&text)?;
        }
        Format::Csv | Format::Sarif => Ui::out(&csv(&stories)?)?,
    }
    Ok(ui::GOOD)
}

fn internal(error: impl std::fmt::Display) -> Stop {
    Stop::Message(error.to_string(), ui::INTERNAL)
}

/// One story in JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Object(&'a ObjectStory),
    Pod(ToldPod<'a>),
}

/// A pod in JSON.
#[derive(Serialize)]
struct ToldPod<'a> {
    #[serde(flatten)]
    story: &'a PodStory,
    phase: &'static str,
    node: Option<&'a str>,
    #[serde(rename = "run_ended_s")]
    ended: Seconds,
}

fn csv(stories: &Stories) -> Result<String, Stop> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "pod",
        "time_s",
        "last_time_s",
        "count",
        "type",
        "from",
        "reason",
        "message",
    ];
    writer.write_record(header).map_err(internal)?;
    let objects = stories.objects().iter();
    let objects = objects.map(|story| (format!("{}/{}", story.kind, story.name), &story.entries));
    let pods = stories.pods().iter().map(|story| (story.name.clone(), &story.entries));
    for (name, entries) in objects.chain(pods) {
        for entry in entries {
            let (time, last, count) = (entry.time.to_string(), entry.last.to_string(), entry.count.to_string());
            let row = [
                &name,
                &time,
                &last,
                &count,
                entry.kind.name(),
                entry.from,
                entry.reason,
                &entry.message,
            ];
            writer.write_record(row).map_err(internal)?;
        }
    }
    let bytes = writer.into_inner().map_err(internal)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How many names are offered where none was found.
const MOST_NAMES: usize = 5;

fn nobody(subject: &Subject, simulation: &Simulation, seed: u64) -> String {
    let store = simulation.store();
    let names =
        (0..store.pods.len().min(MOST_NAMES) as u32).map(|pod| store.pod_name(crate::cluster::PodId(pod), seed));
    let names: Vec<String> = names.collect();
    if let Some(refused) = rows::failed_creations(store, seed).next() {
        return format!("POD: the run makes no pod {subject}; {refused}");
    }
    if names.is_empty() {
        return format!("POD: the run makes no pods, so there is no {subject}");
    }
    let more = if store.pods.len() > names.len() { ", …" } else { "" };
    format!(
        "POD: the run makes no pod {subject}; it makes {}{more} (names of generated pods depend on --seed; job/NAME or deployment/NAME means all pods of one)",
        names.join(", ")
    )
}
