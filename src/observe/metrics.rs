//! The figures of one run: what stands in its row of a table of runs.

use serde::Serialize;

use crate::cluster::job::JobCondition;
use crate::cluster::{ResourceId, Store};
use crate::control::Outcome;
use crate::kernel::{SimDuration, SimTime};
use crate::observe::Seconds;
use crate::observe::utilization::{Split, area, ratio, split_of_pod};

/// The figures of one run. Means are rounded to the nanosecond, quantiles are of type 7 (Hyndman and Fan 1996), the one of R
/// and NumPy, rounded in the same way. Waits are of Jobs that started, turnarounds of Jobs that finished, well or badly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunMetrics {
    /// From the first submission to the last completion; `None` unless all Jobs finished, and if there are none.
    #[serde(rename = "makespan_s")]
    pub makespan: Option<Seconds>,
    /// Mean time from submission to the first pod's start.
    #[serde(rename = "mean_wait_s")]
    pub mean_wait: Option<Seconds>,
    /// Median of the same.
    #[serde(rename = "p50_wait_s")]
    pub p50_wait: Option<Seconds>,
    /// 95th percentile of the same.
    #[serde(rename = "p95_wait_s")]
    pub p95_wait: Option<Seconds>,
    /// Longest of the same.
    #[serde(rename = "max_wait_s")]
    pub max_wait: Option<Seconds>,
    /// Mean time from submission to the end.
    #[serde(rename = "mean_turnaround_s")]
    pub mean_turnaround: Option<Seconds>,
    /// 95th percentile of the same.
    #[serde(rename = "p95_turnaround_s")]
    pub p95_turnaround: Option<Seconds>,
    /// Jobs in all.
    pub jobs: u32,
    /// Jobs that failed.
    pub failed_jobs: u32,
    /// Jobs that neither completed nor failed, those not submitted among them.
    pub unfinished_jobs: u32,
    /// Pods made for Jobs: first tries and retries.
    pub attempts: u64,
    /// GPU time allocated ÷ GPU time offered in the window; `None` without GPUs ([`ResourceTable::is_gpu`]) or time.
    ///
    /// [`ResourceTable::is_gpu`]: crate::cluster::ResourceTable::is_gpu
    pub gpu_utilization: Option<f64>,
    /// The share of GPU time allocated to Jobs and bare pods that ended in success; `None` if there was none.
    pub gpu_goodput: Option<f64>,
}

impl RunMetrics {
    /// The figures of a run that ended with `outcome` and left `store`.
    #[must_use]
    pub fn new(store: &Store, outcome: &Outcome) -> Self {
        let (mut waits, mut turnarounds) = (Vec::new(), Vec::new());
        let (mut failed, mut unfinished, mut attempts) = (0, 0, 0);
        for job in &store.jobs {
            waits.extend(job.wait().map(SimDuration::as_nanos));
            turnarounds.extend(job.turnaround().map(SimDuration::as_nanos));
            attempts += u64::from(job.pods_created);
            failed += u32::from(matches!(job.condition, JobCondition::Failed(_)));
            unfinished += u32::from(!job.condition.is_finished());
        }
        let (from, to) = window(store, outcome.ended_at);
        let (split, offered) = gpu_use(store, from, to);
        let complete = unfinished == 0 && !store.jobs.is_empty();
        Self {
            makespan: complete.then(|| to.since(from).into()),
            mean_wait: mean(&waits),
            p50_wait: quantile(&mut waits, 50),
            p95_wait: quantile(&mut waits, 95),
            max_wait: waits.iter().max().map(|nanos| seconds(*nanos)),
            mean_turnaround: mean(&turnarounds),
            p95_turnaround: quantile(&mut turnarounds, 95),
            jobs: store.jobs.len() as u32,
            failed_jobs: failed,
            unfinished_jobs: unfinished,
            attempts,
            gpu_utilization: ratio(split.total(), offered),
            gpu_goodput: split.goodput(),
        }
    }
}

/// The time in which use is measured: from the first submission to the last completion. To the end of the run if a Job did
/// not finish, or there is none; from the beginning if none was submitted.
#[must_use]
pub fn window(store: &Store, ended_at: SimTime) -> (SimTime, SimTime) {
    let submitted = store.jobs.iter().map(|job| job.submitted).min();
    let finished = store.jobs.iter().map(|job| job.finished).max();
    (
        submitted.and_then(SimTime::happened).unwrap_or(SimTime::ZERO),
        finished.and_then(SimTime::happened).unwrap_or(ended_at),
    )
}

/// Use of all GPUs between `from` and `to`, and what was offered, in GPU nanoseconds.
fn gpu_use(store: &Store, from: SimTime, to: SimTime) -> (Split, i128) {
    let all = store.resources.iter().map(|(id, _)| id);
    let gpus: Vec<ResourceId> = all.filter(|id| store.resources.is_gpu(*id)).collect();
    let mut split = Split::default();
    if !gpus.is_empty() {
        for pod in &store.pods {
            let requests = &store.templates[pod.template.index()].requests;
            for id in &gpus {
                split += split_of_pod(pod, requests.get(*id), from, to);
            }
        }
    }
    let allocatable = |id: &ResourceId| area(store.allocatable_total[id.index()], from, to);
    (split, gpus.iter().map(allocatable).sum())
}

