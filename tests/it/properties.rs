//! What holds in every run, whatever the cluster, the Jobs, the strategy and the control plane.

use makespan::cluster::Store;
use makespan::cluster::job::JobCondition;
use makespan::cluster::record::{Observer, Record, Silent};
use makespan::control::{ControlPlane, End, Outcome};
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::utilization::split_between;
use makespan::observe::{Checker, Fingerprint, SeriesKind, Timeline, Utilization};
use makespan::workload::Strategy;
use proptest::prelude::*;

use crate::support::random::{Case, RandomJob, RandomNode, cases, strategies};
use crate::support::{play, play_with};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn fingerprint(case: &Case, plane: ControlPlane) -> (Fingerprint, Outcome) {
    let mut fingerprint = Fingerprint::default();
    let (_, outcome) = play_with(case.store(), case.strategy.clone(), plane, case.seed, &mut fingerprint);
    (fingerprint, outcome)
}

/// Everything that happened and when.
#[derive(Default)]
struct Log(Vec<(SimTime, Record)>);

impl Observer for Log {
    fn record(&mut self, now: SimTime, record: Record, _: &Store) {
        self.0.push((now, record));
    }
}

fn log(case: &Case, plane: ControlPlane) -> Log {
    let mut log = Log::default();
    play_with(case.store(), case.strategy.clone(), plane, case.seed, &mut log);
    log
}

/// The last records that two runs share, and the first in which they differ.
fn difference(a: &Log, b: &Log) -> Option<String> {
    let same = a.0.iter().zip(&b.0).take_while(|(a, b)| a == b).count();
    let show = |log: &Log| format!("{:?}", &log.0[same.saturating_sub(8)..log.0.len().min(same + 3)]);
    (a.0 != b.0).then(|| format!("{}\n{}", show(a), show(b)))
}

