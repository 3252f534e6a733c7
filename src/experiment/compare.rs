//! The comparison: every combination of n, strategy, control plane and replication is one run; runs go to all cores, rows
//! come back in order.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::cluster::spec::NodeSpec;
use crate::control::{ControlPlane, End, Preset, Simulation};
use crate::experiment::aggregate::{Aggregate, aggregate, curve_rows};
use crate::experiment::rows::{CompareRow, CurveRow, sort_rows};
use crate::experiment::stats::CONFIDENCE;
use crate::experiment::theory::{Slots, Theory};
use crate::kernel::random::stream::replication_seed;
use crate::observe::{Checker, Fingerprint, RunMetrics};
use crate::scenario::{Compare, Scenario};
use crate::workload::strategy::Strategy;

/// One run to do.
#[derive(Clone, Debug)]
struct Cell {
    section: usize,
    n: u32,
    strategy: usize,
    control_plane: Preset,
    replication: u32,
}

/// All runs with one set of nodes.
#[derive(Clone, Debug)]
pub struct Section {
    /// Number of nodes.
    pub nodes: u64,
    /// Slots of them, if all Jobs are of one kind.
    pub slots: Option<u64>,
    /// The replications brought together.
    pub aggregates: Vec<Aggregate>,
    /// The fitted growth of each curve.
    pub curves: Vec<CurveRow>,
}

/// What came of a comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// One row for each finished run, sorted.
    pub rows: Vec<CompareRow>,
    /// By number of nodes.
    pub sections: Vec<Section>,
    /// Runs that were not done because the user stopped.
    pub missing: usize,
    /// Rules of the model that a run broke, as the checker saw it: none, or there is a bug.
    pub violations: Vec<String>,
}

/// How far a comparison is, and whether it is to stop.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs done.
    pub done: AtomicUsize,
    /// Set to stop: runs under way are dropped, finished ones are kept.
    pub stop: AtomicBool,
}

/// How many runs `compare` asks for.
#[must_use]
pub fn runs(compare: &Compare) -> usize {
    let sections = compare.nodes.len().max(1);
    sections * compare.n.len() * compare.strategies.len() * compare.control_planes.len() * compare.replications as usize
}

/// Does all runs of `compare` on `scenario`, on as many threads as rayon's pool has. The rows do not depend on how many.
#[must_use]
pub fn compare(scenario: &Scenario, compare: &Compare, progress: &Progress) -> Comparison {
    let scenarios: Vec<Scenario> = sections(scenario, compare);
    let slots: Vec<Slots> = scenarios.iter().map(Slots::of).collect();
    let mut cells = cells(compare, scenarios.len());
    // The long runs first, so that no core is left with one at the end.
    cells.sort_by_key(|cell| std::cmp::Reverse(cell.n));
    let done: Vec<Option<(usize, CompareRow, Vec<String>)>> = cells
        .par_iter()
        .map(|cell| {
            let (row, broken) = run(&scenarios[cell.section], &slots[cell.section], compare, cell, progress)?;
            progress.done.fetch_add(1, Ordering::Relaxed);
            Some((cell.section, row, broken))
        })
        .collect();
    let missing = done.iter().filter(|row| row.is_none()).count();
    let names: Vec<String> = compare.strategies.iter().map(Strategy::to_string).collect();
    let mut by_section: Vec<Vec<CompareRow>> = vec![Vec::new(); scenarios.len()];
    let mut violations = Vec::new();
    for (section, row, mut broken) in done.into_iter().flatten() {
        by_section[section].push(row);
        violations.append(&mut broken);
    }
    let mut rows = Vec::new();
    let mut out = Vec::new();
    for ((mut part, slots), scenario) in by_section.into_iter().zip(&slots).zip(&scenarios) {
        sort_rows(&mut part, &names);
        let aggregates = aggregate(&part, CONFIDENCE);
        let curves = curve_rows(&aggregates, slots.total);
        out.push(Section {
            nodes: scenario.nodes.len() as u64,
            slots: slots.total,
            aggregates,
            curves,
        });
        rows.append(&mut part);
    }
    Comparison {
        rows,
        sections: out,
        missing,
        violations,
    }
}

