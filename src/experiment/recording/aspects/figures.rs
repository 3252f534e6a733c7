//! Figures of the whole: makespan, waits, rates.

use super::super::tolerance::{MAKESPAN, RATE, WAIT};
use super::super::view::View;
use super::{Aspects, quantile, sorted};

/// Fewer waits than this have no quantiles worth naming.
const FEWEST_WAITS: usize = 20;
/// Fewer events than this have no rate worth naming: one late call would change it.
const FEWEST_FOR_A_RATE: usize = 50;

pub(super) fn add(view: &View<'_>, aspects: &mut Aspects) {
    let timeline = view.timeline;
    if view.compares("Job", "condition")
        && let Some(makespan) = timeline.makespan()
    {
        aspects.near("makespan (s)", makespan, MAKESPAN);
    }
    let waits = waits(view);
    if waits.len() >= FEWEST_WAITS {
        for (name, percent) in [("p50", 50), ("p90", 90)] {
            if let Some(wait) = quantile(&waits, percent) {
                aspects.near(format!("wait from submission to Running, {name} (s)"), wait, WAIT);
            }
        }
    }
    if view.compares("Pod", "created") {
        let created = timeline.of_kind("Pod").filter(|row| row.event == "created");
        rate("pods created (1/s)", &sorted(created.map(|row| row.at)), aspects);
    }
    if view.compares("Job", "condition") {
        let ended = timeline.ended_jobs();
        rate("Jobs ended (1/s)", &sorted(ended.into_values()), aspects);
    }
}

/// From the submission of each Job to the first Running of its pods, in ascending order.
fn waits(view: &View<'_>) -> Vec<f64> {
    if !view.compares("Pod", "running") {
        return Vec::new();
    }
    let mut first: std::collections::BTreeMap<&str, f64> = std::collections::BTreeMap::new();
    for row in view.timeline.of_kind("Pod").filter(|row| row.event == "running") {
        if let Some(facts) = view.timeline.pods.get(&row.name) {
            // Rows are in order of time.
            first.entry(&facts.owner).or_insert(row.at);
        }
    }
    let sent = view.timeline.submitted.iter();
    sorted(sent.filter_map(|(object, at)| Some(first.get(object.strip_prefix("Job/")?)? - at)))
}

/// Events per second between the 10th and the 90th of a hundred.
fn rate(what: &str, times: &[f64], aspects: &mut Aspects) {
    if times.len() < FEWEST_FOR_A_RATE {
        return;
    }
    let (from, to) = (times.len() / 10, times.len() * 9 / 10);
    let span = times[to] - times[from];
    if span > 0.0 {
        aspects.near(what, (to - from) as f64 / span, RATE);
    }
}