/// The checker says nothing.
fn check(checker: &mut Checker, outcome: &Outcome, store: &Store) -> Result<(), TestCaseError> {
    let found: Vec<String> = checker
        .finish(outcome.ended_at, store)
        .iter()
        .map(ToString::to_string)
        .collect();
    prop_assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// The quick queue of `ideal` against kube-scheduler's own, record by record.
fn queues_differ(case: &Case) -> Option<String> {
    let mut literal = ControlPlane::ideal();
    literal.scheduler.literal_queue = true;
    // The quick queue knows no flush after 5 min: it would send a pod behind those that failed later.
    literal.scheduler.pod_max_in_unschedulable_pods = SimDuration::from_secs(1_000_000_000);
    difference(&log(case, ControlPlane::ideal()), &log(case, literal))
}

/// Runs in which something rare happens.
fn rare_cases() -> Vec<Case> {
    let ended = |kubernetes, nodes, jobs, strategy| Case {
        nodes,
        jobs,
        strategy,
        kubernetes,
        seed: 0,
    };
    let plain = RandomJob::plain;
    vec![
        // The only victim of a preemption ends by itself before the calls for it are made.
        ended(
            false,
            vec![],
            vec![
                plain(1, 0, 1, 1, "5s").of_pods(1, Some(2)),
                plain(2, 2, 0, 0, "5s"),
                plain(3, 1, 4, 0, "0s"),
                plain(1, 3, 0, 1, "0s"),
            ],
            Strategy::Windowed(3),
        ),
        // It ended before, but that was not seen yet.
        ended(
            true,
            vec![RandomNode::of(1, 1, 1)],
            vec![plain(1, 0, 3, 0, "0s").of_pods(1, Some(2)), plain(1, 0, 3, 1, "0s")],
            Strategy::Arrivals("every(3s)".parse().unwrap()),
        ),
        // Pods that were nominated, held, and overtaken.
        ended(
            false,
            vec![RandomNode::of(1, 3, 1), RandomNode::of(3, 3, 1)],
            vec![
                plain(2, 0, 0, 0, "5s"),
                plain(3, 1, 0, 0, "5s"),
                plain(1, 3, 0, 1, "0s"),
                plain(1, 3, 0, 2, "0s").of_pods(2, None),
            ],
            Strategy::Parallel,
        ),
        ended(
            false,
            vec![],
            vec![
                plain(1, 0, 2, 0, "0s"),
                plain(2, 0, 1, 0, "0s"),
                plain(2, 0, 1, 1, "0s").of_pods(3, None),
            ],
            Strategy::Parallel,
        ),
        // Two pods of one priority in turn nominated, held and overtaken.
        ended(
            false,
            vec![RandomNode::of(0, 1, 1), RandomNode::of(0, 1, 1)],
            vec![
                plain(3, 0, 0, 2, "5s").of_pods(2, Some(4)),
                plain(1, 0, 0, 0, "0s").of_pods(3, None),
            ],
            Strategy::Windowed(4),
        ),
        ended(
            false,
            vec![RandomNode::of(0, 3, 1)],
            vec![
                plain(3, 2, 1, 0, "0s").of_pods(2, None),
                plain(1, 0, 2, 1, "0s").of_pods(2, None),
                plain(3, 0, 2, 2, "0s"),
            ],
            Strategy::Parallel,
        ),
    ]
}

#[test]
fn nobody_waits_for_ever_in_rare_cases() {
    for case in rare_cases() {
        let mut literal = case.plane();
        literal.scheduler.literal_queue = true;
        for plane in [case.plane(), literal] {
            assert_eq!(fingerprint(&case, plane).1.end, End::Finished, "{case:?}");
        }
    }
}

#[test]
fn the_instant_queue_equals_the_literal_one_in_rare_cases() {
    for case in rare_cases() {
        if let Some(difference) = queues_differ(&case) {
            panic!("{case:?}\ninstant, literal:\n{difference}");
        }
    }
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn every_run_keeps_the_rules_and_comes_to_its_end(case in cases(None)) {
        let store = case.store();
        let mut observers = (Checker::new(&store), Utilization::new(&store), Timeline::new(&store));
        let (store, outcome) = play_with(store, case.strategy.clone(), case.plane(), case.seed, &mut observers);
        let (mut checker, utilization, timeline) = observers;
        check(&mut checker, &outcome, &store)?;
        prop_assert_eq!(outcome.end, End::Finished, "{:?}", log(&case, case.plane()).0);
        prop_assert!(store.jobs.iter().all(|job| job.condition.is_finished()));
        let end = outcome.ended_at;
        for (id, _) in store.resources.iter() {
            let split = utilization.split(id, end);
            prop_assert_eq!(split, split_between(&store, id, SimTime::ZERO, end));
            prop_assert_eq!(timeline.value_at(SeriesKind::Allocated(id), end), Some(store.used_total[id.index()]));
            let area: i128 = timeline.steps(SeriesKind::Allocated(id)).windows(2)
                .map(|w| i128::from(w[0].value) * i128::from((w[1].at - w[0].at).as_nanos()))
                .sum();
            prop_assert_eq!(area, split.total(), "the area below the steps is the use");
        }
        prop_assert_eq!(timeline.value_at(SeriesKind::UnfinishedJobs, end), Some(0));
        for (job, record) in store.jobs.iter().enumerate() {
            let starts = store.pods.iter()
                .filter(|pod| pod.owner == makespan::cluster::pod::Owner::Job(makespan::cluster::JobId(job as u32)))
                .map(|pod| pod.started);
            prop_assert_eq!(record.first_started, starts.min().unwrap_or(SimTime::MAX), "Job {}", job);
        }
    }

    #[test]
    fn one_seed_gives_one_run(case in cases(None)) {
        prop_assert_eq!(fingerprint(&case, case.plane()).0, fingerprint(&case, case.plane()).0);
    }

    #[test]
    fn observers_decide_nothing(case in cases(None)) {
        let (_, heard) = fingerprint(&case, case.plane());
        let (silent, outcome) = play_with(case.store(), case.strategy.clone(), case.plane(), case.seed, &mut Silent);
        prop_assert_eq!(format!("{heard:?}"), format!("{outcome:?}"));
        let store = case.store();
        let mut observers = (Checker::new(&store), Timeline::with_limit(&store, 16));
        let (store, outcome) = play_with(store, case.strategy.clone(), case.plane(), case.seed, &mut observers);
        prop_assert_eq!(format!("{heard:?}"), format!("{outcome:?}"));
        prop_assert_eq!(format!("{:?}", store.jobs), format!("{:?}", silent.jobs));
    }

    #[test]
    fn the_instant_queue_equals_the_literal_one(case in cases(Some(false))) {
        let difference = queues_differ(&case);
        prop_assert!(difference.is_none(), "instant, literal:\n{}", difference.unwrap_or_default());
    }

    /// Common random numbers: how Jobs are submitted changes no Job's luck.
    #[test]
    fn runtimes_do_not_depend_on_the_strategy(case in cases(Some(false)), other in strategies()) {
        let runtimes = |strategy: &Strategy| -> Vec<Option<SimDuration>> {
            let (store, _) = play(case.store(), strategy.clone(), ControlPlane::ideal(), case.seed);
            store.jobs.iter().map(|job| {
                let first = &store.pods[job.pods.0.some()?.index()];
                let alone = job.pods_created == 1 && job.condition == JobCondition::Complete;
                (alone && first.restarts == 0).then(|| first.finished - first.started)
            }).collect()
        };
        for (job, (a, b)) in runtimes(&case.strategy).into_iter().zip(runtimes(&other)).enumerate() {
            // A deadline counts from the submission, so that the same Job may end otherwise.
            if let (Some(a), Some(b)) = (a, b) {
                prop_assert_eq!(a, b, "Job {}", job);
            }
        }
    }
}
