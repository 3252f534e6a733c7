//! Virtual time: integer nanoseconds. An instant ([`SimTime`]) and a span ([`SimDuration`]) are different types, and
//! floats enter and leave at the edges only ([`SimDuration::from_secs_f64`], [`SimDuration::as_secs_f64`]).

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

/// Nanoseconds in one second.
pub const NANOS_PER_SEC: u64 = 1_000_000_000;

/// An instant: nanoseconds since the simulation began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SimTime(u64);

/// A span of time in nanoseconds, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SimDuration(u64);

impl SimTime {
    /// The beginning.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens; also used for "not yet".
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the beginning.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
    /// Nanoseconds since the beginning.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
    /// Seconds since the beginning, for reports.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        SimDuration(self.0).as_secs_f64()
    }
    /// The span since `earlier`, or zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
    /// `Some(self)` unless it stands for "not yet" ([`SimTime::MAX`]).
    #[must_use]
    pub fn happened(self) -> Option<Self> {
        (self != Self::MAX).then_some(self)
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span, about 584 years.
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
    /// A span of `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }
    /// A span of `secs` seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * NANOS_PER_SEC)
    }
    /// The span nearest to `secs` seconds; `None` if it is negative, not a number, or over 584 years.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        let nanos = (secs * NANOS_PER_SEC as f64).round();
        (nanos >= 0.0 && nanos < u64::MAX as f64).then_some(Self(nanos as u64))
    }
    /// Nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
    /// Seconds, for reports.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        // Whole and fractional seconds apart: both convert exactly, so the sum is rounded once.
        (self.0 / NANOS_PER_SEC) as f64 + (self.0 % NANOS_PER_SEC) as f64 / NANOS_PER_SEC as f64
    }
    /// This span `factor` times, or [`SimDuration::MAX`] if that is too long.
    #[must_use]
    pub const fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
    /// The difference, or zero if `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
    /// Whether the span is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;
    fn add(self, span: SimDuration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}
impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, span: SimDuration) {
        *self = *self + span;
    }
}
impl Add for SimDuration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl Sub for SimTime {
    type Output = SimDuration;
    fn sub(self, earlier: Self) -> SimDuration {
        debug_assert!(self >= earlier, "{self} is before {earlier}");
        self.since(earlier)
    }
}
impl std::iter::Sum for SimDuration {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |a, b| a + b)
    }
}

/// Seconds with exactly nine decimals: the form of times in files for machines.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / NANOS_PER_SEC, self.0 % NANOS_PER_SEC)
    }
}

/// As people write spans: `300ms`, `90s`, `5m`, `1h30m`. Parsing the text gives the same span back.
impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (suffix, unit) in UNITS {
            let count = rest / unit;
            rest %= unit;
            if count > 0 {
                write!(f, "{count}{suffix}")?;
            }
        }
        Ok(())
    }
}

const UNITS: [(&str, u64); 7] = [
    ("d", 86_400 * NANOS_PER_SEC),
    ("h", 3_600 * NANOS_PER_SEC),
    ("m", 60 * NANOS_PER_SEC),
    ("s", NANOS_PER_SEC),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDurationError {
    /// The text is not a sequence of numbers with units.
    #[error("{0:?} is not a duration; write it as 90s, 5m, 1h30m, 250ms or a number of seconds")]
    Malformed(String),
    /// The duration has a minus sign.
    #[error("{0:?} is negative; a duration starts at 0s")]
    Negative(String),
    /// The duration does not fit in 64 bits of nanoseconds.
    #[error("{0:?} is longer than 584 years")]
    TooLong(String),
}

impl FromStr for SimDuration {
    type Err = ParseDurationError;

    /// Reads `90s`, `5m`, `1h30m`, `1.5h`, `250ms`, `2d`, or a bare number of seconds.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || ParseDurationError::Malformed(text.to_owned());
        let too_long = || ParseDurationError::TooLong(text.to_owned());
        let mut rest = text.trim();
        if rest.starts_with('-') {
            return Err(ParseDurationError::Negative(text.to_owned()));
        }
        if rest.is_empty() {
            return Err(malformed());
        }
        let mut total = 0u128;
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            let (number, tail) = rest.split_at(digits);
            let letters = tail
                .find(|c: char| c.is_ascii_digit() || c == '.')
                .unwrap_or(tail.len());
            let (suffix, tail) = tail.split_at(letters);
            let unit = match suffix {
                "" if total == 0 && tail.is_empty() => NANOS_PER_SEC,
                "µs" => 1_000,
                _ => UNITS
                    .iter()
                    .find(|(s, _)| *s == suffix)
                    .map(|(_, unit)| *unit)
                    .ok_or_else(malformed)?,
            };
            total += decimal(number, unit).ok_or_else(malformed)?;
            if total > u128::from(u64::MAX) {
                return Err(too_long());
            }
            rest = tail;
        }
        Ok(Self(total as u64))
    }
}

/// `number` (decimal digits with at most one point) times `unit` nanoseconds, rounded to the nearest nanosecond.
fn decimal(number: &str, unit: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || whole.len() > 20 {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = &fraction[..fraction.len().min(18)];
    let scale = 10u128.pow(fraction.len() as u32);
    let part: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    Some(whole * u128::from(unit) + (part * u128::from(unit) + scale / 2) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, nanos) in [
            ("90s", 90 * NANOS_PER_SEC),
            ("5m", 300 * NANOS_PER_SEC),
            ("1h30m", 5_400 * NANOS_PER_SEC),
            ("1.5h", 5_400 * NANOS_PER_SEC),
            ("250ms", 250_000_000),
            ("0.2", 200_000_000),
            ("2d", 172_800 * NANOS_PER_SEC),
            ("0", 0),
            ("1us", 1_000),
            ("7ns", 7),
        ] {
            assert_eq!(text.parse::<SimDuration>(), Ok(SimDuration(nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "m", "5x", "1.2.3s", "-5s", "5 m", "1h30", "1e3s", "99999999999999d"] {
            assert!(text.parse::<SimDuration>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn seconds_leave_with_one_rounding() {
        assert_eq!(SimDuration(1_000_000_001).as_secs_f64(), 1.000000001);
        assert_eq!(SimTime(1_234_567_890_123).to_string(), "1234.567890123");
        assert_eq!(SimDuration::from_secs_f64(0.3), Some(SimDuration::from_millis(300)));
        assert_eq!(SimDuration::from_secs_f64(-0.1), None);
        assert_eq!(SimDuration::from_secs_f64(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(nanos: u64) {
            let span = SimDuration(nanos);
            prop_assert_eq!(span.to_string().parse::<SimDuration>(), Ok(span));
        }
        #[test]
        fn reading_never_panics(text in ".{0,30}") {
            let _ = text.parse::<SimDuration>();
        }
    }
}
