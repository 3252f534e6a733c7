//! Pods: how many there were, how they ended, what happened to each in which order, when, where, and what was said of them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tolerance::{MOMENT, SHARE};
use super::super::view::{Life, View};
use super::{Aspects, counted, sorted};

/// Changes of which each time is compared.
const TIMED: [&str; 13] = [
    "created",
    "scheduled",
    "running",
    "ready",
    "unready",
    "nominated",
    "DisruptionTarget",
    "deleting",
    "succeeded",
    "failed",
    "container-restarted",
    "container-waiting",
    "deleted",
];
/// Changes in the order in which they come when the recorder saw them at once.
const ORDER: [&str; 17] = [
    "created",
    "unschedulable",
    "nominated",
    "scheduled",
    "nomination-cleared",
    "running",
    "ready",
    "unready",
    "container-restarted",
    "container-waiting",
    "container-not-waiting",
    "DisruptionTarget",
    "deleting",
    "failed",
    "succeeded",
    "finalizers",
    "deleted",
];
/// Changes of one pod that are less apart, in seconds, may be told in any order.
const AT_ONCE: f64 = 0.02;

pub(super) fn add(view: &View<'_>, aspects: &mut Aspects) {
    for (label, lives) in &view.groups {
        counts(view, label, lives, aspects);
        stories(view, label, lives, aspects);
        times(view, label, lives, aspects);
        texts(view, label, lives, aspects);
        if view.compares("Pod", "scheduled") {
            nodes(view, label, lives, aspects);
        }
    }
}

/// Where pods were bound: on which kinds of nodes. Which of equal nodes is chosen is chance where the scheduler has several
/// workers, and which of many pods goes where hangs on milliseconds; a DaemonSet's pods have their nodes.
fn nodes(view: &View<'_>, label: &str, lives: &[Life<'_>], aspects: &mut Aspects) {
    let bound = lives
        .iter()
        .flat_map(|life| life.rows.iter())
        .filter(|row| row.event == "scheduled");
    if label.starts_with("DaemonSet/") {
        aspects.exact(format!("{label}: nodes"), counted(bound.map(|row| row.node.clone())));
    } else if !view.grouping.is_long(label) {
        let classes = bound.filter_map(|row| view.grouping.node_class(&row.node));
        let classes = counted(classes.map(|class| format!("on nodes like {class}")));
        if !classes.is_empty() {
            aspects.exact(format!("{label}: kinds of nodes"), classes);
        }
    }
}

fn counts(view: &View<'_>, label: &str, lives: &[Life<'_>], aspects: &mut Aspects) {
    for (event, words) in [
        ("created", "pods created"),
        ("succeeded", "pods succeeded"),
        ("failed", "pods failed"),
        ("deleting", "pods deleted"),
    ] {
        let count = lives.iter().filter(|life| life.at(event).is_some()).count();
        if view.compares("Pod", event) {
            aspects.exact(format!("{label}: {words}"), count);
        }
    }
    let mut of_owner: BTreeMap<&str, usize> = BTreeMap::new();
    for life in lives {
        let owner = view
            .timeline
            .pods
            .get(life.pod)
            .map_or("", |facts| facts.owner.as_str());
        *of_owner.entry(owner).or_insert(0) += 1;
    }
    if view.grouping.is_long(label) && of_owner.len() > 1 && view.compares("Pod", "created") {
        let several = of_owner
            .iter()
            .filter(|(_, pods)| **pods > 1)
            .map(|(owner, pods)| format!("{owner} {pods}"));
        let several: Vec<String> = several.collect();
        aspects.exact(format!("{label}: which had several pods"), several.join(", "));
    }
    let codes = lives
        .iter()
        .flat_map(|life| view.compared(life))
        .filter(|row| !row.detail.is_empty());
    let codes = codes.filter(|row| row.event == "succeeded" || row.event == "failed");
    let codes = counted(codes.map(|row| row.detail.clone()));
    if !codes.is_empty() {
        aspects.exact(format!("{label}: exit codes"), codes);
    }
}

/// What happened to a pod, in order. What happens again and again is told once.
fn story(view: &View<'_>, life: &Life<'_>) -> String {
    let rank = |event: &str| ORDER.iter().position(|known| *known == event).unwrap_or(ORDER.len());
    let mut events: Vec<(f64, &str)> = view.compared(life).map(|row| (row.at, row.event.as_str())).collect();
    // Rows that came at once are put in the usual order; the time of a cluster's first row stands for all.
    let mut first = f64::NEG_INFINITY;
    for event in &mut events {
        if event.0 - first > AT_ONCE {
            first = event.0;
        }
        event.0 = first;
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0).then(rank(a.1).cmp(&rank(b.1))));
    let mut story: Vec<&str> = events.into_iter().map(|(_, event)| event).collect();
    story.dedup();
    story.join(" ")
}

fn stories(view: &View<'_>, label: &str, lives: &[Life<'_>], aspects: &mut Aspects) {
    let stories = lives
        .iter()
        .map(|life| story(view, life))
        .filter(|story| !story.is_empty());
    if !view.grouping.is_long(label) {
        aspects.exact(format!("{label}: what happened to its pods"), counted(stories));
        return;
    }
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for story in stories {
        *shares.entry(story).or_insert(0.0) += 100.0 / lives.len() as f64;
    }
    for (story, percent) in shares.into_iter().filter(|(_, percent)| *percent > SHARE.distance) {
        aspects.share(format!("{label}: {story} (% of pods)"), percent);
    }
}

fn times(view: &View<'_>, label: &str, lives: &[Life<'_>], aspects: &mut Aspects) {
    let many = view.grouping.is_long(label);
    for event in TIMED {
        let rows = lives
            .iter()
            .flat_map(|life| view.compared(life))
            .filter(|row| row.event == event);
        aspects.times(
            &format!("{label}: {event}"),
            &sorted(rows.map(|row| row.at)),
            many,
            MOMENT,
        );
    }
}

fn texts(view: &View<'_>, label: &str, lives: &[Life<'_>], aspects: &mut Aspects) {
    for (event, told, words) in [
        ("unschedulable", "unschedulable message", "why pods were unschedulable"),
        ("DisruptionTarget", "DisruptionTarget", "DisruptionTarget"),
        (
            "container-waiting",
            "container-waiting message",
            "why containers waited",
        ),
        ("deleting", "deleting grace", "grace of deletions"),
    ] {
        if !view.compares("Pod", told) {
            continue;
        }
        let rows = lives
            .iter()
            .flat_map(|life| life.rows.iter())
            .filter(|row| row.event == event);
        let texts: Vec<String> = rows.map(|row| view.without_names(&row.detail)).collect();
        if view.grouping.is_long(label) {
            common(&format!("{label}: {words}"), &texts, aspects);
        } else if !texts.is_empty() {
            let distinct: BTreeSet<String> = texts.into_iter().collect();
            let distinct: Vec<String> = distinct.into_iter().collect();
            aspects.exact(format!("{label}: {words}"), distinct.join(" | "));
        }
    }
}

/// Of many texts those that are often said.
fn common(what: &str, texts: &[String], aspects: &mut Aspects) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_insert(0) += 1;
    }
    let often = counts.into_iter().filter(|(_, count)| count * 5 >= texts.len());
    let often: Vec<&str> = often.map(|(text, _)| text).collect();
    if !often.is_empty() {
        aspects.exact(format!("{what}, most"), often.join(" | "));
    }
}
