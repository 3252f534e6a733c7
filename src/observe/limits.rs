//! What held a run up: limits of the control plane and room on the nodes, as rows.

use serde::Serialize;

use crate::control::Simulation;
use crate::control::limits::Limit;
use crate::control::pressure::Pressure;
use crate::kernel::{SimDuration, SimTime};
use crate::observe::{Room, Seconds};

/// What can hold a run up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// Calls to the API server per second, of one client.
    ApiRate,
    /// Keys that a controller works on at once.
    Workers,
    /// Scheduling cycles, one at a time.
    Cycles,
    /// Images pulled at once on a node.
    ImagePulls,
    /// What the nodes have.
    Room,
}

/// One limit, and how a run met it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitRow {
    /// Whose limit: `Job controller`, `nodes`.
    pub who: &'static str,
    /// What kind of limit.
    pub kind: LimitKind,
    /// The limit itself: `20 API calls/s, burst 30`.
    pub limit: String,
    /// How often it was asked for: calls, syncs, pods.
    pub asked: u64,
    /// How often somebody had to wait.
    pub delayed: u64,
    /// For how long somebody waited, overlaps counted once.
    #[serde(rename = "waited_s")]
    pub waited: Seconds,
    /// The same as a share of the run's window, 0 to 1.
    pub share: f64,
    /// Where most of the waiting lies.
    #[serde(rename = "from_s")]
    pub from: Option<Seconds>,
    /// Its end.
    #[serde(rename = "to_s")]
    pub to: Option<Seconds>,
}

impl LimitRow {
    fn new(
        (who, kind, limit): (&'static str, LimitKind, String),
        (asked, delayed): (u64, u64),
        pressure: &Pressure,
        window: (SimTime, SimTime),
    ) -> Self {
        let whole = window.1.since(window.0);
        let share = if whole.is_zero() {
            0.0
        } else {
            pressure.waited().as_nanos() as f64 / whole.as_nanos() as f64
        };
        let main = pressure.main();
        Self {
            who,
            kind,
            limit,
            asked,
            delayed,
            waited: pressure.waited().into(),
            share: share.min(1.0),
            from: main.map(|stretch| stretch.from.since(window.0).into()),
            to: main.map(|stretch| stretch.to.since(window.0).into()),
        }
    }
}

/// The limits that the run of `simulation` met until its end at `ended_at`, in the window from the first submission to the last
/// end. What nobody waited for has no stretch.
#[must_use]
pub fn limit_rows(simulation: &Simulation, room: &Room, ended_at: SimTime) -> Vec<LimitRow> {
    let window = crate::observe::metrics::window(simulation.store(), ended_at);
    let mut rows: Vec<LimitRow> = simulation
        .limits()
        .iter()
        .map(|used| {
            let kind = match used.limit {
                Limit::ApiRate(_) => LimitKind::ApiRate,
                Limit::Workers(_) => LimitKind::Workers,
                Limit::Cycles => LimitKind::Cycles,
                Limit::ImagePulls(_) => LimitKind::ImagePulls,
            };
            let text = used.limit.to_string();
            LimitRow::new(
                (used.who, kind, text),
                (used.asked, used.delayed),
                &used.pressure,
                window,
            )
        })
        .collect();
    let pods = simulation.store().pods.len() as u64;
    rows.push(LimitRow::new(
        ("nodes", LimitKind::Room, "room for pods".to_owned()),
        (pods, room.refused()),
        &room.pressure(ended_at),
        window,
    ));
    rows
}

/// A share of the run from which on a limit counts as having held it up.
const MATTERS: f64 = 0.1;
/// Workers that all wait for tokens are not what is short.
const EXPLAINED: f64 = 0.8;

/// The rows that held the run up, the weightiest first. Workers are left out where their own client's rate explains why all of
/// them were busy.
#[must_use]
pub fn binding(rows: &[LimitRow]) -> Vec<&LimitRow> {
    let explained = |row: &LimitRow| {
        matches!(row.kind, LimitKind::Workers | LimitKind::Cycles)
            && rows.iter().any(|other| {
                other.kind == LimitKind::ApiRate && other.who == row.who && other.share >= EXPLAINED * row.share
            })
    };
    let mut binding: Vec<&LimitRow> = rows
        .iter()
        .filter(|row| row.share >= MATTERS && !explained(row))
        .collect();
    binding.sort_by(|a, b| SimDuration::from(b.waited).cmp(&SimDuration::from(a.waited)));
    binding
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(who: &'static str, kind: LimitKind, share: f64) -> LimitRow {
        let waited = SimDuration::from_secs_f64(share * 100.0).unwrap();
        LimitRow {
            who,
            kind,
            limit: String::new(),
            asked: 10,
            delayed: 5,
            waited: waited.into(),
            share,
            from: None,
            to: None,
        }
    }

    #[test]
    fn the_weightiest_limit_comes_first_and_workers_that_wait_for_tokens_do_not_count() {
        let rows = [
            row("Job controller", LimitKind::ApiRate, 0.8),
            row("Job controller", LimitKind::Workers, 0.9),
            row("kube-scheduler", LimitKind::ApiRate, 0.05),
            row("nodes", LimitKind::Room, 0.95),
        ];
        let names: Vec<_> = binding(&rows).iter().map(|row| (row.who, row.kind)).collect();
        assert_eq!(
            names,
            [("nodes", LimitKind::Room), ("Job controller", LimitKind::ApiRate)]
        );
        let rows = [
            row("Job controller", LimitKind::ApiRate, 0.2),
            row("Job controller", LimitKind::Workers, 0.9),
        ];
        assert_eq!(binding(&rows)[0].kind, LimitKind::Workers);
    }
}
