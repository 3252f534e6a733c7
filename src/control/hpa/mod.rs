//! The HorizontalPodAutoscaler of Kubernetes 1.36 for a cpu utilisation target, as pure functions over a small state
//! (`pkg/controller/podautoscaler/horizontal.go: reconcileAutoscaler`).
//!
//! [`reconcile`] is one evaluation. Whoever calls it keeps the time: the first evaluation comes one sync period after the
//! HPA was created, each next one a sync period after the end of the last (`NewDefaultHPARateLimiter`), and a change of the
//! HPA or its target does not hasten it. [`replica_calculator`] turns pods into a number, `normalize` limits it,
//! [`metrics`] makes the samples.

pub mod condition;
pub mod metrics;
mod normalize;
pub mod replica_calculator;

pub use condition::{AbleToScale, MetricError, RescaleReason, ScalingActive, ScalingLimited};
pub use normalize::HpaState;

use crate::cluster::spec::{HpaSpec, ScalingRules};
use crate::kernel::{SimDuration, SimTime};
use replica_calculator::Tolerances;

/// Flags of kube-controller-manager for the HPA controller; the defaults are Kubernetes'
/// (`pkg/controller/podautoscaler/config/v1alpha1/defaults.go`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HpaSettings {
    /// `--horizontal-pod-autoscaler-sync-period`: 15 s. For the caller; [`reconcile`] does not look at it.
    pub sync_period: SimDuration,
    /// `--horizontal-pod-autoscaler-tolerance`: 0.1; how far utilisation may be off the target, as a share of it.
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

/// One answer of the metrics API about one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// cpu usage of all containers in milli-cores, averaged over `window`.
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

/// What the HPA sees of one pod that the target's selector matches. The API keeps times in whole seconds; passing exact
/// ones shifts the ends of the start-up rules by less than a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodMetric {
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
    /// Sum of the containers' cpu requests in milli-cores, `None` if one has none
    /// ([`crate::cluster::spec::PodTemplate::hpa_cpu_request`]).
    pub request_milli: Option<i64>,
    /// What the metrics API says of the pod, if anything.
    pub sample: Option<Sample>,
}

/// The outcome of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The target's `spec.replicas` as found.
    pub current: u32,
    /// What it is to be; the same as `current` if nothing is to be done.
    pub desired: u32,
    /// What the metric asked for, before stabilisation and limits; `None` if it was not looked at or failed.
    pub proposed: Option<u32>,
    /// Utilisation in whole percent of the requests (`status.currentMetrics`); `None` as above.
    pub utilization: Option<i64>,
    /// Condition `AbleToScale`.
    pub able_to_scale: AbleToScale,
    /// Condition `ScalingActive`; `None`: as it was.
    pub scaling_active: Option<ScalingActive>,
    /// Condition `ScalingLimited`; `None`: as it was.
    pub scaling_limited: Option<ScalingLimited>,
    /// Reason for event `SuccessfulRescale`, told by the proposal alone: when a stabilisation window undoes a change made by
    /// hand it can be absent or name the wrong direction, as in Kubernetes.
    pub reason: Option<RescaleReason>,
}

impl Decision {
    /// Whether the target gets a new size.
    #[must_use]
    pub const fn rescales(&self) -> bool {
        self.desired != self.current
    }
}

/// Evaluates one HPA at `now`. `current` is the target's `spec.replicas`, `pods` are the pods its selector matches.
///
/// A rescale is remembered for the policies of `behavior` as if it were carried out at `now`; a caller that fails to carry it
/// out should restore the state it had before.
pub fn reconcile(
    spec: &HpaSpec,
    state: &mut HpaState,
    settings: &HpaSettings,
    now: SimTime,
    current: u32,
    pods: &[PodMetric],
) -> Decision {
    state.record_initial_recommendation(now, current);
    let mut decision = Decision {
        current,
        desired: current,
        proposed: None,
        utilization: None,
        able_to_scale: AbleToScale::SucceededGetScale,
        scaling_active: None,
        scaling_limited: None,
        reason: None,
    };
    if current == 0 && spec.min_replicas != 0 {
        decision.scaling_active = Some(ScalingActive::ScalingDisabled);
    } else if current > spec.max_replicas {
        decision.desired = spec.max_replicas;
        decision.reason = Some(RescaleReason::AboveMaxReplicas);
    } else if current < spec.min_replicas {
        decision.desired = spec.min_replicas;
        decision.reason = Some(RescaleReason::BelowMinReplicas);
    } else {
        follow_metric(spec, state, settings, now, pods, &mut decision);
    }
    if decision.rescales() {
        decision.able_to_scale = AbleToScale::SucceededRescale;
        state.store_scale_event(spec.behavior.as_ref(), now, current, decision.desired);
    }
    decision
}

/// The part of an evaluation that looks at the pods.
fn follow_metric(
    spec: &HpaSpec,
    state: &mut HpaState,
    settings: &HpaSettings,
    now: SimTime,
    pods: &[PodMetric],
    decision: &mut Decision,
) {
    let tolerance = |rules: Option<&ScalingRules>| rules.and_then(|r| r.tolerance).unwrap_or(settings.tolerance);
    let behavior = spec.behavior.as_ref();
    let tolerances = Tolerances {
        scale_down: tolerance(behavior.map(|b| &b.scale_down)),
        scale_up: tolerance(behavior.map(|b| &b.scale_up)),
    };
    let target = spec.target_cpu_utilization;
    let current = decision.current;
    match replica_calculator::cpu_replicas(target, tolerances, settings, now, current, pods) {
        Err(error) => decision.scaling_active = Some(ScalingActive::FailedGetResourceMetric(error)),
        Ok(proposal) => {
            let normalized = normalize::normalize(spec, state, settings, now, current, proposal.replicas);
            decision.desired = normalized.desired;
            decision.proposed = Some(proposal.replicas);
            decision.utilization = Some(proposal.utilization);
            decision.able_to_scale = normalized.able_to_scale;
            decision.scaling_active = Some(ScalingActive::ValidMetricFound);
            decision.scaling_limited = Some(normalized.scaling_limited);
            decision.reason = match proposal.replicas.cmp(&current) {
                std::cmp::Ordering::Greater => Some(RescaleReason::AboveTarget),
                std::cmp::Ordering::Less => Some(RescaleReason::BelowTarget),
                std::cmp::Ordering::Equal => None,
            };
        }
    }
}

#[cfg(test)]
mod tests;
