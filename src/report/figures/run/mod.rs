//! Charts of one run, and of several side by side: queues and use of resources over time, attempts on nodes, services.

mod attempts;

mod overview;

mod service;

#[cfg(test)]
mod tests;

use crate::cluster::{ResourceId, Store};
use crate::kernel::SimTime;
use crate::observe::{SeriesKind, Step, Timeline};
use crate::report::chart::{Axis, SeriesStyle, StepChart, StepPanel, StepSeries};
use crate::report::figures::text::amount;
use crate::report::figures::{Chart, Labels, Run};

pub use overview::overview;

/// The charts of a run, each with the stem of its file's name: `queue-and-gpus`; `attempts` if any pod got to a node;
/// `service` if there is a Deployment, `service-<name>` for each if there are several.
#[must_use]
pub fn charts(run: &Run<'_>, labels: &Labels) -> Vec<(String, Chart)> {
    let mut charts = vec![("queue-and-gpus".to_owned(), Chart::Step(queue_and_gpus(run, labels)))];
    charts.extend(attempts::chart(run, labels).map(|chart| ("attempts".to_owned(), Chart::Gantt(chart))));
    let services = service::charts(run, labels);
    charts.extend(services.into_iter().map(|(stem, chart)| (stem, Chart::Step(chart))));
    charts
}

fn queue_and_gpus(run: &Run<'_>, labels: &Labels) -> StepChart {
    let (store, timeline) = (run.store, run.timeline);
    let counted = |label: &str, group, kind| StepPanel {
        y: Axis::count(label, "pods"),
        series: vec![steps("", group, SeriesStyle::Measured, seconds(timeline.steps(kind)))],
    };
    let resources = shown_resources(store);
    let mut panels = vec![
        counted("pending", 1, SeriesKind::PendingPods),
        counted("running", 0, SeriesKind::RunningPods),
    ];
    panels.extend(share_panel(store, &resources, |id, name| {
        steps(name, 2, SeriesStyle::Measured, shares(timeline, store, id))
    }));
    let what = if resources.iter().any(|id| store.resources.is_gpu(*id)) {
        "Pods and GPUs over time"
    } else {
        "Pods over time"
    };
    StepChart {
        title: labels.title(what),
        subtitle: labels.of_run(),
        x: time_axis(),
        panels,
        end: Some(run.ended_at.as_secs_f64()),
        note: None,
    }
}

fn time_axis() -> Axis {
    Axis::time("time since the start")
}

fn steps(name: &str, group: usize, style: SeriesStyle, steps: Vec<(f64, f64)>) -> StepSeries {
    StepSeries {
        name: name.to_owned(),
        steps,
        style,
        group,
    }
}

/// (seconds, value).
fn seconds(steps: &[Step]) -> Vec<(f64, f64)> {
    steps.iter().map(|s| (s.at.as_secs_f64(), s.value as f64)).collect()
}

/// (seconds, allocated ÷ allocatable).
fn shares(timeline: &Timeline, store: &Store, id: ResourceId) -> Vec<(f64, f64)> {
    let whole = store.allocatable_total[id.index()].max(1) as f64;
    let allocated = timeline.steps(SeriesKind::Allocated(id));
    allocated
        .iter()
        .map(|s| (s.at.as_secs_f64(), s.value as f64 / whole))
        .collect()
}

/// The resources whose use is shown: the GPUs that pods ask for, else cpu, else pod slots.
fn shown_resources(store: &Store) -> Vec<ResourceId> {
    let offered = |id: &ResourceId| store.allocatable_total[id.index()] > 0;
    let asked = |id: &ResourceId| store.templates.iter().any(|t| t.requests.get(*id) > 0);
    let all = store.resources.iter().map(|(id, _)| id);
    let gpus: Vec<ResourceId> = all
        .filter(|id| store.resources.is_gpu(*id) && offered(id) && asked(id))
        .collect();
    if !gpus.is_empty() {
        return gpus;
    }
    let others = [ResourceId::CPU, ResourceId::PODS];
    let first = others.into_iter().find(|id| offered(id) && asked(id));
    first.or_else(|| others.into_iter().find(offered)).into_iter().collect()
}

/// The panel of shares of `resources`, a line for each; none if there is no resource to show.
fn share_panel(
    store: &Store,
    resources: &[ResourceId],
    line: impl Fn(ResourceId, &str) -> StepSeries,
) -> Option<StepPanel> {
    let (first, others) = resources.split_first()?;
    let series = if others.is_empty() {
        vec![line(*first, "")]
    } else {
        let lines = resources.iter().enumerate().map(|(i, id)| StepSeries {
            group: 2 + i,
            ..line(*id, &format!("{} of {}", store.resources.name(*id), total(store, *id)))
        });
        lines.collect()
    };
    Some(StepPanel {
        y: Axis::share(share_label(store, resources)),
        series,
    })
}

/// What the shares are of, with the total: `GPUs allocated, of 32`.
fn share_label(store: &Store, resources: &[ResourceId]) -> String {
    match resources {
        [id] if store.resources.is_gpu(*id) => format!("GPUs allocated, of {}", total(store, *id)),
        [ResourceId::CPU] => format!("cpu requested, of {} cores", total(store, ResourceId::CPU)),
        [id] => format!("{} allocated, of {}", store.resources.name(*id), total(store, *id)),
        [] | [_, ..] => "GPUs allocated".to_owned(),
    }
}

fn total(store: &Store, id: ResourceId) -> String {
    amount(store, id, store.allocatable_total[id.index()])
}

/// The last instant at which any count of `timeline` changed.
fn last_change(timeline: &Timeline) -> SimTime {
    let kinds = [
        SeriesKind::PendingPods,
        SeriesKind::RunningPods,
        SeriesKind::UnfinishedJobs,
    ];
    let last = kinds.iter().filter_map(|kind| timeline.steps(*kind).last());
    last.map(|step| step.at).max().unwrap_or(SimTime::ZERO)
}
