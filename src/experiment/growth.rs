//! Which law a makespan follows as n grows: least-squares fits of a few laws to one curve, and the choice between them.
//!
//! **Relative residuals.** n spans decades, and so does the makespan. With absolute residuals the largest n alone would
//! decide and the smallest could be off by any factor unnoticed; "grows like this from n = 10 to 1000" must hold at
//! 10 as well. So each point weighs 1 / y², which makes (y − f(n)) / y, the relative error, the residual. This is also
//! how simulated makespans scatter: in proportion to their size rather than by so many seconds. R² is measured on the
//! same scale.
//!
//! **The choice.** AICc (Hurvich and Tsai 1989) = N ln(RSS / N) + 2k + 2k(k + 1) / (N − k − 1), with N points, k = number of
//! coefficients + 1 for the scatter, RSS the sum of squared relative residuals. For N = 4 it does not exist for laws of
//! two coefficients (N − k − 1 = 0), so plain AIC = N ln(RSS / N) + 2k chooses; [`Criterion`] says which one did. RSS / N is
//! taken as at least [`NOISE_FLOOR`]²: below that all laws fit perfectly, rounding alone tells them apart, and the simpler
//! one is taken (the order of [`Law`]). A law that falls with n (b ≤ 0), or that the points cannot determine, does not
//! take part. Laws within 2 of the best cannot be told apart on the range (Burnham and Anderson 2002, section 2.6).
//!
//! **What to fit.** One point for each n, the mean over replications. Replications may also be given as they are, but they
//! share their luck across n (common random numbers), so N, and with it every interval, would then claim too much.

use super::stats::{Interval, t_two_sided};
use std::collections::BTreeSet;
use std::fmt;

mod law;

mod least_squares;

mod text;

pub use law::Law;
use least_squares::{Line, line};
pub use text::sentence;

/// A root mean squared relative residual below this is a perfect fit: a nanosecond in a second.
pub const NOISE_FLOOR: f64 = 1e-9;

/// Within this difference of the criterion two laws cannot be told apart.
pub const INDISTINCT: f64 = 2.0;

/// The fewest distinct n from which a law is named.
pub const MIN_DISTINCT: usize = 4;

/// Makespans that can be fitted, in seconds: a nanosecond to far more than virtual time holds.
const POSSIBLE: std::ops::RangeInclusive<f64> = 1e-9..=1e12;

/// One point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of Jobs, 1 or more.
    pub n: u64,
    /// Makespan in seconds, a nanosecond or more.
    pub seconds: f64,
}

/// Why a curve has no law.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GrowthError {
    /// Fewer than [`MIN_DISTINCT`] distinct n.
    #[error("{distinct} different n are too few to name a law of growth; it takes {MIN_DISTINCT} or more")]
    TooFewPoints {
        /// How many there are.
        distinct: usize,
    },
    /// A point that cannot be: n = 0, or a makespan that is not a number of a nanosecond or more.
    #[error("n = {n} with a makespan of {seconds} s: growth is fitted to n of 1 or more and makespans above 0 s")]
    Impossible {
        /// Its n.
        n: u64,
        /// Its makespan in seconds.
        seconds: f64,
    },
}

/// What laws were compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// The corrected information criterion.
    Aicc,
    /// The uncorrected one, for four points.
    Aic,
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aicc => "AICc",
            Self::Aic => "AIC",
        })
    }
}

/// The factor of growth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// b, in [`Law::b_unit`].
    pub value: f64,
    /// Its standard error, in the same unit.
    pub standard_error: f64,
}

/// How far a point lies from the law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// Its n.
    pub n: u64,
    /// Measured minus fitted, in seconds.
    pub seconds: f64,
    /// That as a share of the measured.
    pub relative: f64,
}

/// The slope of ln makespan against ln n: 0 constant, 1 linear, 2 quadratic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponent {
    /// The least-squares slope.
    pub value: f64,
    /// Its Student-t interval with N − 2 degrees of freedom, at the confidence asked for.
    pub interval: Interval,
}

/// A law that took part, and how it compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The law.
    pub law: Law,
    /// Its criterion minus the chosen law's, 0 or more.
    pub delta: f64,
}

/// The law of one curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The law chosen.
    pub law: Law,
    /// The constant part in seconds.
    pub a: f64,
    /// The factor of growth; `None` for a constant.
    pub b: Option<Slope>,
    /// Share of the (relative) variation explained; `None` if the points do not vary.
    pub r_squared: Option<f64>,
    /// The log-log slope.
    pub exponent: Exponent,
    /// The points' distances from the law, in the order of the points.
    pub residuals: Vec<Residual>,
    /// Smallest n.
    pub n_min: u64,
    /// Largest n.
    pub n_max: u64,
    /// Number of distinct n.
    pub distinct: usize,
    /// What the laws were compared by.
    pub criterion: Criterion,
    /// The other laws that took part, the best first.
    pub others: Vec<Candidate>,
}

