//! How slow the API of the recorded cluster was. No option fixes that, and a busy machine is slower; but two steps tell it that
//! nothing else governs: from a new pod to its binding, and from the binding to Running.

use std::collections::{BTreeMap, BTreeSet};

use super::timeline::Timeline;
use crate::control::ControlPlane;
use crate::kernel::SimDuration;

/// What both steps take where too few pods tell: a watch and a call on the quiet clusters of the recordings.
const USUAL: f64 = 0.010;
/// So many pods tell.
const ENOUGH: usize = 5;
/// Of the time of a watch and a write, what the write takes, in percent. In quiet recordings a POST takes 4 to 6 ms, a PATCH 7 ms,
/// and a watch 1 to 2 ms.
const WRITE_PERCENT: u64 = 75;

/// The time of one watch and one write, in seconds. It is the lesser median of two steps: a pod that was placed at the first
/// attempt was seen by the scheduler, and its binding written; a pod that runs was seen by its kubelet, which waited `start`, and
/// its status written. One of the two may hold something else: the scheduler's own limit, or a kubelet that pulls images.
#[must_use]
pub fn watch_and_write(real: &Timeline, start: f64) -> f64 {
    let mut times: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    let mut waited: BTreeSet<&str> = BTreeSet::new();
    for row in real.of_kind("Pod") {
        match row.event.as_str() {
            "unschedulable" => drop(waited.insert(&row.name)),
            event => drop(times.entry((event, &row.name)).or_insert(row.at)),
        }
    }
    let step = |from: &str, to: &str| -> Vec<f64> {
        let pods = real.pods.keys().map(String::as_str);
        pods.filter(|pod| from != "created" || !waited.contains(pod))
            .filter_map(|pod| Some(times.get(&(to, pod))? - times.get(&(from, pod))?))
            .collect()
    };
    let bound = median(step("created", "scheduled"));
    let running = median(step("scheduled", "running")).map(|span| span - start);
    let least = [bound, running].into_iter().flatten().reduce(f64::min);
    least.map_or(USUAL, |least| least.max(0.0))
}

/// The median of enough times.
fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    (times.len() >= ENOUGH).then(|| times[times.len() / 2])
}

/// Sets the latencies that a cluster has whose watch and write take `seconds` together.
pub fn set(plane: &mut ControlPlane, seconds: f64) {
    // Recorders write milliseconds; what is finer is none of the recording.
    let both = SimDuration::from_millis((seconds * 1000.0).round().clamp(0.0, 1000.0) as u64);
    plane.api_latency = SimDuration::from_nanos(both.as_nanos() * WRITE_PERCENT / 100);
    plane.watch_latency = both.saturating_sub(plane.api_latency);
}

#[cfg(test)]
mod tests {
    use super::super::timeline::{PodFacts, Row};
    use super::*;

    /// Pods that were bound so many milliseconds after their creation and ran so many after that.
    fn timeline(pods: &[(u32, u32)], unschedulable: usize) -> Timeline {
        let mut timeline = Timeline::default();
        for (i, (bound, running)) in pods.iter().enumerate() {
            let name = format!("pod-{i}");
            let created = i as f64;
            let bound = created + f64::from(*bound) / 1000.0;
            if i < unschedulable {
                let row = Row::new(created + 0.001, "Pod", &name, "unschedulable");
                timeline.rows.push(row);
            }
            for (event, at) in [
                ("created", created),
                ("scheduled", bound),
                ("running", bound + f64::from(*running) / 1000.0),
            ] {
                timeline.rows.push(Row::new(at, "Pod", &name, event));
            }
            timeline.pods.insert(name, PodFacts::default());
        }
        timeline
    }

    fn millis(pods: &[(u32, u32)], unschedulable: usize) -> u64 {
        (watch_and_write(&timeline(pods, unschedulable), 0.5) * 1000.0).round() as u64
    }

    #[test]
    fn the_lesser_median_counts() {
        let quiet = [(7, 509), (8, 508), (6, 540), (7, 510), (90, 507)];
        assert_eq!(millis(&quiet, 0), 7);
        assert_eq!(millis(&quiet, 1), 9, "four pods tell nothing of the scheduler");
        assert_eq!(millis(&quiet[..4], 0), 10, "four pods tell nothing");
        let pulls = [(7, 5000); 5];
        assert_eq!(millis(&pulls, 0), 7);
        assert_eq!(millis(&[(7, 480); 5], 0), 0, "no latency is negative");
    }

    #[test]
    fn a_write_takes_three_quarters() {
        let mut plane = ControlPlane::kubernetes();
        set(&mut plane, 0.0121);
        assert_eq!(plane.api_latency, SimDuration::from_millis(9));
        assert_eq!(plane.watch_latency, SimDuration::from_millis(3));
    }
}
