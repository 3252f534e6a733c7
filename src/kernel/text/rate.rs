//! Rates: events per unit of time, `2/s`, `30/h`.

use std::fmt;
use std::str::FromStr;

use super::TimeUnit;
use crate::kernel::SimDuration;

/// How many events happen per second on average; above zero and finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// `per_second` events per second, if that is a finite number above zero.
    #[must_use]
    pub fn new(per_second: f64) -> Option<Self> {
        (per_second.is_finite() && per_second > 0.0 && (1.0 / per_second).is_finite()).then_some(Self(per_second))
    }
    /// One event per `gap` on average; `None` for a gap of zero.
    #[must_use]
    pub fn with_mean_gap(gap: SimDuration) -> Option<Self> {
        Self::new(1.0 / gap.as_secs_f64())
    }
    /// Events per second.
    #[must_use]
    pub const fn per_second(self) -> f64 {
        self.0
    }
}

/// As people write it, in the unit that makes the text shortest: `2/s`, `30/h`. Parsing the text gives the same rate.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut best = format!("{}/s", self.0);
        for unit in [TimeUnit::Minutes, TimeUnit::Hours, TimeUnit::Days] {
            let text = format!("{}/{unit}", self.0 * unit.seconds());
            if text.len() < best.len() && text.parse() == Ok(*self) {
                best = text;
            }
        }
        f.write_str(&best)
    }
}

impl FromStr for Rate {
    type Err = ();

    /// Reads `2/s`, `0.5/m`, `30/h`, `1000/d`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (count, unit) = text.split_once('/').ok_or(())?;
        let count: f64 = count.trim().parse().map_err(|_| ())?;
        let unit: TimeUnit = unit.trim().parse()?;
        Self::new(count / unit.seconds()).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_are_read_and_printed_as_people_write_them() {
        for (text, per_second) in [
            ("2/s", 2.0),
            ("30/h", 30.0 / 3600.0),
            ("7/d", 7.0 / 86400.0),
            ("90/m", 1.5),
        ] {
            assert_eq!(text.parse::<Rate>().map(Rate::per_second), Ok(per_second), "{text}");
        }
        let print = |text: &str| text.parse::<Rate>().unwrap().to_string();
        assert_eq!(print("30/h"), "30/h");
        assert_eq!(print("7/d"), "7/d");
        assert_eq!(print("90/m"), "90/m");
        assert_eq!(print("5/ms"), "5000/s");
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "", "2", "2/", "/s", "0/s", "-1/s", "inf/s", "nan/s", "2/y", "1e-320/s", "1e400/s",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(()), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(per_second in 1e-9f64..1e9) {
            let rate = Rate::new(per_second).unwrap();
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
        }
    }
}
