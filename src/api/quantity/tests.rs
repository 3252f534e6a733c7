use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn prints_the_canonical_form() {
    for (given, canonical) in [
        ("0", "0"),
        ("0Ki", "0"),
        ("-0", "0"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("5.", "5"),
        ("1000m", "1"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1500M", "1500M"),
        ("1500m", "1500m"),
        ("100000", "100k"),
        ("123Mi", "123Mi"),
        ("129e6", "129e6"),
        ("1e3", "1e3"),
        ("1000e-3", "1"),
        ("1E", "1E"),
        ("1E3", "1e3"),
        ("1000E", "1e21"),
        ("512Ki", "512Ki"),
        ("1000Ki", "1000Ki"),
        ("0.5Ki", "512"),
        ("0.1Ki", "102400m"),
        ("1.1Ki", "1126400m"),
        ("-1.5Gi", "-1536Mi"),
        ("0.9n", "1n"),
        ("-0.9n", "-1n"),
        ("1e-100", "1e-9"),
        ("8Ei", "9223372036854775807"),
        ("+3", "3"),
        ("-", "0"),
        (".", "0"),
    ] {
        assert_eq!(parse(given).to_string(), canonical, "{given}");
    }
}

#[test]
fn refuses_in_kubernetes_words() {
    for text in [
        "", "1GB", "1 Gi", "abc", "two", "4GB", "1.2.3", "1KiB", "1,5", "1Gi ", "é", "1é", "1GI",
    ] {
        assert_eq!(text.parse::<Quantity>(), Err(QuantityError::Format), "{text:?}");
    }
    for text in [
        "1K",
        "1mi",
        "1e",
        "1e+",
        "1ee3",
        "1i",
        "1m5",
        "1-",
        "5+3",
        "--1",
        "1e99999999999999999999",
    ] {
        assert_eq!(text.parse::<Quantity>(), Err(QuantityError::Suffix), "{text:?}");
    }
    insta::assert_snapshot!(QuantityError::Format, @"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    insta::assert_snapshot!(QuantityError::Suffix, @"unable to parse quantity's suffix");
    insta::assert_snapshot!(QuantityError::Numeric, @"unable to parse numeric part of quantity");
}

#[test]
fn rounds_away_from_zero_and_saturates() {
    assert_eq!(parse("0.1").value(), 1);
    assert_eq!(parse("-0.1").value(), -1);
    assert_eq!(parse("100m").value(), 1);
    assert_eq!(parse("1500m").value(), 2);
    assert_eq!(parse("1u").milli_value(), 1);
    assert_eq!(parse("2").milli_value(), 2000);
    assert_eq!(parse("1e30").value(), i64::MAX);
    assert_eq!(parse("-1e30").value(), i64::MIN);
    assert_eq!(parse("9E").milli_value(), i64::MAX);
    assert_eq!(parse("0.5u").rounded_up_to_milli().to_string(), "1m");
    assert!(parse("500m") < parse("1") && parse("1") == parse("1000m") && parse("1Ki") > parse("1k"));
    assert!(parse("-1").is_negative() && !parse("0.1").is_integer() && parse("1e3").is_integer());
    assert_eq!(parse("128974848"), parse("123Mi"));
}

#[test]
fn forms_far_out_stay_in_bounds() {
    let long = "9".repeat(200);
    assert_eq!(parse(&long).to_string(), "10e27");
    assert_eq!(parse(&format!("{long}Ki")).value(), i64::MAX);
    assert_eq!(parse(&format!("0.{}1Ki", "0".repeat(200))).to_string(), "1n");
    assert_eq!(parse(&format!("0.{long}")).to_string(), "1");
    assert_eq!(parse(&format!("0.{}1", "0".repeat(8))).to_string(), "1n");
    assert_eq!(parse("0.0e9223372036854775807"), Quantity::default());
    assert_eq!(parse("7e-9223372036854775808").to_string(), "1e-9");
}

/// The value of `mantissa` × 10^-`places` × `factor` in nano units, rounded up, by plain integer arithmetic.
fn oracle(mantissa: i64, places: u32, numerator: i128, denominator: i128) -> i128 {
    let top = i128::from(mantissa) * NANO * numerator;
    let nanos = divide_away_from_zero(top, 10_i128.pow(places) * denominator);
    // Only binary quantities have a cap, and only they have a numerator that 1024 divides and 1000 does not.
    let cap = MAX_BINARY_NANOS as i128;
    if numerator % 1024 == 0 && numerator % 1000 != 0 {
        nanos.clamp(-cap, cap)
    } else {
        nanos
    }
}

fn suffixes() -> impl Strategy<Value = (&'static str, i128, i128)> {
    prop::sample::select(vec![
        ("n", 1, NANO),
        ("u", 1, 1_000_000),
        ("m", 1, 1000),
        ("", 1, 1),
        ("k", 1000, 1),
        ("M", 1_000_000, 1),
        ("G", NANO, 1),
        ("T", 1000 * NANO, 1),
        ("e3", 1000, 1),
        ("E-2", 1, 100),
        ("Ki", 1 << 10, 1),
        ("Mi", 1 << 20, 1),
        ("Gi", 1 << 30, 1),
        ("Ti", 1 << 40, 1),
    ])
}

/// Texts of a decimal number with up to 12 places, and the number.
fn numbers() -> impl Strategy<Value = (String, i64, u32)> {
    (-10_000_000_i64..10_000_000, 0_u32..12).prop_map(|(mantissa, places)| {
        let sign = if mantissa < 0 { "-" } else { "" };
        let digits = format!("{:0>1$}", mantissa.unsigned_abs(), places as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places as usize);
        (format!("{sign}{whole}.{fraction}"), mantissa, places)
    })
}

proptest! {
    #[test]
    fn agrees_with_plain_arithmetic((text, mantissa, places) in numbers(), (suffix, n, d) in suffixes()) {
        let quantity = parse(&format!("{text}{suffix}"));
        prop_assert_eq!(quantity.nanos, oracle(mantissa, places, n, d));
    }

    #[test]
    fn compares_by_value((a, ma, pa) in numbers(), (sa, na, da) in suffixes(), (b, mb, pb) in numbers(), (sb, nb, db) in suffixes()) {
        let expected = oracle(ma, pa, na, da).cmp(&oracle(mb, pb, nb, db));
        prop_assert_eq!(parse(&format!("{a}{sa}")).cmp(&parse(&format!("{b}{sb}"))), expected);
    }

    #[test]
    fn printing_keeps_value_and_form((text, _, _) in numbers(), (suffix, _, _) in suffixes()) {
        let first = parse(&format!("{text}{suffix}"));
        let printed = first.to_string();
        let again = parse(&printed);
        prop_assert_eq!(again, first);
        // A binary quantity that has no suffix left reads as a decimal one, and so may print another way.
        if !suffix.ends_with('i') {
            prop_assert_eq!(again.to_string(), printed);
        }
    }

    #[test]
    fn takes_any_text(text in "\\PC*|[-+0-9.eEinumkKMGTP]{0,50}") {
        let _ = text.parse::<Quantity>();
    }
}
