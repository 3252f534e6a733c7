//! From results to charts, tables and summaries: pure functions from what a comparison or a run left to what people look at.
//!
//! * [`compare`]: charts of a comparison (makespan and speed-up against n or slots).
//! * [`plan`]: the answer of a search, its table and its chart.
//! * [`sweep`], [`diff`]: what a sweep showed; how two scenarios differ.
//! * [`run`]: charts of one run, or of several side by side (queues, use of resources, attempts on nodes, services).
//! * [`text`]: what the terminal shows.
//! * [`summary`]: the file `summary.json`.

use crate::cluster::{ScaleTarget, Store};
use crate::kernel::SimTime;
use crate::observe::{LimitRow, RunMetrics, Timeline};
use crate::report::chart::{ChartError, GanttChart, LineChart, StepChart};

pub mod compare;

pub mod diff;

pub mod plan;

pub mod run;

pub mod summary;

pub mod sweep;

pub mod text;

#[cfg(test)]
mod testing;

/// What was run, in words, as it stands above charts. Any text may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Put before what each chart shows: `sequential-vs-parallel`.
    pub title: String,
    /// Name of the Job, or of the mix of Jobs: `ml-train`.
    pub job: String,
    /// Its run time: `5m`, `lognormal(median=20m,p95=1h)`.
    pub runtime: String,
    /// The nodes: `4 nodes × 8 GPUs`. Not used where the number of nodes was varied.
    pub nodes: String,
    /// What else sets a run apart: `320 Jobs at once; control plane kubernetes`. Comparisons know theirs.
    pub setting: String,
    /// The seed.
    pub seed: u64,
    /// Replications of each run of a comparison.
    pub replications: u32,
}

impl Labels {
    /// `shown` with the title before it.
    fn title(&self, shown: &str) -> String {
        if self.title.is_empty() {
            return shown.to_owned();
        }
        format!("{}: {}", self.title, shown)
    }

    /// Job and run time, called `name`.
    fn what(&self, name: &str) -> String {
        let runtime = if self.runtime.is_empty() {
            String::new()
        } else {
            format!("{name} {}", self.runtime)
        };
        joined(", ", [self.job.as_str(), &runtime])
    }

    /// The subtitle of a single run.
    fn of_run(&self) -> String {
        let on = if self.nodes.is_empty() {
            String::new()
        } else {
            format!("on {}", self.nodes)
        };
        let what = joined(", ", [self.what("run time").as_str(), &on]);
        joined("; ", [what.as_str(), &self.setting, &format!("seed {}", self.seed)])
    }
}

/// The `parts` that are not empty, with `between` between them.
fn joined<'a>(between: &str, parts: impl IntoIterator<Item = &'a str>) -> String {
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(between)
}

/// A chart of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Chart {
    /// Values against a factor.
    Line(LineChart),
    /// Values over time.
    Step(StepChart),
    /// Who ran where and when.
    Gantt(GanttChart),
}

impl Chart {
    /// The chart as SVG text.
    ///
    /// # Errors
    /// Values that cannot be drawn.
    pub fn svg(&self) -> Result<String, ChartError> {
        match self {
            Self::Line(chart) => chart.svg(),
            Self::Step(chart) => chart.svg(),
            Self::Gantt(chart) => chart.svg(),
        }
    }

    /// The chart as PNG bytes, at twice the size.
    ///
    /// # Errors
    /// Values that cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        match self {
            Self::Line(chart) => chart.png(),
            Self::Step(chart) => chart.png(),
            Self::Gantt(chart) => chart.png(),
        }
    }
}

/// A run that is over, as figures see it.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The cluster as the run left it.
    pub store: &'a Store,
    /// What was counted over time.
    pub timeline: &'a Timeline,
    /// The run's figures.
    pub metrics: &'a RunMetrics,
    /// The last instant played.
    pub ended_at: SimTime,
    /// The seed, for the pods' names.
    pub seed: u64,
    /// Names of the pools of nodes, by `NodeSpec::pool`; pools without one are numbered.
    pub pools: &'a [String],
    /// Load on workloads. May be empty.
    pub demands: &'a [Demand],
    /// What the run had to wait for. May be empty.
    pub limits: &'a [LimitRow],
}

/// The load on one workload over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The workload.
    pub target: ScaleTarget,
    /// (from then on, cpu demand in milli-cores), ascending in time. A load that varies all the time comes as samples.
    pub steps: Vec<(SimTime, i64)>,
    /// What one Ready pod can take of it at most, in milli-cores; `None`: not known, then what is served is not drawn.
    pub cap_per_pod: Option<i64>,
}
