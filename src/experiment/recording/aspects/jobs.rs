//! Jobs: their conditions with reasons and messages, in order, and when each was written; what their status said last.

use std::collections::BTreeMap;

use super::super::timeline::Row;
use super::super::tolerance::MOMENT;
use super::super::view::View;
use super::{Aspects, counted, sorted};

pub(super) fn add(view: &View<'_>, aspects: &mut Aspects) {
    let mut groups: BTreeMap<String, Vec<(&str, Vec<&Row>)>> = BTreeMap::new();
    for (name, rows) in view.timeline.by_name("Job") {
        groups
            .entry(view.grouping.label("Job", name))
            .or_default()
            .push((name, rows));
    }
    for (label, jobs) in &groups {
        match &jobs[..] {
            [(name, rows)] if *label == format!("Job/{name}") => alone(view, name, rows, aspects),
            _ => together(view, label, jobs, aspects),
        }
    }
}

fn alone(view: &View<'_>, name: &str, rows: &[&Row], aspects: &mut Aspects) {
    if view.compares("Job", "condition") {
        aspects.exact(format!("Job/{name}: conditions"), conditions(view, rows));
        for row in rows
            .iter()
            .filter(|row| row.event == "condition" && is_compared(view, row))
        {
            // `Suspended=False` is another than `Suspended`.
            let kind = row
                .detail
                .split(' ')
                .next()
                .unwrap_or_default()
                .trim_end_matches("=True");
            aspects.near(format!("Job/{name}: {kind} (s)"), row.at, MOMENT);
        }
    }
    for (event, word) in [("created", "created"), ("deleted", "deleted")] {
        if let Some(row) = rows
            .iter()
            .find(|row| row.event == event && view.compares("Job", event))
        {
            aspects.near(format!("Job/{name}: {word} (s)"), row.at, MOMENT);
        }
    }
    if view.compares("Job", "final status")
        && let Some(status) = last_status(rows)
    {
        aspects.exact(format!("Job/{name}: final status"), status);
    }
}

fn together(view: &View<'_>, label: &str, jobs: &[(&str, Vec<&Row>)], aspects: &mut Aspects) {
    let of = |rows: &Vec<&Row>, event: &str| rows.iter().find(|row| row.event == event).map(|row| row.at);
    let many = view.grouping.is_long(label);
    aspects.exact(format!("{label}: created"), jobs.len());
    if view.compares("Job", "deleted") {
        let deleted = sorted(jobs.iter().filter_map(|(_, rows)| of(rows, "deleted")));
        aspects.times(&format!("{label}: deleted"), &deleted, many, MOMENT);
    }
    if !view.compares("Job", "condition") {
        return;
    }
    let all = counted(jobs.iter().map(|(_, rows)| conditions(view, rows)));
    aspects.exact(format!("{label}: conditions"), all);
    let ended = view.timeline.ended_jobs();
    let ended = sorted(jobs.iter().filter_map(|(name, _)| ended.get(name).copied()));
    aspects.times(&format!("{label}: ended"), &ended, many, MOMENT);
    if many {
        let failed = jobs
            .iter()
            .filter(|(_, rows)| rows.iter().any(|row| row.detail.starts_with("Failed=True")));
        let failed: Vec<&str> = failed.map(|(name, _)| *name).collect();
        aspects.exact(format!("{label}: which failed"), failed.join(" "));
    }
    if view.compares("Job", "final status") {
        let statuses = jobs.iter().filter_map(|(_, rows)| last_status(rows));
        aspects.exact(format!("{label}: final statuses"), counted(statuses));
    }
}

/// The conditions in order, without what was drawn at random; types only where a side has no more.
fn conditions(view: &View<'_>, rows: &[&Row]) -> String {
    let own = rows
        .iter()
        .filter(|row| row.event == "condition" && is_compared(view, row));
    let texts = own.map(|row| {
        if view.compares("Job", "condition reason") {
            view.without_names(&row.detail)
        } else {
            row.detail.split(' ').next().unwrap_or_default().to_owned()
        }
    });
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(" → ")
    }
}

/// jobs.csv tells of the last conditions only.
fn is_compared(view: &View<'_>, row: &Row) -> bool {
    let is_final = row.detail.starts_with("Complete=") || row.detail.starts_with("Failed=");
    is_final || view.compares("Job", "condition reason")
}

/// The counts of the last status, in a fixed order.
fn last_status(rows: &[&Row]) -> Option<String> {
    const COUNTS: [&str; 6] = [
        "active",
        "succeeded",
        "failed",
        "terminating",
        "completedIndexes",
        "failedIndexes",
    ];
    let last = rows.iter().rev().find(|row| row.event == "status")?;
    let status: serde_json::Value = serde_json::from_str(&last.detail).ok()?;
    let shown = COUNTS.iter().filter_map(|key| {
        let value = status.get(key)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!matches!(text.as_str(), "" | "0" | "null")).then(|| format!("{key}={text}"))
    });
    Some(shown.collect::<Vec<_>>().join(" "))
}
