//! Kubernetes quantities (`500m`, `1.5Gi`, `12e6`), exact to the nano unit.
//!
//! Follows `staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go: ParseQuantity, CanonicalizeBytes`. Two limits differ
//! on purpose, both far beyond any machine: decimal values are capped at 10^28 units (Kubernetes keeps them unbounded), and a
//! value that does not fit an `i64` saturates (Kubernetes overflows).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Nano units in one unit.
const NANO: i128 = 1_000_000_000;
/// Nano units in a thousandth.
const NANOS_PER_MILLI: i128 = 1_000_000;
/// Largest amount of a decimal quantity, in nano units: 10^28 units, so that ten times as much still fits.
const MAX_NANOS: u128 = 10_u128.pow(37);
/// Largest amount of a binary quantity, in nano units: 2^63 − 1 units (`amount.go: maxAllowed`).
const MAX_BINARY_NANOS: u128 = (i64::MAX as u128) * (NANO as u128);

/// Why a text is not a quantity. The texts are Kubernetes' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// Empty, or with a character that has no place there (`1 Gi`, `4GB`, `two`).
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    /// Built of allowed letters, but not a known suffix (`1K`, `1mi`).
    #[error("unable to parse quantity's suffix")]
    Suffix,
    /// The number before the suffix cannot be read. Kubernetes has this text, though no input that passes the other two
    /// checks is known to reach it.
    #[error("unable to parse numeric part of quantity")]
    Numeric,
}

/// The family of suffixes a quantity was written with; it prints in the same family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// `n u m "" k M G T P E`.
    DecimalSi,
    /// `e3`, `E-3`.
    DecimalExponent,
    /// `Ki Mi Gi Ti Pi Ei`.
    BinarySi,
}

/// A quantity. Two quantities are equal if their values are, however they were written.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// A whole number of units.
    #[must_use]
    pub const fn from_integer(value: i64) -> Self {
        Self {
            nanos: value as i128 * NANO,
            format: Format::DecimalSi,
        }
    }
    /// The value in units, rounded away from zero to an integer; saturates. `100m` of memory is one byte.
    #[must_use]
    pub const fn value(&self) -> i64 {
        saturate(divide_away_from_zero(self.nanos, NANO))
    }
    /// The value in thousandths, rounded away from zero; saturates.
    #[must_use]
    pub const fn milli_value(&self) -> i64 {
        saturate(divide_away_from_zero(self.nanos, NANOS_PER_MILLI))
    }
    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        self.nanos < 0
    }
    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.nanos == 0
    }
    /// Whether it is a whole number of units.
    #[must_use]
    pub const fn is_integer(&self) -> bool {
        self.nanos % NANO == 0
    }
    /// The same quantity with its value rounded away from zero to thousandths, as the API server stores resource lists
    /// (`pkg/apis/core/v1/defaults.go: SetDefaults_ResourceList`).
    #[must_use]
    pub const fn rounded_up_to_milli(&self) -> Self {
        Self {
            nanos: divide_away_from_zero(self.nanos, NANOS_PER_MILLI) * NANOS_PER_MILLI,
            format: self.format,
        }
    }
}

const fn divide_away_from_zero(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    if value % divisor == 0 {
        quotient
    } else {
        quotient + value.signum()
    }
}

const fn saturate(value: i128) -> i64 {
    if value > i64::MAX as i128 {
        i64::MAX
    } else if value < i64::MIN as i128 {
        i64::MIN
    } else {
        value as i64
    }
}

/// The multiplier a suffix stands for.
enum Scale {
    /// Ten to this power.
    Ten(i64, Format),
    /// Two to this power, at most 60.
    Two(u32),
}

fn interpret(suffix: &str) -> Option<Scale> {
    let decimal = |exponent| Some(Scale::Ten(exponent, Format::DecimalSi));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => Some(Scale::Two(10)),
        "Mi" => Some(Scale::Two(20)),
        "Gi" => Some(Scale::Two(30)),
        "Ti" => Some(Scale::Two(40)),
        "Pi" => Some(Scale::Two(50)),
        "Ei" => Some(Scale::Two(60)),
        _ => {
            let digits = suffix.strip_prefix(['e', 'E'])?;
            let exponent = digits.parse::<i64>().ok()?;
            Some(Scale::Ten(exponent, Format::DecimalExponent))
        }
    }
}

/// The parts of a quantity's text.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

fn leading(text: &str, accepted: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|b| !accepted(b)).unwrap_or(text.len())
}

