//! The rows of `runs.csv` (one for each run) and of `growth.csv` (one for each curve).

use super::table::{Cell, Row, parse_seconds};
use crate::kernel::SimDuration;
use std::io::Read;

mod curve;

pub use curve::CurveRow;

/// One run of `compare`.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareRow {
    /// Number of Jobs submitted.
    pub n: u64,
    /// `sequential`, `parallel`, `batched:K` or `windowed:K`.
    pub strategy: String,
    /// `ideal` or `kubernetes`.
    pub control_plane: String,
    /// Number of the replication, from 0.
    pub replication: u64,
    /// The seed of this run.
    pub seed: u64,
    /// First submission to last completion; `None` if some Job did not end.
    pub makespan: Option<SimDuration>,
    /// No schedule under the strategy is shorter.
    pub lower_bound: Option<SimDuration>,
    /// No list schedule under the strategy is longer when the control plane costs nothing.
    pub upper_bound: Option<SimDuration>,
    /// The closed form, where there is one.
    pub theory: Option<SimDuration>,
    /// Submission to the first pod's start, mean over Jobs.
    pub mean_wait: Option<SimDuration>,
    /// Its 95th percentile.
    pub p95_wait: Option<SimDuration>,
    /// Submission to completion, mean over Jobs.
    pub mean_turnaround: Option<SimDuration>,
    /// Its 95th percentile.
    pub p95_turnaround: Option<SimDuration>,
    /// Pods of Jobs, first tries and retries together.
    pub attempts: u64,
    /// Jobs that failed.
    pub failed_jobs: u64,
    /// GPU time allocated ÷ allocatable over the makespan, 0 to 1; `None` without GPUs.
    pub gpu_utilization: Option<f64>,
    /// Calls of controllers and scheduler to the API server.
    pub api_calls: u64,
    /// Events of the simulation.
    pub events: u64,
    /// The run's fingerprint in hexadecimal.
    pub fingerprint: String,
    /// Number of nodes.
    pub nodes: u64,
    /// Slots: pods of the Job that the empty nodes hold; `None` if there are several kinds of Jobs.
    pub slots: Option<u64>,
}

impl Row for CompareRow {
    const COLUMNS: &'static [&'static str] = &[
        "n",
        "strategy",
        "control_plane",
        "replication",
        "seed",
        "makespan_s",
        "lower_bound_s",
        "upper_bound_s",
        "theory_s",
        "mean_wait_s",
        "p95_wait_s",
        "mean_turnaround_s",
        "p95_turnaround_s",
        "attempts",
        "failed_jobs",
        "gpu_utilization",
        "api_calls",
        "events",
        "fingerprint",
        "nodes",
        "slots",
    ];

    fn cells(&self) -> Vec<Cell> {
        let span = |span| Cell::maybe(span, Cell::Seconds);
        vec![
            Cell::Count(self.n),
            Cell::text(&self.strategy),
            Cell::text(&self.control_plane),
            Cell::Count(self.replication),
            Cell::Count(self.seed),
            span(self.makespan),
            span(self.lower_bound),
            span(self.upper_bound),
            span(self.theory),
            span(self.mean_wait),
            span(self.p95_wait),
            span(self.mean_turnaround),
            span(self.p95_turnaround),
            Cell::Count(self.attempts),
            Cell::Count(self.failed_jobs),
            Cell::maybe(self.gpu_utilization, Cell::Ratio),
            Cell::Count(self.api_calls),
            Cell::Count(self.events),
            Cell::text(&self.fingerprint),
            Cell::Count(self.nodes),
            Cell::maybe(self.slots, Cell::Count),
        ]
    }
}

/// Sorts rows by nodes, n, strategy in the order of `strategies` (others after them, by name), control plane, replication, seed.
pub fn sort_rows(rows: &mut [CompareRow], strategies: &[String]) {
    let rank = |row: &CompareRow| {
        strategies
            .iter()
            .position(|s| *s == row.strategy)
            .unwrap_or(strategies.len())
    };
    rows.sort_by(|a, b| {
        (
            a.nodes,
            a.n,
            rank(a),
            &a.strategy,
            &a.control_plane,
            a.replication,
            a.seed,
        )
            .cmp(&(
                b.nodes,
                b.n,
                rank(b),
                &b.strategy,
                &b.control_plane,
                b.replication,
                b.seed,
            ))
    });
}

