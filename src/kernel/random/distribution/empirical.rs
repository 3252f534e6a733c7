//! Distributions that are a list of observed values.

use std::fmt;
use std::sync::Arc;

use rand::Rng;

use crate::kernel::SimDuration;
use crate::kernel::random::Stream;
use crate::kernel::text::TimeColumn;

/// The values of a column of a CSV file, each as likely as the others. Reading the text only names the column; the
/// values come with [`Empirical::with_values`], for this layer opens no files.
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    column: TimeColumn,
    max: Option<SimDuration>,
    /// In ascending order, never empty.
    values: Option<Arc<[SimDuration]>>,
}

impl Empirical {
    /// The distribution of `column` without the values above `max`, its values not read yet.
    #[must_use]
    pub const fn new(column: TimeColumn, max: Option<SimDuration>) -> Self {
        Self {
            column,
            max,
            values: None,
        }
    }
    /// This distribution with the values of its column; `None` if none is at most `max`.
    #[must_use]
    pub fn with_values(&self, mut values: Vec<SimDuration>) -> Option<Self> {
        if let Some(max) = self.max {
            values.retain(|value| *value <= max);
        }
        values.sort_unstable();
        (!values.is_empty()).then(|| Self {
            column: self.column.clone(),
            max: self.max,
            values: Some(values.into()),
        })
    }
    /// Where the values stand.
    #[must_use]
    pub const fn column(&self) -> &TimeColumn {
        &self.column
    }
    /// The greatest value to use, if one was given.
    #[must_use]
    pub const fn max(&self) -> Option<SimDuration> {
        self.max
    }
    /// Whether the values are here.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.values.is_some()
    }

    pub(super) fn sample(&self, stream: &mut Stream) -> SimDuration {
        let values = self
            .values
            .as_deref()
            .expect("a simulation is built from distributions whose files were read");
        // The high half of a 64 by 64 bit product: uniform from 0 to len - 1 up to one part in 2^64 / len.
        let index = (u128::from(stream.next_u64()) * values.len() as u128) >> 64;
        values[index as usize]
    }

    pub(super) fn mean(&self) -> Option<f64> {
        let values = self.values.as_deref()?;
        let total: u128 = values.iter().map(|v| u128::from(v.as_nanos())).sum();
        Some(total as f64 / values.len() as f64 / 1e9)
    }

    /// The least value that at least a share `p` of the values does not exceed.
    pub(super) fn quantile(&self, p: f64) -> Option<SimDuration> {
        let values = self.values.as_deref()?;
        let rank = (p * values.len() as f64).ceil() as usize;
        values.get(rank.clamp(1, values.len()) - 1).copied()
    }
}

impl fmt::Display for Empirical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "empirical({}", self.column)?;
        if let Some(max) = self.max {
            write!(f, ",max={max}")?;
        }
        f.write_str(")")
    }
}
