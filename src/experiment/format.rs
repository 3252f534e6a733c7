//! Numbers as texts, the same on every machine: no locale, and no digit that could differ in the last bit.
//!
//! For people: [`seconds`], [`duration`], [`duration_short`], [`count`], [`percent`]. For files: [`number`], which keeps at
//! most nine significant digits, far fewer than the fifteen in which mathematical libraries agree.

use crate::kernel::SimDuration;

/// Significant digits of a float in a file.
pub const FILE_DIGITS: usize = 9;

/// `x` rounded to at most nine significant digits; `None` if it is not finite. Never negative zero.
#[must_use]
pub fn round(x: f64) -> Option<f64> {
    if !x.is_finite() {
        return None;
    }
    let rounded: f64 = format!("{x:.*e}", FILE_DIGITS - 1).parse().ok()?;
    Some(if rounded == 0.0 { 0.0 } else { rounded })
}

/// `x` in plain decimal notation with at most nine significant digits; empty if it is not finite.
#[must_use]
pub fn number(x: f64) -> String {
    round(x).map_or_else(String::new, |x| x.to_string())
}

/// `x` rounded to `digits` significant digits (at least one), in plain notation with thousands separators. Trailing
/// zeros stay, for they are significant; zero is `0`; what is not finite is `n/a`.
#[must_use]
pub fn significant(x: f64, digits: usize) -> String {
    if !x.is_finite() {
        return "n/a".to_owned();
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    let last = digits.max(1) - 1;
    let scientific = format!("{x:.last$e}");
    // The exponent after rounding: 999.96 to four digits is 1.000e3.
    let exponent: i64 = scientific
        .split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0);
    let rounded: f64 = scientific.parse().unwrap_or(x);
    let decimals = usize::try_from(last as i64 - exponent).unwrap_or(0);
    let plain = format!("{:.decimals$}", rounded.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if rounded < 0.0 { "-" } else { "" };
    format!("{sign}{}{point}{fraction}", group(whole))
}

/// Seconds to four significant digits, with the unit: `305.2 s`, `9,600 s`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    format!("{} s", significant(seconds, 4))
}

/// A count with thousands separators: `1,000`.
#[must_use]
pub fn count(count: u64) -> String {
    group(&count.to_string())
}

/// A share as a percentage to a tenth: `0.4 %`, `1 %`, `31 %` (whole from ten on), `under 0.1 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "n/a".to_owned();
    }
    let (sign, percent) = (if share < 0.0 { "-" } else { "" }, share.abs() * 100.0);
    if percent == 0.0 {
        "0 %".to_owned()
    } else if percent < 0.1 {
        "under 0.1 %".to_owned()
    } else if percent < 9.95 {
        let text = format!("{percent:.1}");
        format!("{sign}{} %", text.strip_suffix(".0").unwrap_or(&text))
    } else {
        format!("{sign}{} %", group(&format!("{percent:.0}")))
    }
}

/// A span as people read it: `250ms`, `45.3s`, `23m 45s`, `1h 23m 45s`, `3d 12h 0m 5s`. From a minute on it is rounded to
/// the second; zero units at the end are left out.
#[must_use]
pub fn duration(span: SimDuration) -> String {
    let nanos = span.as_nanos();
    short_span(nanos).unwrap_or_else(|| clock(nanos, SECOND))
}

/// The same with the two largest units only, rounded: `23m 45s`, `2h 41m`, `3d 12h`.
#[must_use]
pub fn duration_short(span: SimDuration) -> String {
    let nanos = span.as_nanos();
    short_span(nanos).unwrap_or_else(|| {
        // Rounding may lift the span into the next unit: 59m 59.7s is 1h.
        let step = if round_to(nanos, SECOND) < HOUR {
            SECOND
        } else if round_to(nanos, MINUTE) < DAY {
            MINUTE
        } else {
            HOUR
        };
        clock(nanos, step)
    })
}

/// [`duration_short`] of a span in seconds, for means; what no [`SimDuration`] can hold is shown in seconds.
#[must_use]
pub fn duration_of_secs(secs: f64) -> String {
    SimDuration::from_secs_f64(secs).map_or_else(|| seconds(secs), duration_short)
}

const SECOND: u128 = 1_000_000_000;
const MINUTE: u128 = 60 * SECOND;
const HOUR: u128 = 60 * MINUTE;
const DAY: u128 = 24 * HOUR;

/// `nanos` to the nearest multiple of `step`, halves up.
fn round_to(nanos: u64, step: u128) -> u128 {
    (u128::from(nanos) + step / 2) / step * step
}

/// A span that is under a minute after rounding, as a decimal number with one unit.
fn short_span(nanos: u64) -> Option<String> {
    // (the tier ends before, rounded to, unit, its name)
    const TIERS: [(u128, u128, u128, &str); 5] = [
        (1_000, 1, 1, "ns"),
        (1_000_000, 100, 1_000, "µs"),
        (SECOND, 100_000, 1_000_000, "ms"),
        (10 * SECOND, SECOND / 100, SECOND, "s"),
        (MINUTE, SECOND / 10, SECOND, "s"),
    ];
    if nanos == 0 {
        return Some("0s".to_owned());
    }
    TIERS.iter().find_map(|&(limit, step, unit, name)| {
        let rounded = round_to(nanos, step);
        (rounded < limit).then(|| {
            let hundredths = rounded * 100 / unit;
            let fraction = format!("{:02}", hundredths % 100);
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            format!("{}{point}{fraction}{name}", hundredths / 100)
        })
    })
}

