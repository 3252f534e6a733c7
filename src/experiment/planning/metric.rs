//! A number of one run, written as `p95(wait)` or `makespan`, of all Jobs or of some: `p95(wait[job=train-8])`.

use std::fmt;
use std::str::FromStr;

use crate::cluster::job::{Job, JobCondition};
use crate::cluster::{ResourceId, Store};
use crate::control::Outcome;
use crate::experiment::format::{duration_of_secs, number, percent};
use crate::kernel::text::suggest;
use crate::kernel::{SimDuration, SimTime};
use crate::observe::RunMetrics;
use crate::observe::metrics::window;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// First submission to last end; infinite if a Job did not end.
    Makespan,
    /// Submission of a Job to the start of its first pod; infinite for a Job that did not start.
    Wait,
    /// Submission of a Job to its end; infinite for a Job that did not end.
    Turnaround,
    /// Jobs that were submitted and have no pod running yet, over time.
    Queue,
    /// GPU time allocated ÷ offered.
    Utilization,
    /// The share of allocated GPU time that ended in success.
    Goodput,
    /// Jobs that failed.
    FailedJobs,
    /// Jobs that were submitted and did not end.
    UnfinishedJobs,
    /// Pods of Jobs: first tries and retries.
    Attempts,
}

/// What one writes for each.
const MEASURES: &[(&str, Measure)] = &[
    ("makespan", Measure::Makespan),
    ("wait", Measure::Wait),
    ("turnaround", Measure::Turnaround),
    ("queue", Measure::Queue),
    ("utilization", Measure::Utilization),
    ("goodput", Measure::Goodput),
    ("failed_jobs", Measure::FailedJobs),
    ("unfinished_jobs", Measure::UnfinishedJobs),
    ("attempts", Measure::Attempts),
];

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// A share, 0 to 1.
    Share,
    /// A number of things.
    Count,
}

impl Unit {
    /// A value in this unit, for people.
    #[must_use]
    pub fn text(self, value: f64) -> String {
        if value.is_infinite() {
            return "∞".to_owned();
        }
        match self {
            Self::Seconds => duration_of_secs(value),
            Self::Share => percent(value),
            Self::Count => number(value),
        }
    }
}

impl Measure {
    /// What one writes for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        let known = MEASURES.iter().find(|(_, measure)| *measure == self);
        known.map_or("", |(name, _)| name)
    }
    /// Its unit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Makespan | Self::Wait | Self::Turnaround => Unit::Seconds,
            Self::Utilization | Self::Goodput => Unit::Share,
            Self::Queue | Self::FailedJobs | Self::UnfinishedJobs | Self::Attempts => Unit::Count,
        }
    }
    /// Whether a run has many of it, so that a statistic must say which number is meant.
    const fn is_many(self) -> bool {
        matches!(self, Self::Wait | Self::Turnaround | Self::Queue)
    }
}

/// Which number of many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The only one.
    Only,
    /// Their mean; of the queue, over time.
    Mean,
    /// The greatest.
    Max,
    /// The quantile at so many per cent (type 7 of Hyndman and Fan).
    Percentile(f64),
}

/// Which Jobs count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those of one name (with copies: the name before the number).
    Job(String),
    /// Those of a namespace.
    Namespace(String),
    /// Those whose pods have a priority class.
    PriorityClass(String),
    /// Those whose pods ask for so many GPUs each.
    Gpus(i64),
    /// Those whose pods have a label.
    Label(String, String),
}

