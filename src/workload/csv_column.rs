//! Reading columns of CSV files by name, with errors that say file, line, column, what was found and what to do.

use std::path::Path;

use crate::kernel::SimDuration;
use crate::kernel::text::{TimeColumn, TimeUnit, suggest};

/// Why a column could not be read. Lines count from 1, the header being the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// The file could not be read.
    #[error("{file}: cannot be read: {reason}; check the path, relative ones start at {base}")]
    Open {
        /// Path as given.
        file: String,
        /// Folder that relative paths are relative to.
        base: String,
        /// What the operating system says.
        reason: String,
    },
    /// The file is not CSV in UTF-8, or reading broke off.
    #[error("{file}:{line}: {reason}; the file must be comma-separated text in UTF-8")]
    Malformed {
        /// Path as given.
        file: String,
        /// Line.
        line: u64,
        /// What the reader says.
        reason: String,
    },
    /// The header has no such column.
    #[error(
        "{file}: has no column {column:?}{}; its first line names {known}",
        .suggestion.as_deref().map_or_else(String::new, |name| format!(", did you mean {name:?}?"))
    )]
    NoColumn {
        /// Path as given.
        file: String,
        /// The column that was asked for.
        column: String,
        /// The nearest column.
        suggestion: Option<String>,
        /// The columns that there are.
        known: String,
    },
    /// No row follows the header.
    #[error("{file}: has no rows below its header; at least one is needed")]
    NoRows {
        /// Path as given.
        file: String,
    },
    /// A row has no value in the column.
    #[error("{file}:{line}: column {column} is empty; give a number or remove the row")]
    Empty {
        /// Path as given.
        file: String,
        /// Line.
        line: u64,
        /// The column.
        column: String,
    },
    /// A value is no number.
    #[error("{file}:{line}: column {column}: {found:?} is not a number; write {expected}")]
    NotANumber {
        /// Path as given.
        file: String,
        /// Line.
        line: u64,
        /// The column.
        column: String,
        /// What was found.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A value is negative.
    #[error("{file}:{line}: column {column}: {found} is negative; it must be 0 or more")]
    Negative {
        /// Path as given.
        file: String,
        /// Line.
        line: u64,
        /// The column.
        column: String,
        /// What was found.
        found: String,
    },
    /// A value is larger than can be represented.
    #[error("{file}:{line}: column {column}: {found} is too large; check the unit")]
    TooLarge {
        /// Path as given.
        file: String,
        /// Line.
        line: u64,
        /// The column.
        column: String,
        /// What was found.
        found: String,
    },
    /// A time is not later than the one before.
    #[error("{file}:{line}: column {column}: {found} is not later than the line before; sort the rows by time")]
    Order {
        /// Path as given.
        file: String,
        /// Line.
        line: u64,
        /// The column.
        column: String,
        /// What was found.
        found: String,
    },
    /// No value is within the cut.
    #[error("{file}: column {column} has no value up to max={max}; raise max")]
    AllCut {
        /// Path as given.
        file: String,
        /// The column.
        column: String,
        /// The cut.
        max: SimDuration,
    },
}

/// A value with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) text: &'a str,
    column: &'a str,
    file: &'a str,
    /// The whole file, and where the record before this one ended.
    bytes: &'a [u8],
    start: usize,
}

impl Cell<'_> {
    /// An error for this cell: `wrap` gets file, line, column and text.
    pub(crate) fn error(&self, wrap: impl FnOnce(String, u64, String, String) -> ColumnError) -> ColumnError {
        let line = line_of_record(self.bytes, self.start);
        wrap(self.file.to_owned(), line, self.column.to_owned(), self.text.to_owned())
    }
    /// Name of the column.
    pub(crate) const fn column(&self) -> &str {
        self.column
    }
    pub(crate) fn not_a_number(&self, expected: &str) -> ColumnError {
        self.error(|file, line, column, found| ColumnError::NotANumber {
            file,
            line,
            column,
            found,
            expected: expected.to_owned(),
        })
    }
    pub(crate) fn negative(&self) -> ColumnError {
        self.error(|file, line, column, found| ColumnError::Negative {
            file,
            line,
            column,
            found,
        })
    }
    pub(crate) fn too_large(&self) -> ColumnError {
        self.error(|file, line, column, found| ColumnError::TooLarge {
            file,
            line,
            column,
            found,
        })
    }

    /// The span of so many `unit`s, exact to the nanosecond unless it is written with an exponent.
    pub(crate) fn span(&self, unit: TimeUnit) -> Result<SimDuration, ColumnError> {
        let plain = self.text.chars().all(|c| c.is_ascii_digit() || c == '.');
        if plain && let Ok(span) = format!("{}{unit}", self.text).parse() {
            return Ok(span);
        }
        let number: f64 = self
            .text
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
            .ok_or_else(|| self.not_a_number(&format!("a number such as 12.5 (its unit is {unit})")))?;
        if number < 0.0 {
            return Err(self.negative());
        }
        SimDuration::from_secs_f64(number * unit.seconds()).ok_or_else(|| self.too_large())
    }
}

