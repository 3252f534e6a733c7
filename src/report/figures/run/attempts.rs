//! The timeline of attempts on nodes.

use crate::cluster::pod::{Owner, Pod, PodPhase};
use crate::cluster::{PodId, Store};
use crate::experiment::format::count;
use crate::kernel::SimTime;
use crate::report::chart::{Bar, BarKind, GanttChart, Lane};
use crate::report::figures::{Labels, Run};

use super::time_axis;

/// Nodes beyond these would not be drawn anyway.
const MOST_NODES: usize = 40;
/// Attempts that are drawn at most. Far more than fit, and few enough for a file that opens.
const MOST_ATTEMPTS: usize = 40_000;
/// Bars shorter than this share of the whole time have no room for a name.
const NAMED: f64 = 0.02;

/// Attempts as bars on the lanes of their nodes, from their binding to their end; `None` if no pod was bound.
pub(super) fn chart(run: &Run<'_>, labels: &Labels) -> Option<GanttChart> {
    let store = run.store;
    let (shown, hidden) = shown_nodes(store);
    let mut lane_of: Vec<Option<usize>> = vec![None; store.nodes.len()];
    for (lane, node) in shown.iter().enumerate() {
        lane_of[*node] = Some(lane);
    }
    let lane = |node: &usize| Lane {
        name: store.nodes[*node].name.clone(),
        bars: Vec::new(),
    };
    let mut lanes: Vec<Lane> = shown.iter().map(lane).collect();
    let (mut attempts, mut has_retries) = (0, false);
    for (i, pod) in store.pods.iter().enumerate() {
        let Some(lane) = pod.node.some().and_then(|node| lane_of[node.index()]) else {
            continue;
        };
        attempts += 1;
        if attempts <= MOST_ATTEMPTS {
            has_retries |= is_retry(store, pod);
            lanes[lane].bars.extend(bars(run, PodId(i as u32), pod));
        }
    }
    let mut notes = Vec::new();
    let of = |few: usize, all: usize| format!("The first {} of {}", count(few as u64), count(all as u64));
    if hidden > 0 {
        notes.push(of(shown.len(), shown.len() + hidden) + " nodes that ran anything.");
    }
    if attempts > MOST_ATTEMPTS {
        notes.push(of(MOST_ATTEMPTS, attempts) + " attempts.");
    }
    if has_retries {
        notes.push("A number in brackets: which attempt of the Job it is.".to_owned());
    }
    let seems_good = |pod: &Pod| pod.node.some().is_some() && (!pod.phase.is_terminal() || is_scaled_away(pod));
    if store.pods.iter().any(seems_good) {
        notes.push("Pods that still ran at the end, or were scaled away, stand as succeeded.".to_owned());
    }
    (attempts > 0).then(|| GanttChart {
        title: labels.title("Attempts on nodes"),
        subtitle: labels.of_run(),
        x: time_axis(),
        lanes_are: "nodes".to_owned(),
        lanes,
        note: (!notes.is_empty()).then(|| notes.join(" ")),
    })
}

/// The nodes that get a lane: all if they are few, else the first that ran anything; and how many more of those there are.
fn shown_nodes(store: &Store) -> (Vec<usize>, usize) {
    let mut used = vec![false; store.nodes.len()];
    for node in store.pods.iter().filter_map(|pod| pod.node.some()) {
        used[node.index()] = true;
    }
    let is_crowded = used.len() > MOST_NODES;
    let mut shown: Vec<usize> = (0..used.len()).filter(|i| used[*i] || !is_crowded).collect();
    let hidden = shown.len().saturating_sub(MOST_NODES);
    shown.truncate(MOST_NODES);
    (shown, hidden)
}

/// Whether it is the second or a later attempt of a Job that needs one success.
fn is_retry(store: &Store, pod: &Pod) -> bool {
    let Owner::Job(job) = pod.owner else { return false };
    let spec = store.job_spec(job);
    pod.ordinal > 0 && pod.completion_index == u32::MAX && spec.completions == Some(1) && spec.parallelism == 1
}

/// Whether it was deleted because its controller needed it no more.
const fn is_scaled_away(pod: &Pod) -> bool {
    pod.deleting
        && matches!(
            pod.owner,
            Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_)
        )
}

/// From binding to start, and from start to end; bars of no length are left out.
fn bars(run: &Run<'_>, id: PodId, pod: &Pod) -> impl Iterator<Item = Bar> {
    let end = pod.finished.min(run.ended_at).max(pod.scheduled);
    let started = pod.started.min(end).max(pod.scheduled);
    let bar = |from: SimTime, to: SimTime, label: String, kind| Bar {
        start_s: from.as_secs_f64(),
        end_s: to.as_secs_f64(),
        label,
        kind,
    };
    let kind = if pod.phase == PodPhase::Failed && !is_scaled_away(pod) {
        BarKind::Failed
    } else {
        BarKind::Ok
    };
    let has_room = end.since(started).as_secs_f64() > NAMED * run.ended_at.as_secs_f64();
    let label = if has_room { label(run, id, pod) } else { String::new() };
    // A pod that ended before it ran was starting all the time.
    let starting = (started > pod.scheduled).then(|| bar(pod.scheduled, started, String::new(), BarKind::Starting));
    let running = (end > started).then(|| bar(started, end, label, kind));
    starting.into_iter().chain(running)
}

/// The Job, with the number of the attempt from the second on; the name of any other pod.
fn label(run: &Run<'_>, id: PodId, pod: &Pod) -> String {
    let Owner::Job(job) = pod.owner else {
        return run.store.pod_name(id, run.seed);
    };
    let name = run.store.job_name(job);
    if pod.completion_index != u32::MAX {
        format!("{name}-{}", pod.completion_index)
    } else if is_retry(run.store, pod) {
        format!("{name} ({})", pod.ordinal + 1)
    } else {
        name
    }
}
