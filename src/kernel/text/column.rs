//! A column of times in a CSV file, as named in a text: `file.csv, column=runtime_s`.

use std::fmt;
use std::str::FromStr;

use super::{Arguments, CallError, quoted};

/// A unit of time, as the suffix of a column name or an explicit `unit=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `ns`.
    Nanoseconds,
    /// `us`.
    Microseconds,
    /// `ms`.
    Milliseconds,
    /// `s`.
    Seconds,
    /// `m`.
    Minutes,
    /// `h`.
    Hours,
    /// `d`.
    Days,
}

impl TimeUnit {
    const ALL: [Self; 7] = [
        Self::Nanoseconds,
        Self::Microseconds,
        Self::Milliseconds,
        Self::Seconds,
        Self::Minutes,
        Self::Hours,
        Self::Days,
    ];

    /// The suffix that durations are written with: `ms`, `s`, `m`, …
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "m",
            Self::Hours => "h",
            Self::Days => "d",
        }
    }
    /// Seconds in one unit.
    #[must_use]
    pub const fn seconds(self) -> f64 {
        match self {
            Self::Nanoseconds => 1e-9,
            Self::Microseconds => 1e-6,
            Self::Milliseconds => 1e-3,
            Self::Seconds => 1.0,
            Self::Minutes => 60.0,
            Self::Hours => 3_600.0,
            Self::Days => 86_400.0,
        }
    }
    /// The unit that a column name ends in: `runtime_s` is in seconds.
    #[must_use]
    pub fn of_column(column: &str) -> Option<Self> {
        column.rsplit_once('_').and_then(|(_, suffix)| suffix.parse().ok())
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.suffix())
    }
}

impl FromStr for TimeUnit {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|unit| unit.suffix() == text).ok_or(())
    }
}

/// A column of times in a CSV file. Naming it reads nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeColumn {
    file: String,
    column: String,
    unit: TimeUnit,
}

impl TimeColumn {
    /// `column` of `file`. Without `unit` the column's name must end in one: `_s`, `_ms`, `_m`, `_h`, …
    pub fn new(file: &str, column: &str, unit: Option<TimeUnit>) -> Result<Self, CallError> {
        let unit = unit
            .or_else(|| TimeUnit::of_column(column))
            .ok_or_else(|| CallError::NoUnit {
                column: column.to_owned(),
            })?;
        Ok(Self {
            file: file.to_owned(),
            column: column.to_owned(),
            unit,
        })
    }
    /// The column that the arguments `file`, `column` and `unit` name; `default` if they name none.
    pub(crate) fn from_arguments(arguments: &Arguments<'_>, default: &str) -> Result<Self, CallError> {
        let column = arguments.get("column").unwrap_or(default);
        Self::new(arguments.required("file")?, column, arguments.unit("unit")?)
    }
    /// Path of the file as it was written; relative paths are relative to what names them.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }
    /// Name of the column in the header.
    #[must_use]
    pub fn column(&self) -> &str {
        &self.column
    }
    /// Unit of its numbers.
    #[must_use]
    pub const fn unit(&self) -> TimeUnit {
        self.unit
    }
}

/// As arguments of a call: `file.csv,column=runtime_s`, with `unit=` where the name does not say it.
impl fmt::Display for TimeColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},column={}", quoted(&self.file), quoted(&self.column))?;
        if TimeUnit::of_column(&self.column) != Some(self.unit) {
            write!(f, ",unit={}", self.unit)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_suffix_of_the_name_unless_it_is_said() {
        let unit = |column, unit| TimeColumn::new("f", column, unit).map(|c| c.unit());
        assert_eq!(unit("runtime_s", None), Ok(TimeUnit::Seconds));
        assert_eq!(unit("run_time_ms", None), Ok(TimeUnit::Milliseconds));
        assert_eq!(unit("runtime_h", Some(TimeUnit::Minutes)), Ok(TimeUnit::Minutes));
        assert_eq!(unit("runtime", Some(TimeUnit::Days)), Ok(TimeUnit::Days));
        assert!(unit("runtime", None).is_err());
        assert!(unit("s", None).is_err());
        assert!(unit("runtime_sec", None).is_err());
    }
}
