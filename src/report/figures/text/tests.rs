use super::*;
use crate::cluster::JobId;
use crate::cluster::job::{FailureReason, JobCondition};
use crate::cluster::pod::Owner;
use crate::experiment::compare::Comparison;
use crate::kernel::SimDuration;
use crate::report::figures::testing::{Maker, Story};

const PAPER: Paper = Paper {
    border: Border::Light,
    width: Some(100),
};

fn maker<'a>() -> Maker<'a> {
    Maker {
        n: &[1, 4, 5, 12],
        strategies: &["sequential", "batched:3", "parallel"],
        slots: &[4],
        replications: 1,
        runtimes: &[300],
    }
}

#[test]
fn a_comparison_of_equal_jobs() {
    insta::assert_snapshot!(compare(&maker().comparison(), &PAPER), @r"
    Control plane ideal, 1 node, 4 slots
    ┌────┬────────────┬───────────┬──────────┬──────────┬─────┬─────────┬────────────┐
    │  n │ sequential │ batched:3 │ parallel │ speed-up │ n·d │ ⌈n/c⌉·d │ operations │
    ├────┼────────────┼───────────┼──────────┼──────────┼─────┼─────────┼────────────┤
    │  1 │         5m │        5m │       5m │    1.00× │  5m │      5m │      1/1/1 │
    │  4 │        20m │       10m │       5m │    4.00× │ 20m │      5m │      4/2/1 │
    │  5 │        25m │       10m │      10m │    2.50× │ 25m │     10m │      5/2/1 │
    │ 12 │         1h │       20m │      15m │    4.00× │  1h │     15m │     12/4/1 │
    └────┴────────────┴───────────┴──────────┴──────────┴─────┴─────────┴────────────┘

    Control plane kubernetes, 1 node, 4 slots
    ┌────┬────────────┬───────────┬──────────┬──────────┬─────┬─────────┬────────────┐
    │  n │ sequential │ batched:3 │ parallel │ speed-up │ n·d │ ⌈n/c⌉·d │ operations │
    ├────┼────────────┼───────────┼──────────┼──────────┼─────┼─────────┼────────────┤
    │  1 │      5m 4s │     5m 4s │    5m 4s │    1.00× │  5m │      5m │      1/1/1 │
    │  4 │    20m 16s │    10m 8s │    5m 4s │    4.00× │ 20m │      5m │      4/2/1 │
    │  5 │    25m 20s │    10m 8s │   10m 8s │    2.50× │ 25m │     10m │      5/2/1 │
    │ 12 │      1h 1m │   20m 16s │  15m 12s │    4.00× │  1h │     15m │     12/4/1 │
    └────┴────────────┴───────────┴──────────┴──────────┴─────┴─────────┴────────────┘
    Under each strategy: its makespan; speed-up: sequential ÷ parallel; n·d and ⌈n/c⌉·d: theory, for a
    control plane that costs nothing (d: run time of a Job, c: slots).
    Operations: how often the client submits and then waits, sequential/batched:3/parallel.

    Submitting all 12 Jobs at once takes 15m 12s instead of 1h 1m (4.00 times faster); the bound ⌈n/c⌉·d
    is 15m, so the control plane costs 1.3 %.

    How the makespan grows with n:
    • sequential (ideal): grows linearly, 300.0 s per Job (R² 1, exponent 1.0000, n = 1 … 12)
    • sequential (kubernetes): grows linearly, 304.0 s per Job (R² 1, exponent 1.0000, n = 1 … 12)
    • batched:3 (ideal): grows in rounds of 3 Jobs, 300.0 s per round (R² 1, exponent 0.54 ± 0.28, n = 1
      … 12)
    • batched:3 (kubernetes): grows in rounds of 3 Jobs, 304.0 s per round (R² 1, exponent 0.54 ± 0.28,
      n = 1 … 12)
    • parallel (ideal): grows in rounds of 4 Jobs, 300.0 s per round (R² 1, exponent 0.44 ± 0.90, n = 1
      … 12)
    • parallel (kubernetes): grows in rounds of 4 Jobs, 304.0 s per round (R² 1, exponent 0.44 ± 0.90, n
      = 1 … 12)
    ");
}

#[test]
fn a_comparison_with_luck_on_a_narrow_terminal() {
    let mut maker = maker();
    (maker.n, maker.runtimes, maker.replications) = (&[2, 12], &[100, 250, 700], 3);
    let mut comparison = maker.comparison();
    comparison.sections[0]
        .aggregates
        .retain(|a| a.control_plane == "kubernetes");
    comparison.sections[0].aggregates[1].makespan = None;
    comparison.sections[0].aggregates[1].unfinished = 2;
    comparison.sections[0].curves.clear();
    let paper = Paper {
        width: Some(72),
        ..PAPER
    };
    insta::assert_snapshot!(compare(&comparison, &paper), @r"
    Control plane kubernetes, 1 node, 4 slots
    ┌────┬───────────────────┬───────────────────┬──────────────────┐
    │  n │        sequential │         batched:3 │         parallel │
    ├────┼───────────────────┼───────────────────┼──────────────────┤
    │  2 │ 11m 48s ± 12m 56s │ 2 of 3 unfinished │ 9m 14s ± 10m 45s │
    │ 12 │            1h 11m │           46m 56s │          26m 27s │
    └────┴───────────────────┴───────────────────┴──────────────────┘
    ┌────┬──────────────┬─────────┬─────────────┬─────────────┬────────────┐
    │  n │     speed-up │     Σ d │ lower bound │ upper bound │ operations │
    ├────┼──────────────┼─────────┼─────────────┼─────────────┼────────────┤
    │  2 │ 1.30× ± 0.36 │ 11m 40s │      9m 10s │      9m 10s │      2/1/1 │
    │ 12 │        2.68× │  1h 10m │     17m 30s │     26m 15s │     12/4/1 │
    └────┴──────────────┴─────────┴─────────────┴─────────────┴────────────┘
    Under each strategy: its makespan, the mean of 3 replications ± half its
    95 % confidence interval; speed-up: sequential ÷ parallel; Σ d, lower
    bound and upper bound: theory, for a control plane that costs nothing (Σ
    d: all run times added up; lower: no schedule of all at once is shorter;
    upper: no list schedule of all at once is longer).
    Operations: how often the client submits and then waits,
    sequential/batched:3/parallel.

    Submitting all 12 Jobs at once takes 26m 27s on average instead of 1h
    11m (2.68 times faster); no schedule can be shorter than 17m 30s, so 34
    % at most could be saved.
    ");
}

#[test]
fn a_comparison_of_clusters() {
    let mut maker = maker();
    (maker.n, maker.slots) = (&[12], &[1, 2, 5, 16]);
    let mut comparison = maker.comparison();
    for section in &mut comparison.sections {
        section.aggregates.retain(|a| a.control_plane == "kubernetes");
    }
    insta::assert_snapshot!(compare(&comparison, &PAPER), @r"
    Control plane kubernetes, n = 12
    ┌───────┬───────┬────────────┬───────────┬──────────┬──────────┬─────┬─────────┬────────────┐
    │ slots │ nodes │ sequential │ batched:3 │ parallel │ speed-up │ n·d │ ⌈n/c⌉·d │ operations │
    ├───────┼───────┼────────────┼───────────┼──────────┼──────────┼─────┼─────────┼────────────┤
    │     1 │     1 │      1h 1m │     1h 1m │    1h 1m │    1.00× │  1h │      1h │     12/4/1 │
    │     2 │     1 │      1h 1m │   40m 24s │  30m 24s │    2.00× │  1h │     30m │     12/4/1 │
    │     5 │     1 │      1h 1m │   20m 16s │  15m 12s │    4.00× │  1h │     15m │     12/4/1 │
    │    16 │     2 │      1h 1m │   20m 16s │    5m 4s │    12.0× │  1h │      5m │     12/4/1 │
    └───────┴───────┴────────────┴───────────┴──────────┴──────────┴─────┴─────────┴────────────┘
    Under each strategy: its makespan; speed-up: sequential ÷ parallel; n·d and ⌈n/c⌉·d: theory, for a
    control plane that costs nothing (d: run time of a Job, c: slots).
    Operations: how often the client submits and then waits, sequential/batched:3/parallel.

    With 2 nodes, 16 slots: Submitting all 12 Jobs at once takes 5m 4s instead of 1h 1m (12.0 times
    faster); the bound ⌈n/c⌉·d is 5m, so the control plane costs 1.3 %.
    ");
}

#[test]
fn nothing_that_ended_and_what_went_wrong() {
    let comparison = Comparison {
        rows: Vec::new(),
        sections: Vec::new(),
        missing: 2,
        violations: vec!["n 1 parallel ideal seed 1: two pods in one place".to_owned()],
    };
    insta::assert_snapshot!(compare(&comparison, &PAPER), @r"
    Stopped early: 2 runs not done.
    No run ended, so there is nothing to show.
    A rule of the model was broken, please report it: n 1 parallel ideal seed 1: two pods in one place
    ");
}

/// Job 0 succeeds at the second attempt, Job 1 fails, Job 2 waits.
fn story() -> Story {
    let mut story = Story::new(2, 4, 3);
    for i in 0..3 {
        story.submit(0, i);
    }
    let first = story.create(1, Owner::Job(JobId(0)));
    story.bind(1, first, 0);
    story.start(4, first);
    story.finish(14, first, 3);
    let second = story.create(24, Owner::Job(JobId(0)));
    story.bind(24, second, 1);
    story.start(25, second);
    story.finish(35, second, 0);
    story.finish_job(35, 0, JobCondition::Complete);
    let third = story.create(2, Owner::Job(JobId(1)));
    story.bind(2, third, 0);
    story.start(3, third);
    story.finish(20, third, 1);
    story.finish_job(20, 1, JobCondition::Failed(FailureReason::BackoffLimitExceeded));
    story.create(3, Owner::Job(JobId(2)));
    let seconds = |secs| Some(SimDuration::from_secs(secs).into());
    story.metrics.attempts = 4;
    story.metrics.failed_jobs = 1;
    story.metrics.unfinished_jobs = 1;
    story.metrics.mean_wait = Some(SimDuration::from_millis(3_500).into());
    (story.metrics.p95_wait, story.metrics.max_wait) = (seconds(4), seconds(4));
    (story.metrics.gpu_utilization, story.metrics.gpu_goodput) = (Some(0.1), Some(0.25));
    story
}

#[test]
fn a_run_that_is_stuck() {
    let story = story();
    let reasons = [
        "0/2 nodes are available: 2 Insufficient nvidia.com/gpu. No preemption victims found for incoming pod."
            .to_owned(),
    ];
    insta::assert_snapshot!(run(&story.run(60, &[]), &reasons, &PAPER), @r"
    Jobs
    ┌─────────┬──────────┬──────────────────────┬──────────┬──────┬────────────┐
    │ Job     │ status   │ reason               │ attempts │ wait │ turnaround │
    ├─────────┼──────────┼──────────────────────┼──────────┼──────┼────────────┤
    │ train-0 │ Complete │ CompletionsReached   │        2 │   4s │        35s │
    │ train-1 │ Failed   │ BackoffLimitExceeded │        1 │   3s │        20s │
    │ train-2 │ Active   │                      │        1 │    – │          – │
    └─────────┴──────────┴──────────────────────┴──────────┴──────┴────────────┘

    Nodes
    ┌────────┬──────────┬────────────┬────────────────┐
    │ node   │ pods run │        cpu │ nvidia.com/gpu │
    ├────────┼──────────┼────────────┼────────────────┤
    │ node-0 │        2 │ 6.5 % of 8 │      13 % of 4 │
    │ node-1 │        1 │ 2.3 % of 8 │     4.6 % of 4 │
    └────────┴──────────┴────────────┴────────────────┘
    Share of allocatable that was in use, from the first submission to the end of the run.

    No makespan: 1 of 3 Jobs did not end; the run stopped after 1m (3 Jobs, 1 of them failed, 4
    attempts).
    Wait from submission to start: mean 3.5s, 95th percentile 4s, longest 4s.
    GPU time allocated: 10 %; of what Jobs had, 25 % went into attempts that succeeded.
    Without a node at the end: 1 pod.
    What stands in the way:
    • 0/2 nodes are available: 2 Insufficient nvidia.com/gpu. No preemption victims found for incoming
      pod.
    ");
}

#[test]
fn a_long_run_shows_some_of_everything_and_pools_of_nodes() {
    let mut story = Story::new(30, 4, 1_000).with_deployment("front", 2);
    for i in 0..1_000 {
        if i == 700 {
            story.submit(0, i);
        } else {
            story.job(u64::from(i), i, i % 30);
        }
    }
    (story.metrics.attempts, story.metrics.unfinished_jobs) = (999, 1);
    insta::assert_snapshot!(run(&story.run(2_000, &[]), &[], &PAPER), @r"
    Jobs
    ┌───────────┬──────────┬────────────────────┬──────────┬──────┬────────────┐
    │ Job       │ status   │ reason             │ attempts │ wait │ turnaround │
    ├───────────┼──────────┼────────────────────┼──────────┼──────┼────────────┤
    │ train-000 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-001 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-002 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-003 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-004 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-005 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-006 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-007 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-008 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-009 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-010 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-011 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-012 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-013 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-014 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-015 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-016 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-017 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-018 │ Complete │ CompletionsReached │        1 │   1s │        10s │
    │ train-700 │ Active   │                    │        0 │    – │          – │
    └───────────┴──────────┴────────────────────┴──────────┴──────┴────────────┘
    … and 980 more (all Complete), in jobs.csv.

    Workloads
    ┌────────────┬──────────┬─────────┬───────┬───────────┬──────────┬───────────┐
    │ Deployment │ replicas │ updated │ ready │ available │ roll-out │ pods made │
    ├────────────┼──────────┼─────────┼───────┼───────────┼──────────┼───────────┤
    │ front      │        2 │       0 │     0 │         0 │        – │         0 │
    └────────────┴──────────┴─────────┴───────┴───────────┴──────────┴───────────┘

    Nodes
    ┌────────┬───────┬──────────┬──────────────┬────────────────┐
    │ pool   │ nodes │ pods run │          cpu │ nvidia.com/gpu │
    ├────────┼───────┼──────────┼──────────────┼────────────────┤
    │ pool 0 │    20 │      669 │ 2.1 % of 160 │    4.2 % of 80 │
    │ pool 1 │    10 │      330 │  2.1 % of 80 │    4.1 % of 40 │
    └────────┴───────┴──────────┴──────────────┴────────────────┘
    Share of allocatable that was in use, from the first submission to the end of the run.

    No makespan: 1 of 1,000 Jobs did not end; the run stopped after 33m 20s (1,000 Jobs, 999 attempts).
    ");
}

#[test]
fn a_run_of_nothing_is_a_text_too() {
    let story = Story::new(0, 0, 0);
    assert!(run_tables(&story.run(0, &[])).is_empty());
    assert_eq!(run(&story.run(0, &[]), &[], &PAPER), "");
}

#[test]
fn amounts_read_like_those_of_manifests() {
    let mut story = Story::new(1, 4, 1);
    let huge = story.store.resources.intern("hugepages-2Mi");
    let gpu = story.store.resources.find("nvidia.com/gpu").expect("a GPU");
    for (id, value, text) in [
        (ResourceId::CPU, 64_000, "64"),
        (ResourceId::CPU, 1_500, "1.5"),
        (ResourceId::CPU, 3_920, "3.92"),
        (ResourceId::MEMORY, 256 << 30, "256Gi"),
        (ResourceId::MEMORY, 3 << 29, "1.5Gi"),
        (ResourceId::MEMORY, 2 << 40, "2Ti"),
        (ResourceId::MEMORY, 500, "500"),
        (huge, 2 << 20, "2Mi"),
        (gpu, 9_704, "9,704"),
        (gpu, -1, "0"),
    ] {
        assert_eq!(amount(&story.store, id, value), text);
    }
}

#[test]
fn list_lines_are_broken_and_indented() {
    let paper = Paper {
        width: Some(24),
        ..PAPER
    };
    let lines = ["one two three four five six seven".to_owned(), "short".to_owned()];
    assert_eq!(
        paper.bullets(&lines),
        "• one two three four\n  five six seven\n• short\n"
    );
}
