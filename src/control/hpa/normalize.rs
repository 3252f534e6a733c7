//! From what the metric asks for to what the target gets: stabilisation windows, rate limits, bounds
//! (`pkg/controller/podautoscaler/horizontal.go: normalizeDesiredReplicas, normalizeDesiredReplicasWithBehaviors`).
//!
//! A memory exactly as old as its window is outside. With a `behavior` Kubernetes says the same; without one it would keep
//! such a recommendation, but there it cannot happen: the next evaluation is queued 15 s after the *end* of the last one. In
//! a simulation whose control plane costs no time it would happen at every tick and delay each scale-down by one period.

use super::HpaSettings;
use super::{AbleToScale, ScalingLimited};
use crate::cluster::spec::{HpaBehavior, HpaSpec, ScalingRules, SelectPolicy};
use crate::kernel::{SimDuration, SimTime};

/// What the controller remembers of one HPA between evaluations. It lives in memory: a restart of
/// kube-controller-manager forgets it ([`HpaState::default`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HpaState {
    /// Recommendations before stabilisation, in order of time.
    recommendations: Vec<Memory>,
    /// Pods added, per rescale. Only kept for an HPA with `behavior`.
    scale_up_events: Vec<Memory>,
    /// Pods removed, per rescale. Only kept for an HPA with `behavior`.
    scale_down_events: Vec<Memory>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Memory {
    at: SimTime,
    replicas: u32,
}

impl Memory {
    fn is_within(self, window: SimDuration, now: SimTime) -> bool {
        self.at + window > now
    }
}

impl HpaState {
    /// The size found at the first evaluation counts as a recommendation (`recordInitialRecommendation`).
    pub(super) fn record_initial_recommendation(&mut self, now: SimTime, current: u32) {
        if self.recommendations.is_empty() {
            self.recommendations.push(Memory {
                at: now,
                replicas: current,
            });
        }
    }

    fn record_recommendation(&mut self, now: SimTime, replicas: u32, longest_window: SimDuration) {
        self.recommendations
            .retain(|memory| memory.is_within(longest_window, now));
        self.recommendations.push(Memory { at: now, replicas });
    }

    /// Remembers a rescale for the policies (`storeScaleEvent`). Of the events older than the longest period of their own
    /// direction only the last makes room for the new one; the others stay and may still count in the other direction.
    pub(super) fn store_scale_event(&mut self, behavior: Option<&HpaBehavior>, now: SimTime, from: u32, to: u32) {
        let Some(behavior) = behavior else { return };
        let (events, rules) = if to > from {
            (&mut self.scale_up_events, &behavior.scale_up)
        } else {
            (&mut self.scale_down_events, &behavior.scale_down)
        };
        let longest = rules
            .policies
            .iter()
            .map(|policy| policy.period)
            .max()
            .unwrap_or_default();
        let event = Memory {
            at: now,
            replicas: from.abs_diff(to),
        };
        match events.iter().rposition(|old| !old.is_within(longest, now)) {
            Some(outdated) => events[outdated] = event,
            None => events.push(event),
        }
    }
}

/// A size after stabilisation and limits, with the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Normalized {
    pub(super) desired: u32,
    pub(super) able_to_scale: AbleToScale,
    pub(super) scaling_limited: ScalingLimited,
}

/// Limits `proposal` as the HPA's `behavior`, or the lack of one, says, and remembers it.
pub(super) fn normalize(
    spec: &HpaSpec,
    state: &mut HpaState,
    settings: &HpaSettings,
    now: SimTime,
    current: u32,
    proposal: u32,
) -> Normalized {
    let (stabilized, held_back) = match &spec.behavior {
        None => (
            stabilize(state, settings, now, proposal),
            AbleToScale::ScaleDownStabilized,
        ),
        Some(behavior) => {
            let reason = if proposal >= current {
                AbleToScale::ScaleUpStabilized
            } else {
                AbleToScale::ScaleDownStabilized
            };
            (
                stabilize_with_behavior(behavior, state, settings, now, current, proposal),
                reason,
            )
        }
    };
    let (desired, scaling_limited) = match &spec.behavior {
        None => limit(spec, current, stabilized),
        Some(behavior) => limit_with_behavior(spec, behavior, state, now, current, stabilized),
    };
    let able_to_scale = if stabilized == proposal {
        AbleToScale::ReadyForNewScale
    } else {
        held_back
    };
    Normalized {
        desired,
        able_to_scale,
        scaling_limited,
    }
}

/// The highest recommendation of the downscale stabilisation window (`stabilizeRecommendation`).
fn stabilize(state: &mut HpaState, settings: &HpaSettings, now: SimTime, proposal: u32) -> u32 {
    let window = settings.downscale_stabilization;
    state.record_recommendation(now, proposal, window);
    recommended(state, window, now).fold(proposal, u32::max)
}

