use super::*;
use proptest::prelude::*;

fn secs(seconds: u64) -> SimDuration {
    SimDuration::from_secs(seconds)
}
fn runtimes(seconds: &[u64]) -> Vec<SimDuration> {
    seconds.iter().map(|s| secs(*s)).collect()
}
fn jobs(pairs: &[(u64, u64)]) -> Vec<RigidJob> {
    pairs
        .iter()
        .map(|(s, w)| RigidJob {
            runtime: secs(*s),
            width: *w,
        })
        .collect()
}

#[test]
fn closed_forms_by_hand() {
    let d = secs(300);
    // 1000 Jobs of 300 s on 32 slots: one by one 300,000 s; at once ⌈1000/32⌉ = 32 rounds, 9,600 s.
    assert_eq!(sequential(&vec![d; 1_000]), secs(300_000));
    assert_eq!(parallel_equal(1_000, 32, d), Some(secs(9_600)));
    // Batches of 48: 20 full ones (960 Jobs) of ⌈48/32⌉ = 2 rounds, then 40 Jobs in 2 rounds: 42 · 300 = 12,600 s.
    assert_eq!(batched_equal(1_000, 48, 32, d), Some(secs(12_600)));
    // A window of 10: ⌈1000/10⌉ = 100 rounds. A window of 64 is not felt on 32 slots.
    assert_eq!(windowed_equal(1_000, 10, 32, d), Some(secs(30_000)));
    assert_eq!(windowed_equal(1_000, 64, 32, d), Some(secs(9_600)));
    // A batch larger than n is one batch.
    assert_eq!(batched_equal(10, 48, 4, d), parallel_equal(10, 4, d));
}

#[test]
fn bounds_by_hand() {
    // 3 + 3 + 2 + 2 + 2 = 12 on 2 slots: 6 at least. Graham: (12 + 1·3)/2 = 7.5 s at most.
    let r = runtimes(&[3, 3, 2, 2, 2]);
    assert_eq!(lower(&r, 2), Some(secs(6)));
    assert_eq!(upper(&r, 2), Some(SimDuration::from_millis(7_500)));
    // A slot for every Job: all start at once.
    assert_eq!((upper(&r, 5), upper(&r, 500)), (Some(secs(3)), Some(secs(3))));
    // The longest Job rules: max(⌈(10 + 1 + 1)/3⌉, 10).
    assert_eq!(lower(&runtimes(&[10, 1, 1]), 3), Some(secs(10)));
    // Nanoseconds: ⌈11 ns / 2⌉ = 6 ns below, ⌊(11 + 1·4)/2⌋ = 7 ns above.
    let r: Vec<_> = [4, 4, 3].map(SimDuration::from_nanos).to_vec();
    assert_eq!(
        (lower(&r, 2), upper(&r, 2)),
        (Some(SimDuration::from_nanos(6)), Some(SimDuration::from_nanos(7)))
    );
    // Batches of 3 on 2 slots, {5, 1, 4} and {4, 2}: 5 + 4 = 9 at least; (10 + 5)/2 = 7.5 and 4 at most, 11.5.
    let r = runtimes(&[5, 1, 4, 4, 2]);
    assert_eq!(batched_lower(3, 2, &r), Some(secs(9)));
    assert_eq!(batched_upper(3, 2, &r), Some(SimDuration::from_millis(11_500)));
    // A window of 2 on 8 slots: 16 s of work on 2, and (16 + 5)/2 = 10.5 s at most.
    assert_eq!(
        (windowed_lower(2, 8, &r), windowed_upper(2, 8, &r)),
        (Some(secs(8)), Some(SimDuration::from_millis(10_500)))
    );
    assert_eq!(worst_case_factor(1), Some(1.0));
    assert_eq!(worst_case_factor(4), Some(1.75));
}

#[test]
fn the_worst_case_of_graham_is_reached() {
    // c = 3: six Jobs of 1 and then one of 3, in this order: 2 + 3 = 5 where 3 is best; 5/3 = 2 − 1/3.
    let r = runtimes(&[1, 1, 1, 1, 1, 1, 3]);
    assert_eq!((lower(&r, 3), upper(&r, 3)), (Some(secs(3)), Some(secs(5))));
    let list: Vec<RigidJob> = r.iter().map(|d| RigidJob { runtime: *d, width: 1 }).collect();
    assert_eq!(play(&list, &[3], Submission::Parallel, true), 5 * 1_000_000_000);
}

