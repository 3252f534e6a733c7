//! What a replay would give if the unknowns were others: the latencies of the API and of watches, which no recording fixes, and the
//! order in which the API server took requests that were in flight together.

use super::Recording;
use crate::kernel::{SimDuration, SimTime};
use crate::workload::Arrivals;
use crate::workload::strategy::Strategy;

impl Recording {
    /// The smallest and the largest makespan, in seconds, over all pairs of these latencies of the API and of watches.
    #[must_use]
    pub fn makespan_range(&self, latencies: &[SimDuration]) -> Option<(f64, f64)> {
        let mut range: Option<(f64, f64)> = None;
        for api_latency in latencies {
            for watch_latency in latencies {
                let mut other = self.clone();
                other.scenario.control_plane.api_latency = *api_latency;
                other.scenario.control_plane.watch_latency = *watch_latency;
                let makespan = other.replay().figures().makespan?;
                let (least, most) = range.unwrap_or((makespan, makespan));
                range = Some((least.min(makespan), most.max(makespan)));
            }
        }
        range
    }

    /// The recording with Jobs arriving when and in the order in which the API showed them, not as the client sent them: so the
    /// API server's own delay under a burst, which is not simulated, is given. `None` if the client waited for Jobs, or the
    /// recording does not tell when each was first seen.
    #[must_use]
    pub fn arriving_as_seen(&self) -> Option<Self> {
        if !matches!(self.scenario.strategy, Strategy::Arrivals(_)) {
            return None;
        }
        let plane = &self.scenario.control_plane;
        let before = plane.client.apply_cost + plane.api_latency + plane.watch_latency;
        let mut jobs = Vec::with_capacity(self.scenario.jobs.len());
        for (job, copies) in &self.scenario.jobs {
            let seen = SimDuration::from_secs_f64(self.real.jobs.get(&job.name)?.seen?)?;
            jobs.push((SimTime::ZERO + seen.saturating_sub(before), (job.clone(), *copies)));
        }
        jobs.sort_by_key(|(at, _)| *at);
        let (times, jobs) = jobs.into_iter().unzip();
        let mut other = self.clone();
        other.scenario.strategy = Strategy::Arrivals(Arrivals::Times(times));
        other.scenario.jobs = jobs;
        Some(other)
    }
}
