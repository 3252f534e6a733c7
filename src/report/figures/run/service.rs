//! A Deployment over time: its load, its replicas, what its autoscaler saw.

use crate::cluster::spec::{HpaSpec, MetricTarget};
use crate::cluster::{DeploymentId, HpaId, Store};
use crate::kernel::SimTime;
use crate::observe::SeriesKind;
use crate::report::chart::{Axis, SeriesStyle, StepChart, StepPanel};
use crate::report::figures::{Demand, Labels, Run};

use super::{seconds, steps, time_axis};

/// One chart for each Deployment, with its stem.
pub(super) fn charts(run: &Run<'_>, labels: &Labels) -> Vec<(String, StepChart)> {
    let ids = (0..run.store.deployments.len() as u32).map(DeploymentId);
    ids.map(|id| (stem(run.store, id), chart(run, labels, id))).collect()
}

/// `service`, or with the name if there are several Deployments; names are unique in a namespace only.
fn stem(store: &Store, id: DeploymentId) -> String {
    let spec = &store.deployments[id.index()].spec;
    let namesakes = store.deployments.iter().filter(|d| d.spec.name == spec.name).count();
    let stem = match (store.deployments.len(), namesakes) {
        (1, _) => return "service".to_owned(),
        (_, 1) => format!("service-{}", spec.name),
        (_, _) => format!("service-{}-{}", spec.namespace, spec.name),
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

fn chart(run: &Run<'_>, labels: &Labels, id: DeploymentId) -> StepChart {
    let (store, timeline) = (run.store, run.timeline);
    let spec = &store.deployments[id.index()].spec;
    let kind = if spec.bare_replica_set {
        "ReplicaSet"
    } else {
        "Deployment"
    };
    let hpa = store.hpas.iter().position(|h| store.hpa_target(h) == Some(id));
    let mut panels = Vec::new();
    panels.extend(
        run.demands
            .iter()
            .find(|d| d.deployment == id)
            .map(|demand| load(run, demand)),
    );
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
        title: labels.title(&format!("{kind} {} over time", spec.name)),
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
    let kind = SeriesKind::ReadyReplicas(demand.deployment);
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
