//! Makespan and speed-up against the number of slots, for one n: more nodes for the same work.

use crate::experiment::Aggregate;
use crate::experiment::compare::Section;
use crate::experiment::format::count;
use crate::report::chart::{Axis, LineChart, LinePanel, Series, SeriesStyle};

use super::against_n::{faster, with};
use super::theory::{Equal, bounds, equal, holds, speedup_bound, waves};
use super::{PARALLEL, SEQUENTIAL, View, line};

/// The runs of the largest n on each set of nodes.
struct Sweep<'a> {
    n: u64,
    /// Whether x is slots; else it is nodes.
    has_slots: bool,
    points: Vec<(f64, &'a Aggregate)>,
    /// Every x once, ascending.
    places: Vec<u64>,
    /// d, if all Jobs on all sets of nodes are equal.
    law: Option<Equal>,
}

impl<'a> Sweep<'a> {
    fn new(sections: &'a [Section]) -> Self {
        let n = sections
            .iter()
            .flat_map(|s| &s.aggregates)
            .map(|a| a.n)
            .max()
            .unwrap_or(0);
        let has_slots = sections.iter().all(|s| s.slots.is_some());
        let place = |s: &Section| s.slots.filter(|_| has_slots).unwrap_or(s.nodes);
        let used = || sections.iter().filter(|s| place(s) > 0);
        let points = used().flat_map(|s| s.aggregates.iter().filter(|a| a.n == n).map(|a| (place(s) as f64, a)));
        let mut places: Vec<u64> = used().map(place).collect();
        places.sort_unstable();
        places.dedup();
        let laws: Option<Vec<Equal>> = used().map(equal).collect();
        let alike = |laws: &Vec<Equal>| laws.windows(2).all(|l| (l[0].d - l[1].d).abs() <= 1e-9 * l[0].d);
        Self {
            n,
            has_slots,
            points: points.collect(),
            places,
            law: laws
                .filter(alike)
                .and_then(|laws| laws.first().copied())
                .filter(|l| l.d > 0.0 && has_slots),
        }
    }

    fn x_axis(&self) -> Axis {
        let label = if self.has_slots { "slots c" } else { "nodes" };
        Axis::count(label, "")
            .log()
            .ticks_at(self.places.iter().map(|c| *c as f64))
    }

    fn words(&self, sections: &[Section]) -> String {
        let nodes =
            |pick: fn(std::slice::Iter<'_, Section>) -> Option<&Section>| pick(sections.iter()).map_or(0, |s| s.nodes);
        let (first, last) = (nodes(|mut s| s.next()), nodes(|s| s.last()));
        format!(
            "n = {} Jobs on {} to {} nodes",
            count(self.n),
            count(first),
            count(last)
        )
    }

    /// A line of theory from the least to the most slots.
    fn law(&self, of: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        match (self.places.first(), self.places.last()) {
            (Some(first), Some(last)) => holds(*first, *last).into_iter().map(|(x, c)| (x, of(c))).collect(),
            (None, _) | (_, None) => Vec::new(),
        }
    }
}

/// `makespan-slots`.
pub(super) fn makespan(view: &View<'_>, sections: &[Section]) -> LineChart {
    let sweep = Sweep::new(sections);
    let theory = match sweep.law {
        Some(law) => {
            let n = sweep.n as f64;
            let flat = sweep.law(|_| n * law.d);
            let stairs = sweep.law(|c| waves(n, c) * law.d);
            vec![
                line("n·d (one by one)", SeriesStyle::Theory, view.group(SEQUENTIAL), flat),
                line(
                    "⌈n/c⌉·d (all at once)",
                    SeriesStyle::Theory,
                    view.group(PARALLEL),
                    stairs,
                ),
            ]
        }
        None => bounds(view, &sweep.points),
    };
    let panel = |plane: &&str| LinePanel {
        title: view.panel_title(plane),
        series: with(view.measured(&sweep.points, plane, |a| a.makespan, true), &theory),
    };
    chart(
        view,
        sections,
        &sweep,
        Parts {
            title: "Makespan with more slots",
            y: Axis::time("makespan").log(),
            panels: view.planes.iter().map(panel).collect(),
            note: view.note(&theory),
        },
    )
}

/// `speedup-slots`.
pub(super) fn speedup(view: &View<'_>, sections: &[Section]) -> LineChart {
    let sweep = Sweep::new(sections);
    let theory: Vec<Series> = match sweep.law {
        Some(_) => {
            let n = sweep.n as f64;
            let ratio = sweep.law(|c| n / waves(n, c));
            vec![line(
                "n / ⌈n/c⌉ (theory)",
                SeriesStyle::Theory,
                view.group(PARALLEL),
                ratio,
            )]
        }
        None => {
            let place = |s: &Section| s.slots.filter(|_| sweep.has_slots).unwrap_or(s.nodes);
            let places = sections
                .iter()
                .filter(|s| place(s) > 0)
                .map(|s| (place(s) as f64, s.nodes, sweep.n));
            speedup_bound(view, places).into_iter().collect()
        }
    };
    let panel = |plane: &&str| LinePanel {
        title: view.panel_title(plane),
        series: with(faster(view, &sweep.points, plane), &theory),
    };
    chart(
        view,
        sections,
        &sweep,
        Parts {
            title: "Speed-up with more slots",
            y: Axis::number("speed-up", "×").log(),
            panels: view.planes.iter().map(panel).collect(),
            note: view.note(&theory),
        },
    )
}

struct Parts {
    title: &'static str,
    y: Axis,
    panels: Vec<LinePanel>,
    note: Option<String>,
}

fn chart(view: &View<'_>, sections: &[Section], sweep: &Sweep<'_>, parts: Parts) -> LineChart {
    let subtitle = sections
        .last()
        .map_or_else(String::new, |s| view.subtitle(s, &sweep.words(sections)));
    LineChart {
        title: view.labels.title(parts.title),
        subtitle,
        x: sweep.x_axis(),
        y: parts.y,
        panels: parts.panels,
        note: parts.note,
    }
}
