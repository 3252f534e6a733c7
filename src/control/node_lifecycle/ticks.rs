//! Loops that look around every so often, played only when there is something to see.

use rand::Rng as _;

use crate::kernel::random::{Purpose, stream};
use crate::kernel::{SimDuration, SimTime};

/// The instants `phase + k · period`. A period of zero means: always.
#[derive(Clone, Copy, Debug)]
pub(in crate::control) struct Ticks {
    phase: u64,
    period: u64,
}

impl Ticks {
    /// Ticks whose phase is `given`, or drawn for `purpose` and `entity`.
    pub(in crate::control) fn new(
        period: SimDuration,
        given: Option<SimDuration>,
        seed: u64,
        purpose: Purpose,
        entity: u64,
    ) -> Self {
        let period = period.as_nanos();
        let phase = match given {
            Some(phase) => phase.as_nanos(),
            None => stream(seed, purpose, entity, 0).next_u64(),
        };
        Self {
            phase: if period == 0 { 0 } else { phase % period },
            period,
        }
    }
    /// The first tick at or after `at`.
    pub(in crate::control) fn at_or_after(self, at: SimTime) -> SimTime {
        if self.period == 0 {
            return at;
        }
        let nanos = at.as_nanos();
        let late = (nanos + self.period - self.phase) % self.period;
        SimTime::from_nanos(if late == 0 { nanos } else { nanos + self.period - late })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_come_at_their_phase() {
        let second = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let seconds = SimDuration::from_secs;
        let ticks = Ticks::new(seconds(5), Some(seconds(7)), 1, Purpose::NodeMonitor, 0);
        let seen: Vec<SimTime> = [0, 2, 3, 7, 8].map(|s| ticks.at_or_after(second(s))).to_vec();
        assert_eq!(seen, [2, 2, 7, 7, 12].map(second));
        let always = Ticks::new(SimDuration::ZERO, None, 1, Purpose::NodeMonitor, 0);
        assert_eq!(always.at_or_after(second(3)), second(3));
        let drawn = Ticks::new(seconds(5), None, 1, Purpose::NodeMonitor, 0).at_or_after(SimTime::ZERO);
        assert!(drawn < second(5));
    }
}
