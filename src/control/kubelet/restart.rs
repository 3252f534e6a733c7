//! Restarts in place and CrashLoopBackOff (`pkg/kubelet/kuberuntime/kuberuntime_manager.go: doBackOff`,
//! `staging/src/k8s.io/client-go/util/flowcontrol/backoff.go: Backoff`).

use rand::RngExt as _;

use crate::cluster::ids::PodId;
use crate::control::config::KubeletConfig;
use crate::control::context::Context;
use crate::kernel::random::{Purpose, stream};
use crate::kernel::{SimDuration, SimTime};

/// A pod worker looks again after at most this long (`pkg/kubelet/pod_workers.go: completeWork`, `backOffOnTransientErrorPeriod`).
const LONGEST_SLEEP: SimDuration = SimDuration::from_secs(60);
/// A container that ran for longer starts the series again (`pkg/kubelet/kubelet.go: NewMainKubelet`, `HasExpiredFunc`).
const STABLE: SimDuration = SimDuration::from_secs(600);
/// `workerBackOffPeriodJitterFactor`.
const JITTER: f64 = 0.5;

/// The back-off of one pod.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RestartBackoff {
    /// The wait after the next exit; zero before the first restart.
    next: SimDuration,
    /// When a restart was last allowed.
    last: SimTime,
}

impl RestartBackoff {
    /// How long to wait for the restart after an exit at `now`: not at all the first time, or after a run of more than ten
    /// minutes.
    pub(super) fn wait(&self, now: SimTime) -> SimDuration {
        let expired = now.since(self.last) > STABLE;
        if self.next.is_zero() || expired {
            SimDuration::ZERO
        } else {
            self.next
        }
    }

    /// A restart happens at `now`: the next wait doubles.
    pub(super) fn restarted(&mut self, now: SimTime, config: &KubeletConfig) {
        let expired = now.since(self.last) > STABLE;
        self.next = if self.next.is_zero() || expired {
            config.restart_backoff.min(config.max_restart_backoff)
        } else {
            self.next.saturating_mul(2).min(config.max_restart_backoff)
        };
        self.last = now;
    }
}

/// How long a wait of `wait` really takes: the pod worker sleeps for min(rest, 60 s), each time up to half as long again.
pub(super) fn jittered(wait: SimDuration, pod: PodId, ctx: &Context<'_>) -> SimDuration {
    if !ctx.config.kubelet.restart_jitter {
        return wait;
    }
    let restarts = u64::from(ctx.store.pods[pod.index()].restarts);
    let mut random = stream(ctx.seed, Purpose::KubeletJitter, u64::from(pod.0), restarts);
    let mut slept = SimDuration::ZERO;
    while slept < wait {
        let sleep = wait.saturating_sub(slept).min(LONGEST_SLEEP);
        let factor = 1.0 + JITTER * random.random::<f64>();
        slept += SimDuration::from_secs_f64(sleep.as_secs_f64() * factor).unwrap_or(sleep);
    }
    slept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::config::ControlPlane;

    #[test]
    fn waits_are_0_10_20_to_300_seconds() {
        let config = ControlPlane::kubernetes().kubelet;
        let mut backoff = RestartBackoff::default();
        let mut now = SimTime::ZERO + SimDuration::from_secs(5);
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = backoff.wait(now);
            waits.push(wait.as_nanos() / 1_000_000_000);
            now += wait;
            backoff.restarted(now, &config);
            now += SimDuration::from_secs(5);
        }
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
    }

    /// `crashLoopBackOff.maxContainerRestartPeriod` lowers the longest wait, and the first one if that was longer.
    #[test]
    fn a_lower_cap_lowers_the_first_wait_too() {
        for (cap, expected) in [(25, [10, 20, 25, 25]), (4, [4, 4, 4, 4])] {
            let mut config = ControlPlane::kubernetes().kubelet;
            config.max_restart_backoff = SimDuration::from_secs(cap);
            let mut backoff = RestartBackoff::default();
            let mut now = SimTime::ZERO;
            let waits = expected.map(|_| {
                backoff.restarted(now, &config);
                now += SimDuration::from_secs(1);
                backoff.wait(now).as_nanos() / 1_000_000_000
            });
            assert_eq!(waits, expected);
        }
    }

    #[test]
    fn a_long_run_starts_the_series_again() {
        let config = ControlPlane::kubernetes().kubelet;
        let mut backoff = RestartBackoff::default();
        let second = |s| SimTime::ZERO + SimDuration::from_secs(s);
        backoff.restarted(second(0), &config);
        assert_eq!(backoff.wait(second(601)), SimDuration::ZERO);
    }
}
