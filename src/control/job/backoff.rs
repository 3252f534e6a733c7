//! The back-off after pod failures (`pkg/controller/job/backoff_utils.go: newBackoffRecord, getRemainingTimeForFailuresCount`).

use crate::cluster::Store;
use crate::cluster::ids::{JobId, PodId};
use crate::cluster::pod::PodPhase;
use crate::control::config::{ControlPlane, JobControllerConfig};
use crate::kernel::{SimDuration, SimTime};

/// Takes the newly ended pods of `job` into its back-off record.
///
/// Failures add up; a success resets the count to the failures that ended strictly after it.
pub(super) fn update(store: &mut Store, config: &ControlPlane, job: JobId, ended: &[PodId], now: SimTime) {
    let end = |pod: PodId| {
        let record = &store.pods[pod.index()];
        // A pod that is still being deleted counts from its deletion request, which is seen now.
        config.api_time(record.finished.happened().unwrap_or(now))
    };
    let failed = |pod: &PodId| store.pods[pod.index()].phase != PodPhase::Succeeded;
    let last_success = ended.iter().filter(|pod| !failed(pod)).map(|pod| end(*pod)).max();
    let failures = ended.iter().filter(|pod| failed(pod)).map(|pod| end(*pod));
    let (count, latest) = failures
        .filter(|at| last_success.is_none_or(|success| *at > success))
        .fold((0, None), |(count, latest): (u32, Option<SimTime>), at| {
            (count + 1, latest.max(Some(at)))
        });
    let record = &mut store.jobs[job.index()];
    if last_success.is_some() {
        record.failures_after_success = 0;
        record.last_failure = SimTime::ZERO;
    }
    record.failures_after_success += count;
    if let Some(latest) = latest {
        record.last_failure = record.last_failure.max(latest);
    }
}

/// How long no pod may be created yet: `min(10 s · 2^(n−1), 600 s)` from the last failure on.
pub(super) fn remaining(
    config: &JobControllerConfig,
    failures: u32,
    last_failure: SimTime,
    now: SimTime,
) -> SimDuration {
    let Some(doublings) = failures.checked_sub(1) else {
        return SimDuration::ZERO;
    };
    let factor = 1u64.checked_shl(doublings).unwrap_or(u64::MAX);
    let delay = config
        .pod_failure_backoff
        .saturating_mul(factor)
        .min(config.max_pod_failure_backoff);
    delay.saturating_sub(now.since(last_failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_10_20_40_to_600_seconds() {
        let config = ControlPlane::kubernetes().job;
        let series: Vec<u64> = (0..9)
            .map(|n| remaining(&config, n, SimTime::ZERO, SimTime::ZERO).as_nanos() / 1_000_000_000)
            .collect();
        assert_eq!(series, [0, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(
            remaining(&config, 500, SimTime::ZERO, SimTime::ZERO),
            SimDuration::from_secs(600)
        );
        let later = SimTime::ZERO + SimDuration::from_secs(7);
        assert_eq!(remaining(&config, 1, SimTime::ZERO, later), SimDuration::from_secs(3));
        assert_eq!(
            remaining(&config, 1, SimTime::ZERO, later + SimDuration::from_secs(7)),
            SimDuration::ZERO
        );
    }
}
