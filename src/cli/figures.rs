//! What figures say was run, and the extra runs that charts over time are drawn from.

use std::io::IsTerminal;

use crate::cluster::{ScaleTarget, Store};
use crate::control::Simulation;
use crate::experiment::compare::plane_of;
use crate::kernel::SimTime;
use crate::observe::{RunMetrics, Timeline};
use crate::report::figures::text::Paper;
use crate::report::figures::{Chart, Demand, Labels, Run, run};
use crate::report::table::Border;
use crate::scenario::{Compare, Scenario};
use crate::workload::strategy::Strategy;
use crate::{cluster, control};

/// n of the runs that are drawn over time, if the comparison has one as small: more lines or bars than this tell nothing.
const READABLE_JOBS: u32 = 128;
/// n of these runs at most: they are played again for the charts.
const MOST_JOBS_DRAWN: u32 = 20_000;

/// How text is laid out on standard output.
pub fn paper() -> Paper {
    if !std::io::stdout().is_terminal() {
        return Paper {
            border: Border::Light,
            width: None,
        };
    }
    let width = console::Term::stdout()
        .size_checked()
        .map(|(_, columns)| usize::from(columns));
    Paper {
        border: Border::Light,
        width,
    }
}

/// Labels of a comparison.
pub fn compare_labels(scenario: &Scenario, compare: &Compare) -> Labels {
    Labels {
        replications: compare.replications,
        setting: String::new(),
        ..run_labels(scenario)
    }
}

/// Labels of one run.
pub fn run_labels(scenario: &Scenario) -> Labels {
    let one = |names: Vec<&str>, many: &str| match names[..] {
        [] => String::new(),
        [name] => name.to_owned(),
        _ => format!("{} {many}", names.len()),
    };
    let runtimes: Vec<String> = scenario.jobs.iter().map(|(job, _)| runtime(job)).collect();
    let same = runtimes.windows(2).all(|pair| pair[0] == pair[1]);
    Labels {
        title: scenario.name.clone(),
        job: one(
            scenario.jobs.iter().map(|(job, _)| job.name.as_str()).collect(),
            "kinds of Jobs",
        ),
        runtime: runtimes.into_iter().next().filter(|_| same).unwrap_or_default(),
        nodes: nodes(scenario),
        setting: format!("control plane {}", scenario.control_plane.preset),
        seed: scenario.seed,
        replications: 1,
    }
}

fn runtime(job: &cluster::spec::JobSpec) -> String {
    let texts: Vec<String> = job.template.behaviour.runtime.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// The nodes in words: `4 nodes × 8 GPUs`, or the number of nodes and GPUs where they differ.
fn nodes(scenario: &Scenario) -> String {
    let count = scenario.nodes.len();
    let gpus: Vec<i64> = scenario
        .nodes
        .iter()
        .map(|node| {
            let gpus = scenario
                .resources
                .iter()
                .filter(|(id, _)| scenario.resources.is_gpu(*id));
            gpus.map(|(id, _)| node.allocatable.get(id)).sum()
        })
        .collect();
    let word = if count == 1 { "node" } else { "nodes" };
    match gpus.first() {
        Some(first) if *first > 0 && gpus.iter().all(|g| g == first) => {
            let unit = if *first == 1 { "GPU" } else { "GPUs" };
            format!("{count} {word} × {first} {unit}")
        }
        _ if gpus.iter().sum::<i64>() > 0 => format!("{count} {word} with {} GPUs", gpus.iter().sum::<i64>()),
        _ => format!("{count} {word}"),
    }
}

/// Load on the workloads, for charts: steps of the load over the run.
pub fn demands(scenario: &Scenario, store: &Store, ended_at: SimTime) -> Vec<Demand> {
    /// Samples of a load that varies all the time.
    const SAMPLES: u64 = 1000;
    let named = |name: &str| {
        let mut targets = store.workloads().filter_map(ScaleTarget::of);
        targets.find(|target| store.workload_name(*target).1 == name)
    };
    let step = (ended_at.as_nanos() / SAMPLES).max(1);
    scenario
        .loads
        .iter()
        // Of loads in requests the timeline has all that happened.
        .filter(|(_, service)| service.requests.is_none())
        .filter_map(|(name, service)| {
            let times = (0..=SAMPLES).map(|i| SimTime::from_nanos(i * step));
            Some(Demand {
                target: named(name)?,
                steps: times.map(|at| (at, service.load.at(at))).collect(),
                cap_per_pod: service.cap_per_pod,
            })
        })
        .collect()
}

/// One run that is played again with a timeline.
struct Sample {
    name: String,
    simulation: Simulation,
    outcome: control::Outcome,
    timeline: Timeline,
    seed: u64,
}

fn sample(scenario: &Scenario, n: u32, strategy: &Strategy, compare: &Compare) -> Sample {
    let preset = compare.control_planes.last().copied().unwrap_or_default();
    let plane = plane_of(scenario, preset);
    let mut simulation = Simulation::new(scenario.experiment_input(n, strategy, &plane, scenario.seed));
    let mut timeline = Timeline::new(simulation.store());
    let outcome = simulation.run(&mut timeline);
    Sample {
        name: strategy.to_string(),
        simulation,
        outcome,
        timeline,
        seed: scenario.seed,
    }
}

/// Charts over time: every strategy at one n, and the attempts on nodes of one run. Played under the last control plane
/// of the comparison with the scenario's seed (the first replication).
pub fn sample_charts(scenario: &Scenario, compare: &Compare, labels: &Labels) -> Vec<(String, Chart)> {
    let readable = compare.n.iter().copied().filter(|n| *n <= READABLE_JOBS).max();
    let drawn_n = readable
        .or_else(|| compare.n.iter().copied().min())
        .filter(|n| *n <= MOST_JOBS_DRAWN);
    let plane = compare.control_planes.last().copied().unwrap_or_default();
    let mut charts = Vec::new();
    if let Some(n) = drawn_n {
        let samples: Vec<Sample> = compare
            .strategies
            .iter()
            .map(|strategy| sample(scenario, n, strategy, compare))
            .collect();
        let runs: Vec<(String, &Timeline, &cluster::Store)> = samples
            .iter()
            .map(|s| (s.name.clone(), &s.timeline, s.simulation.store()))
            .collect();
        let labels = Labels {
            setting: format!("n = {n}; control plane {plane}"),
            ..labels.clone()
        };
        charts.push(("queue-and-gpus".to_owned(), run::overview(&runs, &labels)));
    }
    if let (Some(n), Some(strategy)) = (drawn_n, compare.strategies.last()) {
        let sample = sample(scenario, n, strategy, compare);
        let metrics = RunMetrics::new(sample.simulation.store(), &sample.outcome);
        let setting = format!("n = {n}, {}; control plane {plane}", sample.name);
        let drawn = Run {
            limits: &[],
            store: sample.simulation.store(),
            timeline: &sample.timeline,
            metrics: &metrics,
            ended_at: sample.outcome.ended_at,
            seed: sample.seed,
            pools: &scenario.pools,
            demands: &[],
        };
        let all = run::charts(
            &drawn,
            &Labels {
                setting,
                ..labels.clone()
            },
        );
        charts.extend(all.into_iter().filter(|(stem, _)| stem == "attempts"));
    }
    charts
}
