//! The back-off after pod failures (`pkg/controller/job/backoff_utils.go: newBackoffRecord, getRemainingTimeForFailuresCount`).

use crate::cluster::ids::{JobId, PodId};
use crate::cluster::pod::PodPhase;
use crate::control::config::JobControllerConfig;
use crate::control::context::Context;
use crate::control::kubelet::container_end;
use crate::kernel::{SimDuration, WallTime};

/// Takes the newly ended pods of `job` into its back-off record.
///
/// Failures add up; a success resets the count to the failures that ended strictly after it.
pub(super) fn update(job: JobId, ended: &[PodId], ctx: &mut Context<'_>) {
    let failed = |pod: &PodId| ctx.store.pods[pod.index()].phase != PodPhase::Succeeded;
    let succeeded = ended.iter().any(|pod| !failed(pod));
    let (mut count, mut latest) = (0, None);
    if ended.iter().any(failed) {
        let end = |pod: &PodId| ctx.config.api_time(container_end(*pod, ctx));
        let last_success = ended.iter().filter(|pod| !failed(pod)).map(end).max();
        for at in ended.iter().filter(|pod| failed(pod)).map(end) {
            if last_success.is_none_or(|success| at > success) {
                count += 1;
                latest = latest.max(Some(at));
            }
        }
    }
    let record = &mut ctx.store.jobs[job.index()];
    if succeeded {
        record.failures_after_success = 0;
        record.last_failure = WallTime::ZERO;
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
    last_failure: WallTime,
    now: WallTime,
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
    use crate::control::config::ControlPlane;

    #[test]
    fn the_series_is_10_20_40_to_600_seconds() {
        let config = ControlPlane::kubernetes().job;
        let series: Vec<u64> = (0..9)
            .map(|n| remaining(&config, n, WallTime::ZERO, WallTime::ZERO).as_nanos() / 1_000_000_000)
            .collect();
        assert_eq!(series, [0, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(
            remaining(&config, 500, WallTime::ZERO, WallTime::ZERO),
            SimDuration::from_secs(600)
        );
        let later = WallTime::ZERO + SimDuration::from_secs(7);
        assert_eq!(remaining(&config, 1, WallTime::ZERO, later), SimDuration::from_secs(3));
        assert_eq!(
            remaining(&config, 1, WallTime::ZERO, later + SimDuration::from_secs(7)),
            SimDuration::ZERO
        );
    }
}
