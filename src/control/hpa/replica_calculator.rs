//! How many replicas one metric asks for (`pkg/controller/podautoscaler/replica_calculator.go`).

use super::{HpaSettings, MetricError, MetricStatus, PodView, Sample};
use crate::kernel::SimTime;

/// How far the ratio of a metric to its target may be off 1 without consequence, per direction
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

/// What every metric is asked alike.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Tolerances of the autoscaler.
    pub tolerances: Tolerances,
    /// Flags of the controller.
    pub settings: &'a HpaSettings,
    /// The time of the evaluation.
    pub now: SimTime,
    /// The target's `spec.replicas`.
    pub current: u32,
    /// The target's pods.
    pub pods: &'a [PodView],
}

/// What a metric asks for, before stabilisation and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Number of replicas.
    pub replicas: u32,
    /// The metric as the HPA's status shows it.
    pub status: MetricStatus,
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
    /// Counts with this usage, in thousandths.
    Ready(i64),
}

/// `of_cpu`: samples of pods that are starting up do not count.
fn group(pod: &PodView, sample: Option<Sample>, of_cpu: bool, settings: &HpaSettings, now: SimTime) -> Group {
    if pod.deleting || pod.failed {
        return Group::Ignored;
    }
    if pod.pending {
        return Group::Unready;
    }
    let Some(sample) = sample else {
        return Group::Missing;
    };
    if !of_cpu {
        return Group::Ready(sample.usage_milli);
    }
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

/// The groups of all pods, or why nothing can be computed from them.
fn groups(question: &Question<'_>, of_cpu: bool, samples: &[Option<Sample>]) -> Result<Vec<Group>, MetricError> {
    let counted = || question.pods.iter().zip(samples).filter(|(pod, _)| pod.count > 0);
    if counted().all(|(_, sample)| sample.is_none()) {
        // Samples there are, but not of this resource: then the API answers, and no pod has one.
        return Err(MetricError::NoMetrics);
    }
    let groups = question.pods.iter().zip(samples);
    let groups: Vec<Group> = groups
        .map(|(pod, sample)| group(pod, *sample, of_cpu, question.settings, question.now))
        .collect();
    let any_ready = question
        .pods
        .iter()
        .zip(&groups)
        .any(|(pod, group)| pod.count > 0 && matches!(group, Group::Ready(_)));
    any_ready.then_some(groups).ok_or(MetricError::NoReadyPods)
}

/// What a ratio is made of; usage in thousandths of the unit.
trait Measure {
    /// Counts `count` pods that use `usage` each; `place` is that of their view.
    fn add(&mut self, place: usize, count: u32, usage: i128);
    /// Usage that stands in for a missing sample when shrinking.
    fn assumed(&self, place: usize) -> i128;
    /// The ratio to the target, and the status.
    fn ratio(&self) -> Result<(f64, MetricStatus), MetricError>;
    /// How many pods were counted.
    fn count(&self) -> u32;
}

/// The part that all metrics of pods have in common.
fn replicas_of(question: &Question<'_>, groups: &[Group], mut measure: impl Measure) -> Result<Proposal, MetricError> {
    let (mut any_unready, mut any_missing) = (false, false);
    let views = || {
        groups
            .iter()
            .zip(question.pods)
            .enumerate()
            .filter(|(_, (_, pod))| pod.count > 0)
    };
    for (place, (group, pod)) in views() {
        match *group {
            Group::Ready(usage) => measure.add(place, pod.count, i128::from(usage)),
            Group::Unready => any_unready = true,
            Group::Missing => any_missing = true,
            Group::Ignored => {}
        }
    }
    let (ratio, status) = measure.ratio()?;
    let proposal = |replicas| Ok(Proposal { replicas, status });
    let current = question.current;
    let scale_up_with_unready = any_unready && ratio > 1.0;
    if !scale_up_with_unready && !any_missing {
        return proposal(if question.tolerances.is_within(ratio) {
            current
        } else {
            times(ratio, measure.count())
        });
    }
    // The pods without a usable sample dampen the change.
    for (place, (group, pod)) in views() {
        match group {
            Group::Missing if ratio < 1.0 => measure.add(place, pod.count, measure.assumed(place)),
            Group::Missing | Group::Unready if ratio > 1.0 => measure.add(place, pod.count, 0),
            Group::Missing | Group::Unready | Group::Ready(_) | Group::Ignored => {}
        }
    }
    let (new_ratio, _) = measure.ratio()?;
    let turned = (ratio < 1.0 && new_ratio > 1.0) || (ratio > 1.0 && new_ratio < 1.0);
    if question.tolerances.is_within(new_ratio) || turned {
        return proposal(current);
    }
    let replicas = times(new_ratio, measure.count());
    let against = (new_ratio < 1.0 && replicas > current) || (new_ratio > 1.0 && replicas < current);
    proposal(if against { current } else { replicas })
}

/// The product is rounded, as in Go: 11 pods at 125 % of 55 % become 26, not 25. The cast saturates.
fn times(ratio: f64, count: u32) -> u32 {
    (ratio * f64::from(count)).ceil() as u32
}

/// Sums over the pods that count, for a target in percent of the requests.
struct Utilization<'a> {
    requests: &'a [i64],
    target: u32,
    usage: i128,
    request: i128,
    count: u32,
}

