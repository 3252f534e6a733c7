//! Bounds and closed forms of a whole experiment: a submission strategy, its jobs, the nodes.

use super::rigid::{all_fit, places, windowed_rigid_upper};
use super::{RigidJob, SimDuration, batched_equal, batches, parallel_equal, rigid_lower, rigid_upper, windowed_equal};
use std::fmt;
use std::str::FromStr;

/// A submission strategy as far as theory sees it: which Jobs may be in flight together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submission {
    /// Submit one, wait for its end, submit the next.
    Sequential,
    /// All at once.
    Parallel,
    /// So many at once, then wait for all of them.
    Batched(u64),
    /// At most so many in flight.
    Windowed(u64),
}

/// What is not one of `sequential`, `parallel`, `batched:K`, `windowed:K` with K of 1 or more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a strategy; write sequential, parallel, batched:K or windowed:K with K of 1 or more")]
pub struct UnknownSubmission(String);

impl FromStr for Submission {
    type Err = UnknownSubmission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownSubmission(text.to_owned());
        let size = |k: &str| k.parse().ok().filter(|k| *k > 0).ok_or_else(unknown);
        match text.split_once(':') {
            None if text == "sequential" => Ok(Self::Sequential),
            None if text == "parallel" => Ok(Self::Parallel),
            Some(("batched", k)) => Ok(Self::Batched(size(k)?)),
            Some(("windowed", k)) => Ok(Self::Windowed(size(k)?)),
            None | Some(_) => Err(unknown()),
        }
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequential => f.write_str("sequential"),
            Self::Parallel => f.write_str("parallel"),
            Self::Batched(k) => write!(f, "batched:{k}"),
            Self::Windowed(k) => write!(f, "windowed:{k}"),
        }
    }
}

impl Submission {
    /// How many Jobs make one round on c slots, for growth in ⌈n / round⌉: 1, c, or min(k, c). For batches of more than c
    /// it is c, which is exact where c divides k and near otherwise.
    #[must_use]
    pub fn round(self, c: u64) -> u64 {
        match self {
            Self::Sequential => 1,
            Self::Parallel => c,
            Self::Batched(k) | Self::Windowed(k) => k.min(c),
        }
    }
}

/// What theory says of one experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// No schedule under this strategy is shorter.
    pub lower: SimDuration,
    /// No schedule under this strategy that starts what can start is longer, with a control plane that costs nothing.
    pub upper: SimDuration,
    /// The closed form, where there is one: any runtimes one by one, or Jobs that are all equal.
    pub theory: Option<SimDuration>,
    /// How many Jobs run at the same time at most, if they are of equal width.
    pub slots: Option<u64>,
}

impl Bounds {
    /// The bounds for `jobs`, submitted in this order by `submission`, on `nodes` (slots of each). `None` if they never
    /// end: a job fits no node, or K is 0.
    #[must_use]
    pub fn of(submission: Submission, jobs: &[RigidJob], nodes: &[u64]) -> Option<Self> {
        if !all_fit(jobs, nodes) {
            return None;
        }
        let first = jobs.first().copied().unwrap_or(RigidJob {
            runtime: SimDuration::ZERO,
            width: 1,
        });
        let slots = (jobs.iter().all(|job| job.width == first.width))
            .then(|| places(nodes, first.width).unwrap_or(u64::MAX))
            .filter(|_| !jobs.is_empty());
        let equal = jobs.iter().all(|job| *job == first);
        let (n, d) = (jobs.len() as u64, first.runtime);
        let closed = |form: fn(u64, u64, u64, SimDuration) -> Option<SimDuration>, k| {
            slots.filter(|_| equal).and_then(|c| form(n, k, c, d))
        };
        let one_by_one = jobs.iter().map(|job| job.runtime).sum();
        let (lower, upper, theory) = match submission {
            Submission::Sequential => (one_by_one, one_by_one, Some(one_by_one)),
            Submission::Parallel => {
                let theory = closed(|n, _, c, d| parallel_equal(n, c, d), 1);
                (rigid_lower(jobs, nodes)?, rigid_upper(jobs, nodes)?, theory)
            }
            Submission::Batched(k) => (
                batches(k, jobs)?
                    .map(|batch| rigid_lower(batch, nodes))
                    .sum::<Option<_>>()?,
                batches(k, jobs)?
                    .map(|batch| rigid_upper(batch, nodes))
                    .sum::<Option<_>>()?,
                closed(batched_equal, k),
            ),
            Submission::Windowed(k) => {
                // The window is a pool of k places that every job takes one of.
                let in_window: Vec<RigidJob> = jobs.iter().map(|job| RigidJob { width: 1, ..*job }).collect();
                let lower = rigid_lower(jobs, nodes)?.max(rigid_lower(&in_window, &[k])?);
                (lower, windowed_rigid_upper(jobs, nodes, k)?, closed(windowed_equal, k))
            }
        };
        Some(Self {
            lower,
            upper,
            theory,
            slots,
        })
    }
}
