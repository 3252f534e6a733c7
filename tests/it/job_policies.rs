//! Jobs with limits per index, against closed forms: the textbook plane, random scripts.

use std::collections::BTreeMap;
use std::sync::Arc;

use makespan::cluster::job::{FailureReason, JobCondition};
use makespan::cluster::spec::{
    AttemptOutcome, CompletionMode, JobSpec, PodFailureAction, PodFailureRequirement, PodFailureRule,
    PodReplacementPolicy, SuccessRule,
};
use makespan::cluster::{JobId, Store};
use makespan::control::{ControlPlane, End};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::Strategy as Submission;
use proptest::prelude::*;

use crate::support::{cluster, job, play_with};

const SECOND: SimDuration = SimDuration::from_secs(1);

fn play(plane: ControlPlane, change: impl Fn(&mut JobSpec)) -> Store {
    let (mut store, gpu) = cluster(2, 8);
    let mut spec = job(gpu, Distribution::Fixed(SECOND));
    change(&mut spec);
    let id = store.add_job_spec(spec);
    store.add_job(id);
    let mut checker = Checker::new(&store);
    let (store, outcome) = play_with(store, Submission::Parallel, plane, 1, &mut checker);
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    assert_eq!(outcome.end, End::Finished);
    store
}

/// An Indexed Job whose index i ends as `outcomes[i]` says (exit codes, 0 is success), the last one repeating.
fn indexed(spec: &mut JobSpec, outcomes: &[Vec<u8>], parallelism: u32, limit: u32) {
    spec.completion_mode = CompletionMode::Indexed;
    spec.completions = Some(outcomes.len() as u32);
    spec.parallelism = parallelism;
    spec.backoff_limit = i32::MAX as u32;
    spec.backoff_limit_per_index = Some(limit);
    let ends = |codes: &Vec<u8>| {
        let end = |code: &u8| match code {
            0 => AttemptOutcome::Ok,
            code => AttemptOutcome::Exit(*code),
        };
        codes.iter().map(end).collect()
    };
    let by_index = outcomes.iter().enumerate();
    Arc::make_mut(&mut spec.template).behaviour.index_outcome =
        by_index.map(|(index, codes)| (index as u32, ends(codes))).collect();
}

fn starts(store: &Store) -> Vec<f64> {
    store.pods.iter().map(|pod| pod.started.as_secs_f64()).collect()
}

fn rule(action: PodFailureAction, code: i32) -> PodFailureRule {
    PodFailureRule {
        action,
        requirement: PodFailureRequirement::ExitCodes {
            container: None,
            not_in: false,
            values: vec![code],
        },
    }
}

#[test]
fn an_index_is_tried_again_after_10_20_40_seconds_of_its_own() {
    // Index 0 always fails, index 1 succeeds at once.
    let store = play(ControlPlane::ideal(), |spec| indexed(spec, &[vec![1], vec![0]], 2, 3));
    assert_eq!(starts(&store), [0.0, 0.0, 11.0, 32.0, 73.0]);
    let failed = JobCondition::Failed(FailureReason::FailedIndexes);
    assert_eq!(store.jobs[0].condition, failed);
    assert_eq!(store.jobs[0].finished, SimTime::ZERO + SECOND.saturating_mul(74));
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (4, 1));
    let texts = store.job_conditions(JobId(0), 1);
    let told: Vec<_> = texts
        .iter()
        .map(|text| (text.kind, text.reason, text.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("FailureTarget", "FailedIndexes", "Job has failed indexes"),
            ("Failed", "FailedIndexes", "Job has failed indexes")
        ]
    );
}

#[test]
fn too_many_failed_indexes_end_the_job_with_what_runs() {
    let store = play(ControlPlane::ideal(), |spec| {
        indexed(spec, &[vec![1], vec![1], vec![0], vec![0]], 4, 0);
        spec.max_failed_indexes = Some(1);
        let behaviour = &mut Arc::make_mut(&mut spec.template).behaviour;
        behaviour.index_runtime = BTreeMap::from([(3, vec![Distribution::Fixed(SECOND.saturating_mul(50))])]);
    });
    let reason = FailureReason::MaxFailedIndexesExceeded;
    assert_eq!(store.jobs[0].condition, JobCondition::Failed(reason));
    // The pod of index 3 was deleted, and counts as failed.
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (3, 1));
    assert_eq!(
        store.job_message(JobId(0), 1),
        "Job has exceeded the specified maximal number of failed indexes"
    );
}

