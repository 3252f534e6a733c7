//! A workload that goes on, over time: its load, its replicas, what its autoscaler saw.

use crate::cluster::spec::{HpaSpec, MetricTarget};
use crate::cluster::{HpaId, ScaleTarget, Store, WorkloadId};
use crate::kernel::SimTime;
use crate::observe::{RequestSeries, SeriesKind, Timeline};
use crate::report::chart::{Axis, SeriesStyle, StepChart, StepPanel};
use crate::report::figures::{Demand, Labels, Run};

use super::{seconds, steps, time_axis};

/// One chart for each workload, with its stem.
pub(super) fn charts(run: &Run<'_>, labels: &Labels) -> Vec<(String, StepChart)> {
    run.store
        .workloads()
        .map(|id| (stem(run.store, id), chart(run, labels, id)))
        .collect()
}

/// `service`, or with the name if there are several workloads; names are unique in a namespace, and of a kind, only.
fn stem(store: &Store, id: WorkloadId) -> String {
    let (namespace, name) = store.workload_name(id);
    let is_namesake = |other: &WorkloadId| store.workload_name(*other).1 == name;
    let is_neighbour = |other: &WorkloadId| store.workload_name(*other) == (namespace, name);
    let namesakes = store.workloads().filter(is_namesake).count();
    let neighbours = store.workloads().filter(is_neighbour).count();
    let stem = match (store.workloads().count(), namesakes, neighbours) {
        (1, ..) => return "service".to_owned(),
        (_, 1, _) => format!("service-{name}"),
        (_, _, 1) => format!("service-{namespace}-{name}"),
        // One of the same name came before it, or is of another kind.
        (..) => {
            let earlier = store
                .workloads()
                .take_while(|other| *other != id)
                .filter(is_neighbour)
                .count();
            format!("service-{namespace}-{name}-{}", earlier + 1)
        }
    };
    // It becomes a file's name, whatever the manifest says.
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "-.".contains(c) {
            c
        } else {
            '_'
        }
    };
    stem.chars().map(safe).collect()
}

fn chart(run: &Run<'_>, labels: &Labels, id: WorkloadId) -> StepChart {
    let (store, timeline) = (run.store, run.timeline);
    let (kind, (_, name)) = (id.kind(), store.workload_name(id));
    let target = ScaleTarget::of(id);
    let is_scaler = |hpa: &HpaSpec| target.is_some() && store.hpa_target(hpa) == target;
    let hpa = store.hpas.iter().position(is_scaler);
    let mut panels = Vec::new();
    panels.extend(
        run.demands
            .iter()
            .find(|d| Some(d.target) == target)
            .map(|demand| load(run, demand)),
    );
    panels.extend(target.into_iter().flat_map(|target| requests(timeline, target)));
    let mut replicas = vec![
        steps(
            "ready",
            0,
            SeriesStyle::Measured,
            seconds(timeline.steps(SeriesKind::ReadyReplicas(id))),
        ),
        steps(
            "desired",
            1,
            SeriesStyle::Measured,
            seconds(timeline.steps(SeriesKind::DesiredReplicas(id))),
        ),
    ];
    if let Some(hpa) = hpa.map(|i| &store.hpas[i]) {
        let most = vec![(0.0, f64::from(hpa.max_replicas))];
        replicas.push(steps("maxReplicas", 6, SeriesStyle::Bound, most));
    }
    panels.push(StepPanel {
        y: Axis::count("replicas", "pods"),
        series: replicas,
    });
    let utilization = hpa.and_then(|i| Some((i, utilization_target(&store.hpas[i])?)));
    if let Some((i, percent)) = utilization {
        let seen = timeline.steps(SeriesKind::HpaUtilization(HpaId(i as u32)));
        let seen = seconds(seen)
            .into_iter()
            .map(|(at, percent)| (at, percent / 100.0))
            .collect();
        let target = vec![(0.0, f64::from(percent) / 100.0)];
        panels.push(StepPanel {
            y: Axis::share("cpu use, of requests"),
            series: vec![
                steps("as the autoscaler saw it", 2, SeriesStyle::Measured, seen),
                steps("target", 6, SeriesStyle::Bound, target),
            ],
        });
    }
    StepChart {
        title: labels.title(&format!("{kind} {name} over time")),
        subtitle: labels.of_run(),
        x: time_axis(),
        panels,
        end: Some(run.ended_at.as_secs_f64()),
        note: None,
    }
}

