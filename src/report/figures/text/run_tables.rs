//! The tables of a run.

use crate::cluster::apps::RollOut;
use crate::cluster::pod::Owner;
use crate::cluster::{JobId, PodId, Store, WorkloadId};
use crate::experiment::format::{count, duration_short, percent};
use crate::kernel::SimDuration;
use crate::observe::metrics::window;
use crate::observe::rows::node_rows;
use crate::observe::{JobRow, NodeRow, PodRow, Seconds};
use crate::report::figures::Run;
use crate::report::table::{Column, Table};

use super::amount;

/// Rows of a table at most.
const MOST_ROWS: usize = 20;
/// Rows that are kept for what did not end well, if there is any such.
const TROUBLED_ROWS: usize = 10;

fn span(value: Option<Seconds>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| duration_short(SimDuration::from(v)))
}

/// Which of `total` things are shown, in their order: the first ones, but with room for some in trouble.
fn chosen(total: usize, is_troubled: impl Fn(usize) -> bool) -> Vec<usize> {
    if total <= MOST_ROWS {
        return (0..total).collect();
    }
    let troubled: Vec<usize> = (0..total).filter(|i| is_troubled(*i)).take(TROUBLED_ROWS).collect();
    let fine = (0..total)
        .filter(|i| !troubled.contains(i))
        .take(MOST_ROWS - troubled.len());
    let mut chosen: Vec<usize> = fine.chain(troubled.iter().copied()).collect();
    chosen.sort_unstable();
    chosen
}

/// `… and 980 more (970 Complete, 10 Failed), in jobs.csv.`, counting what is not shown by its status.
fn rest(statuses: impl Iterator<Item = &'static str>, file: &str) -> Option<String> {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for status in statuses {
        match counts.iter_mut().find(|(name, _)| *name == status) {
            Some((_, number)) => *number += 1,
            None => counts.push((status, 1)),
        }
    }
    let total: u64 = counts.iter().map(|(_, number)| number).sum();
    let words: Vec<String> = counts
        .iter()
        .map(|(name, number)| format!("{} {name}", count(*number)))
        .collect();
    let what = match &counts[..] {
        [(name, _)] => format!("all {name}"),
        _ => words.join(", "),
    };
    (total > 0).then(|| format!("… and {} more ({what}), in {file}.", count(total)))
}

/// The namespace is named only where there are several.
fn full_name(several: bool, namespace: &str, name: &str) -> String {
    if several {
        format!("{namespace}/{name}")
    } else {
        name.to_owned()
    }
}

/// Whether the Jobs, workloads and pods of `store` are in more than one namespace.
fn several_namespaces(store: &Store) -> bool {
    let jobs = store.job_specs.iter().map(|spec| spec.namespace.as_str());
    let workloads = store.workloads().map(|id| store.workload_name(id).0);
    let pods = store.bare_pods.iter().map(|pod| pod.namespace.as_str());
    let mut all = jobs.chain(workloads).chain(pods);
    let first = all.next();
    all.any(|name| Some(name) != first)
}

/// Jobs in order of submission.
pub(super) fn jobs(run: &Run<'_>) -> Option<Table> {
    let store = run.store;
    let troubled = |i: usize| store.jobs[i].condition.name() != "Complete";
    let shown = chosen(store.jobs.len(), troubled);
    let has_reasons = (0..store.jobs.len()).any(troubled);
    let mut columns = vec![Column::text("Job", "name"), Column::text("status", "status")];
    if has_reasons {
        columns.push(Column::text("reason", "reason"));
    }
    columns.extend([
        Column::number("attempts", "", "attempts"),
        Column::number("wait", "", "wait"),
        Column::number("turnaround", "", "turnaround"),
    ]);
    let mut table = Table::new(columns);
    let several = several_namespaces(store);
    for i in &shown {
        let row = JobRow::new(store, JobId(*i as u32));
        let mut cells = vec![full_name(several, row.namespace, &row.name), row.status.to_owned()];
        if has_reasons {
            cells.push(row.reason.to_owned());
        }
        cells.extend([count(row.attempts.into()), span(row.wait), span(row.turnaround)]);
        table.row(cells);
    }
    let others = (0..store.jobs.len()).filter(|i| shown.binary_search(i).is_err());
    if let Some(line) = rest(others.map(|i| store.jobs[i].condition.name()), "jobs.csv") {
        table.footer(line);
    }
    (!store.jobs.is_empty()).then_some(table)
}