/// Cuts the text as `quantity.go: parseQuantityString` does. A number without digits (`.`, `-`) counts as zero there too.
fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    let (negative, rest) = match text.as_bytes().first() {
        None => return Err(QuantityError::Format),
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        Some(_) => (false, text),
    };
    let (whole, rest) = rest.split_at(leading(rest, |b| b.is_ascii_digit()));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(after) => after.split_at(leading(after, |b| b.is_ascii_digit())),
        None => ("", rest),
    };
    let after_letters = &suffix[leading(suffix, |b| b"eEinumkKMGTP".contains(&b))..];
    let digits = after_letters.strip_prefix(['+', '-']).unwrap_or(after_letters);
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Parts {
            negative,
            whole,
            fraction,
            suffix,
        })
    } else {
        Err(QuantityError::Format)
    }
}

/// `whole.fraction` × 10^`exponent` in nano units, rounded up, capped at [`MAX_NANOS`].
fn decimal_nanos(whole: &str, fraction: &str, exponent: i64) -> u128 {
    let digits = whole.bytes().chain(fraction.bytes()).map(|b| u128::from(b - b'0'));
    let mut left = (whole.len() as i64).saturating_add(exponent).saturating_add(9);
    let mut nanos: u128 = 0;
    let mut round_up = false;
    for digit in digits {
        if left > 0 {
            nanos = (nanos * 10 + digit).min(MAX_NANOS);
            left -= 1;
        } else {
            left = left.min(0);
            round_up |= digit != 0;
        }
    }
    if left < 0 {
        // The point stands before the first digit: the amount is below one nano unit.
        nanos = 0;
    }
    while left > 0 && nanos > 0 && nanos < MAX_NANOS {
        nanos = (nanos * 10).min(MAX_NANOS);
        left -= 1;
    }
    (nanos + u128::from(round_up)).min(MAX_NANOS)
}

/// `whole.fraction` × 2^`exponent` in nano units, rounded up, capped at [`MAX_BINARY_NANOS`].
fn binary_nanos(whole: &str, fraction: &str, exponent: u32) -> u128 {
    let unit = (1_u128 << exponent) * NANO as u128;
    let mut units: u128 = 0;
    for b in whole.bytes() {
        units = (units * 10 + u128::from(b - b'0')).min(1 << 63);
    }
    // Multiplication by hand from the last digit on: what leaves at the top is the integer part of fraction × unit.
    let mut carry: u128 = 0;
    let mut round_up = false;
    for b in fraction.bytes().rev() {
        carry += u128::from(b - b'0') * unit;
        round_up |= !carry.is_multiple_of(10);
        carry /= 10;
    }
    // At most 2^63 × 2^60 × 10^9, which needs more than 128 bits.
    units
        .checked_mul(unit)
        .map_or(MAX_BINARY_NANOS, |n| n.saturating_add(carry + u128::from(round_up)))
        .min(MAX_BINARY_NANOS)
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = split(text)?;
        let (magnitude, format) = match interpret(parts.suffix).ok_or(QuantityError::Suffix)? {
            Scale::Ten(exponent, format) => (decimal_nanos(parts.whole, parts.fraction, exponent), format),
            Scale::Two(exponent) => (binary_nanos(parts.whole, parts.fraction, exponent), Format::BinarySi),
        };
        // Both caps are below 2^127.
        let magnitude = magnitude as i128;
        Ok(Self {
            nanos: if parts.negative { -magnitude } else { magnitude },
            format,
        })
    }
}

impl Quantity {
    fn fmt_binary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut mantissa = self.nanos / NANO;
        let mut suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].into_iter();
        let mut suffix = suffixes.next().unwrap_or_default();
        while mantissa % 1024 == 0 {
            let Some(next) = suffixes.next() else { break };
            mantissa /= 1024;
            suffix = next;
        }
        write!(f, "{mantissa}{suffix}")
    }

    fn fmt_decimal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut mantissa = self.nanos;
        let mut exponent = -9;
        while mantissa % 1000 == 0 {
            mantissa /= 1000;
            exponent += 3;
        }
        let suffix = match exponent {
            0 => Some(""),
            _ if self.format == Format::DecimalExponent => None,
            -9 => Some("n"),
            -6 => Some("u"),
            -3 => Some("m"),
            3 => Some("k"),
            6 => Some("M"),
            9 => Some("G"),
            12 => Some("T"),
            15 => Some("P"),
            18 => Some("E"),
            _ => None,
        };
        match suffix {
            Some(suffix) => write!(f, "{mantissa}{suffix}"),
            None => write!(f, "{mantissa}e{exponent}"),
        }
    }
}

/// Prints Kubernetes' canonical form: no fraction, the largest suffix of the family it was written in.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = self.format == Format::BinarySi && self.is_integer() && self.nanos.abs() >= 1024 * NANO;
        if self.is_zero() {
            f.write_str("0")
        } else if binary {
            self.fmt_binary(f)
        } else {
            self.fmt_decimal(f)
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Default for Quantity {
    fn default() -> Self {
        Self::from_integer(0)
    }
}

#[cfg(test)]
mod tests;
