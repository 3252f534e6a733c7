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
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ApiRate(rate) => write!(f, "{} API calls/s, burst {}", rate.kube_api_qps, rate.kube_api_burst),
            Self::Workers(1) => write!(f, "1 worker"),
            Self::Workers(workers) => write!(f, "{workers} workers"),
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