/// A number of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Which number.
    pub statistic: Statistic,
    /// Of what.
    pub measure: Measure,
    /// Of which Jobs; of all, if empty. All filters must hold.
    pub filters: Vec<Filter>,
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filters: Vec<String> = self.filters.iter().map(Filter::to_string).collect();
        let of = if filters.is_empty() {
            self.measure.name().to_owned()
        } else {
            format!("{}[{}]", self.measure.name(), filters.join(","))
        };
        match self.statistic {
            Statistic::Only => write!(f, "{of}"),
            Statistic::Mean => write!(f, "mean({of})"),
            Statistic::Max => write!(f, "max({of})"),
            Statistic::Percentile(p) => write!(f, "p{p}({of})"),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(name) => write!(f, "job={name}"),
            Self::Namespace(name) => write!(f, "namespace={name}"),
            Self::PriorityClass(name) => write!(f, "priorityClass={name}"),
            Self::Gpus(gpus) => write!(f, "gpus={gpus}"),
            Self::Label(key, value) => write!(f, "{key}={value}"),
        }
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| format!("[{text}] is no filter; write [job=NAME], [namespace=NAME], [priorityClass=NAME], [gpus=N] or [LABEL=VALUE]"))?;
        let value = value.trim().to_owned();
        Ok(match key.trim() {
            "job" => Self::Job(value),
            "namespace" => Self::Namespace(value),
            "priorityClass" => Self::PriorityClass(value),
            "gpus" => Self::Gpus(
                value
                    .parse()
                    .map_err(|_| format!("gpus={value}: a whole number is needed"))?,
            ),
            key => Self::Label(key.to_owned(), value),
        })
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (statistic, of) = match text.split_once('(') {
            Some((name, rest)) => {
                let inner = rest
                    .strip_suffix(')')
                    .ok_or_else(|| format!("{text}: a closing ) is missing"))?;
                (statistic(name.trim())?, inner.trim())
            }
            None => (Statistic::Only, text),
        };
        let (name, filters) = match of.split_once('[') {
            Some((name, rest)) => {
                let inner = rest
                    .strip_suffix(']')
                    .ok_or_else(|| format!("{text}: a closing ] is missing"))?;
                let filters: Result<Vec<Filter>, String> = inner.split(',').map(str::parse).collect();
                (name.trim(), filters?)
            }
            None => (of, Vec::new()),
        };
        let known = MEASURES.iter().find(|(known, _)| *known == name);
        let (_, measure) = known.ok_or_else(|| {
            let names = MEASURES.iter().map(|(name, _)| *name);
            match suggest(name, names.clone()) {
                Some(near) => format!("there is no metric {name:?}; did you mean {near:?}?"),
                None => format!(
                    "there is no metric {name:?}; there are {}",
                    names.collect::<Vec<_>>().join(", ")
                ),
            }
        })?;
        if measure.is_many() == (statistic == Statistic::Only) {
            return Err(if measure.is_many() {
                format!("a run has many of {name}: write mean({name}), p95({name}) or max({name})")
            } else {
                format!(
                    "a run has one {name}: write it without {text:?} around it",
                    text = text.split('(').next().unwrap_or_default()
                )
            });
        }
        if matches!((measure, statistic), (Measure::Queue, Statistic::Percentile(_))) {
            return Err("of the queue there are mean(queue), over time, and max(queue)".to_owned());
        }
        if !filters.is_empty() && matches!(measure, Measure::Utilization | Measure::Goodput | Measure::Makespan) {
            return Err(format!(
                "{name} is one number of the whole run: it cannot be had for some Jobs"
            ));
        }
        Ok(Self {
            statistic,
            measure: *measure,
            filters,
        })
    }
}

fn statistic(name: &str) -> Result<Statistic, String> {
    match name {
        "mean" => Ok(Statistic::Mean),
        "max" => Ok(Statistic::Max),
        "median" => Ok(Statistic::Percentile(50.0)),
        _ => {
            let percent = name.strip_prefix('p').and_then(|p| p.parse::<f64>().ok());
            let percent = percent.filter(|p| (0.0..=100.0).contains(p));
            percent
                .map(Statistic::Percentile)
                .ok_or_else(|| format!("{name:?} is no statistic; there are mean, max, median, p95 and the like"))
        }
    }
}

