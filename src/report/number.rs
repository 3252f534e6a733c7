//! Numbers as people read them: thousands separators, fixed decimals, powers of ten.

/// `value` with `decimals` digits after the point and commas between thousands: `number(12345.678, 1)` is `12,345.7`.
///
/// Not-a-number gives an en dash, infinities `∞` and `-∞`, so that a table never shows a machine's word.
#[must_use]
pub fn number(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    group(&format!("{value:.decimals$}"))
}

/// A whole number with commas between thousands: `count(1234567)` is `1,234,567`.
#[must_use]
pub fn count(value: u64) -> String {
    group(&value.to_string())
}

/// Puts commas between the thousands of a decimal number, and takes the sign off a zero.
fn group(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let is_zero = digits.bytes().all(|b| b == b'0' || b == b'.');
    let mut out = String::with_capacity(text.len() + whole.len() / 3 + 1);
    out.push_str(if is_zero { "" } else { sign });
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Ten to the power of `exponent`, as the nearest `f64`. Exact where `f64` can be, and the same on every machine,
/// which `powi` does not promise.
#[must_use]
pub fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().expect("1e<integer> is a float literal")
}

/// The largest `e` with `10^e ≤ value`, for a positive finite `value`.
#[must_use]
pub fn decade(value: f64) -> i32 {
    debug_assert!(value > 0.0 && value.is_finite(), "decade of {value}");
    // Not beyond what f64 can hold; the cast is of a number within ±400.
    let guess = libm::floor(libm::log10(value)).clamp(-320.0, 308.0) as i32;
    if power_of_ten(guess) > value {
        guess - 1
    } else if guess < 308 && power_of_ten(guess + 1) <= value {
        guess + 1
    } else {
        guess
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_zero_has_no_sign() {
        assert_eq!(number(12345.678, 1), "12,345.7");
        assert_eq!(number(-1_234_567.0, 0), "-1,234,567");
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(number(999.0, 2), "999.00");
        assert_eq!(number(f64::NAN, 2), "–");
        assert_eq!(number(f64::NEG_INFINITY, 2), "-∞");
        assert_eq!(count(0), "0");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn decades_are_exact_at_the_powers() {
        for e in -300..=300 {
            let p = power_of_ten(e);
            assert_eq!(decade(p), e, "10^{e}");
            assert_eq!(decade(p * 9.5), e);
            assert_eq!(decade(p.next_down()), e - 1);
        }
    }
}
