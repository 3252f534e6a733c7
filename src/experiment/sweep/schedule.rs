//! Which runs a sweep does, in which order. It depends on nothing but the question and the rows so far, so a killed sweep finds
//! its place again, and shards agree on who does what.

use std::fmt;
use std::str::FromStr;

use super::precision::Precision;
use crate::experiment::planning::Metric;

/// A run of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The combination.
    pub point: usize,
    /// The replication, from 0. The same one has the same luck in every combination.
    pub replication: usize,
}

/// What a run showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which run.
    pub run: Run,
    /// The metrics, in the sweep's order: infinite if something was without end, `None` if there is nothing to count.
    pub values: Vec<Option<f64>>,
}

/// One of several parts of a sweep, which need know nothing of each other. Written `1/4` to `4/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which, from 0.
    pub index: usize,
    /// Of how many.
    pub of: usize,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, of: 1 };
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.of)
    }
}

/// The most shards.
const MOST_SHARDS: usize = 100_000;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no shard, such as 1/4, 2/4, 3/4, 4/4");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let (index, of): (usize, usize) = (
            index.trim().parse().map_err(|_| wrong())?,
            of.trim().parse().map_err(|_| wrong())?,
        );
        if index == 0 || index > of || of > MOST_SHARDS {
            return Err(wrong());
        }
        Ok(Self { index: index - 1, of })
    }
}

/// When a combination has enough runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Enough {
    /// How narrow intervals must be.
    pub precision: Precision,
    /// Of which confidence.
    pub confidence: f64,
    /// Runs of one combination at most.
    pub most: usize,
}

/// The runs of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Number of combinations.
    pub points: usize,
    /// What is measured.
    pub metrics: Vec<Metric>,
    /// Runs of each combination; with [`Enough`], before it is looked at for the first time.
    pub replications: usize,
    /// Whether more are added, doubling their number, until intervals are narrow enough.
    pub enough: Option<Enough>,
}

impl Schedule {
    /// All runs of `shard` that are known once it has `rows`, which are the first of them: they are to be played in this order.
    /// When it has no more than there are rows, the shard is done.
    #[must_use]
    pub fn runs(&self, shard: Shard, rows: &[Row]) -> Vec<Run> {
        let all = (0..self.points)
            .flat_map(|point| (0..self.replications).map(move |replication| Run { point, replication }));
        let mut runs: Vec<Run> = all.filter(|run| self.is_of(shard, *run)).collect();
        while rows.len() >= runs.len() {
            let more = self.more(&rows[..runs.len()]);
            if more.is_empty() {
                break;
            }
            runs.extend(more);
        }
        runs
    }

    /// Single runs are dealt out in turn; where the number of runs depends on what they show, whole combinations.
    fn is_of(&self, shard: Shard, run: Run) -> bool {
        let place = match self.enough {
            None => run.point * self.replications + run.replication,
            Some(_) => run.point,
        };
        place % shard.of == shard.index
    }

    /// The runs that whole rounds of `rows` call for.
    fn more(&self, rows: &[Row]) -> Vec<Run> {
        let Some(enough) = &self.enough else {
            return Vec::new();
        };
        let mut samples: std::collections::BTreeMap<usize, Vec<&Row>> = std::collections::BTreeMap::new();
        for row in rows {
            samples.entry(row.run.point).or_default().push(row);
        }
        let mut more = Vec::new();
        for (point, rows) in samples {
            let to = (rows.len() * 2).min(enough.most);
            if !self.is_enough(enough, &rows) {
                more.extend((rows.len()..to).map(|replication| Run { point, replication }));
            }
        }
        more
    }

