//! Texts that stand for something else: times, base64, and Go's words for what is wrong with them.

/// Checks an RFC 3339 time, with the error of Go's `time.Parse`.
pub(super) fn check_time(text: &str) -> Result<(), String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let fail = |rest: &str, element: &str| {
        Err(format!(
            "parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {element:?}"
        ))
    };
    let mut rest = text;
    for element in ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"] {
        let is_number = element.as_bytes()[0].is_ascii_digit();
        let fits = rest.get(..element.len()).is_some_and(|head| {
            if is_number {
                head.bytes().all(|b| b.is_ascii_digit())
            } else {
                head == element
            }
        });
        if !fits {
            return fail(rest, element);
        }
        rest = &rest[element.len()..];
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            rest = &fraction[digits..];
        }
    }
    let offset = rest.strip_prefix(['+', '-']).map(str::as_bytes);
    match offset {
        Some([a, b, b':', c, d]) if [a, b, c, d].iter().all(|x| x.is_ascii_digit()) => Ok(()),
        None if rest == "Z" => Ok(()),
        _ => fail(rest, "Z07:00"),
    }
}

/// Checks padded base64, with the error of Go's `encoding/base64`.
pub(super) fn check_base64(text: &str) -> Result<(), String> {
    let fail = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let mut digits = 0;
    let mut padding = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            b'=' if digits % 4 >= 2 && padding < 4 - digits % 4 => padding += 1,
            _ => return fail(at),
        }
    }
    if (digits + padding) % 4 == 0 {
        Ok(())
    } else {
        fail(text.len())
    }
}

/// Suggests the suffix that was probably meant in a text that is no quantity.
pub(super) fn quantity_hint(text: &str) -> String {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let split = compact
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-' && c != '+')
        .unwrap_or(compact.len());
    let (number, suffix) = compact.split_at(split);
    let lower = suffix.to_ascii_lowercase();
    let letter = lower.chars().next().unwrap_or_default();
    let units = ["", "i", "b", "ib"];
    let meant = if number.is_empty() || !units.contains(&lower.get(1..).unwrap_or_default()) {
        None
    } else {
        match letter {
            'k' => Some(("k", "Ki")),
            'm' => Some(("M", "Mi")),
            'g' => Some(("G", "Gi")),
            't' => Some(("T", "Ti")),
            'p' => Some(("P", "Pi")),
            'e' => Some(("E", "Ei")),
            _ => None,
        }
    };
    match meant {
        Some((decimal, binary)) => {
            format!("write {number}{binary} (powers of 1024) or {number}{decimal} (powers of 1000)")
        }
        None if suffix.is_empty() && compact != text => format!("write {number}, without spaces"),
        None => "a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for good in [
            "2026-11-23T18:23:47Z",
            "2026-11-23T18:23:47.704423Z",
            "2026-11-23T18:23:47+01:00",
        ] {
            assert_eq!(check_time(good), Ok(()));
        }
        insta::assert_snapshot!(check_time("yesterday").unwrap_err(), @r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#);
        insta::assert_snapshot!(check_time("2026-11-23").unwrap_err(), @r#"parsing time "2026-11-23" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#);
        insta::assert_snapshot!(check_time("2026-11-23T18:23:47").unwrap_err(), @r#"parsing time "2026-11-23T18:23:47" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00""#);
        assert!(check_time("20é6-").is_err());
    }

    #[test]
    fn base64() {
        for good in ["", "YQ==", "YWI=", "YWJj", "YW\nJj"] {
            assert_eq!(check_base64(good), Ok(()), "{good}");
        }
        for (bad, at) in [
            ("a-b", 1),
            ("YQ=", 3),
            ("YWJj=", 4),
            ("YQ==YQ==", 4),
            ("Y", 1),
            ("YQ===", 4),
            ("pässword", 1),
        ] {
            assert_eq!(
                check_base64(bad),
                Err(format!("illegal base64 data at input byte {at}")),
                "{bad}"
            );
        }
    }

    #[test]
    fn quantities() {
        assert_eq!(
            quantity_hint("4GB"),
            "write 4Gi (powers of 1024) or 4G (powers of 1000)"
        );
        assert_eq!(
            quantity_hint("1 gi"),
            "write 1Gi (powers of 1024) or 1G (powers of 1000)"
        );
        assert_eq!(quantity_hint("1K"), "write 1Ki (powers of 1024) or 1k (powers of 1000)");
        assert_eq!(quantity_hint(" 4"), "write 4, without spaces");
        assert_eq!(
            quantity_hint("two"),
            "a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G"
        );
    }
}
