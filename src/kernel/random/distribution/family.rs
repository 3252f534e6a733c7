//! The families with a formula: distribution function, quantile, mean. All values in seconds.

use super::special::{gamma_cdf, gamma_draw, normal_cdf, normal_density, normal_quantile};
use crate::kernel::random::Stream;

/// A family with its parameters in the form that the formulas want (Johnson, Kotz and Balakrishnan 1994, Continuous
/// Univariate Distributions, chapters 13-21). Spans are in seconds; every number is finite and above zero unless said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Family {
    /// Flat from `min` (may be 0) to `max`.
    Uniform { min: f64, max: f64 },
    /// F(x) = 1 - exp(-x / mean).
    Exponential { mean: f64 },
    /// Normal before it is cut off at 0; `mean` may be 0.
    Normal { mean: f64, sd: f64 },
    /// ln x is normal with mean ln(median) and standard deviation `sigma`.
    Lognormal { median: f64, sigma: f64 },
    /// Density proportional to x^(shape - 1) exp(-x / scale).
    Gamma { shape: f64, scale: f64 },
    /// F(x) = 1 - exp(-(x / scale)^shape).
    Weibull { shape: f64, scale: f64 },
    /// F(x) = 1 - (min / x)^alpha for x >= min.
    Pareto { min: f64, alpha: f64 },
}

impl Family {
    /// The probability of a value up to `x`.
    pub(super) fn cdf(&self, x: f64) -> f64 {
        match *self {
            Self::Uniform { min, max } => ((x - min) / (max - min)).clamp(0.0, 1.0),
            Self::Exponential { mean } => -libm::expm1(-x / mean),
            Self::Normal { mean, sd } => normal_cdf((x - mean) / sd),
            Self::Lognormal { median, sigma } => normal_cdf(libm::log(x / median) / sigma),
            Self::Gamma { shape, scale } => gamma_cdf(shape, x / scale),
            Self::Weibull { shape, scale } => -libm::expm1(-libm::pow(x / scale, shape)),
            Self::Pareto { min, alpha } if x > min => -libm::expm1(alpha * libm::log(min / x)),
            Self::Pareto { .. } => 0.0,
        }
    }

    /// The value that a variable stays below with probability `p`; may be infinite for `p` = 1.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        match *self {
            Self::Uniform { min, max } => (min + p * (max - min)).min(max),
            Self::Exponential { mean } => -mean * libm::log1p(-p),
            Self::Normal { mean, sd } => mean + sd * normal_quantile(p),
            Self::Lognormal { median, sigma } => median * libm::exp(sigma * normal_quantile(p)),
            Self::Gamma { shape, scale } => scale * gamma_quantile(shape, p),
            Self::Weibull { shape, scale } => scale * libm::pow(-libm::log1p(-p), 1.0 / shape),
            Self::Pareto { min, alpha } => min * libm::exp(-libm::log1p(-p) / alpha),
        }
    }

    /// A draw, given that it is at most `max`: by inversion of the distribution function from `low` to `high`, its values
    /// at the ends; gamma by drawing until a value fits.
    pub(super) fn draw(&self, low: f64, high: f64, max: f64, stream: &mut Stream) -> f64 {
        if let Self::Gamma { shape, scale } = *self {
            loop {
                let value = scale * gamma_draw(shape, stream);
                if value <= max {
                    return value;
                }
            }
        }
        self.quantile(low + super::uniform(stream) * (high - low)).min(max)
    }

    /// The mean of the values that are at least 0; `None` if it is infinite.
    pub(super) fn mean(&self) -> Option<f64> {
        let mean = match *self {
            Self::Uniform { min, max } => min + 0.5 * (max - min),
            Self::Exponential { mean } => mean,
            // The part below 0 is cut off: mean + sd φ(m/s) / Φ(m/s).
            Self::Normal { mean, sd } => mean + sd * normal_density(mean / sd) / normal_cdf(mean / sd),
            Self::Lognormal { median, sigma } => median * libm::exp(0.5 * sigma * sigma),
            Self::Gamma { shape, scale } => shape * scale,
            Self::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Self::Pareto { alpha, .. } if alpha <= 1.0 => return None,
            Self::Pareto { min, alpha } => min * alpha / (alpha - 1.0),
        };
        mean.is_finite().then_some(mean)
    }

    /// The mean of the values from 0 to `max`.
    pub(super) fn mean_up_to(&self, max: f64) -> f64 {
        let kept = self.cdf(max);
        match *self {
            Self::Uniform { min, max: end } => min + 0.5 * (end.min(max) - min),
            Self::Exponential { mean } => mean - max * libm::exp(-max / mean) / kept,
            Self::Normal { mean, sd } => {
                let (a, b) = (-mean / sd, (max - mean) / sd);
                mean + sd * (normal_density(a) - normal_density(b)) / (normal_cdf(b) - normal_cdf(a))
            }
            Self::Lognormal { median, sigma } => {
                let z = libm::log(max / median) / sigma;
                median * libm::exp(0.5 * sigma * sigma) * normal_cdf(z - sigma) / kept
            }
            Self::Gamma { shape, scale } => shape * scale * gamma_cdf(shape + 1.0, max / scale) / kept,
            Self::Weibull { shape, scale } => {
                let part = gamma_cdf(1.0 + 1.0 / shape, libm::pow(max / scale, shape));
                scale * libm::tgamma(1.0 + 1.0 / shape) * part / kept
            }
            Self::Pareto { min, alpha } => {
                // α minᵅ ∫ x^-α dx from min to max; the integral of 1/x where α is 1.
                let log = libm::log(max / min);
                let exponent = (1.0 - alpha) * log;
                let stretch = if exponent == 0.0 {
                    1.0
                } else {
                    libm::expm1(exponent) / exponent
                };
                alpha * min * log * stretch / kept
            }
        }
    }
}

