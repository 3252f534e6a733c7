//! When pods waited because they fitted nowhere.

use crate::cluster::record::{Observer, Record};
use crate::cluster::{PodId, Store};
use crate::control::pressure::Pressure;
use crate::kernel::SimTime;

/// Listens to pods that the scheduler found no node for, until they get one or go.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// By pod: it waits.
    waits: Vec<bool>,
    waiting: u32,
    refused: u64,
    pressure: Pressure,
}

impl Room {
    /// How many pods had to wait.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }
    /// When some pod waited, until `now`.
    #[must_use]
    pub fn pressure(&self, now: SimTime) -> Pressure {
        self.pressure.until(now)
    }

    fn set(&mut self, pod: PodId, waits: bool, now: SimTime) {
        if self.waits.len() <= pod.index() {
            if !waits {
                return;
            }
            self.waits.resize(pod.index() + 1, false);
        }
        if std::mem::replace(&mut self.waits[pod.index()], waits) == waits {
            return;
        }
        if waits {
            self.refused += 1;
            self.waiting += 1;
        } else {
            self.waiting -= 1;
        }
        self.pressure.set(self.waiting > 0, now);
    }
}

impl Observer for Room {
    fn record(&mut self, now: SimTime, record: Record, _: &Store) {
        if let Record::PodUnschedulable(pod) = record {
            self.set(pod, true, now);
        } else if let Record::PodBound(pod, _) | Record::PodFinished(pod) | Record::PodGone(pod) = record {
            self.set(pod, false, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    #[test]
    fn waiting_lasts_from_the_first_refusal_to_the_last_binding() {
        let (mut room, store) = (Room::default(), Store::default());
        let node = crate::cluster::NodeId(0);
        let mut tell = |secs: u64, record| {
            let at = SimTime::ZERO + SimDuration::from_secs(secs);
            room.record(at, record, &store);
        };
        tell(1, Record::PodBound(PodId(7), node));
        tell(2, Record::PodUnschedulable(PodId(3)));
        tell(3, Record::PodUnschedulable(PodId(1)));
        tell(4, Record::PodUnschedulable(PodId(1)));
        tell(5, Record::PodBound(PodId(3), node));
        tell(9, Record::PodFinished(PodId(1)));
        tell(10, Record::PodGone(PodId(1)));
        tell(30, Record::PodUnschedulable(PodId(8)));
        assert_eq!(room.refused(), 3);
        let now = SimTime::ZERO + SimDuration::from_secs(32);
        assert_eq!(room.pressure(now).waited(), SimDuration::from_secs(7 + 2));
    }
}
