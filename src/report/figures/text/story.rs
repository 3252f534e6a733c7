//! The stories of pods, workloads and autoscalers, for the terminal.

use crate::cluster::{NodeId, Store};
use crate::experiment::format::{count, duration_short};
use crate::kernel::{SimDuration, SimTime};
use crate::observe::story::Entry;
use crate::observe::{PodStory, Seconds, Stories};
use crate::report::table::{Column, Table};
use unicode_width::UnicodeWidthStr;

use super::{Paper, plural};

/// All stories of `stories`, one below the other.
#[must_use]
pub fn text(stories: &Stories, store: &Store, ended_at: SimTime, paper: &Paper) -> String {
    let objects = stories.objects().iter().map(|story| {
        let headline = format!("{} {}/{}.", story.kind, story.namespace, story.name);
        paper.sentence(&headline) + &entries(&story.entries, paper)
    });
    let pods = stories.pods().iter().map(|story| one(story, store, ended_at, paper));
    let mut parts: Vec<String> = objects.chain(pods).collect();
    if stories.more() > 0 {
        parts.push(paper.sentence(&format!("… and {} more.", plural(stories.more().into(), "pod"))));
    }
    parts.join("\n")
}

fn one(story: &PodStory, store: &Store, ended_at: SimTime, paper: &Paper) -> String {
    let mut text = paper.sentence(&headline(story, store, ended_at));
    text.push_str(&entries(&story.entries, paper));
    if let Some(table) = rejections(story) {
        text.push_str("\nWhat kept it from nodes\n");
        text.push_str(&table.render(paper.border, paper.width));
    }
    text
}

fn headline(story: &PodStory, store: &Store, ended_at: SimTime) -> String {
    let record = &store.pods[story.id.index()];
    let node = match record.node {
        NodeId::NONE => "on no node".to_owned(),
        node => format!("on node {}", store.nodes[node.index()].name),
    };
    let owner = if story.owner.is_empty() {
        String::new()
    } else {
        format!(", of {}", story.owner)
    };
    let gone = if record.gone { ", gone" } else { "" };
    format!(
        "Pod {}/{}{owner}: {}{gone}, {node}, at {}.",
        story.namespace,
        story.name,
        record.phase.name(),
        span(ended_at.into())
    )
}

fn span(at: Seconds) -> String {
    duration_short(SimDuration::from(at))
}

/// The entries as `kubectl describe` lists events: columns without lines, the message last, broken below itself where the terminal
/// ends.
fn entries(entries: &[Entry], paper: &Paper) -> String {
    let mut rows = vec![["  At", "Type", "Reason", "From", "Message"].map(str::to_owned)];
    for entry in entries {
        let message = if entry.count > 1 {
            format!(
                "{} (x{} until {})",
                entry.message,
                count(entry.count.into()),
                span(entry.last)
            )
        } else {
            entry.message.clone()
        };
        rows.push([
            format!("  {}", span(entry.time)),
            entry.kind.name().to_owned(),
            entry.reason.to_owned(),
            entry.from.to_owned(),
            message,
        ]);
    }
    let widths: Vec<usize> = (0..4)
        .map(|i| rows.iter().map(|row| row[i].width()).max().unwrap_or(0))
        .collect();
    let indent: usize = widths.iter().map(|width| width + 2).sum();
    let room = paper
        .width
        .map_or(usize::MAX, |width| width.saturating_sub(indent).max(NARROWEST_MESSAGE));
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width + 2 - cell.width()));
        }
        let lines = broken(&row[4], room);
        text.push_str(&lines.join(&format!("\n{}", " ".repeat(indent))));
        text.push('\n');
    }
    text
}

/// A message gets at least this many columns, whatever the terminal.
const NARROWEST_MESSAGE: usize = 40;

/// `text` in lines of at most `room` columns, broken between words.
fn broken(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.width() + 1 + word.width() <= room {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn rejections(story: &PodStory) -> Option<Table> {
    let mut table = Table::new(vec![
        Column::text("plugin", "plugin"),
        Column::number("nodes rejected", "", "nodes"),
        Column::number("from", "", "from_s"),
        Column::number("to", "", "to_s"),
        Column::number("attempts", "", "attempts"),
    ]);
    for rejection in &story.rejections {
        table.row([
            rejection.plugin.to_owned(),
            format!("{} of {}", count(rejection.nodes.into()), count(rejection.of.into())),
            span(rejection.from),
            rejection.to.map_or_else(|| "the end".to_owned(), span),
            count(rejection.attempts.into()),
        ]);
    }
    (!story.rejections.is_empty()).then_some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_break_below_themselves() {
        assert_eq!(broken("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(broken("abcdef", 3), ["abcdef"]);
        assert_eq!(broken("a b", usize::MAX), ["a b"]);
    }
}
