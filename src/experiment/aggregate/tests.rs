use super::*;
use crate::experiment::growth::{GrowthError, Law};
use crate::experiment::rows::tests::row;
use crate::experiment::table::write_csv;

fn of<'a>(all: &'a [Aggregate], strategy: &str, control_plane: &str) -> &'a Aggregate {
    all.iter()
        .find(|a| a.strategy == strategy && a.control_plane == control_plane)
        .expect("the group")
}

#[test]
fn three_replications_by_hand() {
    let rows = [
        row(10, "sequential", "ideal", 0, Some(100)),
        row(10, "sequential", "ideal", 1, Some(200)),
        row(10, "sequential", "ideal", 2, Some(300)),
        row(10, "parallel", "ideal", 2, Some(75)),
        row(10, "parallel", "ideal", 0, Some(25)),
        row(10, "parallel", "ideal", 1, Some(50)),
    ];
    let all = aggregate(&rows, 0.95);
    assert_eq!(
        all.iter().map(|a| a.strategy.as_str()).collect::<Vec<_>>(),
        ["sequential", "parallel"]
    );
    // Mean 200, sd 100, half width t(2) · 100/√3 = 4.302653 · 57.735027 = 248.413771.
    let makespan = all[0].makespan.unwrap();
    assert_eq!((makespan.n, makespan.mean), (3, 200.0));
    assert!((makespan.interval.unwrap().half_width() - 248.413_771).abs() < 1e-4);
    // Paired by replication, whatever the order: 100/25, 200/50, 300/75 are all 4, without any doubt. Unpaired, the
    // intervals of 200 ± 248 and 50 ± 62 would say nothing.
    let speedup = all[1].speedup.unwrap();
    assert_eq!((speedup.n, speedup.mean), (3, 4.0));
    assert_eq!(speedup.interval.map(|i| (i.low, i.high)), Some((4.0, 4.0)));
    assert_eq!(all[0].speedup.unwrap().mean, 1.0);
    assert_eq!((all[1].attempts, all[1].api_calls), (10.0, 100.0));
}

#[test]
fn control_planes_and_sizes_keep_apart() {
    let rows = [
        row(10, "sequential", "ideal", 0, Some(100)),
        row(10, "parallel", "kubernetes", 0, Some(10)),
        row(20, "sequential", "kubernetes", 0, Some(500)),
        row(10, "sequential", "kubernetes", 0, Some(120)),
    ];
    let all = aggregate(&rows, 0.95);
    assert_eq!(all.len(), 4);
    assert_eq!(
        of(&all, "parallel", "kubernetes").speedup,
        Some(Estimate {
            n: 1,
            mean: 12.0,
            interval: None
        })
    );
}

#[test]
fn a_run_that_does_not_end_has_no_mean() {
    let rows = [
        row(10, "sequential", "ideal", 0, Some(100)),
        row(10, "sequential", "ideal", 1, Some(100)),
        row(10, "parallel", "ideal", 0, Some(50)),
        row(10, "parallel", "ideal", 1, None),
    ];
    let all = aggregate(&rows, 0.95);
    let parallel = of(&all, "parallel", "ideal");
    assert_eq!((parallel.replications, parallel.unfinished), (2, 1));
    assert_eq!((parallel.makespan, parallel.speedup), (None, None));
    assert!(parallel.mean_wait.is_some());
}

#[test]
fn only_pairs_of_the_same_luck_are_compared() {
    let mut stranger = row(10, "parallel", "ideal", 1, Some(1));
    stranger.seed = 77;
    let rows = [
        row(10, "sequential", "ideal", 0, Some(100)),
        row(10, "sequential", "ideal", 1, Some(100)),
        row(10, "parallel", "ideal", 0, Some(50)),
        stranger,
        row(10, "windowed:4", "ideal", 9, Some(50)),
    ];
    let all = aggregate(&rows, 0.95);
    assert_eq!(
        of(&all, "parallel", "ideal").speedup,
        Some(Estimate {
            n: 1,
            mean: 2.0,
            interval: None
        })
    );
    assert_eq!(of(&all, "windowed:4", "ideal").speedup, None);
    assert!(aggregate(&[], 0.95).is_empty());
}

#[test]
fn a_bound_needs_all_runs_to_have_it() {
    let mut rows = [
        row(10, "parallel", "ideal", 0, Some(100)),
        row(10, "parallel", "ideal", 1, Some(100)),
    ];
    rows[0].theory = Some(SimDuration::from_secs(90));
    assert_eq!(aggregate(&rows, 0.95)[0].theory, None);
    rows[1].theory = Some(SimDuration::from_secs(100));
    assert_eq!(aggregate(&rows, 0.95)[0].theory, Some(95.0));
}

#[test]
fn every_curve_has_its_growth() {
    // 300 s Jobs on 32 slots; a window of 8 makes rounds of 8.
    let mut rows = Vec::new();
    for n in [10u64, 32, 100, 320, 1_000] {
        rows.push(row(n, "sequential", "ideal", 0, Some(300 * n)));
        rows.push(row(n, "parallel", "ideal", 0, Some(300 * n.div_ceil(32))));
        rows.push(row(n, "windowed:8", "ideal", 0, Some(300 * n.div_ceil(8))));
    }
    rows.push(row(3_200, "parallel", "ideal", 0, None));
    rows.push(row(10, "parallel", "kubernetes", 0, Some(300)));
    let curves = curve_rows(&aggregate(&rows, 0.95), Some(32));
    let laws: Vec<_> = curves.iter().map(|c| c.fit.as_ref().map(|fit| fit.law)).collect();
    let few = GrowthError::TooFewPoints { distinct: 1 };
    let rounds = |slots| Ok(Law::CeilLinear { slots });
    assert_eq!(laws, [Ok(Law::Linear), rounds(32), rounds(8), Err(&few)]);
    assert_eq!(curves[1].unfinished, [3_200]);
    // Without alike Jobs there are no rounds to try.
    let others = &curve_rows(&aggregate(&rows, 0.95), None)[1]
        .fit
        .as_ref()
        .unwrap()
        .others
        .clone();
    assert!(others.iter().all(|c| !matches!(c.law, Law::CeilLinear { .. })));
}

#[test]
fn aggregates_as_csv() {
    let rows = [
        row(10, "sequential", "ideal", 0, Some(100)),
        row(10, "parallel", "ideal", 0, Some(30)),
    ];
    let mut csv = Vec::new();
    write_csv(&mut csv, &aggregate(&rows, 0.95)).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    insta::assert_snapshot!(csv.lines().skip(1).collect::<Vec<_>>().join("\n"), @r"
    10,sequential,ideal,1,0,0.95,100,,,1,,,,,,0.000000001,2.5,300,301,,10,0,100
    10,parallel,ideal,1,0,0.95,30,,,3.33333333,,,,,,0.000000001,2.5,300,301,,10,0,100
    ");
    assert_eq!(csv.lines().next().unwrap().split(',').count(), Aggregate::COLUMNS.len());
}