#[test]
fn without_slots_nothing_ends() {
    let r = runtimes(&[1]);
    assert_eq!(
        (lower(&r, 0), upper(&r, 0), parallel_equal(1, 0, secs(1))),
        (None, None, None)
    );
    assert_eq!(
        (
            batched_lower(0, 4, &r),
            windowed_upper(0, 4, &r),
            batched_equal(1, 0, 4, secs(1))
        ),
        (None, None, None)
    );
    assert_eq!(worst_case_factor(0), None);
    assert_eq!(
        (lower(&[], 0), upper(&[], 0), parallel_equal(0, 0, secs(1))),
        (Some(secs(0)), Some(secs(0)), Some(secs(0)))
    );
    // 3 slots on one node: no place for a pod of 4, though two nodes have 6 together.
    assert_eq!(rigid_lower(&jobs(&[(1, 4)]), &[3, 3]), None);
    assert_eq!(Bounds::of(Submission::Sequential, &jobs(&[(1, 4)]), &[3, 3]), None);
    assert_eq!(Bounds::of(Submission::Windowed(0), &jobs(&[(1, 1)]), &[3, 3]), None);
    assert_eq!(Bounds::of(Submission::Batched(0), &jobs(&[(1, 1)]), &[3, 3]), None);
}

#[test]
fn what_is_beyond_time_saturates() {
    let r = vec![SimDuration::MAX; 3];
    assert_eq!(sequential(&r), SimDuration::MAX);
    assert_eq!(
        (lower(&r, 1), upper(&r, 2)),
        (Some(SimDuration::MAX), Some(SimDuration::MAX))
    );
    // Exact inside: 3·MAX of work on 3 slots is MAX, not less.
    assert_eq!(lower(&r, 3), Some(SimDuration::MAX));
    let wide = [RigidJob {
        runtime: SimDuration::MAX,
        width: u64::MAX,
    }; 4];
    assert_eq!(rigid_lower(&wide, &[u64::MAX, u64::MAX]), Some(SimDuration::MAX));
    let mixed = [
        wide[0],
        RigidJob {
            runtime: SimDuration::MAX,
            width: 1,
        },
    ];
    assert_eq!(rigid_upper(&mixed, &[u64::MAX]), Some(SimDuration::MAX));
}

#[test]
fn wide_jobs_by_hand() {
    // Two nodes of 8. Five pods of 5 for 10 s: one a node at a time, ⌈5·10/2⌉ = 25 s; the area says only 250/16 = 15.6 s.
    let five = jobs(&[(10, 5); 5]);
    assert_eq!(rigid_lower(&five, &[8, 8]), Some(secs(25)));
    // Equal pods: the closed form on 2 places, ⌈5/2⌉·10 = 30 s.
    let bounds = Bounds::of(Submission::Parallel, &five, &[8, 8]).unwrap();
    assert_eq!(
        bounds,
        Bounds {
            lower: secs(25),
            upper: secs(30),
            theory: Some(secs(30)),
            slots: Some(2)
        }
    );
    // One pod of 8 and two of 5, 10 s each: all are at least 5 wide, so one after the other, 30 s; area 180/8 = 22.5 s.
    assert_eq!(rigid_lower(&jobs(&[(10, 8), (10, 5), (10, 5)]), &[8]), Some(secs(30)));
    // Mixed on one node of 8: 4·(8) + 1·(6) + 2·(3) = 44 slot-seconds / 8 = 5.5 s, but the longest takes 8 s.
    let mixed = jobs(&[(8, 4), (6, 1), (3, 2)]);
    assert_eq!(rigid_lower(&mixed, &[8]), Some(secs(8)));
    // W = 4, B = 8 − 4 + 1 = 5: (44 − 32)/5 + 8 = 10.4; (44 − 6)/5 + 6 = 13.6; (44 − 6)/5 + 3 = 10.6. So 13.6 s.
    assert_eq!(rigid_upper(&mixed, &[8]), Some(SimDuration::from_millis(13_600)));
    let bounds = Bounds::of(Submission::Sequential, &mixed, &[8]).unwrap();
    assert_eq!(
        bounds,
        Bounds {
            lower: secs(17),
            upper: secs(17),
            theory: Some(secs(17)),
            slots: None
        }
    );
    // Two in flight at most: 17 s of runtime / 2 = 8.5 s at least.
    let bounds = Bounds::of(Submission::Windowed(2), &mixed, &[8]).unwrap();
    assert_eq!((bounds.lower, bounds.theory), (SimDuration::from_millis(8_500), None));
}

