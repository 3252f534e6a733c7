//! Amounts of cpu as people write them: `2`, `0.5`, `500m`.

use std::fmt;
use std::str::FromStr;

/// Milli-cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Milli(pub(super) i64);

/// Why a text is no amount of cpu, or of requests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MilliError {
    /// Not a plain decimal number with an optional m.
    #[error(
        "{0:?} is not an amount; write cores (or requests per second) such as 2 or 0.5, or thousandths such as 500m"
    )]
    Malformed(String),
    /// The number has a minus sign.
    #[error("{0:?} is negative; a load is 0 or more")]
    Negative(String),
    /// Beyond a million million cores.
    #[error("{0:?} is too large; the limit is 999999999999")]
    TooLarge(String),
}

impl FromStr for Milli {
    type Err = MilliError;

    /// Reads cores or, with the suffix m, milli-cores. A fraction of a milli-core counts as a whole one, as in Kubernetes
    /// (`apimachinery/pkg/api/resource/quantity.go: ScaledValue`).
    fn from_str(text: &str) -> Result<Self, MilliError> {
        let malformed = || MilliError::Malformed(text.to_owned());
        let (number, scale) = match text.strip_suffix('m') {
            Some(number) => (number, 1),
            None => (text, 1000),
        };
        let (negative, number) = match number.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
            return Err(malformed());
        }
        if negative {
            return Err(MilliError::Negative(text.to_owned()));
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 12 {
            return Err(MilliError::TooLarge(text.to_owned()));
        }
        let number = |s: &str| {
            if s.is_empty() {
                Ok(0)
            } else {
                s.parse::<i64>().map_err(|_| malformed())
            }
        };
        // Thousandths, and whether anything is left beyond them, tell all that rounding up needs.
        let (kept, beyond) = fraction.split_at(fraction.len().min(3));
        let thousandths = number(kept)? * [1000, 100, 10, 1][kept.len()];
        let exact = number(whole)? * 1000 + thousandths;
        let more = i64::from(beyond.bytes().any(|b| b != b'0'));
        Ok(Self(if scale == 1000 {
            exact + more
        } else {
            exact / 1000 + i64::from(exact % 1000 > 0 || more > 0)
        }))
    }
}

/// In cores if they are whole, else in milli-cores.
impl fmt::Display for Milli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 1000 == 0 {
            write!(f, "{}", self.0 / 1000)
        } else {
            write!(f, "{}m", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_kubernetes_reads_them() {
        for (text, milli) in [
            ("2", 2000),
            ("0.5", 500),
            (".25", 250),
            ("500m", 500),
            ("1.5m", 2),
            ("0.1m", 1),
            ("0.0001", 1),
            ("1.0010", 1001),
            ("1.00100000000000000000001", 1002),
            ("0", 0),
            ("0m", 0),
            ("000000000000000000002", 2000),
            ("999999999999", 999_999_999_999_000),
        ] {
            assert_eq!(text.parse(), Ok(Milli(milli)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let kind = |text: &str| text.parse::<Milli>().unwrap_err();
        for text in ["", "m", ".", "x", "1e3", "1.2.3", "5mm", "5 m", "+5", "--5", "nan"] {
            assert_eq!(kind(text), MilliError::Malformed(text.to_owned()));
        }
        assert_eq!(kind("-5m"), MilliError::Negative("-5m".to_owned()));
        assert_eq!(kind("1000000000000"), MilliError::TooLarge("1000000000000".to_owned()));
    }
}
