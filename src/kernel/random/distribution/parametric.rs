//! A family with its parameters as they were given, and an optional cut.

use std::fmt;

use super::error::ParseDistributionError;
use super::family::Family;
use crate::kernel::SimDuration;
use crate::kernel::random::Stream;
use crate::kernel::text::Rate;

/// The value of a parameter, as it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Given {
    Span(SimDuration),
    Number(f64),
    Rate(Rate),
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span(span) => write!(f, "{span}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Rate(rate) => write!(f, "{rate}"),
        }
    }
}

/// A distribution with a formula: uniform, exponential, normal (cut off at 0), lognormal, gamma, Weibull or Pareto,
/// given that the value is at most `max` where that was said. Read it from a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Parametric {
    name: &'static str,
    given: Vec<(&'static str, Given)>,
    family: Family,
    /// Greatest span; [`SimDuration::MAX`] if none was given.
    max: SimDuration,
    /// Values of the uncut distribution function at 0 and at `max`.
    low: f64,
    high: f64,
}

impl Parametric {
    /// Puts a distribution together; `given` are the parameters in the order to print them.
    pub(super) fn new(
        name: &'static str,
        mut given: Vec<(&'static str, Given)>,
        family: Family,
        max: Option<SimDuration>,
    ) -> Result<Self, ParseDistributionError> {
        let low = match family {
            Family::Normal { .. } => family.cdf(0.0),
            Family::Uniform { .. }
            | Family::Exponential { .. }
            | Family::Lognormal { .. }
            | Family::Gamma { .. }
            | Family::Weibull { .. }
            | Family::Pareto { .. } => 0.0,
        };
        let mut high = 1.0;
        if let Some(max) = max {
            high = family.cdf(max.as_secs_f64());
            let kept = (high - low) / (1.0 - low);
            if kept.is_nan() || kept < ParseDistributionError::LEAST_KEPT {
                return Err(ParseDistributionError::Cut { name, max, kept });
            }
            given.push(("max", Given::Span(max)));
        }
        Ok(Self {
            name,
            given,
            family,
            max: max.unwrap_or(SimDuration::MAX),
            low,
            high,
        })
    }

    /// Name of the family as texts spell it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn sample(&self, stream: &mut Stream) -> SimDuration {
        let max = self.max.as_secs_f64();
        let seconds = self.family.draw(self.low, self.high, max, stream).max(0.0);
        // What does not fit in 584 years is cut there; rounding to a nanosecond must not pass the given cut.
        SimDuration::from_secs_f64(seconds)
            .unwrap_or(SimDuration::MAX)
            .min(self.max)
    }

    pub(super) fn mean(&self) -> Option<f64> {
        if self.max == SimDuration::MAX {
            self.family.mean()
        } else {
            Some(self.family.mean_up_to(self.max.as_secs_f64()))
        }
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        let mut value = self.family.quantile(self.low + p * (self.high - self.low)).max(0.0);
        if self.max != SimDuration::MAX {
            value = value.min(self.max.as_secs_f64());
        }
        value.is_finite().then_some(value)
    }
}

impl fmt::Display for Parametric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (i, (key, value)) in self.given.iter().enumerate() {
            write!(f, "{}{key}={value}", if i == 0 { "" } else { "," })?;
        }
        f.write_str(")")
    }
}
