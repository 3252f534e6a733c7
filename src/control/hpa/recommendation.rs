//! What all metrics of an autoscaler together ask for (`pkg/controller/podautoscaler/horizontal.go:
//! computeReplicasForMetrics`): the largest number that any of them asks for. A metric that fails stops a change only if the
//! others would shrink the target, or if there is no other.

use super::replica_calculator::{self as calculator, Proposal, Question, Tolerances};
use super::{HpaSettings, MetricError, MetricStatus, Reading, ScalingActive, Seen};
use crate::cluster::spec::{HpaSpec, MetricSource, MetricSpec, MetricTarget, ResourceName, ScalingRules};
use crate::kernel::SimTime;

/// What the metrics ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recommendation {
    /// Number of replicas; means nothing if `scaling_active` tells of a failure.
    pub(super) replicas: u32,
    pub(super) scaling_active: ScalingActive,
    /// By metric; `None` for those that failed.
    pub(super) statuses: Vec<Option<MetricStatus>>,
    pub(super) failures: Vec<(u16, MetricError)>,
}

pub(super) fn recommend(spec: &HpaSpec, settings: &HpaSettings, now: SimTime, seen: &Seen<'_>) -> Recommendation {
    let tolerance = |rules: Option<&ScalingRules>| rules.and_then(|r| r.tolerance).unwrap_or(settings.tolerance);
    let behavior = spec.behavior.as_ref();
    let question = Question {
        tolerances: Tolerances {
            scale_down: tolerance(behavior.map(|b| &b.scale_down)),
            scale_up: tolerance(behavior.map(|b| &b.scale_up)),
        },
        settings,
        now,
        current: seen.current,
        pods: seen.pods,
    };
    let (mut replicas, mut chosen) = (0, 0);
    let (mut statuses, mut failures) = (Vec::with_capacity(spec.metrics.len()), Vec::new());
    for (place, (metric, reading)) in (0_u16..).zip(spec.metrics.iter().zip(seen.readings)) {
        match propose(metric, reading, &question, seen.status_replicas) {
            Ok(proposal) => {
                statuses.push(Some(proposal.status));
                if replicas == 0 || proposal.replicas > replicas {
                    (replicas, chosen) = (proposal.replicas, place);
                }
            }
            Err(error) => {
                statuses.push(None);
                failures.push((place, error));
            }
        }
    }
    let stopped = failures.len() == spec.metrics.len() || replicas < seen.current;
    let scaling_active = match failures.first() {
        Some((metric, error)) if stopped => ScalingActive::FailedGetMetric(*metric, *error),
        Some(_) | None => ScalingActive::ValidMetricFound(chosen),
    };
    Recommendation {
        replicas,
        scaling_active,
        statuses,
        failures,
    }
}

/// What one metric asks for (`computeReplicasForMetric`).
fn propose(
    metric: &MetricSpec,
    reading: &Reading,
    question: &Question<'_>,
    status_replicas: u32,
) -> Result<Proposal, MetricError> {
    match (reading, metric.target) {
        (Reading::Failed(error), _) => Err(*error),
        (Reading::Pods { samples, requests }, MetricTarget::Utilization(percent)) => {
            calculator::resource_replicas(question, percent, is_cpu(metric), samples, requests)
        }
        (Reading::Pods { samples, .. }, MetricTarget::AverageValue(target) | MetricTarget::Value(target)) => {
            calculator::plain_replicas(question, target, is_cpu(metric), samples)
        }
        (Reading::Value(value), MetricTarget::Value(target)) => calculator::value_replicas(question, target, *value),
        (Reading::Value(value), MetricTarget::AverageValue(target)) => Ok(calculator::per_pod_replicas(
            question.tolerances,
            target,
            *value,
            status_replicas,
        )),
        // The readers of manifests let no such target in.
        (Reading::Value(_), MetricTarget::Utilization(_)) => Err(MetricError::NoMetrics),
    }
}

/// Only for cpu do samples of pods that start up not count.
fn is_cpu(metric: &MetricSpec) -> bool {
    match &metric.source {
        MetricSource::Resource(resource) | MetricSource::ContainerResource { resource, .. } => {
            *resource == ResourceName::Cpu
        }
        MetricSource::Pods(_) | MetricSource::Object { .. } | MetricSource::External(_) => false,
    }
}