/// Workloads as the run left them.
pub(super) fn workloads(run: &Run<'_>) -> Option<Table> {
    let store = run.store;
    let all: Vec<WorkloadId> = store.workloads().collect();
    let one_kind = all.iter().all(|id| id.kind() == "Deployment");
    let mut table = Table::new(vec![
        Column::text(if one_kind { "Deployment" } else { "workload" }, "name"),
        Column::number("replicas", "", "replicas"),
        Column::number("updated", "", "updated"),
        Column::number("ready", "", "ready"),
        Column::number("available", "", "available"),
        Column::number("roll-out", "", "roll_out"),
        Column::number("pods made", "", "pods_made"),
    ]);
    let troubled = |i: usize| store.ready_pods(all[i]) < store.desired_pods(all[i]);
    let several = several_namespaces(store);
    let shown = chosen(all.len(), troubled);
    for i in &shown {
        let id = all[*i];
        let (namespace, name) = store.workload_name(id);
        let name = full_name(several, namespace, name);
        let name = if one_kind {
            name
        } else {
            format!("{} {name}", id.kind())
        };
        let number = |pods: u32| count(pods.into());
        let roll_out = store.roll_outs.get(&id).and_then(RollOut::duration);
        table.row([
            name,
            number(store.desired_pods(id)),
            store.updated_pods(id).map_or_else(|| "–".to_owned(), number),
            number(store.ready_pods(id)),
            number(store.available_pods(id)),
            span(roll_out.map(Seconds::from)),
            number(store.pods_created(id)),
        ]);
    }
    let others = (0..all.len()).filter(|i| shown.binary_search(i).is_err());
    let status = |i| if troubled(i) { "not all ready" } else { "ready" };
    if let Some(line) = rest(others.map(status), "pods.csv") {
        table.footer(line);
    }
    (!all.is_empty()).then_some(table)
}

/// Bare pods.
pub(super) fn pods(run: &Run<'_>) -> Option<Table> {
    let store = run.store;
    let bare: Vec<u32> = (0..store.pods.len() as u32)
        .filter(|i| matches!(store.pods[*i as usize].owner, Owner::Nobody(_)))
        .collect();
    let phase = |i: usize| store.pods[bare[i] as usize].phase.name();
    let mut table = Table::new(vec![
        Column::text("pod", "name"),
        Column::text("phase", "phase"),
        Column::text("node", "node"),
        Column::number("exit code", "", "exit_code"),
        Column::number("restarts", "", "restarts"),
    ]);
    let several = several_namespaces(store);
    let shown = chosen(bare.len(), |i| phase(i) != "Succeeded");
    for i in &shown {
        let row = PodRow::new(store, run.seed, PodId(bare[*i]));
        table.row([
            full_name(several, row.namespace, &row.name),
            row.phase.to_owned(),
            row.node.unwrap_or("–").to_owned(),
            row.exit_code.map_or_else(|| "–".to_owned(), |code| code.to_string()),
            row.restarts.to_string(),
        ]);
    }
    let others = (0..bare.len()).filter(|i| shown.binary_search(i).is_err());
    if let Some(line) = rest(others.map(phase), "pods.csv") {
        table.footer(line);
    }
    (!bare.is_empty()).then_some(table)
}

