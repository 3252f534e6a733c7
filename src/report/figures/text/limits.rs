//! What held a run up: a table of limits, and the sentence that names those that mattered.

use crate::experiment::format::{count, duration_short, percent};
use crate::kernel::SimDuration;
use crate::observe::Seconds;
use crate::observe::limits::{LimitKind, LimitRow, binding};
use crate::report::table::{Column, Table};

/// The limits that somebody waited for.
pub(super) fn table(rows: &[LimitRow]) -> Option<Table> {
    let mut table = Table::new(vec![
        Column::text("what was short", "who"),
        Column::text("limit", "limit"),
        Column::number("asked for", "", "asked"),
        Column::number("waited", "", "delayed"),
        Column::number("from", "", "from_s"),
        Column::number("to", "", "to_s"),
        Column::number("share of the run", "", "share"),
    ]);
    let met: Vec<&LimitRow> = rows.iter().filter(|row| row.delayed > 0).collect();
    for row in &met {
        table.row([
            row.who.to_owned(),
            row.limit.clone(),
            count(row.asked),
            count(row.delayed),
            clock(row.from),
            clock(row.to),
            percent(row.share),
        ]);
    }
    if !met.is_empty() {
        table.footer("Share: for how much of the run somebody waited. From and to: where most of that lies, from the first submission on.");
    }
    (!met.is_empty()).then_some(table)
}

/// `Bound by the Job controller's 20 API calls/s from 0:00 to 4:51 …`, or that nothing was short.
pub(in crate::report::figures) fn sentences(rows: &[LimitRow]) -> Vec<String> {
    let binding = binding(rows);
    if binding.is_empty() {
        return if rows.iter().any(|row| row.delayed > 0) {
            vec!["No limit held the run up for a tenth of its time.".to_owned()]
        } else {
            Vec::new()
        };
    }
    let one = |(place, row): (usize, &&LimitRow)| {
        let what = match row.kind {
            LimitKind::ApiRate | LimitKind::Workers => format!("the {}'s {}", row.who, row.limit),
            LimitKind::Cycles | LimitKind::ImagePulls => format!("{}: {}", row.who, row.limit),
            LimitKind::Room => "room on the nodes".to_owned(),
        };
        let begin = if place == 0 { "Bound by" } else { "Also short:" };
        let (from, to, share) = (clock(row.from), clock(row.to), percent(row.share));
        format!("{begin} {what}, from {from} to {to} ({share} of the run).")
    };
    binding.iter().enumerate().map(one).collect()
}

/// `4:51`, `1:02:03`; tenths of seconds below a minute.
fn clock(at: Option<Seconds>) -> String {
    let Some(at) = at.map(SimDuration::from) else {
        return "–".to_owned();
    };
    let seconds = at.as_nanos() / 1_000_000_000;
    if seconds < 60 {
        return duration_short(at);
    }
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(who: &'static str, kind: LimitKind, limit: &str, (from, to): (u64, u64), share: f64) -> LimitRow {
        LimitRow {
            who,
            kind,
            limit: limit.to_owned(),
            asked: 5000,
            delayed: 4900,
            waited: SimDuration::from_secs(to - from).into(),
            share,
            from: Some(SimDuration::from_secs(from).into()),
            to: Some(SimDuration::from_secs(to).into()),
        }
    }

    #[test]
    fn what_was_short_is_named_with_its_times() {
        let rows = [
            row(
                "Job controller",
                LimitKind::ApiRate,
                "20 API calls/s, burst 30",
                (0, 291),
                0.97,
            ),
            row("nodes", LimitKind::Room, "room for pods", (2, 3723), 0.4),
        ];
        insta::assert_snapshot!(sentences(&rows).join("\n"), @r"
        Bound by room on the nodes, from 2s to 1:02:03 (40 % of the run).
        Also short: the Job controller's 20 API calls/s, burst 30, from 0s to 4:51 (97 % of the run).
        ");
        let mut little = rows;
        little[0].share = 0.01;
        little[1].share = 0.02;
        assert_eq!(
            sentences(&little),
            ["No limit held the run up for a tenth of its time."]
        );
        little[0].delayed = 0;
        little[1].delayed = 0;
        assert!(sentences(&little).is_empty());
        assert!(table(&little).is_none());
    }
}
