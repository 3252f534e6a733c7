//! What became of the requests to services, in words.

use crate::cluster::ScaleTarget;
use crate::cluster::WorkloadId;
use crate::cluster::requests::RequestFigures;
use crate::experiment::format::{count, duration, duration_short, percent};
use crate::kernel::{SimDuration, SimTime};
use crate::report::figures::Run;

/// Two sentences at most for each service that was asked in requests.
pub(super) fn sentences(run: &Run<'_>) -> Vec<String> {
    let requests = run.store.requests.iter();
    requests
        .flat_map(|(target, figures)| of_service(run, *target, figures))
        .collect()
}

fn of_service(run: &Run<'_>, target: ScaleTarget, figures: &RequestFigures) -> Vec<String> {
    let workload = WorkloadId::from(target);
    let (_, name) = run.store.workload_name(workload);
    let arrived = figures.arrived.round() as u64;
    if arrived == 0 {
        return Vec::new();
    }
    let latency = |p: f64| figures.latencies.quantile(p).map(duration_short);
    let latencies = match (latency(0.5), latency(0.95), latency(0.99)) {
        (Some(p50), Some(p95), Some(p99)) => format!("; latency p50 {p50}, p95 {p95}, p99 {p99}"),
        _ => String::new(),
    };
    let dropped = percent(figures.dropped / figures.arrived);
    let mut sentences = vec![format!(
        "{} {name}: {} requests, {dropped} of them dropped{latencies}.",
        workload.kind(),
        count(arrived)
    )];
    let overload = &figures.overload;
    let whole = overload.total_at(run.ended_at);
    if whole > SimDuration::ZERO {
        let (since, longest) = overload.longest;
        let spells = match overload.spells {
            1 => String::new(),
            spells => format!(" in {} spells, the longest {}", count(spells.into()), duration(longest)),
        };
        sentences.push(format!(
            "For {}{spells} from {} on, more came than the Ready pods of {name} could serve.",
            duration(whole),
            duration(since.since(SimTime::ZERO))
        ));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::DeploymentId;
    use crate::report::figures::testing::{Story, at};

    #[test]
    fn drops_latencies_and_the_time_that_scaling_took_are_told() {
        let mut story = Story::new(1, 4, 0).with_deployment("front", 2);
        let mut figures = RequestFigures {
            arrived: 12_000.0,
            served: 11_400.0,
            dropped: 600.0,
            ..RequestFigures::default()
        };
        figures.latencies.add(SimDuration::from_millis(100), 11_000.0);
        figures.latencies.add(SimDuration::from_secs(4), 400.0);
        figures.overload.note(at(600), true);
        figures.overload.note(at(690), false);
        story
            .store
            .requests
            .insert(ScaleTarget::Deployment(DeploymentId(0)), figures);
        let told = sentences(&story.run(900, &[])).join("\n");
        insta::assert_snapshot!(told, @r"
        Deployment front: 12,000 requests, 5 % of them dropped; latency p50 100.2ms, p95 100.6ms, p99 4.02s.
        For 1m 30s from 10m on, more came than the Ready pods of front could serve.
        ");
    }
}