/// Use of each resource in the window of the run: node by node if they are few, else pool by pool.
pub(super) fn nodes(run: &Run<'_>) -> Option<Table> {
    let store = run.store;
    let (from, to) = window(store, run.ended_at);
    let rows = node_rows(store, from, to);
    let by_pool = rows.len() > MOST_ROWS;
    let groups: Vec<(String, Vec<&NodeRow<'_>>)> = if by_pool {
        pools(run, &rows)
    } else {
        rows.iter().map(|row| (row.name.to_owned(), vec![row])).collect()
    };
    let resources = rows.first().map_or(0, |row| row.resources.len());
    let used = |i: usize| {
        rows.iter()
            .any(|row| row.resources[i].utilization.is_some_and(|share| share > 0.0))
    };
    let (mut shown, idle): (Vec<usize>, Vec<usize>) = (0..resources).partition(|i| used(*i));
    // Every pod takes one of the node's places for pods: of interest only where they run short, or nothing else is used.
    let is_scarce = |i: usize| {
        rows.iter()
            .any(|row| row.resources[i].utilization.is_some_and(|share| share >= 0.5))
    };
    if shown.len() > 1 {
        shown.retain(|i| rows[0].resources[*i].name != "pods" || is_scarce(*i));
    }
    let mut columns = if by_pool {
        vec![Column::text("pool", "pool"), Column::number("nodes", "", "nodes")]
    } else {
        vec![Column::text("node", "node")]
    };
    columns.push(Column::number("pods run", "", "pods"));
    columns.extend(shown.iter().map(|i| {
        let name = rows[0].resources[*i].name;
        Column::number(name, "", name)
    }));
    let mut table = Table::new(columns);
    for (name, rows) in &groups {
        let mut cells = vec![name.clone()];
        if by_pool {
            cells.push(count(rows.len() as u64));
        }
        cells.push(count(rows.iter().map(|row| u64::from(row.pods)).sum()));
        cells.extend(shown.iter().map(|i| share(store, rows, *i)));
        table.row(cells);
    }
    if !shown.is_empty() {
        let when = match (run.metrics.jobs, run.metrics.unfinished_jobs) {
            (0, _) => "in the whole run",
            (_, 0) => "from the first submission to the last end",
            (_, _) => "from the first submission to the end of the run",
        };
        table.footer(format!("Share of allocatable that was in use, {when}."));
    }
    if !idle.is_empty() && !rows.is_empty() {
        let names: Vec<&str> = idle.iter().map(|i| rows[0].resources[*i].name).collect();
        table.footer(format!("Used by no pod: {}.", names.join(", ")));
    }
    (!rows.is_empty()).then_some(table)
}

/// Nodes by pool, in order of the pools' numbers.
fn pools<'a, 'b>(run: &Run<'_>, rows: &'b [NodeRow<'a>]) -> Vec<(String, Vec<&'b NodeRow<'a>>)> {
    let mut numbers: Vec<u32> = rows.iter().map(|row| row.pool).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let name = |number: u32| {
        run.pools
            .get(number as usize)
            .cloned()
            .unwrap_or_else(|| format!("pool {number}"))
    };
    let mut pools: Vec<_> = numbers.iter().map(|number| (name(*number), Vec::new())).collect();
    for row in rows {
        if let Ok(place) = numbers.binary_search(&row.pool) {
            pools[place].1.push(row);
        }
    }
    pools
}

/// `97 % of 32`: the use of resource `i` on all `rows`, weighted by what they offer.
fn share(store: &Store, rows: &[&NodeRow<'_>], i: usize) -> String {
    let offered: i128 = rows.iter().map(|row| i128::from(row.resources[i].allocatable)).sum();
    if offered <= 0 {
        return "–".to_owned();
    }
    let used = rows
        .iter()
        .map(|row| row.resources[i].utilization.unwrap_or(0.0) * row.resources[i].allocatable as f64);
    let id = store.resources.find(rows[0].resources[i].name);
    let total = i64::try_from(offered).unwrap_or(i64::MAX);
    let total = id.map_or_else(|| count(total as u64), |id| amount(store, id, total));
    format!("{} of {total}", percent(used.sum::<f64>() / offered as f64))
}
