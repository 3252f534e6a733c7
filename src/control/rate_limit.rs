//! Client-side rate limits.

use crate::control::pressure::Pressure;
use crate::kernel::SimTime;
use crate::kernel::time::NANOS_PER_SEC;

/// Queries per second and burst of one client, with the names of the flags that set them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// `--kube-api-qps`; 0 or less: unlimited.
    pub kube_api_qps: f64,
    /// `--kube-api-burst`, at least 1.
    pub kube_api_burst: u32,
}

impl RateLimit {
    /// No limit.
    pub const UNLIMITED: Self = Self {
        kube_api_qps: 0.0,
        kube_api_burst: 1,
    };

    /// `qps` calls a second after a burst of `burst`.
    #[must_use]
    pub const fn new(qps: f64, burst: u32) -> Self {
        Self {
            kube_api_qps: qps,
            kube_api_burst: burst,
        }
    }
}

/// A token bucket that starts full; callers are served in the order in which they ask
/// (`staging/src/k8s.io/client-go/util/flowcontrol/throttle.go: NewTokenBucketRateLimiter`).
///
/// It is kept as one number, the theoretical arrival time of the generic cell rate algorithm, in exact integers.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    /// Nanoseconds between two tokens; 0: unlimited.
    interval: u64,
    /// Nanoseconds in which a full bucket refills.
    depth: u64,
    /// When the bucket will be full again.
    full_at: u64,
    /// Calls so far.
    calls: u64,
    /// Calls that had to wait.
    delayed: u64,
    /// When they waited.
    pressure: Pressure,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(limit: RateLimit) -> Self {
        let interval = if limit.kube_api_qps > 0.0 {
            (NANOS_PER_SEC as f64 / limit.kube_api_qps).round() as u64
        } else {
            0
        };
        let depth = interval.saturating_mul(u64::from(limit.kube_api_burst.max(1)));
        Self {
            interval,
            depth,
            full_at: 0,
            calls: 0,
            delayed: 0,
            pressure: Pressure::default(),
        }
    }
    /// Takes a token at `now`; returns when the call may be sent.
    pub fn take(&mut self, now: SimTime) -> SimTime {
        self.calls += 1;
        self.full_at = self.full_at.max(now.as_nanos()).saturating_add(self.interval);
        let allowed = now.as_nanos().max(self.full_at.saturating_sub(self.depth));
        let allowed = SimTime::from_nanos(allowed);
        if allowed > now {
            self.delayed += 1;
            self.pressure.add(now, allowed);
        }
        allowed
    }
    /// Calls so far.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }
    /// When calls waited for a token.
    #[must_use]
    pub const fn pressure(&self) -> &Pressure {
        &self.pressure
    }
    /// Calls so far that had to wait for a token.
    #[must_use]
    pub const fn delayed(&self) -> u64 {
        self.delayed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use proptest::prelude::*;

    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let mut bucket = TokenBucket::new(RateLimit::new(20.0, 30));
        assert!((0..30).all(|_| bucket.take(at(0)) == at(0)));
        assert_eq!(bucket.take(at(0)), at(50));
        assert_eq!(bucket.take(at(0)), at(100));
        // At 1 s, 20 tokens came and 2 were owed: 18 pass at once.
        assert!((0..18).all(|_| bucket.take(at(1000)) == at(1000)));
        assert_eq!(bucket.take(at(1000)), at(1050));
        assert_eq!(bucket.delayed(), 3);
    }

    #[test]
    fn no_limit_never_waits() {
        let mut bucket = TokenBucket::new(RateLimit::UNLIMITED);
        assert!((0..1000).all(|_| bucket.take(at(7)) == at(7)));
    }

    /// The slow twin: tokens counted one by one, in millionths.
    struct Counted {
        tokens: i64,
        last: u64,
    }

    proptest! {
        #[test]
        fn it_equals_counting_tokens(gaps in prop::collection::vec(0u64..400, 1..200), burst in 1u32..40) {
            let mut bucket = TokenBucket::new(RateLimit::new(20.0, burst));
            let mut twin = Counted { tokens: i64::from(burst) * 50, last: 0 };
            let mut now = 0;
            for gap in gaps {
                now += gap;
                // One token is 50 ms of refilling; a reservation may leave the bucket in debt.
                twin.tokens = (twin.tokens + (now - twin.last) as i64).min(i64::from(burst) * 50) - 50;
                twin.last = now;
                let wait = (-twin.tokens).max(0) as u64;
                prop_assert_eq!(bucket.take(at(now)), at(now + wait));
            }
        }
    }
}
