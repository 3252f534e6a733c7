//! Summaries of samples: mean, standard deviation, Student-t confidence intervals, quantiles, paired comparisons.
//!
//! A sample of one element has no standard deviation and no interval (`None`); nothing here returns a NaN. A confidence
//! is a probability such as 0.95, strictly between 0 and 1; outside of that there is no interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The confidence of intervals unless something else is asked for.
pub const CONFIDENCE: f64 = 0.95;

/// A confidence interval, in the unit of the sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `x` lies in it, ends included.
    #[must_use]
    pub fn contains(&self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }
    /// Half its width.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// What a sample says, in the sample's own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Number of elements, at least 1.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with divisor n − 1; `None` for one element.
    pub sd: Option<f64>,
    /// Smallest element.
    pub min: f64,
    /// Largest element.
    pub max: f64,
}

impl Summary {
    /// The summary of `sample`; `None` if it is empty or an element is not finite.
    #[must_use]
    pub fn of(sample: &[f64]) -> Option<Self> {
        let first = *sample.first()?;
        if sample.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let n = sample.len() as f64;
        // Deviations from the first element: equal elements give exactly their value and a deviation of exactly zero.
        let mean = first + sample.iter().map(|x| x - first).sum::<f64>() / n;
        let squares: f64 = sample.iter().map(|x| (x - mean) * (x - mean)).sum();
        Some(Self {
            n: sample.len(),
            mean,
            sd: (sample.len() > 1).then(|| libm::sqrt(squares / (n - 1.0))),
            min: sample.iter().copied().fold(first, f64::min),
            max: sample.iter().copied().fold(first, f64::max),
        })
    }

    /// Standard error of the mean, sd / √n; `None` for one element.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        Some(self.sd? / libm::sqrt(self.n as f64))
    }

    /// The Student-t interval of the mean, mean ± t(n − 1) · sd / √n. Exact for normal samples.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let error = self.standard_error()?;
        let half = t_two_sided(confidence, self.n as u64 - 1)? * error;
        Some(Interval {
            low: self.mean - half,
            high: self.mean + half,
        })
    }
}

/// A mean and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Number of elements (for a paired estimate: of pairs).
    pub n: usize,
    /// The mean.
    pub mean: f64,
    /// Its confidence interval; `None` for one element.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// The mean of `sample` with its Student-t interval; `None` if the sample is empty or an element is not finite.
    #[must_use]
    pub fn of(sample: &[f64], confidence: f64) -> Option<Self> {
        let summary = Summary::of(sample)?;
        Some(Self {
            n: summary.n,
            mean: summary.mean,
            interval: summary.interval(confidence),
        })
    }
}

/// The quantile of Student's t distribution with `freedom` degrees of freedom that leaves (1 − confidence) / 2 on either
/// side. `None` if `freedom` is 0 or the confidence is not strictly between 0 and 1.
#[must_use]
pub fn t_two_sided(confidence: f64, freedom: u64) -> Option<f64> {
    if freedom == 0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let t = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    let quantile = t.inverse_cdf(0.5 + confidence / 2.0);
    quantile.is_finite().then_some(quantile)
}

/// Mean of `a[i] − b[i]` with its interval: the comparison of two alternatives on the same luck (common random numbers).
/// `None` if the lengths differ, there are no pairs, or an element is not finite.
#[must_use]
pub fn paired_difference(a: &[f64], b: &[f64], confidence: f64) -> Option<Estimate> {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    (a.len() == b.len()).then(|| Estimate::of(&differences, confidence))?
}

/// Geometric mean of `a[i] / b[i]` with its interval, from the differences of logarithms.
///
/// Logarithms because a ratio and its inverse must tell the same story: "A is twice as fast as B" and "B takes twice as
/// long as A". The arithmetic mean of ratios does not keep that, and its interval may reach below zero.
/// `None` if the lengths differ, there are no pairs, or an element is not positive and finite.
#[must_use]
pub fn paired_ratio(a: &[f64], b: &[f64], confidence: f64) -> Option<Estimate> {
    let positive = |xs: &[f64]| xs.iter().all(|x| x.is_finite() && *x > 0.0);
    if a.len() != b.len() || !positive(a) || !positive(b) {
        return None;
    }
    let ratios: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / b).collect();
    let first = *ratios.first()?;
    // Logarithms of ratio / first: equal ratios keep their exact value.
    let logs: Vec<f64> = ratios.iter().map(|r| libm::log(r / first)).collect();
    let logs = Estimate::of(&logs, confidence)?;
    let back = |log: f64| first * libm::exp(log);
    let interval = logs.interval.map(|i| Interval {
        low: back(i.low),
        high: back(i.high),
    });
    Some(Estimate {
        n: logs.n,
        mean: back(logs.mean),
        interval,
    })
}

/// A probability as an exact fraction, so that quantiles of integers are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probability {
    numerator: u32,
    denominator: u32,
}

impl Probability {
    /// The median.
    pub const P50: Self = Self {
        numerator: 1,
        denominator: 2,
    };
    /// The 95th percentile.
    pub const P95: Self = Self {
        numerator: 19,
        denominator: 20,
    };
    /// The 99th percentile.
    pub const P99: Self = Self {
        numerator: 99,
        denominator: 100,
    };

    /// `numerator / denominator`; `None` unless that lies between 0 and 1, both included.
    #[must_use]
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        (denominator > 0 && numerator <= denominator).then_some(Self { numerator, denominator })
    }

    /// Where the quantile of `n` sorted elements lies: the index below it, and how many `denominator`ths beyond.
    fn place(self, n: usize) -> Option<(usize, u128)> {
        let h = (n.checked_sub(1)? as u128) * u128::from(self.numerator);
        let d = u128::from(self.denominator);
        Some(((h / d) as usize, h % d))
    }
}

/// The quantile of integers sorted upwards, of type 7 (Hyndman and Fan 1996; the default of R and NumPy): linear
/// interpolation at position (n − 1) · p, here exact and then rounded to the nearest integer, halves up.
/// `None` if there are none.
#[must_use]
pub fn quantile(sorted: &[u64], p: Probability) -> Option<u64> {
    let (below, beyond) = p.place(sorted.len())?;
    let low = *sorted.get(below)?;
    let high = *sorted.get(below + 1).unwrap_or(&low);
    let denominator = u128::from(p.denominator);
    let step = (u128::from(high.saturating_sub(low)) * beyond + denominator / 2) / denominator;
    Some(low + step as u64)
}

/// The quantile of floats sorted upwards, of type 7 like [`quantile`]. `None` if there are none.
#[must_use]
pub fn quantile_f64(sorted: &[f64], p: Probability) -> Option<f64> {
    let (below, beyond) = p.place(sorted.len())?;
    let low = *sorted.get(below)?;
    let high = *sorted.get(below + 1).unwrap_or(&low);
    Some(low + (high - low) * (beyond as f64 / f64::from(p.denominator)))
}

#[cfg(test)]
mod tests;
