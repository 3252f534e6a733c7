//! `summary.json`: what a comparison or a run came to, for machines. The same results give the same bytes. Times of single
//! runs keep all nine decimals; means have nine significant digits (see [`crate::experiment::table`]).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::cluster::apps::RollOut;
use crate::cluster::requests::RequestFigures;
use crate::cluster::{ScaleTarget, Store, WorkloadId};
use crate::experiment::compare::{Comparison, Section};
use crate::experiment::table::{Row, write_json};
use crate::kernel::SimTime;
use crate::observe::metrics::window;
use crate::observe::rows::{RefusedRow, refused_rows};
use crate::observe::utilization::split_between;
use crate::observe::{LimitRow, RunMetrics, Seconds};
use crate::report::figures::{Run, text};

/// `summary.json` of a comparison: `question`, `answer`, `runs`, `missing_runs`, `violations`, and `sections` (one for each
/// set of nodes) with `nodes`, `slots`, `aggregates` (see [`crate::experiment::Aggregate`]) and `curves` (the rows of `growth.csv`).
pub fn compare(comparison: &Comparison, question: Option<&str>) -> String {
    let sections = comparison.sections.iter().map(SectionJson::new).collect();
    pretty(&CompareJson {
        question,
        answer: text::answer(comparison),
        runs: comparison.rows.len(),
        missing_runs: comparison.missing,
        violations: &comparison.violations,
        sections,
    })
}

#[derive(Serialize)]
struct CompareJson<'a> {
    question: Option<&'a str>,
    answer: Option<String>,
    runs: usize,
    missing_runs: usize,
    violations: &'a [String],
    sections: Vec<SectionJson>,
}

#[derive(Serialize)]
struct SectionJson {
    nodes: u64,
    slots: Option<u64>,
    aggregates: Box<RawValue>,
    curves: Box<RawValue>,
}

impl SectionJson {
    fn new(section: &Section) -> Self {
        Self {
            nodes: section.nodes,
            slots: section.slots,
            aggregates: raw(&section.aggregates),
            curves: raw(&section.curves),
        }
    }
}

/// `rows` as a JSON array that is written as it stands, a row a line.
fn raw<'a, R: Row + 'a>(rows: impl IntoIterator<Item = &'a R>) -> Box<RawValue> {
    let mut bytes = Vec::new();
    write_json(&mut bytes, rows).expect("memory takes everything");
    let text = String::from_utf8(bytes).expect("JSON is text");
    RawValue::from_string(text.trim().to_owned()).expect("rows are written as JSON")
}

/// `summary.json` of a run: `name`, `seed`, `fingerprint`, `end` (why it ended, in a word), `ended_s`, `reasons` why something
/// did not end, `nodes`, `metrics` (see [`RunMetrics`]), `resources` with the use of each resource that any node offers in the
/// window from the first submission to the last end, `limits` (what the run had to wait for, and when), `refused` (requests that the API
/// server refused, if there are any), and `workloads`
/// (with `requests`, if that is their load).
pub fn run(run: &Run<'_>, about: &About<'_>) -> String {
    pretty(&RunJson {
        name: about.name,
        seed: run.seed,
        fingerprint: about.fingerprint,
        end: about.end,
        ended: run.ended_at.into(),
        reasons: about.reasons,
        nodes: run.store.nodes.len(),
        metrics: run.metrics,
        resources: resources(run),
        limits: run.limits,
        refused: refused_rows(run.store).collect(),
        workloads: run
            .store
            .workloads()
            .map(|id| WorkloadJson::new(run.store, id, run.ended_at))
            .collect(),
    })
}

/// What the summary of a run says besides figures.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// The run's fingerprint.
    pub fingerprint: &'a str,
    /// Why it ended, in a word: `finished`, `time-limit`, `stalled`, `interrupted`.
    pub end: &'a str,
    /// Why something did not end. Empty if all did.
    pub reasons: &'a [String],
}