/// `current`, moved as little as the two windows allow (`stabilizeRecommendationWithBehaviors`).
fn stabilize_with_behavior(
    behavior: &HpaBehavior,
    state: &mut HpaState,
    settings: &HpaSettings,
    now: SimTime,
    current: u32,
    proposal: u32,
) -> u32 {
    // `pkg/apis/autoscaling/v2/defaults.go`: 0 upwards; `maybeInitScaleDownStabilizationWindow`: the flag downwards.
    let up_window = behavior.scale_up.stabilization_window.unwrap_or_default();
    let down_window = behavior
        .scale_down
        .stabilization_window
        .unwrap_or(settings.downscale_stabilization);
    let lowest = recommended(state, up_window, now).fold(proposal, u32::min);
    let highest = recommended(state, down_window, now).fold(proposal, u32::max);
    state.record_recommendation(now, proposal, up_window.max(down_window));
    current.max(lowest).min(highest)
}

fn recommended(state: &HpaState, window: SimDuration, now: SimTime) -> impl Iterator<Item = u32> {
    state
        .recommendations
        .iter()
        .filter(move |memory| memory.is_within(window, now))
        .map(|memory| memory.replicas)
}

/// Bounds and the built-in limit of growth (`convertDesiredReplicasWithRules`, `calculateScaleUpLimit`).
fn limit(spec: &HpaSpec, current: u32, desired: u32) -> (u32, ScalingLimited) {
    let scale_up_limit = current.saturating_mul(2).max(4);
    let (highest, reason) = if spec.max_replicas > scale_up_limit {
        (scale_up_limit, ScalingLimited::ScaleUpLimit)
    } else {
        (spec.max_replicas, ScalingLimited::TooManyReplicas)
    };
    if desired < spec.min_replicas {
        (spec.min_replicas, ScalingLimited::TooFewReplicas)
    } else if desired > highest {
        (highest, reason)
    } else {
        (desired, ScalingLimited::DesiredWithinRange)
    }
}

/// Bounds and the policies of the direction (`convertDesiredReplicasWithBehaviorRate`).
fn limit_with_behavior(
    spec: &HpaSpec,
    behavior: &HpaBehavior,
    state: &HpaState,
    now: SimTime,
    current: u32,
    desired: u32,
) -> (u32, ScalingLimited) {
    if desired > current {
        let limit = scale_up_limit(&behavior.scale_up, state, now, current).max(current);
        let (highest, reason) = if spec.max_replicas > limit {
            (limit, ScalingLimited::ScaleUpLimit)
        } else {
            (spec.max_replicas, ScalingLimited::TooManyReplicas)
        };
        if desired > highest {
            return (highest, reason);
        }
    } else if desired < current {
        let limit = scale_down_limit(&behavior.scale_down, state, now, current).min(current);
        let (lowest, reason) = if spec.min_replicas < limit {
            (limit, ScalingLimited::ScaleDownLimit)
        } else {
            (spec.min_replicas, ScalingLimited::TooFewReplicas)
        };
        if desired < lowest {
            return (lowest, reason);
        }
    }
    (desired, ScalingLimited::DesiredWithinRange)
}

/// The most replicas the policies allow (`calculateScaleUpLimitWithScalingRules`); percentages round up, so that there is
/// always a step. Negative intermediate values (pods added by hand are not events) end at 0.
fn scale_up_limit(rules: &ScalingRules, state: &HpaState, now: SimTime, current: u32) -> u32 {
    let proposals = rules.policies.iter().map(|policy| {
        let start = i64::from(current) + change(state, policy.period, now);
        if policy.percent {
            (start as f64 * (1.0 + f64::from(policy.value) / 100.0)).ceil() as i64
        } else {
            start + i64::from(policy.value)
        }
    });
    let limit = match rules.select_policy {
        SelectPolicy::Max => proposals.max(),
        SelectPolicy::Min => proposals.min(),
        SelectPolicy::Disabled => None,
    };
    replicas(limit.unwrap_or(i64::from(current)))
}

/// The fewest replicas the policies allow (`calculateScaleDownLimitWithBehaviors`); percentages truncate.
fn scale_down_limit(rules: &ScalingRules, state: &HpaState, now: SimTime, current: u32) -> u32 {
    let proposals = rules.policies.iter().map(|policy| {
        let start = i64::from(current) + change(state, policy.period, now);
        if policy.percent {
            (start as f64 * (1.0 - f64::from(policy.value) / 100.0)) as i64
        } else {
            start - i64::from(policy.value)
        }
    });
    let limit = match rules.select_policy {
        SelectPolicy::Max => proposals.min(),
        SelectPolicy::Min => proposals.max(),
        SelectPolicy::Disabled => None,
    };
    replicas(limit.unwrap_or(i64::from(current)))
}

/// Pods removed minus pods added by this HPA in the last `period` (`getReplicasChangePerPeriod`): added to the present size
/// it gives the size at the start of the period.
fn change(state: &HpaState, period: SimDuration, now: SimTime) -> i64 {
    let sum = |events: &[Memory]| -> i64 {
        events
            .iter()
            .filter(|event| event.is_within(period, now))
            .map(|event| i64::from(event.replicas))
            .sum()
    };
    sum(&state.scale_down_events) - sum(&state.scale_up_events)
}

fn replicas(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "normalize_tests.rs"]
mod tests;