impl Measure for Utilization<'_> {
    fn add(&mut self, place: usize, count: u32, usage: i128) {
        self.usage += usage * i128::from(count);
        self.request += i128::from(self.requests[place]) * i128::from(count);
        self.count += count;
    }
    /// All of the request, or the target if that is higher.
    fn assumed(&self, place: usize) -> i128 {
        i128::from(self.requests[place]) * i128::from(self.target.max(100)) / 100
    }
    /// `metrics/utilization.go: GetResourceUtilizationRatio`.
    fn ratio(&self) -> Result<(f64, MetricStatus), MetricError> {
        if self.request == 0 {
            return Err(MetricError::ZeroRequest);
        }
        let percent = (self.usage * 100 / self.request).clamp(0, i128::from(i32::MAX)) as i64;
        let status = MetricStatus {
            utilization: Some(percent),
            milli: mean(self.usage, self.count),
        };
        Ok((percent as f64 / f64::from(self.target), status))
    }
    fn count(&self) -> u32 {
        self.count
    }
}

/// Sums over the pods that count, for a target per pod.
struct Average {
    target: i64,
    usage: i128,
    count: u32,
}

impl Measure for Average {
    fn add(&mut self, _: usize, count: u32, usage: i128) {
        self.usage += usage * i128::from(count);
        self.count += count;
    }
    fn assumed(&self, _: usize) -> i128 {
        i128::from(self.target)
    }
    /// `metrics/utilization.go: GetMetricUsageRatio`: the mean is a whole number of thousandths.
    fn ratio(&self) -> Result<(f64, MetricStatus), MetricError> {
        let milli = mean(self.usage, self.count);
        let status = MetricStatus {
            utilization: None,
            milli,
        };
        Ok((milli as f64 / self.target as f64, status))
    }
    fn count(&self) -> u32 {
        self.count
    }
}

fn mean(sum: i128, count: u32) -> i64 {
    let mean = sum / i128::from(count.max(1));
    i64::try_from(mean).unwrap_or(if mean > 0 { i64::MAX } else { i64::MIN })
}

/// Replicas that bring the use of a resource to `target` percent of the requests (`GetResourceReplicas`).
///
/// # Errors
/// [`MetricError`] when there is nothing to compute from.
pub fn resource_replicas(
    question: &Question<'_>,
    target: u32,
    of_cpu: bool,
    samples: &[Option<Sample>],
    requests: &[Result<i64, MetricError>],
) -> Result<Proposal, MetricError> {
    let groups = groups(question, of_cpu, samples)?;
    // Even a pod that does not count must have a request.
    let counted = question.pods.iter().zip(requests).filter(|(pod, _)| pod.count > 0);
    if let Some(error) = counted.filter_map(|(_, request)| request.err()).next() {
        return Err(error);
    }
    let requests: Vec<i64> = requests.iter().map(|request| request.unwrap_or(0)).collect();
    let measure = Utilization {
        requests: &requests,
        target,
        usage: 0,
        request: 0,
        count: 0,
    };
    replicas_of(question, &groups, measure)
}

/// Replicas that bring a number that each pod has to `target` thousandths in the mean (`GetRawResourceReplicas`,
/// `GetMetricReplicas`, `calcPlainMetricReplicas`).
///
/// # Errors
/// [`MetricError`] when there is nothing to compute from.
pub fn plain_replicas(
    question: &Question<'_>,
    target: i64,
    of_cpu: bool,
    samples: &[Option<Sample>],
) -> Result<Proposal, MetricError> {
    let groups = groups(question, of_cpu, samples)?;
    let measure = Average {
        target,
        usage: 0,
        count: 0,
    };
    replicas_of(question, &groups, measure)
}

/// Replicas that bring a number to `target` thousandths if it falls as pods are added (`GetObjectMetricReplicas`,
/// `GetExternalMetricReplicas`, `getUsageRatioReplicaCount`).
///
/// # Errors
/// [`MetricError::NoPods`] when a change is due and there is no pod.
pub fn value_replicas(question: &Question<'_>, target: i64, value: i64) -> Result<Proposal, MetricError> {
    let ratio = value as f64 / target as f64;
    let replicas = if question.current == 0 {
        ratio.ceil() as u32
    } else if question.tolerances.is_within(ratio) {
        question.current
    } else {
        let pods = question.pods.iter();
        if pods.clone().all(|pod| pod.count == 0) {
            return Err(MetricError::NoPods);
        }
        let is_ready = |pod: &&PodView| !pod.pending && !pod.failed && pod.ready.is_some_and(|ready| ready.status);
        let ready: u32 = pods.filter(is_ready).map(|pod| pod.count).sum();
        times(ratio, ready)
    };
    Ok(Proposal {
        replicas,
        status: MetricStatus {
            utilization: None,
            milli: value,
        },
    })
}

/// Replicas of which each has `target` thousandths of a number to do (`GetObjectPerPodMetricReplicas`,
/// `GetExternalPerPodMetricReplicas`).
#[must_use]
pub fn per_pod_replicas(tolerances: Tolerances, target: i64, value: i64, status_replicas: u32) -> Proposal {
    let pods = f64::from(status_replicas);
    // Not within the tolerance if there are no pods: then this is infinite or no number.
    let ratio = value as f64 / (target as f64 * pods);
    let replicas = if tolerances.is_within(ratio) {
        status_replicas
    } else {
        (value as f64 / target as f64).ceil() as u32
    };
    let average = if status_replicas == 0 {
        0
    } else {
        (value as f64 / pods).ceil() as i64
    };
    Proposal {
        replicas,
        status: MetricStatus {
            utilization: None,
            milli: average,
        },
    }
}

#[cfg(test)]
#[path = "replica_calculator_tests.rs"]
mod tests;
