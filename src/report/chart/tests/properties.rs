//! No data makes a chart panic; data that can be drawn are drawn, and the picture is whole.

use proptest::prelude::*;

use super::{assert_texts_inside, assert_well_formed, sample};
use crate::report::chart::{
    Axis, Bar, BarKind, ChartError, GanttChart, Lane, LineChart, LinePanel, Quantity, Scale, Series, SeriesStyle,
    StepChart, StepPanel, StepSeries,
};

/// A value that every axis can show, over the whole range; or, if `wild`, any number at all.
fn value(wild: bool) -> BoxedStrategy<f64> {
    let tame = prop_oneof![
        4 => 0.001..1e4f64,
        2 => (1.0..10.0f64, -15i32..15).prop_map(|(m, e)| m * 10f64.powi(e)),
        1 => prop::sample::select(vec![1e-15, 0.1, 1.0, 10.0, 1000.0, 1e15]),
    ];
    let bad = prop::sample::select(vec![0.0, -0.0, -1e15, 1e16, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    if wild {
        prop_oneof![9 => tame, 3 => -1e4..1e4f64, 1 => prop::num::f64::ANY, 1 => bad].boxed()
    } else {
        tame.boxed()
    }
}

fn axis(wild: bool) -> impl Strategy<Value = Axis> {
    let quantity = prop::sample::select(vec![Quantity::Number, Quantity::Count, Quantity::Time, Quantity::Share]);
    let ticks = prop::collection::vec(value(wild), 0..4);
    ("[a-z<&µ ]{0,12}", quantity, any::<bool>(), ticks).prop_map(|(label, quantity, log, ticks)| Axis {
        unit: label.clone(),
        label,
        quantity,
        scale: if log { Scale::Log } else { Scale::Linear },
        ticks,
    })
}

fn series(wild: bool) -> impl Strategy<Value = Series> {
    let points = prop::collection::vec((value(wild), value(wild)), 0..8);
    let band = prop::collection::vec((value(wild), value(wild), value(wild)), 0..3);
    let styles = vec![
        SeriesStyle::Measured,
        SeriesStyle::Contrast,
        SeriesStyle::Theory,
        SeriesStyle::Bound,
    ];
    (".{0,40}", points, band, prop::sample::select(styles), 0usize..20).prop_map(
        move |(name, points, band, style, group)| {
            let ordered = |(x, a, b): (f64, f64, f64)| if wild { (x, a, b) } else { (x, a.min(b), a.max(b)) };
            Series {
                name,
                points,
                band: band.into_iter().map(ordered).collect(),
                style,
                group,
            }
        },
    )
}

fn line_chart(wild: bool) -> impl Strategy<Value = LineChart> {
    let panels = prop::collection::vec(prop::collection::vec(series(wild), 0..4), 0..5);
    (axis(wild), axis(wild), panels, ".{0,120}").prop_map(|(x, y, panels, title)| {
        let panels = panels
            .into_iter()
            .map(|series| LinePanel {
                title: "panel".to_owned(),
                series,
            })
            .collect();
        LineChart {
            title: title.clone(),
            subtitle: title,
            x,
            y,
            panels,
            note: None,
        }
    })
}

fn step_chart(wild: bool) -> impl Strategy<Value = StepChart> {
    let panels = prop::collection::vec((axis(wild), prop::collection::vec(series(wild), 0..3)), 0..4);
    (axis(wild), panels, prop::option::of(value(wild))).prop_map(|(x, panels, end)| {
        let step = |s: Series| StepSeries {
            name: s.name,
            steps: s.points,
            style: s.style,
            group: s.group,
        };
        let panel = |(y, series): (Axis, Vec<Series>)| StepPanel {
            y,
            series: series.into_iter().map(step).collect(),
        };
        StepChart {
            x,
            panels: panels.into_iter().map(panel).collect(),
            end,
            ..sample::queue_and_gpus()
        }
    })
}

fn timeline(wild: bool) -> impl Strategy<Value = GanttChart> {
    let bars = prop::collection::vec((value(wild), value(wild), 0usize..4), 0..9);
    (axis(wild), prop::collection::vec((".{0,30}", bars), 0..50)).prop_map(|(x, lanes)| {
        let bar = |(a, b, kind): (f64, f64, usize)| Bar {
            start_s: a.min(b),
            end_s: a.max(b),
            label: "job".to_owned(),
            kind: BarKind::ALL[kind],
        };
        let lane = |(name, bars): (String, Vec<_>)| Lane {
            name,
            bars: bars.into_iter().map(bar).collect(),
        };
        GanttChart {
            x,
            lanes: lanes.into_iter().map(lane).collect(),
            ..sample::backoff()
        }
    })
}

/// What must hold of a drawn chart; only wild data may be refused.
fn judge(wild: bool, svg: Result<String, ChartError>) {
    match svg {
        Ok(svg) => {
            assert_well_formed(&svg);
            assert_texts_inside(&svg);
        }
        Err(error) => assert!(wild, "{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn line_charts_are_drawn_or_refused(
        (wild, chart) in any::<bool>().prop_flat_map(|wild| (Just(wild), line_chart(wild)))
    ) {
        judge(wild, chart.svg());
    }

    #[test]
    fn step_charts_are_drawn_or_refused(
        (wild, chart) in any::<bool>().prop_flat_map(|wild| (Just(wild), step_chart(wild)))
    ) {
        judge(wild, chart.svg());
    }

    #[test]
    fn timelines_are_drawn_or_refused(
        (wild, chart) in any::<bool>().prop_flat_map(|wild| (Just(wild), timeline(wild)))
    ) {
        judge(wild, chart.svg());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pictures_can_be_painted(line in line_chart(false), step in step_chart(false), gantt in timeline(false)) {
        prop_assert!(line.png().is_ok() && step.png().is_ok() && gantt.png().is_ok());
    }
}
