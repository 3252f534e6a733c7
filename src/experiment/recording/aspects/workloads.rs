//! Sizes of workloads over time, what their status said last, conditions of Deployments, evaluations of autoscalers, changes of
//! nodes.

use serde_json::Value as Json;

use super::super::timeline::Row;
use super::super::tolerance::MOMENT;
use super::super::view::View;
use super::Aspects;

pub(super) fn add(view: &View<'_>, aspects: &mut Aspects) {
    for kind in ["Deployment", "StatefulSet", "ReplicaSet"] {
        for (name, rows) in view.timeline.by_name(kind) {
            let label = match view.revisions.get(name) {
                Some((owner, revision)) if kind == "ReplicaSet" => format!("ReplicaSet of {owner} revision {revision}"),
                _ => format!("{kind}/{name}"),
            };
            if view.compares(kind, "size") {
                sizes(&label, &rows, aspects);
            }
            conditions(view, kind, &label, &rows, aspects);
        }
    }
    for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] {
        for (name, rows) in view.timeline.by_name(kind) {
            if view.compares(kind, "final status")
                && let Some(status) = final_status(view, &rows)
            {
                aspects.exact(
                    format!("{}: final status", view.without_names(&format!("{kind}/{name}"))),
                    status,
                );
            }
        }
    }
    for kind in ["HorizontalPodAutoscaler", "Node"] {
        if !view.compares(kind, "changed") {
            continue;
        }
        for (name, rows) in view.timeline.by_name(kind) {
            let changes: Vec<&&Row> = rows.iter().filter(|row| row.event == "changed").collect();
            for (k, row) in changes.iter().enumerate() {
                // JSON without blanks.
                let detail = serde_json::from_str::<Json>(&row.detail)
                    .map_or_else(|_| row.detail.clone(), |json| json.to_string());
                aspects.exact(format!("{kind}/{name}: change {}", k + 1), detail);
                aspects.near(format!("{kind}/{name}: change {} (s)", k + 1), row.at, MOMENT);
            }
            aspects.exact(format!("{kind}/{name}: changes"), changes.len());
        }
    }
}

/// `spec.replicas`: each size and when it was given.
fn sizes(label: &str, rows: &[&Row], aspects: &mut Aspects) {
    let mut sizes: Vec<(f64, i64)> = Vec::new();
    for row in rows {
        let size = serde_json::from_str::<Json>(&row.detail)
            .ok()
            .and_then(|status| status["spec"].as_i64());
        if let Some(size) = size
            && sizes.last().is_none_or(|(_, last)| *last != size)
        {
            sizes.push((row.at, size));
        }
    }
    let all: Vec<String> = sizes.iter().map(|(_, size)| size.to_string()).collect();
    aspects.exact(format!("{label}: sizes"), all.join(" "));
    for (k, (at, size)) in sizes.iter().enumerate() {
        aspects.near(format!("{label}: size {}, {size} (s)", k + 1), *at, MOMENT);
    }
}

fn conditions(view: &View<'_>, kind: &str, label: &str, rows: &[&Row], aspects: &mut Aspects) {
    let own: Vec<&&Row> = rows.iter().filter(|row| row.event == "condition").collect();
    if own.is_empty() || !view.compares(kind, "condition") {
        return;
    }
    let texts: Vec<String> = own.iter().map(|row| view.without_names(&row.detail)).collect();
    aspects.exact(format!("{label}: conditions"), texts.join(" → "));
    for (k, row) in own.iter().enumerate() {
        let kind = row.detail.split(' ').next().unwrap_or_default();
        aspects.near(format!("{label}: condition {}, {kind} (s)", k + 1), row.at, MOMENT);
    }
}

/// The counts of the last status; names of revisions are drawn from templates and not compared.
fn final_status(view: &View<'_>, rows: &[&Row]) -> Option<String> {
    let last = rows
        .iter()
        .rev()
        .find(|row| row.event == "changed" || row.event == "created")?;
    let status: Json = serde_json::from_str(&last.detail).ok()?;
    let fields = status.as_object()?.iter().filter(|(key, value)| {
        !key.ends_with("Revision") && **key != "observedGeneration" && value.as_i64() != Some(0) && !value.is_null()
    });
    let mut fields: Vec<String> = fields.map(|(key, value)| format!("{key}={value}")).collect();
    fields.sort();
    Some(view.without_names(&fields.join(" ")))
}
