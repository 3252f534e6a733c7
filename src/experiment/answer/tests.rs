use super::*;
use crate::experiment::aggregate::aggregate;
use crate::experiment::rows::CompareRow;
use crate::experiment::rows::tests::row;
use crate::kernel::SimDuration;

fn say(rows: &[CompareRow], control_plane: &str) -> String {
    answer(&aggregate(rows, 0.95), control_plane).expect("an answer")
}

fn with_theory(mut row: CompareRow, seconds: u64) -> CompareRow {
    row.theory = Some(SimDuration::from_secs(seconds));
    row
}

/// 1,000 Jobs of 300 s on 32 slots: 32 rounds, 9,600 s; 9,696 s is 1 % more. One by one 305,424 s = 3 d 12 h 50 min,
/// 31.5 times 9,696 s.
fn lesson() -> Vec<CompareRow> {
    vec![
        row(100, "sequential", "kubernetes", 0, Some(30_520)),
        with_theory(row(100, "parallel", "kubernetes", 0, Some(1_230)), 1_200),
        row(1_000, "sequential", "kubernetes", 0, Some(305_424)),
        with_theory(row(1_000, "parallel", "kubernetes", 0, Some(9_696)), 9_600),
        row(1_000, "sequential", "ideal", 0, Some(300_000)),
        with_theory(row(1_000, "parallel", "ideal", 0, Some(9_600)), 9_600),
    ]
}

#[test]
fn the_lesson() {
    insta::assert_snapshot!(say(&lesson(), "kubernetes"), @"Submitting all 1,000 Jobs at once takes 2h 42m instead of 3d 13h (31.5 times faster); the bound ⌈n/c⌉·d is 2h 40m, so the control plane costs 1 %.");
    // 300,000 / 9,600 = 31.25.
    insta::assert_snapshot!(say(&lesson(), "ideal"), @"Submitting all 1,000 Jobs at once takes 2h 40m instead of 3d 11h (31.2 times faster); the bound ⌈n/c⌉·d is 2h 40m, and that is reached.");
    assert_eq!(answer(&aggregate(&lesson(), 0.95), "unknown"), None);
    assert_eq!(answer(&[], "ideal"), None);
}

#[test]
fn replications_give_an_interval() {
    // Speed-ups 10, 10 and 11: their logarithms' mean is ln 10 + ln(1.1)/3, so 10 · 1.1^(1/3) = 10.3228.
    // sd of the logarithms: ln(1.1)/√3 = 0.0550274; half width t(2) · that / √3 = 0.136696, so from 9.0041 to 11.8346.
    let rows: Vec<CompareRow> = (0..3)
        .flat_map(|r| {
            let before = if r == 2 { 1_100 } else { 1_000 };
            [
                row(50, "sequential", "ideal", r, Some(before)),
                row(50, "parallel", "ideal", r, Some(100)),
            ]
        })
        .collect();
    insta::assert_snapshot!(say(&rows, "ideal"), @"Submitting all 50 Jobs at once takes 1m 40s on average instead of 17m 13s (10.3 times faster, 95 % interval 9.00 to 11.8 over 3 replications).");
    let mut bounded = rows.clone();
    for row in &mut bounded {
        row.lower_bound = Some(SimDuration::from_secs(80));
    }
    // 1 − 80/100 = 20 %.
    assert!(
        say(&bounded, "ideal").ends_with("; no schedule can be shorter than 1m 20s, so 20 % at most could be saved.")
    );
    for row in &mut bounded {
        row.lower_bound = Some(SimDuration::from_secs(100));
    }
    assert!(say(&bounded, "ideal").ends_with("than 1m 40s, so nothing is left to save."));
}

#[test]
fn without_a_closed_form_the_ideal_run_is_the_measure() {
    let rows = [
        row(8, "sequential", "kubernetes", 0, Some(4_000)),
        row(8, "parallel", "kubernetes", 0, Some(1_050)),
        row(8, "parallel", "ideal", 0, Some(1_000)),
    ];
    insta::assert_snapshot!(say(&rows, "kubernetes"), @"Submitting all 8 Jobs at once takes 17m 30s instead of 1h 7m (3.81 times faster); with an ideal control plane it would take 16m 40s, so the control plane costs 5 %.");
}

#[test]
fn at_once_may_not_help() {
    // One slot: the same either way; 200 against 250 is 1.25 times slower.
    let rows = |parallel| {
        [
            row(4, "sequential", "ideal", 0, Some(200)),
            row(4, "parallel", "ideal", 0, Some(parallel)),
        ]
    };
    insta::assert_snapshot!(say(&rows(200), "ideal"), @"Submitting all 4 Jobs at once takes 3m 20s where one by one takes 3m 20s (no difference that the runs can tell).");
    insta::assert_snapshot!(say(&rows(250), "ideal"), @"Submitting all 4 Jobs at once takes 4m 10s instead of 3m 20s (1.25 times slower).");
    // 200/250 and 200/160 pull either way: the interval holds 1.
    let unclear = [
        rows(250),
        rows(160).map(|mut row| {
            row.replication = 1;
            row
        }),
    ]
    .concat();
    assert!(
        say(&unclear, "ideal").contains("(no difference that the runs can tell: 95 % interval of the speed-up 0.0")
    );
}

#[test]
fn what_is_missing_or_did_not_end_is_said() {
    let alone = [
        with_theory(row(64, "parallel", "ideal", 0, Some(600)), 600),
        row(8, "windowed:4", "ideal", 0, Some(9)),
    ];
    insta::assert_snapshot!(say(&alone, "ideal"), @"Submitting all 64 Jobs at once takes 10m; the bound ⌈n/c⌉·d is 10m, and that is reached.");
    let rows = |sequential, parallel| {
        [
            row(64, "sequential", "ideal", 0, sequential),
            row(64, "parallel", "ideal", 0, parallel),
            row(64, "parallel", "ideal", 1, Some(5)),
        ]
    };
    insta::assert_snapshot!(say(&rows(Some(9), None), "ideal"), @"Submitted all at once, the 64 Jobs did not all end in 1 of 2 runs: there is no makespan.");
    insta::assert_snapshot!(say(&rows(None, Some(5)), "ideal"), @"Submitting all 64 Jobs at once takes 5s on average (one by one they did not all end).");
    insta::assert_snapshot!(say(&[row(1, "parallel", "ideal", 0, Some(300))], "ideal"), @"A single Job takes 5m; from two on it matters how they are submitted.");
}
