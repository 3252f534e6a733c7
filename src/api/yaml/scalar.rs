//! What a scalar means: the reading of YAML 1.1 that kubectl uses.
//!
//! kubectl turns YAML into JSON with `sigs.k8s.io/yaml`, which reads scalars with go-yaml v2 (`goyaml.v2/resolve.go: resolve`).
//! Hence `y`, `yes`, `on`, `n`, `no` and `off` are booleans, `0755` is octal, `1_000` is a thousand, a date is a string, and
//! base-60 numbers are strings.

use std::fmt::Write as _;

use crate::api::value::ValueKind;

/// Why a scalar cannot become JSON. The texts are Go's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScalarError {
    /// `.nan` and `.inf` have no JSON form.
    #[error("error converting YAML to JSON: json: unsupported value: {0}")]
    NotFinite(&'static str),
    /// The text does not fit its tag, as in `!!int abc`.
    #[error("cannot decode {found} `{text}` as a {tag}")]
    Tag {
        /// What the text is.
        found: &'static str,
        /// The text.
        text: String,
        /// What the tag asks for.
        tag: &'static str,
    },
}

/// Reads a plain scalar without a tag.
pub(super) fn plain(text: &str) -> Result<ValueKind, ScalarError> {
    let Some(first) = text.bytes().next() else {
        return Ok(ValueKind::Null);
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' => Ok(match infinity(text) {
            Some(error) => return Err(error),
            None => number(text),
        }),
        b'.' => match infinity(text) {
            Some(error) => Err(error),
            None => Ok(float(text)),
        },
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => Ok(word(text)),
        _ => Ok(ValueKind::String(text.to_owned())),
    }
}

/// Reads a scalar with a tag of the core schema (`!!int`), whatever its quotes. Tags of other names leave a string.
pub(super) fn tagged(text: &str, suffix: &str) -> Result<ValueKind, ScalarError> {
    let (tag, accepted): (_, fn(&ValueKind) -> bool) = match suffix {
        "bool" => ("!!bool", |kind| matches!(kind, ValueKind::Bool(_))),
        "null" => ("!!null", |kind| matches!(kind, ValueKind::Null)),
        "int" => ("!!int", |kind| matches!(kind, ValueKind::Number(n) if is_integer(n))),
        "float" => ("!!float", |kind| matches!(kind, ValueKind::Number(_))),
        _ => return Ok(ValueKind::String(text.to_owned())),
    };
    let kind = plain(text)?;
    if accepted(&kind) {
        return Ok(kind);
    }
    let found = match kind {
        ValueKind::Null => "!!null",
        ValueKind::Bool(_) => "!!bool",
        ValueKind::Number(n) if is_integer(&n) => "!!int",
        ValueKind::Number(_) => "!!float",
        ValueKind::String(_) => "!!str",
        ValueKind::List(_) => "!!seq",
        ValueKind::Map(_) => "!!map",
    };
    Err(ScalarError::Tag {
        found,
        text: text.to_owned(),
        tag,
    })
}

fn is_integer(number: &str) -> bool {
    !number.contains(['.', 'e'])
}

fn word(text: &str) -> ValueKind {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => ValueKind::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => ValueKind::Bool(false),
        "~" | "null" | "Null" | "NULL" => ValueKind::Null,
        _ => ValueKind::String(text.to_owned()),
    }
}

fn infinity(text: &str) -> Option<ScalarError> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(ScalarError::NotFinite("NaN")),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(ScalarError::NotFinite("+Inf")),
        "-.inf" | "-.Inf" | "-.INF" => Some(ScalarError::NotFinite("-Inf")),
        _ => None,
    }
}

/// A text that begins with a digit or a sign: an integer, a float, or just text (`1.2.3`, `2024-01-31`, `10:30`).
fn number(text: &str) -> ValueKind {
    let bytes = text.as_bytes();
    let digits_only = bytes.iter().all(u8::is_ascii_digit);
    if digits_only && bytes.len() <= 18 && (bytes[0] != b'0' || bytes.len() == 1) {
        return ValueKind::Number(text.to_owned());
    }
    let text_without_marks = text.replace('_', "");
    match integer(&text_without_marks) {
        Some(literal) => ValueKind::Number(literal),
        None => match float(&text_without_marks) {
            ValueKind::String(_) => ValueKind::String(text.to_owned()),
            kind => kind,
        },
    }
}