fn seconds(nanos: u64) -> Seconds {
    SimDuration::from_nanos(nanos).into()
}

/// The mean, halves rounded up.
fn mean(nanos: &[u64]) -> Option<Seconds> {
    let count = nanos.len() as u128;
    let sum: u128 = nanos.iter().map(|n| u128::from(*n)).sum();
    (count > 0).then(|| seconds(((sum + count / 2) / count) as u64))
}

/// The quantile at `percent` per cent by linear interpolation between the order statistics around place (n − 1)·p (type 7),
/// halves rounded up. Puts `nanos` in another order.
fn quantile(nanos: &mut [u64], percent: u64) -> Option<Seconds> {
    let last = nanos.len().checked_sub(1)? as u64;
    let (place, rest) = (last * percent / 100, last * percent % 100);
    let (_, lower, above) = nanos.select_nth_unstable(place as usize);
    let upper = above.iter().min().unwrap_or(lower);
    let step = (u128::from(*upper - *lower) * u128::from(rest) + 50) / 100;
    Some(seconds(*lower + step as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::JobId;
    use crate::cluster::job::FailureReason;
    use crate::cluster::pod::Owner;
    use crate::cluster::record::Silent;
    use crate::control::End;
    use crate::observe::testing::{Story, at, store};
    use proptest::prelude::*;

    fn outcome(ended_at: SimTime) -> Outcome {
        Outcome {
            end: End::Finished,
            ended_at,
            events: 0,
            job_controller_calls: (0, 0),
            scheduler_calls: (0, 0),
            scheduling_attempts: 0,
        }
    }

    /// Jobs 0 and 1 run 4 GPUs for 10 s each; the second tries twice and fails.
    fn story(jobs: u32) -> Story<Silent> {
        let (store, _) = store(jobs, 4);
        let mut story = Story {
            store,
            observer: Silent,
        };
        story.submit(10, JobId(0));
        story.submit(10, JobId(1));
        let first = story.place(12, Owner::Job(JobId(0)), 0);
        let second = story.place(13, Owner::Job(JobId(1)), 1);
        story.finish(22, first, 0);
        story.finish(23, second, 1);
        story.finish_job(22, JobId(0), JobCondition::Complete);
        let again = story.place(33, Owner::Job(JobId(1)), 1);
        story.finish(43, again, 1);
        let failed = JobCondition::Failed(FailureReason::BackoffLimitExceeded);
        story.finish_job(50, JobId(1), failed);
        story
    }

    #[test]
    fn the_figures_of_a_small_run() {
        let metrics = RunMetrics::new(&story(2).store, &outcome(at(60)));
        // 120 of 8 · 40 GPU·s were allocated, 40 of them ended in success.
        insta::assert_snapshot!(serde_json::to_string_pretty(&metrics).unwrap(), @r#"
        {
          "makespan_s": 40.000000000,
          "mean_wait_s": 2.500000000,
          "p50_wait_s": 2.500000000,
          "p95_wait_s": 2.950000000,
          "max_wait_s": 3.000000000,
          "mean_turnaround_s": 26.000000000,
          "p95_turnaround_s": 38.600000000,
          "jobs": 2,
          "failed_jobs": 1,
          "unfinished_jobs": 0,
          "attempts": 3,
          "gpu_utilization": 0.375,
          "gpu_goodput": 0.3333333333333333
        }
        "#);
    }

    #[test]
    fn with_an_unfinished_job_there_is_no_makespan() {
        let metrics = RunMetrics::new(&story(3).store, &outcome(at(60)));
        assert_eq!((metrics.makespan, metrics.unfinished_jobs), (None, 1));
        // The window reaches to the end of the run.
        assert_eq!(metrics.gpu_utilization, Some(120.0 / 400.0));
    }

    #[test]
    fn an_empty_run_has_no_figures() {
        let (store, _) = store(0, 4);
        let metrics = RunMetrics::new(&store, &outcome(SimTime::ZERO));
        let missing = [metrics.makespan, metrics.mean_wait, metrics.p95_wait, metrics.max_wait];
        assert_eq!(missing, [None; 4]);
        assert_eq!((metrics.gpu_utilization, metrics.gpu_goodput), (None, None));
    }

    proptest! {
        /// Against the definition on sorted values in exact fractions of a hundredth.
        #[test]
        fn quantiles_are_of_type_7(mut nanos in prop::collection::vec(any::<u64>(), 1..50), percent in 0u64..=100) {
            let mut sorted = nanos.clone();
            sorted.sort_unstable();
            let place = (sorted.len() as u128 - 1) * u128::from(percent);
            let (low, rest) = ((place / 100) as usize, place % 100);
            let high = (low + 1).min(sorted.len() - 1);
            let hundredfold = u128::from(sorted[low]) * (100 - rest) + u128::from(sorted[high]) * rest;
            let expected = ((hundredfold + 50) / 100) as u64;
            prop_assert_eq!(quantile(&mut nanos, percent).map(Seconds::as_nanos), Some(expected));
        }
    }
}