/// The line of the first record that begins at or after the byte `start`. The reader's own count does not know of the
/// blank lines and line ends before the record.
fn line_of_record(bytes: &[u8], start: usize) -> u64 {
    let blank = bytes
        .iter()
        .skip(start)
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count();
    let before = bytes.iter().take(start + blank);
    1 + before.filter(|b| **b == b'\n').count() as u64
}

/// Calls `row` with the cells of the columns `names` for each row of the CSV text `bytes`, top to bottom. `file` is only
/// for messages.
pub(crate) fn each_row<const N: usize>(
    bytes: &[u8],
    file: &str,
    names: [&str; N],
    mut row: impl FnMut([Cell<'_>; N]) -> Result<(), ColumnError>,
) -> Result<(), ColumnError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(bytes);
    let start_of = |position: Option<&csv::Position>| position.map_or(0, |p| p.byte() as usize);
    let malformed = |error: &csv::Error| ColumnError::Malformed {
        file: file.to_owned(),
        line: line_of_record(bytes, start_of(error.position())),
        reason: match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "has a byte that is not UTF-8".to_owned(),
            _ => error.to_string(),
        },
    };
    let header = reader.headers().map_err(|e| malformed(&e))?.clone();
    let mut columns = [0; N];
    for (place, name) in columns.iter_mut().zip(names) {
        *place = find_column(&header, file, name)?;
    }
    let mut record = csv::StringRecord::new();
    let mut any = false;
    while reader.read_record(&mut record).map_err(|e| malformed(&e))? {
        any = true;
        let cells = std::array::from_fn(|i| Cell {
            text: record.get(columns[i]).unwrap_or(""),
            column: names[i],
            file,
            bytes,
            start: start_of(record.position()),
        });
        if let Some(empty) = cells.iter().find(|cell| cell.text.is_empty()) {
            return Err(empty.error(|file, line, column, _| ColumnError::Empty { file, line, column }));
        }
        row(cells)?;
    }
    if any {
        Ok(())
    } else {
        Err(ColumnError::NoRows { file: file.to_owned() })
    }
}

/// Where `name` stands in the header.
fn find_column(header: &csv::StringRecord, file: &str, name: &str) -> Result<usize, ColumnError> {
    let known: Vec<&str> = header.iter().collect();
    known
        .iter()
        .position(|found| *found == name)
        .ok_or_else(|| ColumnError::NoColumn {
            file: file.to_owned(),
            column: name.to_owned(),
            suggestion: suggest(name, known.iter().copied()).map(str::to_owned),
            known: if known.is_empty() {
                "nothing".to_owned()
            } else {
                known.join(", ")
            },
        })
}

/// The content of `file`; a relative path starts at `base`.
pub(crate) fn read_file(base: &Path, file: &str) -> Result<Vec<u8>, ColumnError> {
    std::fs::read(base.join(file)).map_err(|error| ColumnError::Open {
        file: file.to_owned(),
        base: if base.as_os_str().is_empty() {
            "the current folder".to_owned()
        } else {
            base.display().to_string()
        },
        reason: error.to_string(),
    })
}

/// The spans in `column`, top to bottom. A relative path starts at `base`.
pub fn read_spans(base: &Path, column: &TimeColumn) -> Result<Vec<SimDuration>, ColumnError> {
    spans(&read_file(base, column.file())?, column)
}

