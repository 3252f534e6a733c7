//! Rows of results as CSV and as JSON, byte for byte the same on every machine.
//!
//! Times are written from integer nanoseconds as seconds with exactly nine decimals, never by way of a float; ratios have
//! six decimals; other floats at most nine significant digits. What does not exist is an empty cell, `null` in JSON.

use super::format::number;
use crate::kernel::SimDuration;
use crate::kernel::time::NANOS_PER_SEC;
use std::fmt;
use std::io::{self, Write};

/// One cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// What does not exist for this row.
    Empty,
    /// A text.
    Text(String),
    /// An integer.
    Count(u64),
    /// A span in seconds with nine decimals, exact.
    Seconds(SimDuration),
    /// A share of a whole, with six decimals. Empty if it is not finite.
    Ratio(f64),
    /// Any other number, with at most nine significant digits. Empty if it is not finite.
    Number(f64),
}

impl Cell {
    /// The cell `of` the value, or an empty one.
    pub fn maybe<T>(value: Option<T>, of: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, of)
    }

    /// A text cell.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Its form in JSON: a number, a quoted text, or `null`.
    fn json(&self) -> serde_json::Result<String> {
        let plain = self.to_string();
        match self {
            Self::Text(text) => serde_json::to_string(text),
            Self::Empty | Self::Count(_) | Self::Seconds(_) | Self::Ratio(_) | Self::Number(_) => {
                Ok(if plain.is_empty() { "null".to_owned() } else { plain })
            }
        }
    }
}

/// Its form in CSV.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Count(count) => write!(f, "{count}"),
            Self::Seconds(span) => f.write_str(&seconds_text(*span)),
            Self::Ratio(ratio) if !ratio.is_finite() => Ok(()),
            // A tiny negative ratio must not become -0.000000.
            Self::Ratio(ratio) if ratio.abs() < 5e-7 => f.write_str("0.000000"),
            Self::Ratio(ratio) => write!(f, "{ratio:.6}"),
            Self::Number(x) => f.write_str(&number(*x)),
        }
    }
}

/// A row of a table.
pub trait Row {
    /// The names of the columns, with units where there are some.
    const COLUMNS: &'static [&'static str];

    /// The cells, one for each column, in the same order.
    fn cells(&self) -> Vec<Cell>;
}

/// Writes the header and `rows` as CSV, lines ending in `\n`.
///
/// # Errors
///
/// Those of `writer`.
pub fn write_csv<'a, R: Row + 'a>(writer: impl Write, rows: impl IntoIterator<Item = &'a R>) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(writer);
    writer.write_record(R::COLUMNS)?;
    for row in rows {
        writer.write_record(row.cells().iter().map(Cell::to_string))?;
    }
    writer.flush()
}

/// Writes `rows` as one JSON array of objects, a row a line. Keys are the columns' names, in their order.
///
/// # Errors
///
/// Those of `writer`.
pub fn write_json<'a, R: Row + 'a>(mut writer: impl Write, rows: impl IntoIterator<Item = &'a R>) -> io::Result<()> {
    writer.write_all(b"[")?;
    for (i, row) in rows.into_iter().enumerate() {
        writer.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        let fields = R::COLUMNS.iter().zip(row.cells());
        let fields = fields.map(|(name, cell)| Ok(format!("{}:{}", serde_json::to_string(name)?, cell.json()?)));
        write!(
            writer,
            "{{{}}}",
            fields.collect::<serde_json::Result<Vec<_>>>()?.join(",")
        )?;
    }
    writer.write_all(b"\n]\n")
}

/// A span in seconds with exactly nine decimals.
#[must_use]
pub fn seconds_text(span: SimDuration) -> String {
    format!(
        "{}.{:09}",
        span.as_nanos() / NANOS_PER_SEC,
        span.as_nanos() % NANOS_PER_SEC
    )
}

/// The span of a decimal number of seconds with nine decimals at most; `None` for anything else. Exact.
#[must_use]
pub fn parse_seconds(text: &str) -> Option<SimDuration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos: u64 = format!("{fraction:0<9}").parse().ok()?;
    let seconds: u64 = whole.parse().ok()?;
    Some(SimDuration::from_nanos(
        seconds.checked_mul(NANOS_PER_SEC)?.checked_add(nanos)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Sample(&'static str, Option<u64>, f64);

    impl Row for Sample {
        const COLUMNS: &'static [&'static str] = &["name", "took_s", "share", "factor"];

        fn cells(&self) -> Vec<Cell> {
            let took = Cell::maybe(self.1, |nanos| Cell::Seconds(SimDuration::from_nanos(nanos)));
            vec![Cell::text(self.0), took, Cell::Ratio(self.2), Cell::Number(self.2)]
        }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes).expect("memory takes everything");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn csv_and_json_by_hand() {
        let rows = [
            Sample("a, \"b\"", Some(1_500_000_001), 2.0 / 3.0),
            Sample("nothing", None, f64::NAN),
            Sample("most", Some(u64::MAX), -1e-9),
        ];
        insta::assert_snapshot!(written(|w| write_csv(w, &rows)), @r#"
        name,took_s,share,factor
        "a, ""b""",1.500000001,0.666667,0.666666667
        nothing,,,
        most,18446744073.709551615,0.000000,-0.000000001
        "#);
        insta::assert_snapshot!(written(|w| write_json(w, &rows)), @r#"
        [
        {"name":"a, \"b\"","took_s":1.500000001,"share":0.666667,"factor":0.666666667},
        {"name":"nothing","took_s":null,"share":null,"factor":null},
        {"name":"most","took_s":18446744073.709551615,"share":0.000000,"factor":-0.000000001}
        ]
        "#);
    }

    #[test]
    fn no_rows_are_a_header_and_an_empty_array() {
        assert_eq!(written(|w| write_csv::<Sample>(w, &[])), "name,took_s,share,factor\n");
        let json: serde_json::Value = serde_json::from_str(&written(|w| write_json::<Sample>(w, &[]))).expect("JSON");
        assert_eq!(json, serde_json::json!([]));
    }

    #[test]
    fn what_is_no_number_of_seconds_is_refused() {
        for text in [
            "",
            "-1",
            "+1",
            "1.",
            ".5",
            "1e3",
            "5m",
            "1.0000000001",
            "1.2.3",
            "18446744073.709551616",
            " 1",
        ] {
            assert_eq!(parse_seconds(text), None, "{text:?}");
        }
        assert_eq!(parse_seconds("2"), Some(SimDuration::from_secs(2)));
        assert_eq!(parse_seconds("0.25"), Some(SimDuration::from_millis(250)));
    }

    proptest! {
        #[test]
        fn seconds_are_written_and_read_exactly(nanos: u64) {
            let span = SimDuration::from_nanos(nanos);
            prop_assert_eq!(parse_seconds(&seconds_text(span)), Some(span));
        }
        #[test]
        fn json_is_json(name in ".*", x: f64) {
            let name: &'static str = Box::leak(name.into_boxed_str());
            let text = written(|w| write_json(w, &[Sample(name, Some(7), x)]));
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            prop_assert_eq!(&value[0]["name"], name);
        }
    }
}
