//! Probability distributions of spans of time, given by the parameters people know.
//!
//! A distribution is read from a text (`5m`, `lognormal(median=20m,p95=1h)`, `pareto(min=1m,alpha=1.5,max=2d)`) and printed
//! as one. Every draw is made by inverting the distribution function at one uniform number, in arithmetic that gives the
//! same bits on every machine (`libm`). One uniform a draw keeps runs comparable: change a mean, and each Job's runtime
//! moves with it instead of being drawn afresh. Only the gamma distribution, whose quantile costs a search, is drawn by
//! rejection from several numbers (`rand_distr`); there a changed scale moves the draws, a changed shape shuffles them.

mod empirical;

mod error;

mod family;

mod parametric;

mod parse;

mod special;

use std::fmt;

use crate::kernel::SimDuration;
use crate::kernel::random::Stream;
use crate::kernel::text::TimeColumn;

pub use empirical::Empirical;
pub use error::ParseDistributionError;
pub use parametric::Parametric;
pub use special::uniform;

/// A distribution of spans.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same span.
    Fixed(SimDuration),
    /// One of the families with a formula: uniform, exponential, normal, lognormal, gamma, Weibull, Pareto.
    Parametric(Parametric),
    /// The values of a column of a CSV file, each as likely as the others.
    Empirical(Empirical),
}

impl Distribution {
    /// Draws a span. Spans beyond 584 years come out as [`SimDuration::MAX`].
    ///
    /// # Panics
    ///
    /// If the distribution is empirical and its file was not read (see [`Distribution::unread_column`]): a simulation is
    /// built only from distributions that were.
    #[must_use]
    pub fn sample(&self, stream: &mut Stream) -> SimDuration {
        match self {
            Self::Fixed(span) => *span,
            Self::Parametric(parametric) => parametric.sample(stream),
            Self::Empirical(empirical) => empirical.sample(stream),
        }
    }
    /// The mean in seconds, of the distribution as it is cut off (normal at 0, any at its `max`). `None` if it is infinite
    /// or the file of an empirical one was not read.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        match self {
            Self::Fixed(span) => Some(span.as_secs_f64()),
            Self::Parametric(parametric) => parametric.mean(),
            Self::Empirical(empirical) => empirical.mean(),
        }
    }
    /// The span in seconds that a draw stays at or below with probability `p`. `None` if `p` is not from 0 to 1, if the
    /// span is infinite, or if the file of an empirical distribution was not read.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&p) {
            return None;
        }
        match self {
            Self::Fixed(span) => Some(span.as_secs_f64()),
            Self::Parametric(parametric) => parametric.quantile(p),
            Self::Empirical(empirical) => empirical.quantile(p).map(SimDuration::as_secs_f64),
        }
    }
    /// The span, if it is always the same.
    #[must_use]
    pub fn is_fixed(&self) -> Option<SimDuration> {
        match self {
            Self::Fixed(span) => Some(*span),
            Self::Parametric(_) | Self::Empirical(_) => None,
        }
    }
    /// The column that must be read before anything can be drawn, if there is one
    /// (`crate::workload::files` reads it).
    #[must_use]
    pub fn unread_column(&self) -> Option<&TimeColumn> {
        match self {
            Self::Empirical(empirical) if !empirical.is_read() => Some(empirical.column()),
            Self::Fixed(_) | Self::Parametric(_) | Self::Empirical(_) => None,
        }
    }
}

impl From<SimDuration> for Distribution {
    fn from(span: SimDuration) -> Self {
        Self::Fixed(span)
    }
}

/// The canonical text. Parsing it gives an equal distribution (an empirical one comes back unread).
impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(span) => write!(f, "{span}"),
            Self::Parametric(parametric) => write!(f, "{parametric}"),
            Self::Empirical(empirical) => write!(f, "{empirical}"),
        }
    }
}

#[cfg(test)]
mod tests;
