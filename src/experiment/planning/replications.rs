//! Runs of one scenario on independent luck. The i-th replication of every variant has the same luck (common random numbers), so
//! that variants differ by what was varied.

use std::sync::atomic::Ordering;

use rayon::prelude::*;

use super::metric::Metric;
use crate::cluster::record::Silent;
use crate::control::{End, Simulation};
use crate::experiment::compare::Progress;
use crate::kernel::random::stream::replication_seed;
use crate::observe::limits::limit_rows;
use crate::observe::{LimitRow, Room};
use crate::scenario::Scenario;

/// The metrics of replications `from..to` of `scenario`, in order; `None` if the user stopped.
#[must_use]
pub fn measure(
    scenario: &Scenario,
    metrics: &[Metric],
    from: usize,
    to: usize,
    progress: &Progress,
) -> Option<Vec<Vec<Option<f64>>>> {
    (from..to)
        .into_par_iter()
        .map(|replication| measure_one(scenario, metrics, replication, progress))
        .collect()
}

/// The metrics of one replication of `scenario`; `None` if the user stopped.
#[must_use]
pub fn measure_one(
    scenario: &Scenario,
    metrics: &[Metric],
    replication: usize,
    progress: &Progress,
) -> Option<Vec<Option<f64>>> {
    if progress.stop.load(Ordering::Relaxed) {
        return None;
    }
    let seed = replication_seed(scenario.seed, replication as u64);
    let mut simulation = Simulation::new(scenario.input(seed));
    let outcome = simulation.run_while(&mut Silent, &mut |_| !progress.stop.load(Ordering::Relaxed));
    progress.done.fetch_add(1, Ordering::Relaxed);
    let of = |metric: &Metric| metric.of(simulation.store(), &outcome);
    (outcome.end != End::Interrupted).then(|| metrics.iter().map(of).collect())
}

/// What held up the first replication of `scenario`, the weightiest first.
#[must_use]
pub fn limits(scenario: &Scenario) -> Vec<LimitRow> {
    let mut simulation = Simulation::new(scenario.input(replication_seed(scenario.seed, 0)));
    let mut room = Room::default();
    let outcome = simulation.run(&mut room);
    limit_rows(&simulation, &room, outcome.ended_at)
}
