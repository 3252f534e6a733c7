//! Load from the columns of a CSV file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::ParseLoadError;
use super::milli::{Milli, MilliError};
use crate::kernel::SimTime;
use crate::kernel::text::{Call, TimeColumn, TimeUnit, quoted};
use crate::workload::csv_column::{Cell, ColumnError, each_row, read_file};

/// What holds between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The earlier row.
    Step,
    /// The straight line between the two.
    Linear,
}

/// Load by the rows of a CSV file. Before the first row its value holds, after the last row that one's. Reading the text
/// only names the columns; [`Recorded::read`] reads the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    time: TimeColumn,
    /// Milli-cores if its name ends in `_m`, else cores; a value may also say m itself.
    column: String,
    interpolation: Interpolation,
    /// Ascending in time, never empty.
    points: Option<Arc<[(SimTime, i64)]>>,
}

impl Recorded {
    /// The load in `column` at the times in the column `time` of the same file, not read yet. Values are in milli-cores
    /// if the name `column` ends in `_m`, else in cores; a value may carry the suffix m itself.
    #[must_use]
    pub const fn new(time: TimeColumn, column: String, interpolation: Interpolation) -> Self {
        Self {
            time,
            column,
            interpolation,
            points: None,
        }
    }
    /// Whether the file was read.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.points.is_some()
    }
    /// Reads the file, unless that was done. A relative path starts at `base`.
    pub fn read(&mut self, base: &Path) -> Result<(), ColumnError> {
        if self.is_read() {
            return Ok(());
        }
        self.read_from(&read_file(base, self.time.file())?)
    }

    fn read_from(&mut self, bytes: &[u8]) -> Result<(), ColumnError> {
        let mut points: Vec<(SimTime, i64)> = Vec::new();
        each_row(
            bytes,
            self.time.file(),
            [self.time.column(), &self.column],
            |[time, value]| {
                let at = SimTime::ZERO + time.span(self.time.unit())?;
                if points.last().is_some_and(|(last, _)| *last >= at) {
                    return Err(time.error(|file, line, column, found| ColumnError::Order {
                        file,
                        line,
                        column,
                        found,
                    }));
                }
                points.push((at, milli(&value)?));
                Ok(())
            },
        )?;
        self.points = Some(points.into());
        Ok(())
    }

    pub(super) fn at(&self, t: SimTime) -> i64 {
        let points = self
            .points
            .as_deref()
            .expect("a simulation is built from loads whose files were read");
        let begun = points.partition_point(|(from, _)| *from <= t);
        let (last, value) = points[begun.max(1) - 1];
        let Some((next, next_value)) = points.get(begun.max(1)) else {
            return value;
        };
        match self.interpolation {
            Interpolation::Linear if begun > 0 => {
                let whole = i128::from(next.since(last).as_nanos());
                let part = i128::from(t.since(last).as_nanos());
                let rise = i128::from(*next_value) - i128::from(value);
                // Between two values that fit, so this fits.
                value + (rise * part).div_euclid(whole) as i64
            }
            Interpolation::Linear | Interpolation::Step => value,
        }
    }
}

impl Recorded {
    /// When the next row begins to hold, after `t`; `None` if there is none, or rows are joined by lines.
    pub(super) fn next_step(&self, t: SimTime) -> Option<SimTime> {
        let points = self.points.as_deref().filter(|_| !self.is_smooth())?;
        points
            .get(points.partition_point(|(from, _)| *from <= t))
            .map(|point| point.0)
    }

    pub(super) const fn is_smooth(&self) -> bool {
        matches!(self.interpolation, Interpolation::Linear)
    }
}

/// `csv(load.csv,time=time_s,column=load_m,interpolation=linear)`.
pub(super) fn from_call(call: &Call) -> Result<Recorded, ParseLoadError> {
    let arguments = call.arguments(&["file"], &["time", "column", "unit", "interpolation"])?;
    let named = TimeColumn::new(
        arguments.required("file")?,
        arguments.get("time").unwrap_or("time_s"),
        arguments.unit("unit")?,
    )?;
    let interpolation = match arguments.get("interpolation") {
        None | Some("step") => Interpolation::Step,
        Some("linear") => Interpolation::Linear,
        Some(found) => {
            return Err(ParseLoadError::Interpolation {
                found: found.to_owned(),
            });
        }
    };
    let column = arguments.get("column").unwrap_or("load_m").to_owned();
    Ok(Recorded::new(named, column, interpolation))
}

