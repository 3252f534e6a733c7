//! Wall-clock time, as API objects show it. The simulation may begin within a second, so that a truncated time can lie before its
//! beginning; hence a type of its own.

use std::ops::Add;

use crate::kernel::{SimDuration, SimTime};

/// An instant on the wall clock: nanoseconds since the whole second in which the simulation began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(u64);

impl WallTime {
    /// The whole second in which the simulation began.
    pub const ZERO: Self = Self(0);
    /// Not yet.
    pub const MAX: Self = Self(u64::MAX);

    /// What the wall clock shows at `at`, when the simulation began `offset` after a whole second.
    #[must_use]
    pub const fn of(at: SimTime, offset: SimDuration) -> Self {
        Self(at.as_nanos().saturating_add(offset.as_nanos()))
    }
    /// Truncated to a multiple of `resolution`; unchanged if that is zero.
    #[must_use]
    pub const fn truncated(self, resolution: SimDuration) -> Self {
        match resolution.as_nanos() {
            0 => self,
            step => Self(self.0 / step * step),
        }
    }
    /// The simulated instant at which the wall clock shows this; the beginning if that was earlier.
    #[must_use]
    pub const fn sim_time(self, offset: SimDuration) -> SimTime {
        SimTime::from_nanos(self.0.saturating_sub(offset.as_nanos()))
    }
    /// The span since `earlier`, or zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration::from_nanos(self.0.saturating_sub(earlier.0))
    }
    /// `Some(self)` unless it stands for "not yet" ([`Self::MAX`]).
    #[must_use]
    pub fn happened(self) -> Option<Self> {
        (self != Self::MAX).then_some(self)
    }
}

impl Add<SimDuration> for WallTime {
    type Output = Self;
    fn add(self, span: SimDuration) -> Self {
        Self(self.0.saturating_add(span.as_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_time_may_lie_before_the_beginning() {
        let offset = SimDuration::from_millis(461);
        let second = SimDuration::from_secs(1);
        let start = WallTime::of(SimTime::ZERO + SimDuration::from_millis(20), offset).truncated(second);
        assert_eq!(start, WallTime::ZERO);
        // A deadline of 12 s ends at 11.539 s, not at 12 s.
        let deadline = (start + SimDuration::from_secs(12)).sim_time(offset);
        assert_eq!(deadline, SimTime::ZERO + SimDuration::from_millis(11_539));
        assert_eq!(start.sim_time(offset), SimTime::ZERO);
        let later = WallTime::of(SimTime::ZERO + SimDuration::from_millis(1540), offset);
        assert_eq!(later.truncated(second).since(start), SimDuration::from_secs(2));
        assert_eq!(later.truncated(SimDuration::ZERO), later);
        assert_eq!(WallTime::MAX.happened(), None);
    }
}