#[derive(Serialize)]
struct RunJson<'a> {
    name: &'a str,
    seed: u64,
    fingerprint: &'a str,
    end: &'a str,
    #[serde(rename = "ended_s")]
    ended: Seconds,
    reasons: &'a [String],
    nodes: usize,
    metrics: &'a RunMetrics,
    resources: Vec<ResourceJson<'a>>,
    limits: &'a [LimitRow],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedRow<'a>>,
    workloads: Vec<WorkloadJson<'a>>,
}

#[derive(Serialize)]
struct ResourceJson<'a> {
    name: &'a str,
    unit: &'static str,
    allocatable: i64,
    utilization: Option<f64>,
    goodput: Option<f64>,
}

/// The resources that any node offers, in the order of the resource table.
fn resources<'a>(run: &Run<'a>) -> Vec<ResourceJson<'a>> {
    let store = run.store;
    let (from, to) = window(store, run.ended_at);
    let offered = store
        .resources
        .iter()
        .filter(|(id, _)| store.allocatable_total[id.index()] > 0);
    let row = |(id, name): (crate::cluster::ResourceId, &'a str)| {
        let allocatable = store.allocatable_total[id.index()];
        let split = split_between(store, id, from, to);
        let whole = i128::from(allocatable) * i128::from(to.since(from).as_nanos());
        ResourceJson {
            name,
            unit: store.resources.unit(id),
            allocatable,
            utilization: (whole > 0).then(|| split.total() as f64 / whole as f64),
            goodput: split.goodput(),
        }
    };
    offered.map(row).collect()
}

#[derive(Serialize)]
struct WorkloadJson<'a> {
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
    replicas: u32,
    updated: Option<u32>,
    ready: u32,
    available: u32,
    roll_out_s: Option<Seconds>,
    pods_made: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<RequestsJson>,
}

/// What became of the requests to a service.
#[derive(Serialize)]
struct RequestsJson {
    arrived: u64,
    served: u64,
    dropped: u64,
    dropped_share: f64,
    waiting_at_end: i64,
    mean_latency_s: Option<Seconds>,
    p50_latency_s: Option<Seconds>,
    p95_latency_s: Option<Seconds>,
    p99_latency_s: Option<Seconds>,
    overload_s: Seconds,
    longest_overload_s: Seconds,
}

impl RequestsJson {
    fn new(figures: &RequestFigures, ended_at: SimTime) -> Self {
        let whole = |requests: f64| requests.round() as u64;
        let quantile = |p| figures.latencies.quantile(p).map(Seconds::from);
        let share = figures.dropped / figures.arrived;
        Self {
            arrived: whole(figures.arrived),
            served: whole(figures.served),
            dropped: whole(figures.dropped),
            dropped_share: if share.is_finite() { share } else { 0.0 },
            waiting_at_end: figures.present.waiting,
            mean_latency_s: figures.latencies.mean().map(Seconds::from),
            p50_latency_s: quantile(0.5),
            p95_latency_s: quantile(0.95),
            p99_latency_s: quantile(0.99),
            overload_s: figures.overload.total_at(ended_at).into(),
            longest_overload_s: figures.overload.longest.1.into(),
        }
    }
}

impl<'a> WorkloadJson<'a> {
    fn new(store: &'a Store, id: WorkloadId, ended_at: SimTime) -> Self {
        let requests = ScaleTarget::of(id).and_then(|target| store.requests.get(&target));
        let (namespace, name) = store.workload_name(id);
        Self {
            kind: id.kind(),
            namespace,
            name,
            replicas: store.desired_pods(id),
            updated: store.updated_pods(id),
            ready: store.ready_pods(id),
            available: store.available_pods(id),
            roll_out_s: store.roll_outs.get(&id).and_then(RollOut::duration).map(Seconds::from),
            pods_made: store.pods_created(id),
            requests: requests.map(|figures| RequestsJson::new(figures, ended_at)),
        }
    }
}

/// Indented JSON that ends with a newline.
fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("texts and numbers have a form in JSON") + "\n"
}

#[cfg(test)]
mod tests;