/// The first target that is a share of requests.
fn utilization_target(hpa: &HpaSpec) -> Option<u32> {
    hpa.metrics.iter().find_map(|metric| match metric.target {
        MetricTarget::Utilization(percent) => Some(percent),
        MetricTarget::AverageValue(_) | MetricTarget::Value(_) => None,
    })
}

/// Rates of requests, those that wait, and their latencies; nothing for a service that is not asked in requests.
fn requests(timeline: &Timeline, target: ScaleTarget) -> Vec<StepPanel> {
    let scaled = |series, unit: f64| -> Vec<(f64, f64)> {
        let steps = timeline.steps(SeriesKind::Requests(target, series));
        seconds(steps)
            .into_iter()
            .map(|(at, value)| (at, value / unit))
            .collect()
    };
    if scaled(RequestSeries::Arriving, 1.0).is_empty() {
        return Vec::new();
    }
    let line = |name: &str, group, style, series, unit| steps(name, group, style, scaled(series, unit));
    let measured = SeriesStyle::Measured;
    let rates = vec![
        line("arriving", 4, measured, RequestSeries::Arriving, 1e3),
        line("served", 0, measured, RequestSeries::Served, 1e3),
        line("dropped", 1, measured, RequestSeries::Dropped, 1e3),
        line(
            "Ready pods could serve",
            6,
            SeriesStyle::Bound,
            RequestSeries::Capacity,
            1e3,
        ),
    ];
    let waiting = vec![line("", 1, measured, RequestSeries::Waiting, 1.0)];
    let latencies = vec![
        line("p50", 0, measured, RequestSeries::LatencyP50, 1e6),
        line("p95", 2, measured, RequestSeries::LatencyP95, 1e6),
        line("p99", 1, measured, RequestSeries::LatencyP99, 1e6),
    ];
    let panel = |y, series| StepPanel { y, series };
    vec![
        panel(Axis::number("requests", "1/s"), rates),
        panel(Axis::count("waiting", "requests"), waiting),
        panel(Axis::number("latency", "s"), latencies),
    ]
}

/// Demand, and what the Ready pods could serve of it.
fn load(run: &Run<'_>, demand: &Demand) -> StepPanel {
    const MILLI: f64 = 1000.0;
    let cores = |(at, milli): (SimTime, i64)| (at.as_secs_f64(), milli as f64 / MILLI);
    let until = |steps: Vec<(SimTime, i64)>| {
        steps
            .into_iter()
            .filter(|(at, _)| *at <= run.ended_at)
            .map(cores)
            .collect()
    };
    let mut series = vec![steps("demand", 4, SeriesStyle::Measured, until(demand.steps.clone()))];
    if let Some(cap) = demand.cap_per_pod {
        series.push(steps(
            "served",
            0,
            SeriesStyle::Measured,
            until(served(run, demand, cap)),
        ));
    }
    StepPanel {
        y: Axis::number("load", "cores"),
        series,
    }
}

/// min(demand, Ready pods · cap), at every change of either.
fn served(run: &Run<'_>, demand: &Demand, cap: i64) -> Vec<(SimTime, i64)> {
    let kind = SeriesKind::ReadyReplicas(demand.target.into());
    let ready = run.timeline.steps(kind);
    let mut times: Vec<SimTime> = demand
        .steps
        .iter()
        .map(|s| s.0)
        .chain(ready.iter().map(|s| s.at))
        .collect();
    times.sort_unstable();
    times.dedup();
    let wanted = |at: SimTime| {
        let begun = demand.steps.partition_point(|(from, _)| *from <= at);
        begun.checked_sub(1).map_or(0, |last| demand.steps[last].1)
    };
    let can = |at: SimTime| run.timeline.value_at(kind, at).unwrap_or(0).saturating_mul(cap);
    times.into_iter().map(|at| (at, wanted(at).min(can(at)))).collect()
}
