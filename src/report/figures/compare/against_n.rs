//! Makespan and speed-up against the number of Jobs.

use crate::experiment::Aggregate;
use crate::experiment::compare::Section;
use crate::experiment::format::count;
use crate::report::chart::{Axis, LineChart, LinePanel, Series, SeriesStyle};

use super::theory::{Equal, bounds, equal, jumps_after, speedup_bound, waves};
use super::{PARALLEL, SEQUENTIAL, View, line};

/// The numbers of Jobs that were run, ascending.
pub(super) fn sizes(section: &Section) -> Vec<u64> {
    let mut sizes: Vec<u64> = section.aggregates.iter().map(|a| a.n).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn points(section: &Section) -> Vec<(f64, &Aggregate)> {
    section.aggregates.iter().map(|a| (a.n as f64, a)).collect()
}

fn x_axis(section: &Section, is_log: bool) -> Axis {
    let axis = Axis::count("number of Jobs n", "").ticks_at(sizes(section).iter().map(|n| *n as f64));
    if is_log { axis.log() } else { axis }
}

/// On what the runs of `section` were.
fn place(view: &View<'_>, section: &Section) -> String {
    let nodes = if view.is_sweep || view.labels.nodes.is_empty() {
        format!("{} nodes", count(section.nodes))
    } else {
        view.labels.nodes.clone()
    };
    let slots = section
        .slots
        .map_or_else(String::new, |c| format!(" (c = {} slots)", count(c)));
    format!("on {nodes}{slots}")
}

/// The places at which theory is drawn.
fn dense_sizes(section: &Section, law: &Equal) -> Vec<f64> {
    let sizes = sizes(section);
    match (sizes.first(), sizes.last()) {
        (Some(first), Some(last)) => jumps_after(*first, *last, law.slots.unwrap_or(1)),
        (None, _) | (_, None) => Vec::new(),
    }
}

/// `makespan` and `makespan-loglog`.
pub(super) fn makespan(view: &View<'_>, section: &Section, is_log: bool) -> LineChart {
    let points = points(section);
    let law = equal(section).filter(|law| law.d > 0.0);
    let theory = match law {
        Some(law) => closed_forms(view, section, &law),
        None => bounds(view, &points),
    };
    let panel = |plane: &&str| LinePanel {
        title: view.panel_title(plane),
        series: with(view.measured(&points, plane, |a| a.makespan, is_log), &theory),
    };
    let y = Axis::time("makespan");
    let scales = if is_log { " (log-log)" } else { "" };
    LineChart {
        title: view.labels.title(&format!("Makespan of n Jobs{scales}")),
        subtitle: view.subtitle(section, &place(view, section)),
        x: x_axis(section, is_log),
        y: if is_log { y.log() } else { y },
        panels: view.planes.iter().map(panel).collect(),
        note: view.note(&theory),
    }
}

/// n·d, and ⌈n/c⌉·d.
fn closed_forms(view: &View<'_>, section: &Section, law: &Equal) -> Vec<Series> {
    let places = dense_sizes(section, law);
    let ends = [places.first(), places.last()];
    let straight = ends.into_iter().flatten().map(|n| (*n, n * law.d)).collect();
    // Two points do: the line is straight on linear axes and on logarithmic ones.
    let mut lines = vec![line(
        "n·d (one by one)",
        SeriesStyle::Theory,
        view.group(SEQUENTIAL),
        straight,
    )];
    if let Some(c) = law.slots {
        let stairs = places.iter().map(|n| (*n, waves(*n, c as f64) * law.d)).collect();
        lines.push(line(
            "⌈n/c⌉·d (all at once)",
            SeriesStyle::Theory,
            view.group(PARALLEL),
            stairs,
        ));
    }
    lines
}

/// `speedup`.
pub(super) fn speedup(view: &View<'_>, section: &Section) -> LineChart {
    let points = points(section);
    let law = equal(section);
    let theory: Vec<Series> = match law.and_then(|law| Some((law, law.slots?))) {
        Some((law, c)) => {
            let ratio = |n: f64| (n, n / waves(n, c as f64));
            let stairs = dense_sizes(section, &law).into_iter().map(ratio).collect();
            vec![line(
                "n / ⌈n/c⌉ (theory)",
                SeriesStyle::Theory,
                view.group(PARALLEL),
                stairs,
            )]
        }
        None => {
            let places = sizes(section).into_iter().map(|n| (n as f64, section.nodes, n));
            speedup_bound(view, places).into_iter().collect()
        }
    };
    let panel = |plane: &&str| LinePanel {
        title: view.panel_title(plane),
        series: with(faster(view, &points, plane), &theory),
    };
    LineChart {
        title: view.labels.title("Speed-up over submitting one by one"),
        subtitle: view.subtitle(section, &place(view, section)),
        x: x_axis(section, true),
        y: Axis::number("speed-up", "×"),
        panels: view.planes.iter().map(panel).collect(),
        note: view.note(&theory),
    }
}

/// The speed-up of every strategy but the one compared with.
pub(super) fn faster(view: &View<'_>, points: &[(f64, &Aggregate)], plane: &str) -> Vec<Series> {
    let mut series = view.measured(points, plane, |a| a.speedup, false);
    series.retain(|s| s.name != SEQUENTIAL);
    series
}

/// Measured lines, and theory on top if there are any.
pub(super) fn with(mut measured: Vec<Series>, theory: &[Series]) -> Vec<Series> {
    measured.extend_from_slice(theory);
    measured
}
