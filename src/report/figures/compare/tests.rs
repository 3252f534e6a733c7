use super::*;
use crate::report::chart::{LineChart, Scale};
use crate::report::figures::testing::{Maker, labels};

const ALL: [&str; 4] = ["sequential", "batched:3", "windowed:3", "parallel"];

fn maker<'a>() -> Maker<'a> {
    Maker {
        n: &[1, 4, 5, 12],
        strategies: &ALL,
        slots: &[4],
        replications: 1,
        runtimes: &[300],
    }
}

fn drawn(comparison: &Comparison) -> Vec<(String, LineChart)> {
    let charts = charts(comparison, &labels());
    let line = |(stem, chart): (String, Chart)| {
        assert!(chart.svg().expect(&stem).contains("</svg>"));
        let Chart::Line(line) = chart else {
            panic!("{stem} is no line chart")
        };
        (stem, line)
    };
    charts.into_iter().map(line).collect()
}

fn stems(charts: &[(String, LineChart)]) -> Vec<&str> {
    charts.iter().map(|(stem, _)| stem.as_str()).collect()
}

fn series<'a>(chart: &'a LineChart, panel: usize, name: &str) -> &'a Series {
    let all = &chart.panels[panel].series;
    all.iter()
        .find(|s| s.name == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn equal_jobs_stand_beside_their_closed_forms() {
    let charts = drawn(&maker().comparison());
    assert_eq!(stems(&charts), ["makespan", "makespan-loglog", "speedup"]);
    let makespan = &charts[0].1;
    assert_eq!(makespan.panels.len(), 2);
    let names: Vec<&str> = makespan.panels[1].series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(
        names,
        [&ALL[..], &["n·d (one by one)", "⌈n/c⌉·d (all at once)"]].concat()
    );
    // 5 Jobs of 300 s on 4 slots take two rounds, which cost 4 s each under kubernetes.
    assert_eq!(series(makespan, 1, "parallel").points[2], (5.0, 608.0));
    let stairs = &series(makespan, 1, "⌈n/c⌉·d (all at once)").points;
    for (n, seconds) in [
        (1.0, 300.0),
        (4.0, 300.0),
        (5.0, 600.0),
        (8.0, 600.0),
        (9.0, 900.0),
        (12.0, 900.0),
    ] {
        assert!(stairs.contains(&(n, seconds)), "{n}: {stairs:?}");
    }
    assert_eq!(
        series(makespan, 1, "n·d (one by one)").points,
        [(1.0, 300.0), (12.0, 3600.0)]
    );
    assert!(series(makespan, 1, "sequential").band.is_empty());
    let theory = series(&charts[2].1, 0, "n / ⌈n/c⌉ (theory)");
    assert!(theory.points.contains(&(5.0, 2.5)) && theory.points.contains(&(12.0, 4.0)));
    assert!(charts[2].1.panels[0].series.iter().all(|s| s.name != "sequential"));
    insta::assert_snapshot!(makespan.subtitle, @"train, d = 5m, on 1 node × 4 GPUs (c = 4 slots); seed 1");
    insta::assert_snapshot!(makespan.note.as_deref().unwrap_or(""), @"Dashed: theory, without cost of the control plane. Only the marked points were run.");
}

#[test]
fn unequal_jobs_stand_between_their_bounds() {
    let mut maker = maker();
    (maker.runtimes, maker.replications) = (&[100, 250, 700], 3);
    let charts = drawn(&maker.comparison());
    let makespan = &charts[1].1;
    assert_eq!((makespan.x.scale, makespan.y.scale), (Scale::Log, Scale::Log));
    let panel = &makespan.panels[0];
    let of = |style| {
        panel
            .series
            .iter()
            .filter(move |s| s.style == style)
            .map(|s| s.name.as_str())
    };
    assert_eq!(of(SeriesStyle::Theory).collect::<Vec<_>>(), ["Σ d (one by one)"]);
    let bounds = ["lower bound, parallel", "upper bound, parallel"];
    assert_eq!(of(SeriesStyle::Bound).collect::<Vec<_>>(), bounds);
    // Sizes 1 and 4 differ with the luck of the replications; in 12 Jobs each runtime stands four times.
    let sequential = series(makespan, 0, "sequential");
    assert_eq!(sequential.points[3], (12.0, 4200.0));
    assert_eq!(sequential.band.len(), 4);
    let (lower, measured) = (series(makespan, 0, bounds[0]), series(makespan, 0, "parallel"));
    assert!(lower.points.iter().zip(&measured.points).all(|(low, m)| low.1 <= m.1));
    // The speed-up is a geometric mean, and so is its bound: where nothing waits both are the same.
    let (bound, fast) = (
        series(&charts[2].1, 0, "bound: Σ d / lower bound"),
        series(&charts[2].1, 0, "parallel"),
    );
    assert!((bound.points[0].1 - fast.points[0].1).abs() < 1e-9);
    assert!(bound.points.iter().zip(&fast.points).all(|(b, f)| b.1 >= f.1 - 1e-9));
    insta::assert_snapshot!(makespan.subtitle, @"train, run time 5m, on 1 node × 4 GPUs (c = 4 slots); seed 1; bands: 95 % confidence");
}

#[test]
fn several_clusters_are_compared_by_their_slots() {
    let mut maker = maker();
    (maker.n, maker.slots) = (&[12], &[1, 2, 5, 16]);
    let charts = drawn(&maker.comparison());
    assert_eq!(stems(&charts), ["makespan-slots", "speedup-slots"]);
    assert!(charts.iter().all(|(_, chart)| chart.png().is_ok()));
    let makespan = &charts[0].1;
    assert_eq!(makespan.x.ticks, [1.0, 2.0, 5.0, 16.0]);
    assert_eq!(
        series(makespan, 0, "parallel").points,
        [(1.0, 3600.0), (2.0, 1800.0), (5.0, 900.0), (16.0, 300.0)]
    );
    let stairs = &series(makespan, 0, "⌈n/c⌉·d (all at once)").points;
    // Upright between 5 and 6 slots, where three rounds become two.
    assert!(stairs.contains(&(5.0, 900.0)) && stairs.contains(&(5.999, 900.0)) && stairs.contains(&(6.0, 600.0)));
    insta::assert_snapshot!(makespan.subtitle, @"train, d = 5m, n = 12 Jobs on 1 to 2 nodes; seed 1");
    maker.n = &[3, 12];
    let both = drawn(&maker.comparison());
    assert_eq!(stems(&both).len(), 5);
    // Labels name one set of nodes; here the section's own is meant.
    insta::assert_snapshot!(both[0].1.subtitle, @"train, d = 5m, on 2 nodes (c = 16 slots); seed 1");
}

#[test]
fn one_n_has_no_loglog_chart_and_one_plane_stands_in_the_subtitle() {
    let mut maker = maker();
    maker.n = &[5];
    let mut comparison = maker.comparison();
    assert_eq!(stems(&drawn(&comparison)), ["makespan", "speedup"]);
    comparison.sections[0]
        .aggregates
        .retain(|a| a.control_plane == "kubernetes");
    let charts = drawn(&comparison);
    assert_eq!(charts[0].1.panels[0].title, "");
    insta::assert_snapshot!(charts[0].1.subtitle, @"train, d = 5m, on 1 node × 4 GPUs (c = 4 slots); control plane kubernetes; seed 1");
}

#[test]
fn what_did_not_end_leaves_a_gap_and_a_word() {
    let mut comparison = maker().comparison();
    for a in &mut comparison.sections[0].aggregates {
        (a.makespan, a.speedup, a.unfinished) = (None, None, 1);
    }
    comparison.missing = 2;
    let charts = drawn(&comparison);
    assert_eq!(stems(&charts), ["makespan", "makespan-loglog"]);
    let note = charts[0].1.note.clone().unwrap_or_default();
    assert!(
        note.ends_with("Points are missing where not all Jobs ended. 2 runs were not done."),
        "{note}"
    );
    assert!(
        charts[0]
            .1
            .panels
            .iter()
            .flat_map(|p| &p.series)
            .all(|s| s.style != SeriesStyle::Measured)
    );
}

#[test]
fn nothing_at_all_and_jobs_of_no_length_can_be_drawn() {
    let nothing = Comparison {
        rows: Vec::new(),
        sections: Vec::new(),
        missing: 3,
        violations: Vec::new(),
    };
    assert!(drawn(&nothing).is_empty());
    let mut maker = maker();
    maker.runtimes = &[0];
    let charts = drawn(&maker.comparison());
    // Under ideal all of them take no time, which a logarithmic axis cannot show.
    assert!(charts[1].1.panels[0].series.is_empty());
    maker.strategies = &["parallel"];
    assert_eq!(stems(&drawn(&maker.comparison())), ["makespan", "makespan-loglog"]);
    maker.strategies = &["sequential"];
    maker.runtimes = &[300];
    assert_eq!(stems(&drawn(&maker.comparison())), ["makespan", "makespan-loglog"]);
}
