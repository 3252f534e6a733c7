//! Recordings, replayed and checked.

use std::panic::AssertUnwindSafe;

use rayon::prelude::*;

use super::Recording;
use super::actions::Verb;
use super::aspects::{Aspect, Aspects};
use super::check::{Check, Makespan, Validation};
use super::compare::Sides;
use super::replay::Replay;
use super::timeline::Timeline;
use super::view::{Declared, Grouping, View};
use crate::kernel::SimDuration;

/// Other latencies of the API and of watches, in percent of those measured, at which a scenario is replayed if a check does not
/// hold at these: a machine that is now and then busy has all of them. Every second time requests in flight together reach the
/// API server as they were sent, not as it showed them. Each has a seed of its own, too: when control loops look for the first time and
/// which of equal choices is taken is chance. A scenario in which that changes much has many possible courses, and its recording is one of them.
const OTHER_LATENCIES: [(u64, u64); 7] = [
    (60, 60),
    (200, 200),
    (400, 400),
    (60, 400),
    (400, 60),
    (300, 300),
    (160, 80),
];
/// What happens to a pod after the scheduler is through with it.
const AFTER_SETTLING: &[&str] = &[
    "running",
    "ready",
    "succeeded",
    "failed",
    "deleting",
    "deleted",
    "finalizers",
];
/// Rows this near to the end of a recording, in seconds, may lie beyond the end of its replay.
const MARGIN: f64 = 0.3;

/// Replays all recordings and checks each. Recordings of one scenario (`name-r1`, `name-r2`) widen each other's tolerances to
/// their spread.
#[must_use]
pub fn validate(recordings: &[Recording]) -> Vec<Validation> {
    let others = |one: &Recording| -> Vec<&Timeline> {
        let same = recordings.iter().filter(|other| other.name != one.name);
        let same = same.filter(|other| scenario_of(&other.name) == scenario_of(&one.name));
        same.map(|other| &other.real).collect()
    };
    let one = |recording: &Recording| {
        // A bug that one recording brings to light must not hide what the others tell.
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| recording.validate(&others(recording))));
        result.unwrap_or_else(|_| {
            let makespan = Makespan {
                real: recording.real.makespan(),
                simulated: None,
            };
            let check = Check::not_replayed("replayed", "an internal error of the simulator ended the replay");
            Validation::new(recording.name.clone(), makespan, vec![check])
        })
    };
    recordings.par_iter().map(one).collect()
}

