//! Whether the mean of a metric is on the right side of a threshold, judged from more and more replications.
//!
//! Who looks again and again at a 95 % interval until it is clear finds a clear one too often. So the error that is allowed, α, is
//! shared out over the looks: the k-th may err with probability α · 6 / (π² k²), which sums to α over any number of looks.
//! Each look is a one-sided test of the mean by Student's t. Waits are skewed, and t alone would find a small mean too often in few
//! runs; Hall's transformation (Journal of the Royal Statistical Society B 54, 1992) takes the sample's skewness into account.

use crate::experiment::stats::{Summary, t_two_sided};

/// Replications at the first look; each later look has twice as many as the one before.
pub const FIRST_LOOK: usize = 16;

/// What replications show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The mean is on the right side.
    Met,
    /// It is on the wrong side.
    Missed,
    /// It is too near the threshold to tell.
    Undecided,
}

/// Replications at the `look`-th look, from 1, of at most `most`.
#[must_use]
pub fn replications(look: u32, most: usize) -> usize {
    FIRST_LOOK.checked_shl(look.saturating_sub(1)).unwrap_or(most).min(most)
}

/// The error that the `look`-th look may make, from 1, of `alpha` in all.
#[must_use]
pub fn error_of_look(look: u32, alpha: f64) -> f64 {
    let k = f64::from(look.max(1));
    alpha * 6.0 / (std::f64::consts::PI * std::f64::consts::PI * k * k)
}

/// Judges `sample` against an upper threshold, at the `look`-th look: whether the mean is at most `threshold`.
///
/// An infinite element (a Job that never started) makes the mean infinite. Equal elements are taken for what they are: a run
/// without chance.
#[must_use]
pub fn at_most(sample: &[f64], threshold: f64, look: u32, alpha: f64) -> Verdict {
    if sample.contains(&f64::INFINITY) {
        return Verdict::Missed;
    }
    let Some(summary) = Summary::of(sample) else {
        return Verdict::Undecided;
    };
    let error = error_of_look(look, alpha);
    let Some((sd, limit)) = summary.sd.zip(t_two_sided(1.0 - 2.0 * error, summary.n as u64 - 1)) else {
        return Verdict::Undecided;
    };
    if sd == 0.0 {
        return if summary.mean <= threshold {
            Verdict::Met
        } else {
            Verdict::Missed
        };
    }
    let statistic = hall(sample, &summary, sd, threshold);
    if statistic <= -limit {
        Verdict::Met
    } else if statistic >= limit {
        Verdict::Missed
    } else {
        Verdict::Undecided
    }
}

/// The skewness of exponential samples. A few runs tell no greater one, and the transformation is flat for great ones.
const MOST_SKEWED: f64 = 2.0;

/// Hall's transformed t statistic of `sample` against the mean `mu`: nearly normal even if the sample is skewed.
fn hall(sample: &[f64], summary: &Summary, sd: f64, mu: f64) -> f64 {
    let n = summary.n as f64;
    let cubes: f64 = sample.iter().map(|x| (x - summary.mean) / sd).map(|z| z * z * z).sum();
    let skewness = (cubes / n).clamp(-MOST_SKEWED, MOST_SKEWED);
    let u = (summary.mean - mu) / sd;
    let g = u + skewness * u * u / 3.0 + skewness * skewness * u * u * u / 27.0 + skewness / (6.0 * n);
    libm::sqrt(n) * g
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::stream::{Purpose, stream};
    use rand_distr::{Distribution as _, Exp};

    #[test]
    fn looks_double_and_their_errors_sum_to_alpha() {
        let looks: Vec<usize> = (1..=6).map(|look| replications(look, 200)).collect();
        assert_eq!(looks, [16, 32, 64, 128, 200, 200]);
        assert_eq!(replications(200, 500), 500);
        let sum: f64 = (1..100_000).map(|look| error_of_look(look, 0.05)).sum();
        assert!((sum - 0.05).abs() < 1e-5, "{sum}");
    }

    #[test]
    fn clear_cases_are_clear() {
        assert_eq!(at_most(&[1.0; 16], 1.0, 1, 0.05), Verdict::Met);
        assert_eq!(at_most(&[1.0; 16], 0.9, 1, 0.05), Verdict::Missed);
        assert_eq!(at_most(&[1.0, 3.0, 2.0, 2.0], 2.0, 1, 0.05), Verdict::Undecided);
        assert_eq!(at_most(&[1.0, f64::INFINITY], 2.0, 1, 0.05), Verdict::Missed);
        assert_eq!(
            at_most(&[1.0], 2.0, 1, 0.05),
            Verdict::Undecided,
            "one run shows nothing"
        );
        assert_eq!(at_most(&[], 2.0, 1, 0.05), Verdict::Undecided);
    }

    /// Skewed samples whose mean is exactly the threshold: each verdict but Undecided is an error, and both together may be
    /// made in at most 2 α of the cases however often one looks.
    #[test]
    fn repeated_looks_do_not_err_more_often() {
        let (alpha, cases) = (0.05, 2_000);
        let mut wrong = 0;
        for case in 0..cases {
            let mut rng = stream(7, Purpose::Bootstrap, case, 0);
            let exponential = Exp::new(1.0).expect("a rate");
            let sample: Vec<f64> = (0..512).map(|_| exponential.sample(&mut rng)).collect();
            let decided =
                (1..=6).any(|look| at_most(&sample[..replications(look, 512)], 1.0, look, alpha) != Verdict::Undecided);
            wrong += usize::from(decided);
        }
        let share = wrong as f64 / cases as f64;
        assert!(share <= 2.0 * alpha + 0.02, "{share}");
        assert!(share > 0.02, "a test that never decides would pass, too: {share}");
    }
}
