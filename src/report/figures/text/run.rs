//! The sentences of a run, and what it shows in which order.

use crate::experiment::format::{count, duration, duration_short, percent};
use crate::kernel::SimDuration;
use crate::observe::Seconds;
use crate::observe::rows::{RefusedRow, refused_rows};
use crate::report::figures::Run;
use crate::report::table::Table;

use super::run_tables::{jobs, nodes, pods, workloads};
use super::{Paper, limits, plural, requests};

/// Everything about a run: its tables, its headline, and `reasons` why something did not end, if it did not.
#[must_use]
pub fn run(run: &Run<'_>, reasons: &[String], paper: &Paper) -> String {
    let mut parts = Vec::new();
    let tables = run_tables(run);
    if !tables.is_empty() {
        parts.push(paper.tables(&tables));
    }
    let mut last: String = headline(run).iter().map(|line| paper.sentence(line)).collect();
    last.push_str(&refused(run, paper));
    if !reasons.is_empty() {
        last.push_str(&format!("What stands in the way:\n{}", paper.bullets(reasons)));
    }
    parts.push(last);
    parts.join("\n")
}

/// So many refused requests are told of; all of them are in `summary.json`.
const MOST_REFUSED: usize = 10;

/// The requests of people and scripts that the API server refused. Empty if there are none.
fn refused(run: &Run<'_>, paper: &Paper) -> String {
    let all = run.store.refused.len();
    if all == 0 {
        return String::new();
    }
    let line = |row: RefusedRow<'_>| {
        let at = duration_short(SimDuration::from(row.time_s));
        format!("at {at}: {}: {}", row.request, row.message)
    };
    let mut lines: Vec<String> = refused_rows(run.store).take(MOST_REFUSED).map(line).collect();
    if all > lines.len() {
        let more = count((all - lines.len()) as u64);
        lines.push(format!("… and {more} more, in summary.json"));
    }
    format!("What the API server refused:\n{}", paper.bullets(&lines))
}

/// The tables of a run, each with its heading: Jobs, workloads, bare pods, nodes; those that would be empty are left out.
#[must_use]
pub fn run_tables(run: &Run<'_>) -> Vec<(String, Table)> {
    [
        ("Jobs", jobs(run)),
        ("Workloads", workloads(run)),
        ("Pods", pods(run)),
        ("Nodes", nodes(run)),
        ("What was short", limits::table(run.limits)),
    ]
    .into_iter()
    .filter_map(|(heading, table)| Some((heading.to_owned(), table?)))
    .collect()
}

/// The makespan, or how many Jobs did not end; attempts; waits; how well GPUs were used.
#[must_use]
pub fn headline(run: &Run<'_>) -> Vec<String> {
    let metrics = run.metrics;
    let jobs = u64::from(metrics.jobs);
    let mut lines = Vec::new();
    if jobs > 0 {
        let ended = format!("after {}", duration(run.ended_at.since(crate::kernel::SimTime::ZERO)));
        let makespan = match metrics.makespan {
            Some(span) => format!("Makespan {}", duration(span.into())),
            None => format!(
                "No makespan: {} of {} did not end; the run stopped {ended}",
                count(metrics.unfinished_jobs.into()),
                plural(jobs, "Job")
            ),
        };
        let failed = match metrics.failed_jobs {
            0 => String::new(),
            failed => format!(", {} of them failed", count(failed.into())),
        };
        let of = format!(
            "{}{failed}, {}",
            plural(jobs, "Job"),
            plural(metrics.attempts, "attempt")
        );
        lines.push(format!("{makespan} ({of})."));
    }
    let span = |value: Option<Seconds>| value.map(|v| duration_short(SimDuration::from(v)));
    if let (Some(mean), Some(p95), Some(max)) =
        (span(metrics.mean_wait), span(metrics.p95_wait), span(metrics.max_wait))
    {
        lines.push(format!(
            "Wait from submission to start: mean {mean}, 95th percentile {p95}, longest {max}."
        ));
    }
    if let Some(utilization) = metrics.gpu_utilization {
        let goodput = metrics.gpu_goodput.map_or_else(String::new, |share| {
            format!(
                "; of what Jobs had, {} went into attempts that succeeded",
                percent(share)
            )
        });
        lines.push(format!("GPU time allocated: {}{goodput}.", percent(utilization)));
    }
    lines.extend(limits::sentences(run.limits));
    lines.extend(requests::sentences(run));
    if run.store.pending_pods > 0 {
        let pods = plural(run.store.pending_pods.into(), "pod");
        lines.push(format!("Without a node at the end: {pods}."));
    }
    lines
}
