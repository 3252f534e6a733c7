//! The HorizontalPodAutoscaler of Kubernetes 1.36 as pure functions over a small state
//! (`pkg/controller/podautoscaler/horizontal.go: reconcileAutoscaler`).
//!
//! [`reconcile`] is one evaluation. Whoever calls it keeps the time: the first evaluation comes one sync period after the
//! HPA was created, each next one a sync period after the end of the last (`NewDefaultHPARateLimiter`), and a change of the
//! HPA or its target does not hasten it. [`replica_calculator`] turns what a metric says into a number, `recommendation`
//! chooses among several metrics, `normalize` limits the choice, [`metrics`] makes the samples.

pub mod metrics;
mod normalize;
mod recommendation;
pub mod replica_calculator;

pub use crate::cluster::hpa::{
    AbleToScale, HpaEvent, HpaStatus, MetricError, MetricStatus, RescaleReason, ScalingActive, ScalingLimited,
};
pub use normalize::HpaState;

use crate::cluster::spec::HpaSpec;
use crate::kernel::{SimDuration, SimTime};
use recommendation::recommend;

/// Flags of kube-controller-manager for the HPA controller; the defaults are Kubernetes'
/// (`pkg/controller/podautoscaler/config/v1alpha1/defaults.go`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HpaSettings {
    /// `--horizontal-pod-autoscaler-sync-period`: 15 s. For the caller; [`reconcile`] does not look at it.
    pub sync_period: SimDuration,
    /// `--horizontal-pod-autoscaler-tolerance`: 0.1; how far a metric may be off its target, as a share of it.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`: 5 min.
    pub downscale_stabilization: SimDuration,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`: 5 min.
    pub cpu_initialization_period: SimDuration,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`: 30 s.
    pub initial_readiness_delay: SimDuration,
}

impl Default for HpaSettings {
    fn default() -> Self {
        Self {
            sync_period: SimDuration::from_secs(15),
            tolerance: 0.1,
            downscale_stabilization: SimDuration::from_secs(300),
            cpu_initialization_period: SimDuration::from_secs(300),
            initial_readiness_delay: SimDuration::from_secs(30),
        }
    }
}

/// One answer of a metrics API about one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The mean over `window` in thousandths of the metric's unit: milli-cores for cpu, bytes · 1000 for memory.
    pub usage_milli: i64,
    /// End of the window.
    pub at: SimTime,
    /// Span over which the usage was measured.
    pub window: SimDuration,
}

/// Condition `Ready` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyCondition {
    /// Its status.
    pub status: bool,
    /// `lastTransitionTime`: when the status became what it is; the pod's creation if it never changed.
    pub last_transition: SimTime,
}

/// What the HPA sees of pods that the target's selector matches and that are alike to it. The API keeps times in whole
/// seconds; passing exact ones shifts the ends of the start-up rules by less than a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodView {
    /// How many there are.
    pub count: u32,
    /// Phase is Pending.
    pub pending: bool,
    /// Phase is Failed.
    pub failed: bool,
    /// `deletionTimestamp` is set.
    pub deleting: bool,
    /// `status.startTime`: when the kubelet took the pod up.
    pub started: Option<SimTime>,
    /// Condition `Ready`, if the pod has one.
    pub ready: Option<ReadyCondition>,
}

/// What a metrics API answered about one metric.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// By [`Seen::pods`].
    Pods {
        /// The sample, if the API has one of the pod.
        samples: Vec<Option<Sample>>,
        /// The request in thousandths of the resource's unit; looked at for targets of type Utilization only.
        requests: Vec<Result<i64, MetricError>>,
    },
    /// The one number of an Object or External metric (the sum of its series), in thousandths of its unit.
    Value(i64),
    /// There was no answer.
    Failed(MetricError),
}

/// What an evaluation looks at.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The target's `spec.replicas`.
    pub current: u32,
    /// The target's `status.replicas`.
    pub status_replicas: u32,
    /// The pods of the target.
    pub pods: &'a [PodView],
    /// By metric of the specification.
    pub readings: &'a [Reading],
}

/// The outcome of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The target's `spec.replicas` as found.
    pub current: u32,
    /// What it is to be; the same as `current` if nothing is to be done.
    pub desired: u32,
    /// What the metrics asked for, before stabilisation and limits; `None` if they were not looked at or failed.
    pub proposed: Option<u32>,
    /// `status.currentMetrics`; empty if they were not looked at.
    pub metrics: Vec<Option<MetricStatus>>,
    /// The metrics that could not be had, by place.
    pub failures: Vec<(u16, MetricError)>,
    /// Condition `AbleToScale`.
    pub able_to_scale: AbleToScale,
    /// Condition `ScalingActive`; `None`: as it was.
    pub scaling_active: Option<ScalingActive>,
    /// Condition `ScalingLimited`; `None`: as it was.
    pub scaling_limited: Option<ScalingLimited>,
    /// Reason for event `SuccessfulRescale`, told by the proposal alone: when a stabilisation window undoes a change made by
    /// hand it can be absent or name the wrong direction, as in Kubernetes.
    pub reason: RescaleReason,
}

impl Decision {
    /// Nothing is to be done about a target of `current` replicas.
    const fn of_size(current: u32) -> Self {
        Self {
            current,
            desired: current,
            proposed: None,
            metrics: Vec::new(),
            failures: Vec::new(),
            able_to_scale: AbleToScale::SucceededGetScale,
            scaling_active: None,
            scaling_limited: None,
            reason: RescaleReason::None,
        }
    }