impl Fit {
    /// The second best law, if any other took part.
    #[must_use]
    pub fn runner_up(&self) -> Option<Candidate> {
        self.others.first().copied()
    }

    /// What the law says for n Jobs, in seconds. Outside of the range fitted on it is an extrapolation.
    #[must_use]
    pub fn predict(&self, n: u64) -> f64 {
        self.a + self.b.map_or(0.0, |b| b.value * self.law.regressor(n))
    }

    /// The largest relative residual, without its sign.
    #[must_use]
    pub fn worst_residual(&self) -> f64 {
        self.residuals.iter().map(|r| r.relative.abs()).fold(0.0, f64::max)
    }
}

/// The law of `points`, with intervals at `confidence`.
///
/// `round` is how many Jobs make one round ([`super::bounds::Submission::round`]); without it, or with 1, growth in rounds
/// is not tried.
///
/// # Errors
///
/// [`GrowthError`] if there are three or fewer distinct n, or a point is impossible.
pub fn fit(points: &[Point], round: Option<u64>, confidence: f64) -> Result<Fit, GrowthError> {
    if let Some(p) = points.iter().find(|p| p.n == 0 || !POSSIBLE.contains(&p.seconds)) {
        return Err(GrowthError::Impossible {
            n: p.n,
            seconds: p.seconds,
        });
    }
    let sizes: BTreeSet<u64> = points.iter().map(|p| p.n).collect();
    let (Some(&n_min), Some(&n_max), true) = (sizes.first(), sizes.last(), sizes.len() >= MIN_DISTINCT) else {
        return Err(GrowthError::TooFewPoints { distinct: sizes.len() });
    };
    // The correction needs N > k + 1 = 4.
    let criterion = if points.len() > 4 {
        Criterion::Aicc
    } else {
        Criterion::Aic
    };
    let rounds = round.filter(|slots| *slots > 1).map(|slots| Law::CeilLinear { slots });
    let laws = [
        Some(Law::Constant),
        Some(Law::Linear),
        rounds,
        Some(Law::NLogN),
        Some(Law::Quadratic),
    ];
    let mut fits: Vec<(f64, Law, Line)> = laws
        .into_iter()
        .flatten()
        .filter_map(|law| {
            let line = law_line(law, points)?;
            Some((score(criterion, line.rss, points.len(), law), law, line))
        })
        .collect();
    // Stable, and the laws come in order: of equals the simplest stays first. A constant always takes part.
    fits.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    let (best, law, line) = fits[0];
    let residuals = points.iter().map(|p| {
        let seconds = p.seconds - (line.a + line.b * law.regressor(p.n));
        Residual {
            n: p.n,
            seconds,
            relative: seconds / p.seconds,
        }
    });
    Ok(Fit {
        law,
        a: line.a,
        b: (law != Law::Constant).then_some(Slope {
            value: line.b,
            standard_error: line.b_error,
        }),
        r_squared: line.r_squared,
        exponent: exponent(points, confidence),
        residuals: residuals.collect(),
        n_min,
        n_max,
        distinct: sizes.len(),
        criterion,
        others: fits[1..]
            .iter()
            .map(|(score, law, _)| Candidate {
                law: *law,
                delta: score - best,
            })
            .collect(),
    })
}

/// The best line of a law; `None` if it does not take part.
fn law_line(law: Law, points: &[Point]) -> Option<Line> {
    let samples = points
        .iter()
        .map(|p| (law.regressor(p.n), p.seconds, 1.0 / (p.seconds * p.seconds)));
    let line = line(&samples.collect::<Vec<_>>(), law.coefficients());
    line.filter(|line| law == Law::Constant || line.b > 0.0)
}

/// The information criterion of a law of `law.coefficients()` coefficients with residual sum `rss` on `points` points.
fn score(criterion: Criterion, rss: f64, points: usize, law: Law) -> f64 {
    let (n, k) = (points as f64, f64::from(law.coefficients() + 1));
    let variance = (rss / n).max(NOISE_FLOOR * NOISE_FLOOR);
    let aic = n * libm::log(variance) + 2.0 * k;
    match criterion {
        Criterion::Aicc => aic + 2.0 * k * (k + 1.0) / (n - k - 1.0),
        Criterion::Aic => aic,
    }
}

/// The log-log slope. Four distinct n make it determined and leave two degrees of freedom.
fn exponent(points: &[Point], confidence: f64) -> Exponent {
    let logs: Vec<_> = points
        .iter()
        .map(|p| (libm::log(p.n as f64), libm::log(p.seconds), 1.0))
        .collect();
    let (value, error) = line(&logs, 2).map_or((0.0, 0.0), |line| (line.b, line.b_error));
    let half = t_two_sided(confidence, points.len() as u64 - 2).unwrap_or(0.0) * error;
    Exponent {
        value,
        interval: Interval {
            low: value - half,
            high: value + half,
        },
    }
}

#[cfg(test)]
mod tests;