/// Repeats of one scenario have one name but for the ending `-r2`.
#[must_use]
pub fn scenario_of(folder: &str) -> &str {
    let name = folder.strip_suffix("-schedlog").unwrap_or(folder);
    match name.rsplit_once("-r") {
        Some((scenario, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => scenario,
        _ => name,
    }
}

impl Recording {
    /// Replays the recording and checks it; `repeats` are what happened in other recordings of the same scenario.
    #[must_use]
    pub fn validate(&self, repeats: &[&Timeline]) -> Validation {
        let end = self.end();
        let real = self.as_far_as_it_was_left_alone().until(end);
        let Replay {
            timeline: replayed,
            refused,
        } = self.plan.replay();
        let makespan = Makespan {
            real: self.real.makespan(),
            simulated: replayed.makespan(),
        };
        let simulated = self.as_watched(replayed).until(end);
        let mut grouping = Grouping::new(&self.declared, &real, &simulated);
        if self.actions.options.concurrent || !self.placements.is_empty() {
            grouping = grouping.without_nodes();
        }
        let aspects = |timeline: &Timeline| Aspects::of(&View::new(timeline, &grouping));
        let mut sides = Sides {
            real: aspects(&real),
            repeats: repeats.iter().map(|other| aspects(other)).collect(),
            simulated: aspects(&simulated),
            others: Vec::new(),
        };
        let mut checks = sides.checks();
        // Only times, rates and shares hang on latencies.
        let hangs = |check: &Check| !check.ok && check.tolerance != "exact";
        if checks.iter().any(hangs) {
            sides.others = self.at_other_latencies(end, &aspects);
            checks = sides.checks();
        }
        let not_replayed = self.plan.not_replayed.iter().chain(&refused);
        let mut all: Vec<Check> = not_replayed
            .map(|what| Check::not_replayed("replayed", what.clone()))
            .collect();
        all.append(&mut checks);
        all.extend(self.placements.checks(&simulated));
        all.extend(self.scores.iter().cloned());
        all.extend(self.queue.map(|tally| tally.check()));
        Validation::new(self.name.clone(), makespan, all)
    }

    /// A recording that waited only for pods to be settled was cleared away then: what its pods did later tells nothing.
    fn as_far_as_it_was_left_alone(&self) -> Timeline {
        let mut real = self.real.clone();
        let mut verbs = self.actions.actions.iter().map(|action| &action.verb);
        if !self.actions.actions.is_empty() && verbs.all(|verb| matches!(verb, Verb::SubmitWhenSettled { .. })) {
            for event in AFTER_SETTLING {
                real.untold.insert(("Pod".to_owned(), (*event).to_owned()));
            }
        }
        real
    }

    fn at_other_latencies(
        &self,
        end: Option<f64>,
        aspects: &(dyn Fn(&Timeline) -> Vec<Aspect> + Sync),
    ) -> Vec<Vec<Aspect>> {
        let replays = OTHER_LATENCIES.par_iter().enumerate().map(|(k, (api, watch))| {
            let mut plan = if k % 2 == 0 {
                self.plan.clone()
            } else {
                self.plan.as_sent()
            };
            plan.scenario.seed += 1 + k as u64;
            let plane = &mut plan.scenario.control_plane;
            let percent = |span: SimDuration, percent: u64| SimDuration::from_nanos(span.as_nanos() * percent / 100);
            plane.api_latency = percent(plane.api_latency, *api);
            plane.watch_latency = percent(plane.watch_latency, *watch);
            aspects(&self.as_watched(plan.replay().timeline).until(end))
        });
        replays.collect()
    }

    /// The replay with what the recording fixes: where the client's own times are given, waits count from them on both sides; and
    /// Events of the time before time zero were not watched if none is there.
    fn as_watched(&self, mut simulated: Timeline) -> Timeline {
        let watched_before = self.real.of_kind("Event").any(|row| row.at < 0.0);
        if !watched_before {
            simulated.rows.retain(|row| row.kind != "Event" || row.at >= 0.0);
        }
        for object in self.plan.timed() {
            if let Some(sent) = self.real.submitted.get(object) {
                simulated.submitted.insert(object.clone(), *sent);
            }
        }
        simulated
    }

    /// The last instant that is compared, if there is one: the end of the recording, or a moment before at which nothing happens
    /// for a while, so that small errors carry no change over it. A recording in which everything came to its end has none:
    /// what comes later in its replay is late.
    fn end(&self) -> Option<f64> {
        let goes_on = |declared: &Declared| {
            let kinds = ["Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];
            kinds.contains(&declared.kind.as_str())
        };
        let until = self.actions.options.until?;
        if self.real.makespan().is_some() && !self.declared.iter().any(goes_on) {
            return None;
        }
        let times: Vec<f64> = self
            .real
            .rows
            .iter()
            .map(|row| row.at)
            .filter(|at| *at <= until)
            .collect();
        let last = times.last()?;
        let mut margin = MARGIN;
        while margin > 0.01 {
            if *last + margin <= until {
                return Some(last + margin);
            }
            let gap = times.windows(2).rev().find(|pair| pair[1] - pair[0] > 2.0 * margin);
            if let Some(middle) = gap.map(|pair| f64::midpoint(pair[0], pair[1]))
                && middle > 0.8 * until
            {
                return Some(middle);
            }
            margin /= 2.0;
        }
        Some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_known_by_their_names() {
        assert_eq!(
            scenario_of("cross-par-300x10s-32slots-r3-schedlog"),
            "cross-par-300x10s-32slots"
        );
        assert_eq!(scenario_of("par-10-4slots-r2"), scenario_of("par-10-4slots"));
        assert_eq!(
            scenario_of("throughput-par-100-r1-kcmqps200"),
            "throughput-par-100-r1-kcmqps200"
        );
        assert_eq!(scenario_of("odd-r"), "odd-r");
    }
}
