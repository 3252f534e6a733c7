//! How many replicas a cpu utilisation target asks for
//! (`pkg/controller/podautoscaler/replica_calculator.go: GetResourceReplicas, groupPods`).

use super::condition::MetricError;
use super::{HpaSettings, PodMetric};
use crate::kernel::SimTime;

/// How far the ratio of utilisation to target may be off 1 without consequence, per direction
/// (`replica_calculator.go: Tolerances`). Both ends are inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// Below 1.
    pub scale_down: f64,
    /// Above 1.
    pub scale_up: f64,
}

impl Tolerances {
    fn is_within(self, ratio: f64) -> bool {
        (1.0 - self.scale_down) <= ratio && ratio <= (1.0 + self.scale_up)
    }
}

/// What the metric asks for, before stabilisation and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Number of replicas.
    pub replicas: u32,
    /// Utilisation of the ready pods: whole percent of their requests, truncated.
    pub utilization: i64,
}

/// What the HPA makes of a pod (`replica_calculator.go: groupPods`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// Does not count at all: terminating or failed.
    Ignored,
    /// Its sample is not used; counts as idle when the others are overloaded.
    Unready,
    /// Has no sample; an extreme is assumed that dampens the change.
    Missing,
    /// Counts with this usage in milli-cpu.
    Ready(i64),
}

fn group(pod: &PodMetric, settings: &HpaSettings, now: SimTime) -> Group {
    if pod.deleting || pod.failed {
        return Group::Ignored;
    }
    if pod.pending {
        return Group::Unready;
    }
    let Some(sample) = pod.sample else {
        return Group::Missing;
    };
    let (Some(ready), Some(started)) = (pod.ready, pod.started) else {
        return Group::Unready;
    };
    let unready = if started + settings.cpu_initialization_period > now {
        // Still starting: the sample must cover a whole window since the pod became ready.
        !ready.status || sample.at < ready.last_transition + sample.window
    } else {
        // Later, only a pod that was never ready is left out.
        !ready.status && started + settings.initial_readiness_delay > ready.last_transition
    };
    if unready {
        Group::Unready
    } else {
        Group::Ready(sample.usage_milli)
    }
}

/// Sums over the pods that count.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    usage: i128,
    request: i128,
    count: u32,
}

impl Totals {
    fn add(&mut self, usage: i128, request: i64) {
        self.usage += usage;
        self.request += i128::from(request);
        self.count += 1;
    }
    /// Utilisation in whole percent and its ratio to the target (`metrics/utilization.go: GetResourceUtilizationRatio`).
    fn utilization(&self, target: u32) -> Result<(i64, f64), MetricError> {
        if self.request == 0 {
            return Err(MetricError::ZeroRequest);
        }
        let percent = (self.usage * 100 / self.request).clamp(0, i128::from(i32::MAX)) as i64;
        Ok((percent, percent as f64 / f64::from(target)))
    }
    fn replicas(&self, ratio: f64) -> u32 {
        // The product is rounded, as in Go: 11 pods at 125 % of 55 % become 26, not 25. The cast saturates.
        (ratio * f64::from(self.count)).ceil() as u32
    }
}

/// Replicas that bring the cpu utilisation of `pods` to `target` percent, seen at `now` with `current` replicas.
///
/// # Errors
/// [`MetricError`] when there is nothing to compute from; the HPA then leaves the target alone.
pub fn cpu_replicas(
    target: u32,
    tolerances: Tolerances,
    settings: &HpaSettings,
    now: SimTime,
    current: u32,
    pods: &[PodMetric],
) -> Result<Proposal, MetricError> {
    if pods.iter().all(|pod| pod.sample.is_none()) {
        return Err(MetricError::NoMetrics);
    }
    let groups: Vec<Group> = pods.iter().map(|pod| group(pod, settings, now)).collect();
    if !groups.iter().any(|group| matches!(group, Group::Ready(_))) {
        return Err(MetricError::NoReadyPods);
    }
    let requests: Vec<i64> = pods
        .iter()
        .map(|pod| pod.request_milli)
        .collect::<Option<_>>()
        .ok_or(MetricError::MissingRequest)?;

    let mut totals = Totals::default();
    let (mut any_unready, mut any_missing) = (false, false);
    for (group, request) in groups.iter().zip(&requests) {
        match *group {
            Group::Ready(usage) => totals.add(i128::from(usage), *request),
            Group::Unready => any_unready = true,
            Group::Missing => any_missing = true,
            Group::Ignored => {}
        }
    }
    let (utilization, ratio) = totals.utilization(target)?;
    let proposal = |replicas| Ok(Proposal { replicas, utilization });
    let scale_up_with_unready = any_unready && ratio > 1.0;
    if !scale_up_with_unready && !any_missing {
        return proposal(if tolerances.is_within(ratio) {
            current
        } else {
            totals.replicas(ratio)
        });
    }

    assume_the_rest(&mut totals, &groups, &requests, ratio, target);
    let (_, new_ratio) = totals.utilization(target)?;
    let turned = (ratio < 1.0 && new_ratio > 1.0) || (ratio > 1.0 && new_ratio < 1.0);
    if tolerances.is_within(new_ratio) || turned {
        return proposal(current);
    }
    let replicas = totals.replicas(new_ratio);
    let against = (new_ratio < 1.0 && replicas > current) || (new_ratio > 1.0 && replicas < current);
    proposal(if against { current } else { replicas })
}

/// Adds the pods without a usable sample so that they dampen the change: when shrinking, missing pods use all of their
/// request (or the target, if that is higher); when growing, missing and unready pods use nothing.
fn assume_the_rest(totals: &mut Totals, groups: &[Group], requests: &[i64], ratio: f64, target: u32) {
    let fallback_percent = i128::from(target.max(100));
    for (group, request) in groups.iter().zip(requests) {
        match group {
            Group::Missing if ratio < 1.0 => totals.add(i128::from(*request) * fallback_percent / 100, *request),
            Group::Missing | Group::Unready if ratio > 1.0 => totals.add(0, *request),
            Group::Missing | Group::Unready | Group::Ready(_) | Group::Ignored => {}
        }
    }
}

#[cfg(test)]
#[path = "replica_calculator_tests.rs"]
mod tests;