/// A span in days, hours, minutes and seconds, rounded to `step`.
fn clock(nanos: u64, step: u128) -> String {
    let mut rest = round_to(nanos, step);
    let mut parts: Vec<String> = Vec::new();
    for (unit, name) in [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")] {
        let whole = rest / unit;
        if whole > 0 || !parts.is_empty() {
            parts.push(format!("{whole}{name}"));
        }
        rest %= unit;
        if rest == 0 {
            break;
        }
    }
    parts.join(" ")
}

/// Decimal digits in groups of three.
fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn floats_in_files_have_nine_digits_at_most() {
        for (x, text) in [
            (1.0 / 3.0, "0.333333333"),
            (2.0 / 3.0 * 1e6, "666666.667"),
            (123_456_789_012.0, "123456789000"),
            (305.2, "305.2"),
            (-0.0, "0"),
            (1e-12, "0.000000000001"),
            (0.1 + 0.2, "0.3"),
            (f64::NAN, ""),
            (f64::INFINITY, ""),
        ] {
            assert_eq!(number(x), text);
        }
    }

    #[test]
    fn seconds_have_four_significant_digits() {
        for (x, text) in [
            (305.24, "305.2 s"),
            (305.0, "305.0 s"),
            (9_600.0, "9,600 s"),
            (999.96, "1,000 s"),
            (123_456.7, "123,500 s"),
            (0.301_26, "0.3013 s"),
            (-3.0, "-3.000 s"),
            (0.0, "0 s"),
            (f64::NAN, "n/a s"),
        ] {
            assert_eq!(seconds(x), text);
        }
    }

    #[test]
    fn durations_read_like_a_clock() {
        // 3 d 12 h 5 s = 302,405 s; 59 min 59.7 s = 3,599.7 s; 23 h 59 min 40 s = 86,380 s.
        for (nanos, long, short) in [
            (0, "0s", "0s"),
            (7, "7ns", "7ns"),
            (12_340, "12.3µs", "12.3µs"),
            (250_000_000, "250ms", "250ms"),
            (999_970_000, "1s", "1s"),
            (1_234_000_000, "1.23s", "1.23s"),
            (45_340_000_000, "45.3s", "45.3s"),
            (59_960_000_000, "1m", "1m"),
            (1_425_000_000_000, "23m 45s", "23m 45s"),
            (3_599_700_000_000, "1h", "1h"),
            (5_025_000_000_000, "1h 23m 45s", "1h 24m"),
            (3_605_000_000_000, "1h 0m 5s", "1h"),
            (86_380_000_000_000, "23h 59m 40s", "1d"),
            (302_405_000_000_000, "3d 12h 0m 5s", "3d 12h"),
            (u64::MAX, "213503d 23h 34m 34s", "213504d"),
        ] {
            assert_eq!(duration(SimDuration::from_nanos(nanos)), long);
            assert_eq!(duration_short(SimDuration::from_nanos(nanos)), short);
        }
        assert_eq!(duration_of_secs(9_660.0), "2h 41m");
        assert_eq!(duration_of_secs(1e12), "1,000,000,000,000 s");
    }

    #[test]
    fn counts_and_shares() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(n), text);
        }
        for (x, text) in [
            (0.0, "0 %"),
            (0.0001, "under 0.1 %"),
            (0.004, "0.4 %"),
            (0.0101, "1 %"),
            (0.0123, "1.2 %"),
            (0.0994, "9.9 %"),
            (0.0996, "10 %"),
            (0.314, "31 %"),
            (-0.05, "-5 %"),
            (-0.0001, "under 0.1 %"),
            (12.5, "1,250 %"),
        ] {
            assert_eq!(percent(x), text);
        }
    }

    proptest! {
        /// A change in the last bits, such as another libm may make, never shows (but where it straddles a half).
        #[test]
        fn the_last_bit_does_not_show(digits in 1u64..1_000_000_000, scale in -12i32..12) {
            let x = digits as f64 * libm::pow(10.0, f64::from(scale));
            let next = f64::from_bits(x.to_bits() + 1);
            prop_assert_eq!(number(x), number(next));
        }
        #[test]
        fn every_span_has_a_text(nanos: u64) {
            let text = duration(SimDuration::from_nanos(nanos));
            prop_assert!(!text.is_empty() && text.starts_with(|c: char| c.is_ascii_digit()));
        }
        /// Reading the text back misses the span by half a second at most (from a minute on).
        #[test]
        fn durations_are_rounded_to_the_second(nanos in 60_000_000_000u64..10_000_000_000_000_000) {
            let text = duration(SimDuration::from_nanos(nanos)).replace(' ', "");
            let back = text.parse::<SimDuration>().expect("a duration");
            prop_assert!(back.as_nanos().abs_diff(nanos) <= 500_000_000, "{}", text);
        }
    }
}