/// The same from the content of the file.
fn spans(bytes: &[u8], column: &TimeColumn) -> Result<Vec<SimDuration>, ColumnError> {
    let mut spans = Vec::new();
    each_row(bytes, column.file(), [column.column()], |[cell]| {
        spans.push(cell.span(column.unit())?);
        Ok(())
    })?;
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::NANOS_PER_SEC;
    use proptest::prelude::*;

    fn column(name: &str, unit: Option<TimeUnit>) -> TimeColumn {
        TimeColumn::new("jobs.csv", name, unit).unwrap()
    }
    fn nanos(csv: &[u8]) -> Result<Vec<u64>, ColumnError> {
        spans(csv, &column("runtime_s", None)).map(|spans| spans.into_iter().map(SimDuration::as_nanos).collect())
    }
    fn error(csv: &[u8]) -> String {
        nanos(csv).unwrap_err().to_string()
    }

    #[test]
    fn numbers_are_exact_to_the_nanosecond() {
        let csv = b"\xef\xbb\xbfjob, runtime_s\na,5.2\n\"b, c\", 1234567890.123456789\n\nd,0\ne,1e3\nf,+2\ng,-0.0\n";
        let second = NANOS_PER_SEC;
        let right = [
            5 * second + 200_000_000,
            1_234_567_890_123_456_789,
            0,
            1000 * second,
            2 * second,
            0,
        ];
        assert_eq!(nanos(csv).unwrap(), right);
    }

    #[test]
    fn the_unit_scales_the_numbers() {
        let read = |name: &str, unit| spans(format!("{name}\n1.5\n").as_bytes(), &column(name, unit)).unwrap()[0];
        assert_eq!(read("t_ms", None), SimDuration::from_nanos(1_500_000));
        assert_eq!(read("t_m", None), SimDuration::from_secs(90));
        assert_eq!(read("t_h", None), SimDuration::from_secs(5400));
        assert_eq!(read("t_h", Some(TimeUnit::Days)), SimDuration::from_secs(129_600));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        insta::assert_snapshot!(error(b""), @r#"jobs.csv: has no column "runtime_s"; its first line names nothing"#);
        insta::assert_snapshot!(error(b"job,runtimes_s\n"), @r#"jobs.csv: has no column "runtime_s", did you mean "runtimes_s"?; its first line names job, runtimes_s"#);
        insta::assert_snapshot!(error(b"job,runtime_s\n"), @"jobs.csv: has no rows below its header; at least one is needed");
        insta::assert_snapshot!(error(b"job,runtime_s\na,1\nb,\n"), @"jobs.csv:3: column runtime_s is empty; give a number or remove the row");
        insta::assert_snapshot!(error(b"job,runtime_s\na,1\nb\n"), @"jobs.csv:3: column runtime_s is empty; give a number or remove the row");
        insta::assert_snapshot!(error(b"job,runtime_s\na,5m\n"), @r#"jobs.csv:2: column runtime_s: "5m" is not a number; write a number such as 12.5 (its unit is s)"#);
        insta::assert_snapshot!(error(b"job,runtime_s\na,NaN\n"), @r#"jobs.csv:2: column runtime_s: "NaN" is not a number; write a number such as 12.5 (its unit is s)"#);
        insta::assert_snapshot!(error(b"job,runtime_s\na,1\n\nb,-3.5\n"), @"jobs.csv:4: column runtime_s: -3.5 is negative; it must be 0 or more");
        insta::assert_snapshot!(error(b"job,runtime_s\r\na,1\r\n\r\nb,-3.5\r\n"), @"jobs.csv:4: column runtime_s: -3.5 is negative; it must be 0 or more");
        insta::assert_snapshot!(error(b"job,runtime_s\n\"a\nb\",1\nc,x"), @r#"jobs.csv:4: column runtime_s: "x" is not a number; write a number such as 12.5 (its unit is s)"#);
        insta::assert_snapshot!(error(b"job,runtime_s\na,1e12\n"), @"jobs.csv:2: column runtime_s: 1e12 is too large; check the unit");
        insta::assert_snapshot!(error(b"job,runtime_s\na,99999999999999\n"), @"jobs.csv:2: column runtime_s: 99999999999999 is too large; check the unit");
        insta::assert_snapshot!(error(b"job,runtime_s\na,1\n\xff,2\n"), @"jobs.csv:3: has a byte that is not UTF-8; the file must be comma-separated text in UTF-8");
    }

    #[test]
    fn a_file_that_is_not_there_is_told_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_spans(folder.path(), &column("runtime_s", None)).unwrap_err();
        let base = folder.path().display().to_string();
        let ColumnError::Open { file, base: found, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((file.as_str(), found), ("jobs.csv", &base));
        std::fs::write(folder.path().join("jobs.csv"), "runtime_s\n7\n").unwrap();
        let read = read_spans(folder.path(), &column("runtime_s", None));
        assert_eq!(read, Ok(vec![SimDuration::from_secs(7)]));
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = nanos(&bytes);
            let _ = nanos(&[b"runtime_s,x\n", bytes.as_slice()].concat());
        }
    }
}
