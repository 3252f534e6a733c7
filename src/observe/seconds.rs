//! Times for machines: seconds with exactly nine decimals, in CSV as text, in JSON as numbers with the same digits.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::kernel::{SimDuration, SimTime};

/// An instant or a span as seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(SimTime);

impl From<SimTime> for Seconds {
    fn from(at: SimTime) -> Self {
        Self(at)
    }
}
impl From<SimDuration> for Seconds {
    fn from(span: SimDuration) -> Self {
        Self(SimTime::ZERO + span)
    }
}

impl From<Seconds> for SimDuration {
    fn from(seconds: Seconds) -> Self {
        Self::from_nanos(seconds.as_nanos())
    }
}

impl Seconds {
    /// `at`, or `None` if it stands for "not yet".
    #[must_use]
    pub fn happened(at: SimTime) -> Option<Self> {
        at.happened().map(Self)
    }
    /// The nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0.as_nanos()
    }
}

/// Nine decimals.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A JSON number with all nine decimals. Only `serde_json`'s own writers keep them: a float could not.
impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_keep_every_nanosecond() {
        let json = |nanos| serde_json::to_string(&Seconds::from(SimTime::from_nanos(nanos))).unwrap();
        assert_eq!(json(0), "0.000000000");
        assert_eq!(json(1_500_000_001), "1.500000001");
        // As a float this would be 18446744073.709553.
        assert_eq!(json(u64::MAX - 1), "18446744073.709551614");
        let none: Option<Seconds> = Seconds::happened(SimTime::MAX);
        assert_eq!(serde_json::to_string(&none).unwrap(), "null");
    }
}
