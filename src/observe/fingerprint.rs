//! A fingerprint of a run: a 64-bit hash of everything that happened and when. Equal runs have equal fingerprints on every
//! machine; a change of the model shows as a change of fingerprints.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::cluster::Store;
use crate::cluster::record::{Observer, Record};
use crate::kernel::SimTime;

/// Hashes the records of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    /// The hash so far.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
    fn mix(&mut self, word: u64) {
        // Multiply and fold: the high half of the product carries the mixed bits back down.
        let product = u128::from(self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Little-endian whatever the machine, so that the hash of a record is the same everywhere.
impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix(u64::from(*byte));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.mix(u64::from(n));
    }
    fn write_u32(&mut self, n: u32) {
        self.mix(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        self.mix(n);
    }
    fn write_isize(&mut self, n: isize) {
        self.mix(n as u64);
    }
}

impl Observer for Fingerprint {
    fn record(&mut self, now: SimTime, record: Record, _: &Store) {
        // Told only if somebody asks, which must not matter.
        if matches!(record, Record::PodAttempted(_) | Record::PodRefusalChanged(_)) {
            return;
        }
        self.mix(now.as_nanos());
        record.hash(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{NodeId, PodId};

    #[test]
    fn time_kind_and_ids_all_count() {
        let store = Store::default();
        let print = |nanos: u64, record: Record| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.record(SimTime::from_nanos(nanos), record, &store);
            fingerprint.value()
        };
        let base = print(1, Record::PodCreated(PodId(3)));
        for other in [
            print(2, Record::PodCreated(PodId(3))),
            print(1, Record::PodCreated(PodId(4))),
            print(1, Record::PodFinished(PodId(3))),
            print(1, Record::PodBound(PodId(3), NodeId(0))),
        ] {
            assert_ne!(base, other);
        }
        let nothing = Fingerprint::default().value();
        assert_eq!(
            print(1, Record::PodAttempted(PodId(3))),
            nothing,
            "attempts are told on demand"
        );
    }
}
