//! The back-off after pod failures (`pkg/controller/job/backoff_utils.go: newBackoffRecord, getFinishedTime,
//! getRemainingTimeForFailuresCount`).

use crate::cluster::ids::{JobId, PodId};
use crate::cluster::pod::PodPhase;
use crate::control::config::JobControllerConfig;
use crate::control::context::Context;
use crate::control::kubelet::container_end;
use crate::kernel::{SimDuration, SimTime, WallTime};

/// What the controller remembers of a Job's failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackoffRecord {
    /// Failures since the last success.
    pub failures: u32,
    /// When the last of them ended, as the API shows it.
    pub last_failure: WallTime,
}

impl Default for BackoffRecord {
    fn default() -> Self {
        Self {
            failures: 0,
            last_failure: WallTime::ZERO,
        }
    }
}

impl BackoffRecord {
    /// The record of `job`.
    pub(super) fn of(job: JobId, ctx: &Context<'_>) -> Self {
        let record = &ctx.store.jobs[job.index()];
        Self {
            failures: record.failures_after_success,
            last_failure: record.last_failure,
        }
    }

    /// Remembers it.
    pub(super) fn keep(self, job: JobId, ctx: &mut Context<'_>) {
        let record = &mut ctx.store.jobs[job.index()];
        record.failures_after_success = self.failures;
        record.last_failure = self.last_failure;
    }

    /// The record with pods that are newly seen ended; `true`: failed. Failures add up; a success resets the count to the
    /// failures that ended strictly after it.
    pub(super) fn with(self, ended: impl Iterator<Item = (PodId, bool)> + Clone, ctx: &Context<'_>) -> Self {
        let succeeded = ended.clone().any(|(_, failed)| !failed);
        let mut next = if succeeded { Self::default() } else { self };
        if !ended.clone().any(|(_, failed)| failed) {
            return next;
        }
        let times = ended.map(|(pod, failed)| (finish_time(pod, ctx), failed));
        let last_success = times.clone().filter(|(_, failed)| !failed).map(|(at, _)| at).max();
        let counts = |at: &WallTime| last_success.is_none_or(|success| *at > success);
        let failures = times.filter(|(_, failed)| *failed).map(|(at, _)| at).filter(counts);
        next.failures = next.failures.saturating_add(failures.clone().count() as u32);
        next.last_failure = failures.max().unwrap_or(next.last_failure);
        next
    }

    /// How long no pod may be created yet.
    pub(super) fn remaining(self, ctx: &Context<'_>) -> SimDuration {
        let now = ctx.config.wall_time(ctx.now);
        remaining(&ctx.config.job, self.failures, self.last_failure, now)
    }
}

/// When a failed or succeeded pod ended, as the API shows it: its containers' end; of a pod that has none to show, since when its
/// Ready condition is False, or else when its deletion was requested.
pub(super) fn finish_time(pod: PodId, ctx: &Context<'_>) -> WallTime {
    let record = &ctx.store.pods[pod.index()];
    let at = if record.phase.is_terminal() {
        container_end(pod, ctx)
    } else {
        let deletion = ctx.store.deletions.get(&pod);
        let requested = deletion.map_or(record.created, |deletion| deletion.requested);
        let was_ready = deletion.is_some_and(|deletion| deletion.was_ready);
        unready_since(pod, was_ready, ctx).unwrap_or(requested)
    };
    ctx.config.api_time(at)
}

/// Since when condition Ready of `pod`, which has not ended, is False, if it is. A kubelet shows it False with its first status
/// of a pod, right after the binding; the fake kubelet of recordings has none before Running.
fn unready_since(pod: PodId, was_ready: bool, ctx: &Context<'_>) -> Option<SimTime> {
    if let Some(since) = ctx.store.unready_since.get(&pod) {
        return Some(*since);
    }
    let record = &ctx.store.pods[pod.index()];
    match (was_ready, ctx.config.kubelet.fake) {
        (true, _) => None,
        (false, false) => record.scheduled.happened(),
        (false, true) => record.started.happened().filter(|_| record.phase == PodPhase::Running),
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