impl Metric {
    /// The number that a run has which ended with `outcome` and left `store`. Infinite if what it would count did not come to
    /// its end; `None` if there is nothing to count.
    #[must_use]
    pub fn of(&self, store: &Store, outcome: &Outcome) -> Option<f64> {
        let jobs = || {
            store
                .jobs
                .iter()
                .filter(|job| job.submitted.happened().is_some() && self.counts(job, store))
        };
        let count = |n: usize| Some(n as f64);
        match self.measure {
            Measure::Makespan => {
                let metrics = RunMetrics::new(store, outcome);
                let makespan = metrics.makespan.map(|span| SimDuration::from(span).as_secs_f64());
                (metrics.jobs > 0).then(|| makespan.unwrap_or(f64::INFINITY))
            }
            Measure::Wait => self.choose(jobs().map(|job| seconds(job.wait())).collect()),
            Measure::Turnaround => self.choose(jobs().map(|job| seconds(job.turnaround())).collect()),
            Measure::Queue => self.queue(jobs(), window(store, outcome.ended_at)),
            Measure::Utilization => RunMetrics::new(store, outcome).gpu_utilization,
            Measure::Goodput => RunMetrics::new(store, outcome).gpu_goodput,
            Measure::FailedJobs => count(
                jobs()
                    .filter(|job| matches!(job.condition, JobCondition::Failed(_)))
                    .count(),
            ),
            Measure::UnfinishedJobs => count(jobs().filter(|job| !job.condition.is_finished()).count()),
            Measure::Attempts => count(jobs().map(|job| job.pods_created as usize).sum()),
        }
    }

    fn counts(&self, job: &Job, store: &Store) -> bool {
        let spec = &store.job_specs[job.spec.index()];
        self.filters.iter().all(|filter| match filter {
            Filter::Job(name) => spec.name == *name,
            Filter::Namespace(name) => spec.namespace == *name,
            Filter::PriorityClass(name) => spec.template.priority_class == *name,
            Filter::Gpus(gpus) => {
                let all = store.resources.iter().map(|(id, _)| id);
                let asked = |id: ResourceId| spec.template.requests.get(id);
                all.filter(|id| store.resources.is_gpu(*id)).map(asked).sum::<i64>() == *gpus
            }
            Filter::Label(key, value) => spec.template.labels.get(key).is_some_and(|has| has == value),
        })
    }

    /// The number of many that is asked for.
    fn choose(&self, mut numbers: Vec<f64>) -> Option<f64> {
        numbers.sort_by(f64::total_cmp);
        let last = *numbers.last()?;
        match self.statistic {
            Statistic::Only | Statistic::Max => Some(last),
            Statistic::Mean => Some(numbers.iter().sum::<f64>() / numbers.len() as f64),
            Statistic::Percentile(percent) => {
                let place = (numbers.len() - 1) as f64 * percent / 100.0;
                let below = numbers[libm::floor(place) as usize];
                let above = numbers[libm::ceil(place) as usize];
                let rest = place - libm::floor(place);
                // Not below + rest · (above − below): infinite ends would give no number.
                Some(if rest == 0.0 {
                    below
                } else {
                    below * (1.0 - rest) + above * rest
                })
            }
        }
    }

    /// The length of the queue over `window`.
    fn queue<'j>(&self, jobs: impl Iterator<Item = &'j Job>, (from, to): (SimTime, SimTime)) -> Option<f64> {
        let mut steps: Vec<(SimTime, i64)> = Vec::new();
        for job in jobs {
            steps.push((job.submitted, 1));
            steps.extend(job.first_started.happened().map(|at| (at, -1)));
        }
        steps.sort_unstable();
        let (mut length, mut most, mut area, mut since) = (0_i64, 0_i64, 0.0, from);
        for (at, change) in steps {
            area += length as f64 * at.min(to).since(since.min(to)).as_secs_f64();
            since = at;
            length += change;
            most = most.max(length);
        }
        area += length as f64 * to.since(since.min(to)).as_secs_f64();
        let span = to.since(from).as_secs_f64();
        match self.statistic {
            Statistic::Max => Some(most as f64),
            Statistic::Only | Statistic::Mean | Statistic::Percentile(_) => (span > 0.0).then(|| area / span),
        }
    }
}

fn seconds(span: Option<SimDuration>) -> f64 {
    span.map_or(f64::INFINITY, SimDuration::as_secs_f64)
}

#[cfg(test)]
mod tests;
