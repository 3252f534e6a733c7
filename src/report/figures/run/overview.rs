//! Several runs of the same Jobs side by side: one line for each in the same panels.

use crate::cluster::Store;
use crate::experiment::format::duration_of_secs;
use crate::observe::{SeriesKind, Timeline};
use crate::report::chart::{Axis, SeriesStyle, StepChart, StepPanel, StepSeries};
use crate::report::figures::{Chart, Labels};

use super::{last_change, seconds, share_panel, shares, shown_resources, steps, time_axis};

/// A run that takes this many times as long as the next longest is cut off, or nobody could see the others.
const FAR: f64 = 3.0;

/// (seconds, value) of a quantity in one run.
type Values<'a> = dyn Fn(&Timeline, &Store) -> Vec<(f64, f64)> + 'a;

/// Pending pods, running pods and the use of GPUs of several `runs`, each with its name (the strategy). The runs share
/// their cluster. The few that last far longer than all others are cut, and a note says so.
#[must_use]
pub fn overview(runs: &[(String, &Timeline, &Store)], labels: &Labels) -> Chart {
    let ends: Vec<f64> = runs
        .iter()
        .map(|(_, timeline, _)| last_change(timeline).as_secs_f64())
        .collect();
    let (end, is_cut) = cut(&ends);
    let lines = |values: &Values<'_>| -> Vec<StepSeries> {
        let line = |(group, (name, timeline, store)): (usize, &(String, &Timeline, &Store))| {
            let mut values = values(timeline, store);
            values.retain(|(at, _)| *at <= end);
            steps(name, group, SeriesStyle::Measured, values)
        };
        runs.iter().enumerate().map(line).collect()
    };
    let counted = |label: &str, kind: SeriesKind| StepPanel {
        y: Axis::count(label, "pods"),
        series: lines(&|timeline, _| seconds(timeline.steps(kind))),
    };
    let mut panels = vec![
        counted("pending", SeriesKind::PendingPods),
        counted("running", SeriesKind::RunningPods),
    ];
    if let Some((_, _, store)) = runs.first() {
        // One resource only: with several lines for each run nobody could tell which is which.
        let shown: Vec<_> = shown_resources(store).into_iter().take(1).collect();
        let panel = share_panel(store, &shown, |_, _| steps("", 0, SeriesStyle::Measured, Vec::new()));
        panels.extend(panel.into_iter().zip(&shown).map(|(panel, id)| StepPanel {
            series: lines(&|timeline, store| shares(timeline, store, *id)),
            ..panel
        }));
    }
    let cut: Vec<String> = runs
        .iter()
        .zip(&ends)
        .filter(|(_, last)| **last > end)
        .map(|((name, ..), last)| format!("{name} goes on until {}", duration_of_secs(*last)))
        .collect();
    Chart::Step(StepChart {
        title: labels.title("Pods over time, strategy by strategy"),
        subtitle: labels.of_run(),
        x: time_axis(),
        panels,
        end: Some(end),
        note: is_cut.then(|| format!("Cut at {}: {}.", duration_of_secs(end), cut.join(", "))),
    })
}

/// Where the chart ends: a little after the last run that is not [`FAR`] longer than the one before it. And whether that
/// cuts any run.
fn cut(ends: &[f64]) -> (f64, bool) {
    let mut sorted: Vec<f64> = ends.iter().copied().filter(|end| *end > 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let near = sorted.windows(2).take_while(|pair| pair[1] <= FAR * pair[0]).count();
    match (sorted.get(near), sorted.last()) {
        (Some(kept), Some(last)) if kept < last => (1.1 * kept, true),
        (_, Some(last)) => (*last, false),
        (_, None) => (0.0, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_that_last_far_longer_are_cut() {
        assert_eq!(cut(&[]), (0.0, false));
        assert_eq!(cut(&[0.0, 0.0]), (0.0, false));
        assert_eq!(cut(&[100.0]), (100.0, false));
        assert_eq!(cut(&[100.0, 290.0, 110.0]), (290.0, false));
        assert_eq!(cut(&[3000.0, 100.0, 90.0]), (1.1 * 100.0, true));
        assert_eq!(cut(&[3000.0, 100.0, 2000.0]), (1.1 * 100.0, true));
    }
}