    fn is_enough(&self, enough: &Enough, rows: &[&Row]) -> bool {
        enough.precision.0.iter().all(|demand| {
            let Some(at) = self.metrics.iter().position(|metric| *metric == demand.metric) else {
                return true;
            };
            let sample: Vec<f64> = rows.iter().map(|row| row.values[at].unwrap_or(f64::INFINITY)).collect();
            // What is without end in some run stays so: more runs would not help.
            sample.contains(&f64::INFINITY) || demand.holds(&sample, enough.confidence)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(points: usize, replications: usize, until: Option<(&str, usize)>) -> Schedule {
        Schedule {
            points,
            metrics: vec!["makespan".parse().expect("a metric")],
            replications,
            enough: until.map(|(text, most)| Enough {
                precision: text.parse().expect("a precision"),
                confidence: 0.95,
                most,
            }),
        }
    }

    /// Plays a shard to its end, `step` rows at a time, with `value` of each run.
    fn played(schedule: &Schedule, shard: Shard, step: usize, value: fn(Run) -> f64) -> Vec<Row> {
        let mut rows = Vec::new();
        loop {
            let runs = schedule.runs(shard, &rows);
            let next: Vec<Run> = runs.into_iter().skip(rows.len()).take(step).collect();
            if next.is_empty() {
                return rows;
            }
            rows.extend(next.into_iter().map(|run| Row {
                run,
                values: vec![Some(value(run))],
            }));
        }
    }

    /// Point 0 never varies, others more and more.
    fn noisy(run: Run) -> f64 {
        10.0 + run.point as f64 * if run.replication.is_multiple_of(2) { 1.0 } else { -1.0 }
    }

    #[test]
    fn shards_share_the_runs_among_them() {
        for schedule in [schedule(5, 7, None), schedule(5, 3, Some(("makespan < 10%", 50)))] {
            let whole = played(&schedule, Shard::WHOLE, usize::MAX, noisy);
            let mut sorted: Vec<Run> = whole.iter().map(|row| row.run).collect();
            sorted.sort();
            for of in [1, 2, 3, 11] {
                let shards = (0..of).map(|index| Shard { index, of });
                let mut all: Vec<Run> = shards
                    .flat_map(|shard| played(&schedule, shard, 4, noisy))
                    .map(|row| row.run)
                    .collect();
                all.sort();
                assert_eq!(all, sorted, "{of} shards");
            }
        }
    }

    #[test]
    fn it_goes_on_wherever_it_was_stopped() {
        let schedule = schedule(4, 3, Some(("makespan < 10%", 40)));
        let whole = played(&schedule, Shard::WHOLE, usize::MAX, noisy);
        for step in 1..20 {
            assert_eq!(played(&schedule, Shard::WHOLE, step, noisy), whole);
        }
    }

    #[test]
    fn runs_are_added_where_an_interval_is_wide() {
        let schedule = schedule(4, 3, Some(("makespan < 10%", 40)));
        let rows = played(&schedule, Shard::WHOLE, usize::MAX, noisy);
        let count = |point: usize| rows.iter().filter(|row| row.run.point == point).count();
        // Half-widths of about t · sd / √n, 10 % of 10: sd 1 needs 6 (t = 2.57), sd 2 24, sd 3 more than 40.
        assert_eq!([0, 1, 2, 3].map(count), [3, 12, 24, 40]);
    }

    #[test]
    fn without_end_is_not_tried_for_ever() {
        let schedule = schedule(1, 3, Some(("makespan < 10%", 1000)));
        assert_eq!(played(&schedule, Shard::WHOLE, 1, |_| f64::INFINITY).len(), 3);
    }

    #[test]
    fn shards_are_read() {
        let told = ["1/1", "3/ 4", "0/4", "5/4", "1", "a/b", "1/0"].map(|text| match text.parse::<Shard>() {
            Ok(shard) => shard.to_string(),
            Err(why) => why,
        });
        insta::assert_snapshot!(told.join("\n"), @r#"
        1/1
        3/4
        "0/4" is no shard, such as 1/4, 2/4, 3/4, 4/4
        "5/4" is no shard, such as 1/4, 2/4, 3/4, 4/4
        "1" is no shard, such as 1/4, 2/4, 3/4, 4/4
        "a/b" is no shard, such as 1/4, 2/4, 3/4, 4/4
        "1/0" is no shard, such as 1/4, 2/4, 3/4, 4/4
        "#);
    }
}