/// The scenario with each number of nodes asked for.
fn sections(scenario: &Scenario, compare: &Compare) -> Vec<Scenario> {
    if compare.nodes.is_empty() {
        return vec![scenario.clone()];
    }
    let resized = |count: u32| {
        let nodes = (0..count as usize).map(|i| resized_node(&scenario.nodes, i)).collect();
        Scenario {
            nodes,
            ..scenario.clone()
        }
    };
    compare.nodes.iter().map(|count| resized(*count)).collect()
}

/// The i-th node of a cluster that repeats `nodes` as often as needed.
fn resized_node(nodes: &[NodeSpec], i: usize) -> NodeSpec {
    match nodes.get(i) {
        Some(node) => node.clone(),
        None => {
            let model = &nodes[i % nodes.len()];
            NodeSpec {
                name: format!("{}-copy-{}", model.name, i / nodes.len()),
                ..model.clone()
            }
        }
    }
}

fn cells(compare: &Compare, sections: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    for section in 0..sections {
        for &n in &compare.n {
            for strategy in 0..compare.strategies.len() {
                for &control_plane in &compare.control_planes {
                    for replication in 0..compare.replications {
                        cells.push(Cell {
                            section,
                            n,
                            strategy,
                            control_plane,
                            replication,
                        });
                    }
                }
            }
        }
    }
    cells
}

/// The scenario's control plane if it is of this preset, else the preset itself; images and the
/// scheduler's plugins are the scenario's in any case.
#[must_use]
pub fn plane_of(scenario: &Scenario, preset: Preset) -> ControlPlane {
    if scenario.control_plane.preset == preset {
        return scenario.control_plane.clone();
    }
    let mut plane = ControlPlane::new(preset);
    plane.kubelet.images = scenario.control_plane.kubelet.images.clone();
    let scheduler = &scenario.control_plane.scheduler;
    plane.scheduler.profiles = scheduler.profiles.clone();
    plane.scheduler.percentage_of_nodes_to_score = scheduler.percentage_of_nodes_to_score;
    plane.scheduler.literal_queue = scheduler.literal_queue;
    plane.scheduler.literal_search = scheduler.literal_search;
    plane
}

fn run(
    scenario: &Scenario,
    slots: &Slots,
    compare: &Compare,
    cell: &Cell,
    progress: &Progress,
) -> Option<(CompareRow, Vec<String>)> {
    let stopped = || progress.stop.load(Ordering::Relaxed);
    if stopped() {
        return None;
    }
    let strategy = &compare.strategies[cell.strategy];
    let seed = replication_seed(scenario.seed, u64::from(cell.replication));
    let plane = plane_of(scenario, cell.control_plane);
    let mut simulation = Simulation::new(scenario.experiment_input(cell.n, strategy, &plane, seed));
    let (mut fingerprint, mut checker) = (Fingerprint::default(), Checker::new(simulation.store()));
    let outcome = simulation.run_while(&mut (&mut fingerprint, &mut checker), &mut |_| !stopped());
    if outcome.end == End::Interrupted {
        return None;
    }
    let replay = format!("n {} {strategy} {} seed {seed}", cell.n, cell.control_plane);
    let broken = checker.finish(outcome.ended_at, simulation.store());
    let broken = broken
        .iter()
        .map(|violation| format!("{replay}: {violation}"))
        .collect();
    let theory = Theory::of(scenario, slots, cell.n, strategy, seed);
    let metrics = RunMetrics::new(simulation.store(), &outcome);
    let row = CompareRow {
        n: u64::from(cell.n),
        strategy: strategy.to_string(),
        control_plane: cell.control_plane.to_string(),
        replication: u64::from(cell.replication),
        seed,
        makespan: metrics.makespan.map(Into::into),
        lower_bound: theory.lower,
        upper_bound: theory.upper,
        theory: theory.exact,
        mean_wait: metrics.mean_wait.map(Into::into),
        p95_wait: metrics.p95_wait.map(Into::into),
        mean_turnaround: metrics.mean_turnaround.map(Into::into),
        p95_turnaround: metrics.p95_turnaround.map(Into::into),
        attempts: metrics.attempts,
        failed_jobs: u64::from(metrics.failed_jobs),
        gpu_utilization: metrics.gpu_utilization,
        api_calls: outcome.job_controller_calls.0 + outcome.scheduler_calls.0,
        events: outcome.events,
        fingerprint: fingerprint.to_string(),
        nodes: scenario.nodes.len() as u64,
        slots: slots.total,
    };
    Some((row, broken))
}
