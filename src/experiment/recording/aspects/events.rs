//! Core Events: which reasons and messages were told of which object.

use std::collections::{BTreeMap, BTreeSet};

use super::super::view::View;
use super::Aspects;

pub(super) fn add(view: &View<'_>, aspects: &mut Aspects) {
    let mut texts: BTreeMap<(String, &str), BTreeSet<String>> = BTreeMap::new();
    for row in view
        .timeline
        .of_kind("Event")
        .filter(|row| view.compares("Event", &row.event))
    {
        let about = about(view, &row.name);
        let text = view.without_names(without_node(message(&row.detail)));
        texts.entry((about, &row.event)).or_default().insert(text);
    }
    for ((about, reason), messages) in texts {
        let messages: Vec<String> = messages.into_iter().collect();
        aspects.exact(format!("{about}: Event {reason}"), messages.join(" | "));
    }
}

/// Whom an Event is about, without generated names.
fn about(view: &View<'_>, object: &str) -> String {
    let (kind, name) = object.split_once('/').unwrap_or(("", object));
    let facts = view.timeline.pods.get(name).filter(|_| kind == "Pod");
    match facts {
        Some(facts) => {
            let (kind, owner) = view.grouping.owner(name, &facts.owner);
            format!("pods of {}", view.grouping.label(&kind, &owner))
        }
        None => view.grouping.label(kind, &view.without_names(name)),
    }
}

/// `[component] message (x3)` without component and count.
fn message(detail: &str) -> &str {
    let text = detail.split_once("] ").map_or(detail, |(_, text)| text);
    let text = text.strip_prefix("(combined from similar events): ").unwrap_or(text);
    match text.rsplit_once(" (x") {
        Some((message, count))
            if count
                .strip_suffix(')')
                .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) =>
        {
            message
        }
        _ => text,
    }
}

/// The message without the node at its end: which of equal ones it is, is chance.
fn without_node(message: &str) -> &str {
    let is_of_the_scheduler = message.starts_with("Preempted by ") || message.starts_with("Successfully assigned ");
    let end = [" on node ", " to "].into_iter().find_map(|word| message.rfind(word));
    end.filter(|_| is_of_the_scheduler)
        .map_or(message, |end| &message[..end])
}
