//! Which limits of the control plane a run met, and when.

use crate::control::pressure::Pressure;
use crate::control::rate_limit::{RateLimit, TokenBucket};
use crate::kernel::SimTime;

/// A limit, and how a run met it.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitUse {
    /// Whose limit: `Job controller`.
    pub who: &'static str,
    /// What is limited.
    pub limit: Limit,
    /// How often it was asked for: calls, syncs.
    pub asked: u64,
    /// How often somebody had to wait.
    pub delayed: u64,
    /// When somebody waited.
    pub pressure: Pressure,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Calls to the API server.
    ApiRate(RateLimit),
    /// Keys worked on at once.
    Workers(u32),
    /// Scheduling cycles: one at a time.
    Cycles,
    /// Images pulled at once on a node.
    ImagePulls(u32),
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ApiRate(rate) => write!(f, "{} API calls/s, burst {}", rate.kube_api_qps, rate.kube_api_burst),
            Self::Workers(1) => write!(f, "1 worker"),
            Self::Workers(workers) => write!(f, "{workers} workers"),
            Self::Cycles => write!(f, "1 scheduling cycle at a time"),
            Self::ImagePulls(1) => write!(f, "1 image pull at a time on a node"),
            Self::ImagePulls(pulls) => write!(f, "{pulls} image pulls at a time on a node"),
        }
    }
}

impl LimitUse {
    /// How the client of `who` met its limit until `now`; `None` if it has none.
    #[must_use]
    pub fn of_client(who: &'static str, limit: RateLimit, client: &TokenBucket, now: SimTime) -> Option<Self> {
        (limit.kube_api_qps > 0.0).then(|| Self {
            who,
            limit: Limit::ApiRate(limit),
            asked: client.calls(),
            delayed: client.delayed(),
            pressure: client.pressure().until(now),
        })
    }
}

/// How keys of a work queue waited for workers.
#[derive(Clone, Debug, Default)]
pub struct WorkerUse {
    taken: u64,
    delayed: u64,
    short: Pressure,
}

impl WorkerUse {
    /// A key joined the queue; `idle`: some worker has nothing to do.
    pub fn joined(&mut self, idle: bool, now: SimTime) {
        if !idle {
            self.delayed += 1;
            self.short.set(true, now);
        }
    }
    /// A worker took a key.
    pub const fn took(&mut self) {
        self.taken += 1;
    }
    /// No key waits.
    pub fn emptied(&mut self, now: SimTime) {
        self.short.set(false, now);
    }
    /// The row of `who` with so many workers, until `now`.
    #[must_use]
    pub fn limit(&self, who: &'static str, workers: u32, now: SimTime) -> LimitUse {
        LimitUse {
            who,
            limit: Limit::Workers(workers.max(1)),
            asked: self.taken,
            delayed: self.delayed,
            pressure: self.short.until(now),
        }
    }
}