fn milli(cell: &Cell<'_>) -> Result<i64, ColumnError> {
    let in_milli = cell.column().ends_with("_m") && !cell.text.ends_with('m');
    let parsed = if in_milli {
        format!("{}m", cell.text).parse()
    } else {
        cell.text.parse()
    };
    parsed.map(|Milli(milli)| milli).map_err(|error| match error {
        MilliError::Malformed(_) if in_milli => cell.not_a_number("milli-cores such as 500 (its name ends in _m)"),
        MilliError::Malformed(_) => cell.not_a_number("cores such as 0.5, or milli-cores such as 500m"),
        MilliError::Negative(_) => cell.negative(),
        MilliError::TooLarge(_) => cell.too_large(),
    })
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, time) = (quoted(self.time.file()), quoted(self.time.column()));
        write!(f, "csv({file},time={time},")?;
        if TimeUnit::of_column(self.time.column()) != Some(self.time.unit()) {
            write!(f, "unit={},", self.time.unit())?;
        }
        let interpolation = match self.interpolation {
            Interpolation::Step => "step",
            Interpolation::Linear => "linear",
        };
        write!(f, "column={},interpolation={interpolation})", quoted(&self.column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::workload::Load;
    use proptest::prelude::*;

    fn recorded(text: &str, csv: &str) -> Result<Load, ColumnError> {
        let Ok(Load::Recorded(mut recorded)) = text.parse() else {
            panic!("{text} is not recorded")
        };
        recorded.read_from(csv.as_bytes())?;
        Ok(Load::Recorded(recorded))
    }
    fn values(load: &Load, secs: &[u64]) -> Vec<i64> {
        secs.iter()
            .map(|s| load.at(SimTime::ZERO + SimDuration::from_secs(*s)))
            .collect()
    }

    #[test]
    fn rows_hold_or_are_joined_by_lines() {
        let csv = "time_s,load_m\n10,500\n20,1500\n30,1000\n";
        let secs = [0, 10, 15, 19, 20, 25, 30, 99];
        let step = recorded("csv(l.csv)", csv).unwrap();
        assert_eq!(values(&step, &secs), [500, 500, 500, 500, 1500, 1500, 1000, 1000]);
        let line = recorded("csv(l.csv,interpolation=linear)", csv).unwrap();
        assert_eq!(values(&line, &secs), [500, 500, 1000, 1400, 1500, 1250, 1000, 1000]);
    }

    #[test]
    fn columns_and_units_are_chosen_by_name() {
        let csv = "minute,demand\n0,0.5\n1.5,2500m\n";
        let load = recorded("csv(l.csv,time=minute,unit=m,column=demand)", csv).unwrap();
        assert_eq!(values(&load, &[0, 89, 90]), [500, 500, 2500]);
        assert_eq!(
            load.to_string(),
            "csv(l.csv,time=minute,unit=m,column=demand,interpolation=step)"
        );
    }

    #[test]
    fn wrong_rows_are_told_with_their_place() {
        let error = |csv: &str| recorded("csv(l.csv)", csv).unwrap_err().to_string();
        insta::assert_snapshot!(error("time_s,load\n0,5\n"), @r#"l.csv: has no column "load_m", did you mean "load"?; its first line names time_s, load"#);
        insta::assert_snapshot!(error("time_s,load_m\n0,5\n0,6\n"), @"l.csv:3: column time_s: 0 is not later than the line before; sort the rows by time");
        insta::assert_snapshot!(error("time_s,load_m\n0,-5\n"), @"l.csv:2: column load_m: -5 is negative; it must be 0 or more");
        insta::assert_snapshot!(error("time_s,load_m\n0,x\n"), @r#"l.csv:2: column load_m: "x" is not a number; write milli-cores such as 500 (its name ends in _m)"#);
        insta::assert_snapshot!(error("time_s,load_m\n0,9999999999999\n"), @"l.csv:2: column load_m: 9999999999999 is too large; check the unit");
    }

    proptest! {
        #[test]
        fn interpolation_stays_between_its_rows(
            rows in prop::collection::btree_map(0u64..1_000_000, 0i64..1_000_000_000, 1..6), t in 0u64..2_000_000_000_000,
        ) {
            let mut csv = "t_ms,load_m\n".to_owned();
            for (time, milli) in &rows {
                csv += &format!("{time},{milli}\n");
            }
            let load = recorded("csv(l.csv,time=t_ms,interpolation=linear)", &csv).unwrap();
            let value = load.at(SimTime::from_nanos(t));
            prop_assert!(rows.values().min() <= Some(&value) && Some(&value) <= rows.values().max());
        }
    }
}