/// The quantile of a gamma variable of scale 1, by halving an interval that holds it until its ends meet.
fn gamma_quantile(shape: f64, p: f64) -> f64 {
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let mut high = shape.max(1.0);
    while gamma_cdf(shape, high) < p {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..1100 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        if gamma_cdf(shape, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Family; 9] = [
        Family::Uniform { min: 2.0, max: 10.0 },
        Family::Exponential { mean: 300.0 },
        Family::Normal { mean: 10.0, sd: 2.0 },
        Family::Normal { mean: 1.0, sd: 2.0 },
        Family::Lognormal {
            median: 1200.0,
            sigma: 0.7,
        },
        Family::Gamma {
            shape: 0.4,
            scale: 30.0,
        },
        Family::Gamma {
            shape: 7.0,
            scale: 30.0,
        },
        Family::Weibull {
            shape: 0.8,
            scale: 60.0,
        },
        Family::Pareto { min: 60.0, alpha: 1.5 },
    ];

    #[test]
    fn the_quantile_inverts_the_distribution_function() {
        for family in ALL {
            for p in [0.001, 0.05, 0.31, 0.5, 0.9, 0.999] {
                let back = family.cdf(family.quantile(p));
                assert!((back - p).abs() < 1e-12, "{family:?} at {p}: {back}");
            }
        }
    }

    /// The mean of the lower part must be the integral of the quantile function over it, whatever the family.
    #[test]
    fn means_agree_with_numerical_integration() {
        for family in ALL {
            let max = family.quantile(0.97);
            let (low, high) = (family.cdf(0.0).max(0.0), 0.97);
            let n = 4_000;
            let step = (high - low) / f64::from(n);
            let sum: f64 = (0..n).map(|i| family.quantile(low + (f64::from(i) + 0.5) * step)).sum();
            let integral = sum / f64::from(n);
            let formula = family.mean_up_to(max);
            // The normal family divides by the part above 0, as the integral does.
            assert!(
                (formula / integral - 1.0).abs() < 1e-5,
                "{family:?}: {formula} and {integral}"
            );
        }
    }

    #[test]
    fn far_out_a_cut_changes_nothing() {
        for family in ALL {
            let whole = family.mean().unwrap();
            let far = family.mean_up_to(1e15);
            assert!((far / whole - 1.0).abs() < 1e-6, "{family:?}: {far} and {whole}");
        }
        let heavy = Family::Pareto { min: 1.0, alpha: 1.0 };
        assert_eq!(heavy.mean(), None);
        // α = 1: min ln(max/min) / (1 - min/max).
        let e = std::f64::consts::E;
        assert!((heavy.mean_up_to(e) - 1.0 / (1.0 - 1.0 / e)).abs() < 1e-12);
    }
}