#[test]
fn strategies_are_spelled_as_in_the_files() {
    for text in ["sequential", "parallel", "batched:32", "windowed:8"] {
        assert_eq!(text.parse::<Submission>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "Parallel",
        "batched",
        "batched:",
        "batched:0",
        "windowed:-1",
        "parallel:4",
    ] {
        assert!(text.parse::<Submission>().is_err(), "{text:?}");
    }
    assert_eq!("windowed:8".parse::<Submission>().unwrap().round(32), 8);
    assert_eq!(Submission::Batched(64).round(32), 32);
}

/// The makespan in nanoseconds of a list scheduler with a free control plane. `passing`: a job that does not fit lets
/// later ones pass; otherwise the queue is served strictly in order.
fn play(jobs: &[RigidJob], nodes: &[u64], submission: Submission, passing: bool) -> u64 {
    let (mut now, mut submitted) = (0u64, 0usize);
    let mut free = nodes.to_vec();
    let mut pending: Vec<usize> = Vec::new();
    let mut running: Vec<(u64, usize, usize)> = Vec::new(); // (end, job, node)
    loop {
        let in_flight = pending.len() + running.len();
        let more = match submission {
            Submission::Sequential => 1usize.saturating_sub(in_flight),
            Submission::Parallel => usize::MAX,
            Submission::Batched(k) => {
                if in_flight == 0 {
                    k as usize
                } else {
                    0
                }
            }
            Submission::Windowed(k) => (k as usize).saturating_sub(in_flight),
        };
        let until = jobs.len().min(submitted.saturating_add(more));
        pending.extend(submitted..until);
        submitted = until;
        let mut waiting = Vec::new();
        for job in std::mem::take(&mut pending) {
            let node = free.iter().position(|free| *free >= jobs[job].width);
            match node.filter(|_| passing || waiting.is_empty()) {
                Some(node) => {
                    free[node] -= jobs[job].width;
                    running.push((now + jobs[job].runtime.as_nanos(), job, node));
                }
                None => waiting.push(job),
            }
        }
        pending = waiting;
        let Some(next) = running.iter().map(|(end, ..)| *end).min() else {
            assert!(pending.is_empty() && submitted == jobs.len(), "the scheduler is stuck");
            return now;
        };
        now = next;
        running.retain(|(end, job, node)| {
            if *end == now {
                free[*node] += jobs[*job].width;
            }
            *end != now
        });
    }
}

/// The shortest makespan of all: every order, every choice of nodes, each job put at the earliest time at which it fits
/// (for some order and choice that is an optimal schedule). Runtimes are small numbers of nanoseconds.
fn optimum(
    jobs: &[RigidJob],
    nodes: &[u64],
    used: &mut Vec<Vec<u64>>,
    placed: &mut Vec<bool>,
    end: usize,
    best: &mut usize,
) {
    if end >= *best {
        return;
    }
    if placed.iter().all(|placed| *placed) {
        *best = end;
        return;
    }
    for job in 0..jobs.len() {
        if placed[job] {
            continue;
        }
        let (length, width) = (jobs[job].runtime.as_nanos() as usize, jobs[job].width);
        for node in 0..nodes.len() {
            if nodes[node] < width {
                continue;
            }
            let fits = |at: &usize| (*at..at + length).all(|t| used[node][t] + width <= nodes[node]);
            let start = (0..).find(fits).expect("after all others it fits");
            used[node][start..start + length]
                .iter_mut()
                .for_each(|slots| *slots += width);
            placed[job] = true;
            optimum(jobs, nodes, used, placed, end.max(start + length), best);
            placed[job] = false;
            used[node][start..start + length]
                .iter_mut()
                .for_each(|slots| *slots -= width);
        }
    }
}

fn shortest(jobs: &[RigidJob], nodes: &[u64]) -> u64 {
    let horizon = 1 + jobs.iter().map(|job| job.runtime.as_nanos() as usize).sum::<usize>();
    let mut best = horizon;
    optimum(
        jobs,
        nodes,
        &mut vec![vec![0; 2 * horizon]; nodes.len()],
        &mut vec![false; jobs.len()],
        0,
        &mut best,
    );
    best as u64
}

fn rigid(pairs: &[(u64, u64)], widest: u64) -> Vec<RigidJob> {
    let job = |(d, w): &(u64, u64)| RigidJob {
        runtime: SimDuration::from_nanos(*d),
        width: (*w).min(widest),
    };
    pairs.iter().map(job).collect()
}

fn submissions(k: u64) -> [Submission; 4] {
    [
        Submission::Sequential,
        Submission::Parallel,
        Submission::Batched(k),
        Submission::Windowed(k),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// lower ≤ optimum ≤ list schedule ≤ upper, and a list schedule is within 2 − 1/c of the optimum.
    #[test]
    fn one_slot_jobs_lie_between_the_bounds(lengths in prop::collection::vec(0u64..12, 1..6), c in 1u64..4) {
        let list = rigid(&lengths.iter().map(|d| (*d, 1)).collect::<Vec<_>>(), 1);
        let r: Vec<SimDuration> = list.iter().map(|job| job.runtime).collect();
        let (best, played) = (shortest(&list, &[c]), play(&list, &[c], Submission::Parallel, true));
        prop_assert!(lower(&r, c).unwrap().as_nanos() <= best);
        prop_assert!(best <= played && played <= upper(&r, c).unwrap().as_nanos());
        prop_assert!(played as f64 <= worst_case_factor(c).unwrap() * best as f64 + 1e-9);
        prop_assert_eq!(rigid_lower(&list, &[c]), lower(&r, c));
        prop_assert_eq!(rigid_upper(&list, &[c]), upper(&r, c));
    }

    /// The same for wide jobs on nodes.
    #[test]
    fn wide_jobs_lie_between_the_bounds(
        pairs in prop::collection::vec((0u64..8, 0u64..6), 1..5),
        nodes in prop::collection::vec(1u64..6, 1..3),
        passing: bool,
    ) {
        let list = rigid(&pairs, *nodes.iter().max().unwrap());
        let (best, played) = (shortest(&list, &nodes), play(&list, &nodes, Submission::Parallel, passing));
        prop_assert!(rigid_lower(&list, &nodes).unwrap().as_nanos() <= best);
        prop_assert!(best <= played && played <= rigid_upper(&list, &nodes).unwrap().as_nanos());
    }

    /// Every strategy's list schedule lies between its bounds, whatever the widths.
    #[test]
    fn every_strategy_keeps_its_bounds(
        pairs in prop::collection::vec((0u64..1_000, 0u64..9), 0..30),
        nodes in prop::collection::vec(1u64..9, 1..4),
        k in 1u64..8,
        passing: bool,
    ) {
        let list = rigid(&pairs, *nodes.iter().max().unwrap());
        for submission in submissions(k) {
            let bounds = Bounds::of(submission, &list, &nodes).unwrap();
            let played = SimDuration::from_nanos(play(&list, &nodes, submission, passing));
            prop_assert!(bounds.lower <= played && played <= bounds.upper, "{submission}: {bounds:?}, played {played}");
            prop_assert!(bounds.theory.is_none_or(|theory| theory == played), "{submission}: {bounds:?}, played {played}");
        }
    }

    /// Equal jobs: the closed form of every strategy is what a list scheduler takes, to the nanosecond.
    #[test]
    fn closed_forms_are_exact(
        n in 0u64..60,
        d in 0u64..1_000_000,
        width in 1u64..4,
        nodes in prop::collection::vec(3u64..9, 1..4),
        k in 1u64..20,
    ) {
        let list = vec![RigidJob { runtime: SimDuration::from_nanos(d), width }; n as usize];
        for submission in submissions(k) {
            let played = SimDuration::from_nanos(play(&list, &nodes, submission, false));
            let theory = Bounds::of(submission, &list, &nodes).unwrap().theory;
            prop_assert_eq!(theory.unwrap_or_default(), played, "{}", submission);
            prop_assert!(theory.is_some() || n == 0);
        }
    }

    /// The forms for one-slot jobs and the general ones agree.
    #[test]
    fn one_slot_forms_agree_with_the_general_ones(lengths in prop::collection::vec(0u64..1_000, 1..40), c in 1u64..9, k in 1u64..12) {
        let list = rigid(&lengths.iter().map(|d| (*d, 1)).collect::<Vec<_>>(), 1);
        let r: Vec<SimDuration> = list.iter().map(|job| job.runtime).collect();
        let batched = Bounds::of(Submission::Batched(k), &list, &[c]).unwrap();
        prop_assert_eq!(Some(batched.lower), batched_lower(k, c, &r));
        prop_assert_eq!(Some(batched.upper), batched_upper(k, c, &r));
        let windowed = Bounds::of(Submission::Windowed(k), &list, &[c]).unwrap();
        prop_assert_eq!(Some(windowed.lower), windowed_lower(k, c, &r));
        prop_assert_eq!(Some(windowed.upper), windowed_upper(k, c, &r));
    }
}