/// The decimal text of an integer literal in Go's base-0 grammar (`0x1F`, `0o17`, `017`, `0b11`, `-5`), 64 bits wide.
fn integer(text: &str) -> Option<String> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = |prefix: &str| {
        magnitude
            .get(..2)
            .filter(|p| p.eq_ignore_ascii_case(prefix))
            .map(|_| &magnitude[2..])
    };
    let (digits, radix) = if let Some(digits) = lower("0x") {
        (digits, 16)
    } else if let Some(digits) = lower("0o") {
        (digits, 8)
    } else if let Some(digits) = lower("0b") {
        (digits, 2)
    } else if magnitude.len() > 1 && magnitude.starts_with('0') {
        (&magnitude[1..], 8)
    } else {
        (magnitude, 10)
    };
    // `from_str_radix` would accept another sign.
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -value } else { value };
    (value >= i128::from(i64::MIN)).then(|| value.to_string())
}

/// A decimal float, written as Go writes it in JSON; a string if the text is none.
fn float(text: &str) -> ValueKind {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && is_decimal(text) => ValueKind::Number(json_float(value)),
        Ok(_) | Err(_) => ValueKind::String(text.to_owned()),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_is_good = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_is_good
}

/// A float as Go's `encoding/json` writes it: the shortest digits that read back as the same number, and an exponent only
/// below 1e-6 and from 1e21 on. A whole number so loses its point: `1.0` and `1e3` are the integers 1 and 1000.
fn json_float(value: f64) -> String {
    let magnitude = value.abs();
    let mut text = String::new();
    // Writing to a string cannot fail.
    if value == 0.0 || (1e-6..1e21).contains(&magnitude) {
        let _ = write!(text, "{value}");
    } else if magnitude < 1.0 {
        let _ = write!(text, "{value:e}");
    } else {
        let _ = write!(text, "{value:e}");
        text = text.replace('e', "e+");
    }
    text
}

/// Reads a number of JSON's grammar, with the same result as in YAML.
pub(super) fn json_number(text: &str) -> ValueKind {
    number(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match plain(text) {
            Ok(ValueKind::Null) => "null".to_owned(),
            Ok(ValueKind::Bool(b)) => b.to_string(),
            Ok(ValueKind::Number(n)) => n,
            Ok(ValueKind::String(s)) => format!("{s:?}"),
            Ok(other) => panic!("{other:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn words_follow_yaml_1_1() {
        for text in ["y", "Yes", "ON", "true", "True"] {
            assert_eq!(show(text), "true", "{text}");
        }
        for text in ["n", "no", "Off", "FALSE"] {
            assert_eq!(show(text), "false", "{text}");
        }
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(show(text), "null", "{text}");
        }
        for text in ["yEs", "nope", "tRUE", "Never", "OnFailure", "ml-train", "_1", "é"] {
            assert_eq!(show(text), format!("{text:?}"));
        }
    }

    #[test]
    fn numbers_read_as_go_does() {
        for (text, expected) in [
            ("0", "0"),
            ("42", "42"),
            ("-5", "-5"),
            ("+5", "5"),
            ("-0", "0"),
            ("0755", "493"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("-0x1f", "-31"),
            ("0b11", "3"),
            ("1_000", "1000"),
            ("08", "8"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("0.1", "0.1"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("1E-2", "0.01"),
            ("1e-7", "1e-7"),
            ("1e21", "1e+21"),
            ("-2.5e+30", "-2.5e+30"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
        for text in [
            "-",
            "+",
            ".",
            "1.2.3",
            "10:30",
            "2024-01-31",
            "1Gi",
            "0x",
            "0xg",
            "1e",
            "1e400",
            "--1",
            "+-1",
            "0_",
            "1 2",
        ] {
            let expected = if text == "0_" {
                "0".to_owned()
            } else {
                format!("{text:?}")
            };
            assert_eq!(show(text), expected);
        }
        assert_eq!(
            show("-.inf"),
            "error converting YAML to JSON: json: unsupported value: -Inf"
        );
        assert_eq!(
            show(".NaN"),
            "error converting YAML to JSON: json: unsupported value: NaN"
        );
    }

    #[test]
    fn tags_ask_for_a_type() {
        assert_eq!(tagged("5", "str"), Ok(ValueKind::String("5".into())));
        assert_eq!(tagged("5", "int"), Ok(ValueKind::Number("5".into())));
        assert_eq!(tagged("5", "float"), Ok(ValueKind::Number("5".into())));
        assert_eq!(tagged("off", "bool"), Ok(ValueKind::Bool(false)));
        let message = |r: Result<ValueKind, ScalarError>| r.map_err(|e| e.to_string());
        assert_eq!(
            message(tagged("abc", "int")),
            Err("cannot decode !!str `abc` as a !!int".into())
        );
        assert_eq!(
            message(tagged("1.5", "int")),
            Err("cannot decode !!float `1.5` as a !!int".into())
        );
    }
}
