//! All rows of a sweep, by combination: means, intervals, and how each combination differs from the first one.

use super::schedule::Row;
use crate::experiment::stats::{Estimate, paired_difference};

/// The rows of a sweep that is done, by combination and replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Sorted.
    rows: Vec<Row>,
    /// Where the rows of each combination are.
    spans: Vec<std::ops::Range<usize>>,
}

/// A metric of one combination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// Number of runs.
    pub runs: usize,
    /// Runs in which it was without end, or there was nothing to count. With any of them there is no mean.
    pub without: usize,
    /// The mean and its interval.
    pub estimate: Option<Estimate>,
    /// By how much it differs from the first combination, over the replications that both have, on the same luck.
    pub difference: Option<Estimate>,
}

impl Outcome {
    /// The outcome of `points` combinations with all their `rows`, in any order.
    #[must_use]
    pub fn new(points: usize, mut rows: Vec<Row>) -> Self {
        rows.sort_by_key(|row| row.run);
        let of = |point: usize| {
            let place = |point: usize| rows.partition_point(|row| row.run.point < point);
            place(point)..place(point + 1)
        };
        let spans = (0..points).map(of).collect();
        Self { rows, spans }
    }

    /// All rows, by combination and replication.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Number of runs of a combination.
    #[must_use]
    pub fn replications(&self, point: usize) -> usize {
        self.spans[point].len()
    }

    /// A metric of every run of a combination; what does not exist is NaN and has no mean.
    fn sample(&self, point: usize, metric: usize) -> Vec<f64> {
        let rows = self.rows[self.spans[point].clone()].iter();
        rows.map(|row| row.values[metric].unwrap_or(f64::NAN)).collect()
    }

    /// A metric of a combination, with intervals of this confidence.
    #[must_use]
    pub fn mean(&self, point: usize, metric: usize, confidence: f64) -> Mean {
        let sample = self.sample(point, metric);
        let first = self.sample(0, metric);
        let both = sample.len().min(first.len());
        Mean {
            runs: sample.len(),
            without: sample.iter().filter(|x| !x.is_finite()).count(),
            estimate: Estimate::of(&sample, confidence),
            difference: (point > 0)
                .then(|| paired_difference(&sample[..both], &first[..both], confidence))
                .flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sweep::schedule::Run;

    #[test]
    fn means_differences_and_what_has_none() {
        let row = |point, replication, value| Row {
            run: Run { point, replication },
            values: vec![value],
        };
        let rows = vec![
            row(1, 1, Some(7.0)),
            row(0, 0, Some(1.0)),
            row(1, 0, Some(4.0)),
            row(0, 1, Some(5.0)),
            row(2, 0, Some(f64::INFINITY)),
            row(2, 1, None),
            row(1, 2, Some(1.0)),
        ];
        let outcome = Outcome::new(3, rows);
        let mean = |point| outcome.mean(point, 0, 0.95);
        let told = |estimate: Option<Estimate>| estimate.map(|e| (e.n, e.mean));
        assert_eq!(
            (told(mean(0).estimate), told(mean(0).difference)),
            (Some((2, 3.0)), None)
        );
        assert_eq!(told(mean(1).estimate), Some((3, 4.0)));
        assert_eq!(told(mean(1).difference), Some((2, 2.5)), "4 - 1 and 7 - 5");
        assert_eq!((mean(2).runs, mean(2).without, mean(2).estimate), (2, 2, None));
        assert_eq!(
            (outcome.replications(1), outcome.rows()[0].run),
            (
                3,
                Run {
                    point: 0,
                    replication: 0
                }
            )
        );
    }
}