#[test]
fn ignored_failures_wait_and_do_not_count() {
    let store = play(ControlPlane::ideal(), |spec| {
        indexed(spec, &[vec![7, 7, 7, 0]], 1, 0);
        spec.pod_failure_policy = Some(vec![rule(PodFailureAction::Ignore, 7)]);
    });
    assert_eq!(starts(&store), [0.0, 11.0, 32.0, 73.0]);
    assert_eq!(store.jobs[0].condition, JobCondition::Complete);
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (0, 1));
    // Without indexes it is the same series, and backoffLimit 0 is not used up.
    let store = play(ControlPlane::ideal(), |spec| {
        spec.backoff_limit = 0;
        spec.pod_failure_policy = Some(vec![rule(PodFailureAction::Ignore, 7)]);
        let script = [7, 7].map(AttemptOutcome::Exit).into_iter().chain([AttemptOutcome::Ok]);
        Arc::make_mut(&mut spec.template).behaviour.outcome =
            makespan::cluster::spec::Outcome::Script(script.collect());
    });
    assert_eq!(starts(&store), [0.0, 11.0, 32.0]);
    assert_eq!(
        (store.jobs[0].condition, store.jobs[0].failed),
        (JobCondition::Complete, 0)
    );
}

#[test]
fn a_fail_index_rule_needs_no_second_try() {
    let store = play(ControlPlane::ideal(), |spec| {
        indexed(spec, &[vec![42], vec![0], vec![1, 0]], 3, 5);
        spec.pod_failure_policy = Some(vec![rule(PodFailureAction::FailIndex, 42)]);
    });
    assert_eq!(store.pods.len(), 4);
    assert_eq!(store.job_indexes[&JobId(0)].failed().to_string(), "0");
    assert_eq!(
        store.jobs[0].condition,
        JobCondition::Failed(FailureReason::FailedIndexes)
    );
}

#[test]
fn a_success_policy_may_name_indexes() {
    let store = play(ControlPlane::ideal(), |spec| {
        indexed(spec, &[vec![0], vec![0], vec![1]], 3, 9);
        spec.success_policy = vec![SuccessRule {
            indexes: Some(vec![(0, 1)]),
            count: None,
        }];
    });
    assert_eq!(store.jobs[0].condition, JobCondition::Complete);
    assert_eq!(store.job_reason(JobId(0)), "SuccessPolicy");
    assert_eq!(store.jobs[0].finished, SimTime::ZERO + SECOND);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Whatever the order, each index has the attempts that its own script gives it, and the sets are what they must be. In
    /// debug builds each sync is compared with the slow twin.
    #[test]
    fn each_index_follows_its_own_script(
        outcomes in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![0u8, 0, 1, 7, 42]), 1..4), 1..12),
        parallelism in 1u32..6, limit in 0u32..3, policy: bool, waits: bool, ideal: bool,
    ) {
        let plane = if ideal { ControlPlane::ideal() } else { ControlPlane::kubernetes() };
        let store = play(plane, |spec| {
            indexed(spec, &outcomes, parallelism, limit);
            if policy {
                spec.pod_failure_policy = Some(vec![
                    rule(PodFailureAction::FailIndex, 42),
                    rule(PodFailureAction::Count, 7),
                ]);
            }
            if waits {
                spec.pod_replacement_policy = PodReplacementPolicy::Failed;
            }
        });
        let (mut attempts, mut good, mut bad) = (BTreeMap::new(), vec![], vec![]);
        for (index, codes) in outcomes.iter().enumerate() {
            let index = index as u32;
            for attempt in 0.. {
                *attempts.entry(index).or_insert(0) += 1;
                match codes[attempt.min(codes.len() - 1)] {
                    0 => { good.push(index); break }
                    42 if policy => { bad.push(index); break }
                    _ if attempt as u32 >= limit => { bad.push(index); break }
                    _ => {}
                }
            }
        }
        let mut made = BTreeMap::new();
        for pod in &store.pods {
            *made.entry(pod.completion_index).or_insert(0) += 1;
        }
        prop_assert_eq!(made, attempts);
        let indexes = &store.job_indexes[&JobId(0)];
        let listed = |set: &makespan::cluster::index_set::IndexSet| set.runs().flat_map(|(a, b)| a..=b).collect::<Vec<_>>();
        prop_assert_eq!(listed(indexes.completed()), good.clone());
        prop_assert_eq!(listed(indexes.failed()), bad.clone());
        let end = if bad.is_empty() { JobCondition::Complete } else { JobCondition::Failed(FailureReason::FailedIndexes) };
        prop_assert_eq!(store.jobs[0].condition, end);
        prop_assert_eq!(store.jobs[0].succeeded as usize, good.len());
        prop_assert_eq!(store.jobs[0].failed as usize, store.pods.len() - good.len());
    }
}
