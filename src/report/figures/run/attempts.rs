//! The timeline of attempts on nodes.

use crate::cluster::pod::{Owner, Pod, PodPhase};
use crate::cluster::{NodeId, PodId};
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
    let mut lane_of: Vec<Option<usize>> = vec![None; store.nodes.len()];
    let mut used = vec![false; store.nodes.len()];
    for node in store.pods.iter().filter_map(|pod| pod.node.some()) {
        used[node.index()] = true;
    }
    let is_crowded = store.nodes.len() > MOST_NODES;
    let shown: Vec<usize> = (0..used.len())
        .filter(|i| used[*i] || !is_crowded)
        .take(MOST_NODES)
        .collect();
    for (lane, node) in shown.iter().enumerate() {
        lane_of[*node] = Some(lane);
    }
    let lane = |node: &usize| Lane {
        name: store.nodes[*node].name.clone(),
        bars: Vec::new(),
    };
    let mut lanes: Vec<Lane> = shown.iter().map(lane).collect();
    let place = |node: NodeId| node.some().and_then(|node| lane_of[node.index()]);
    let (mut attempts, mut drawn) = (0, 0);
    for (i, pod) in store.pods.iter().enumerate() {
        let Some(lane) = place(pod.node) else { continue };
        attempts += 1;
        if drawn < MOST_ATTEMPTS {
            drawn += 1;
            lanes[lane].bars.extend(bars(run, PodId(i as u32), pod));
        }
    }
    let mut notes = Vec::new();
    let all_used = used.iter().filter(|used| **used).count();
    if is_crowded && all_used > lanes.len() {
        let of = |n: usize| count(n as u64);
        notes.push(format!(
            "The first {} of {} nodes that ran anything.",
            of(lanes.len()),
            of(all_used)
        ));
    }
    if drawn < attempts {
        notes.push(format!(
            "The first {} of {} attempts.",
            count(drawn as u64),
            count(attempts as u64)
        ));
    }
    if store.pods.iter().any(|pod| matches!(pod.owner, Owner::Deployment(_))) {
        notes.push("Pods of Deployments that still run, or were scaled away, stand as succeeded.".to_owned());
    }
    (drawn > 0).then(|| GanttChart {
        title: labels.title("attempts on nodes"),
        subtitle: labels.of_run(),
        x: time_axis(),
        lanes_are: "nodes".to_owned(),
        lanes,
        note: (!notes.is_empty()).then(|| notes.join(" ")),
    })
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
    let scaled_away = pod.deleting && matches!(pod.owner, Owner::Deployment(_));
    let kind = if pod.phase == PodPhase::Failed && !scaled_away {
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
    let spec = run.store.job_spec(job);
    if pod.completion_index != u32::MAX {
        format!("{name}-{}", pod.completion_index)
    } else if spec.completions == Some(1) && spec.parallelism == 1 && pod.ordinal > 0 {
        format!("{name}, attempt {}", pod.ordinal + 1)
    } else {
        name
    }
}