    /// Whether the target gets a new size.
    #[must_use]
    pub const fn rescales(&self) -> bool {
        self.desired != self.current
    }

    /// Whether no size could be computed, so that everything stays as it is.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(
            self.scaling_active,
            Some(ScalingActive::FailedGetMetric(..) | ScalingActive::AmbiguousSelector)
        )
    }

    /// The Events of the evaluation, in order; the one about a new size comes when the size was written.
    pub fn events(&self) -> impl Iterator<Item = HpaEvent> + '_ {
        let ambiguous = self.scaling_active == Some(ScalingActive::AmbiguousSelector);
        let ambiguous = [HpaEvent::AmbiguousSelector, HpaEvent::FailedComputeAmbiguous]
            .into_iter()
            .filter(move |_| ambiguous);
        let failures = self.failures.iter();
        let failed = failures.map(|(metric, error)| HpaEvent::FailedGetMetric(*metric, *error));
        let first = self.failures.first().filter(|_| self.failed());
        let failed = failed.chain(first.map(|(first, error)| HpaEvent::FailedComputeMetricsReplicas {
            invalid: self.failures.len() as u16,
            first: *first,
            error: *error,
        }));
        ambiguous.chain(failed)
    }

    /// Writes the decision into `status` (`setStatus`); says whether that changed it.
    pub fn apply(&self, status: &mut HpaStatus, now: SimTime) -> bool {
        let before = status.clone();
        status.current_replicas = Some(self.current);
        if !self.failed() {
            status.desired_replicas = self.desired;
        }
        status.metrics.clone_from(&self.metrics);
        if self.rescales() {
            status.last_scale = Some(now);
        }
        let mut transition = |which: usize, before: Option<bool>, after: bool| {
            if before != Some(after) {
                status.transitions[which] = now;
            }
        };
        transition(
            0,
            before.able_to_scale.map(AbleToScale::status),
            self.able_to_scale.status(),
        );
        if let Some(active) = self.scaling_active {
            transition(1, before.scaling_active.map(ScalingActive::status), active.status());
        }
        if let Some(limited) = self.scaling_limited {
            transition(2, before.scaling_limited.map(ScalingLimited::status), limited.status());
        }
        status.able_to_scale = Some(self.able_to_scale);
        status.scaling_active = self.scaling_active.or(status.scaling_active);
        status.scaling_limited = self.scaling_limited.or(status.scaling_limited);
        *status != before
    }
}

/// Evaluates one HPA at `now`.
///
/// A rescale is remembered for the policies of `behavior` as if it were carried out at `now`; a caller that fails to carry it
/// out should restore the state it had before.
pub fn reconcile(
    spec: &HpaSpec,
    state: &mut HpaState,
    settings: &HpaSettings,
    now: SimTime,
    seen: &Seen<'_>,
) -> Decision {
    let current = seen.current;
    state.record_initial_recommendation(now, current);
    let mut decision = Decision::of_size(current);
    if current == 0 && spec.min_replicas != 0 {
        decision.scaling_active = Some(ScalingActive::ScalingDisabled);
    } else if current > spec.max_replicas {
        decision.desired = spec.max_replicas;
        decision.reason = RescaleReason::AboveMaxReplicas;
    } else if current < spec.min_replicas {
        decision.desired = spec.min_replicas;
        decision.reason = RescaleReason::BelowMinReplicas;
    } else {
        follow_metrics(spec, state, settings, now, seen, &mut decision);
    }
    if decision.rescales() {
        decision.able_to_scale = AbleToScale::SucceededRescale(decision.desired);
        state.store_scale_event(spec.behavior.as_ref(), now, current, decision.desired);
    }
    decision
}

/// Evaluates an HPA of `current` replicas whose pods others take for theirs, too: it does nothing.
pub fn ambiguous(state: &mut HpaState, now: SimTime, current: u32) -> Decision {
    state.record_initial_recommendation(now, current);
    Decision {
        scaling_active: Some(ScalingActive::AmbiguousSelector),
        ..Decision::of_size(current)
    }
}

/// The part of an evaluation that looks at the metrics.
fn follow_metrics(
    spec: &HpaSpec,
    state: &mut HpaState,
    settings: &HpaSettings,
    now: SimTime,
    seen: &Seen<'_>,
    decision: &mut Decision,
) {
    let recommendation = recommend(spec, settings, now, seen);
    decision.metrics = recommendation.statuses;
    decision.failures = recommendation.failures;
    decision.scaling_active = Some(recommendation.scaling_active);
    let ScalingActive::ValidMetricFound(metric) = recommendation.scaling_active else {
        return;
    };
    let (current, proposal) = (seen.current, recommendation.replicas);
    let normalized = normalize::normalize(spec, state, settings, now, current, proposal);
    decision.desired = normalized.desired;
    decision.proposed = Some(proposal);
    decision.able_to_scale = normalized.able_to_scale;
    decision.scaling_limited = Some(normalized.scaling_limited);
    decision.reason = match proposal.cmp(&current) {
        std::cmp::Ordering::Greater => RescaleReason::AboveTarget(metric),
        std::cmp::Ordering::Less => RescaleReason::BelowTarget,
        std::cmp::Ordering::Equal => RescaleReason::None,
    };
}

#[cfg(test)]
mod tests;