/// Why a file is not a `runs.csv`.
#[derive(Debug, thiserror::Error)]
pub enum ReadRowsError {
    /// It cannot be read, or is no CSV.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// Columns are missing, all of them named.
    #[error("no column {}; runs.csv as written by `makespan compare` has it", .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    /// A cell is not what its column holds.
    #[error("line {line}, column {column}: {found:?} is not {expected}")]
    Cell {
        /// Line of the file, from 1.
        line: u64,
        /// Name of the column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
}

/// Reads what [`super::table::write_csv`] wrote. Columns are found by name, so their order does not matter, and columns
/// that are not known are passed over.
///
/// # Errors
///
/// [`ReadRowsError`]: all missing columns, or else the first bad cell.
pub fn read_rows(reader: impl Read) -> Result<Vec<CompareRow>, ReadRowsError> {
    let mut reader = csv::Reader::from_reader(reader);
    let headers = reader.headers()?.clone();
    let found = |name: &str| headers.iter().position(|header| header.trim() == name);
    let missing: Vec<&str> = CompareRow::COLUMNS
        .iter()
        .copied()
        .filter(|name| found(name).is_none())
        .collect();
    if !missing.is_empty() {
        return Err(ReadRowsError::MissingColumns(missing));
    }
    let places: Vec<usize> = CompareRow::COLUMNS.iter().filter_map(|name| found(name)).collect();
    reader.records().map(|record| read_row(&record?, &places)).collect()
}

/// The cells of one record, taken in the order of the columns.
struct Cells<'a> {
    record: &'a csv::StringRecord,
    places: &'a [usize],
    next: usize,
}

impl Cells<'_> {
    /// The next cell as `parse` reads it.
    fn take<T>(&mut self, expected: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, ReadRowsError> {
        let at = self.next;
        self.next += 1;
        let text = self.record.get(self.places[at]).unwrap_or("").trim();
        parse(text).ok_or_else(|| ReadRowsError::Cell {
            line: self.record.position().map_or(0, csv::Position::line),
            column: CompareRow::COLUMNS[at],
            found: text.to_owned(),
            expected,
        })
    }
    fn count(&mut self) -> Result<u64, ReadRowsError> {
        self.take("a whole number", |text| text.parse().ok())
    }
    fn name(&mut self) -> Result<String, ReadRowsError> {
        self.take("a name", |text| (!text.is_empty()).then(|| text.to_owned()))
    }
    fn span(&mut self) -> Result<Option<SimDuration>, ReadRowsError> {
        let parse = |text: &str| {
            if text.is_empty() {
                Some(None)
            } else {
                parse_seconds(text).map(Some)
            }
        };
        self.take("a number of seconds with nine decimals at most", parse)
    }
    fn ratio(&mut self) -> Result<Option<f64>, ReadRowsError> {
        self.take("a number", |text| match text {
            "" => Some(None),
            _ => text.parse().ok().filter(|x: &f64| x.is_finite()).map(Some),
        })
    }
}

/// Fields in the order of [`CompareRow::COLUMNS`].
fn read_row(record: &csv::StringRecord, places: &[usize]) -> Result<CompareRow, ReadRowsError> {
    let mut cells = Cells {
        record,
        places,
        next: 0,
    };
    Ok(CompareRow {
        n: cells.count()?,
        strategy: cells.name()?,
        control_plane: cells.name()?,
        replication: cells.count()?,
        seed: cells.count()?,
        makespan: cells.span()?,
        lower_bound: cells.span()?,
        upper_bound: cells.span()?,
        theory: cells.span()?,
        mean_wait: cells.span()?,
        p95_wait: cells.span()?,
        mean_turnaround: cells.span()?,
        p95_turnaround: cells.span()?,
        attempts: cells.count()?,
        failed_jobs: cells.count()?,
        gpu_utilization: cells.ratio()?,
        api_calls: cells.count()?,
        events: cells.count()?,
        fingerprint: cells.take("a fingerprint", |text| Some(text.to_owned()))?,
        nodes: cells.count()?,
        slots: cells.take("a whole number", |text| match text {
            "" => Some(None),
            _ => text.parse().ok().map(Some),
        })?,
    })
}

#[cfg(test)]
pub(super) mod tests;
