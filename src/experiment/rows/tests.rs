use super::*;
use crate::experiment::growth::{Point, fit};
use crate::experiment::table::{write_csv, write_json};
use proptest::prelude::*;

/// A row with a makespan in seconds, and what else belongs to it.
pub(in crate::experiment) fn row(
    n: u64,
    strategy: &str,
    control_plane: &str,
    replication: u64,
    makespan: Option<u64>,
) -> CompareRow {
    CompareRow {
        n,
        strategy: strategy.to_owned(),
        control_plane: control_plane.to_owned(),
        replication,
        seed: 1_000 + replication,
        makespan: makespan.map(SimDuration::from_secs),
        lower_bound: None,
        upper_bound: None,
        theory: None,
        mean_wait: Some(SimDuration::from_nanos(1)),
        p95_wait: Some(SimDuration::from_millis(2_500)),
        mean_turnaround: Some(SimDuration::from_secs(300)),
        p95_turnaround: Some(SimDuration::from_secs(301)),
        attempts: n,
        failed_jobs: 0,
        gpu_utilization: None,
        api_calls: 10 * n,
        events: 100 * n,
        fingerprint: "00c0ffee".to_owned(),
        nodes: 4,
        slots: Some(32),
    }
}

fn csv_of(rows: &[CompareRow]) -> String {
    let mut bytes = Vec::new();
    write_csv(&mut bytes, rows).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn runs_csv_by_hand() {
    let mut full = row(1_000, "batched:32", "kubernetes", 3, Some(9_600));
    full.lower_bound = Some(SimDuration::from_nanos(9_600_000_000_001));
    full.theory = Some(SimDuration::from_secs(9_600));
    full.gpu_utilization = Some(0.976_562_5);
    insta::assert_snapshot!(csv_of(&[full, row(10, "parallel", "ideal", 0, None)]), @r"
    n,strategy,control_plane,replication,seed,makespan_s,lower_bound_s,upper_bound_s,theory_s,mean_wait_s,p95_wait_s,mean_turnaround_s,p95_turnaround_s,attempts,failed_jobs,gpu_utilization,api_calls,events,fingerprint,nodes,slots
    1000,batched:32,kubernetes,3,1003,9600.000000000,9600.000000001,,9600.000000000,0.000000001,2.500000000,300.000000000,301.000000000,1000,0,0.976562,10000,100000,00c0ffee,4,32
    10,parallel,ideal,0,1000,,,,,0.000000001,2.500000000,300.000000000,301.000000000,10,0,,100,1000,00c0ffee,4,32
    ");
}

#[test]
fn columns_are_found_by_name_and_unknown_ones_passed_over() {
    let rows = vec![row(10, "parallel", "ideal", 0, Some(300))];
    let text = csv_of(&rows);
    // Turn the columns round and add one.
    let turned: Vec<String> = text
        .lines()
        .map(|line| format!("more,{}", line.split(',').rev().collect::<Vec<_>>().join(",")))
        .collect();
    assert_eq!(read_rows(turned.join("\r\n").as_bytes()).unwrap(), rows);
}

#[test]
fn bad_files_are_explained() {
    let say = |text: &str| read_rows(text.as_bytes()).unwrap_err().to_string();
    let good = csv_of(&[row(10, "parallel", "ideal", 0, Some(300))]);
    insta::assert_snapshot!(say(&good.replace("makespan_s", "makespan").replace("events", "evts")), @"no column makespan_s, events; runs.csv as written by `makespan compare` has it");
    insta::assert_snapshot!(say(&good.replace("300.000000000", "5m")), @r#"line 2, column makespan_s: "5m" is not a number of seconds with nine decimals at most"#);
    insta::assert_snapshot!(say(&good.replace("\n10,", "\n-10,")), @r#"line 2, column n: "-10" is not a whole number"#);
    insta::assert_snapshot!(say(&good.replace("parallel", "")), @r#"line 2, column strategy: "" is not a name"#);
    assert!(matches!(
        read_rows(format!("{good}1,2\n").as_bytes()),
        Err(ReadRowsError::Csv(_))
    ));
    assert!(
        matches!(read_rows(&b""[..]), Err(ReadRowsError::MissingColumns(all)) if all.len() == CompareRow::COLUMNS.len())
    );
}

#[test]
fn rows_are_sorted_by_size_then_strategy_as_requested() {
    let mut rows = vec![
        row(100, "sequential", "kubernetes", 0, None),
        row(20, "parallel", "kubernetes", 1, None),
        row(20, "parallel", "kubernetes", 0, None),
        row(20, "parallel", "ideal", 1, None),
        row(20, "other", "ideal", 0, None),
        row(20, "batched:4", "ideal", 0, None),
        row(20, "sequential", "kubernetes", 0, None),
    ];
    sort_rows(
        &mut rows,
        &["sequential".to_owned(), "parallel".to_owned(), "batched:4".to_owned()],
    );
    let order: Vec<String> = rows
        .iter()
        .map(|r| format!("{} {} {} {}", r.n, r.strategy, r.control_plane, r.replication))
        .collect();
    insta::assert_snapshot!(order.join("\n"), @r"
    20 sequential kubernetes 0
    20 parallel ideal 1
    20 parallel kubernetes 0
    20 parallel kubernetes 1
    20 batched:4 ideal 0
    20 other ideal 0
    100 sequential kubernetes 0
    ");
}

#[test]
fn growth_csv_by_hand() {
    // 12 + 3n exactly.
    let points: Vec<Point> = [4, 8, 16, 32, 64]
        .map(|n| Point {
            n,
            seconds: 12.0 + 3.0 * n as f64,
        })
        .to_vec();
    let curve = |fit, unfinished| CurveRow {
        strategy: "parallel".to_owned(),
        control_plane: "ideal".to_owned(),
        fit,
        unfinished,
    };
    let good = curve(fit(&points, None, 0.95), vec![]);
    let cells: Vec<String> = good.cells().iter().map(Cell::to_string).collect();
    assert_eq!(cells.len(), CurveRow::COLUMNS.len());
    assert_eq!(cells[..6], ["parallel", "ideal", "linear", "12", "3", "s/Job"]);
    assert_eq!(cells[11..16], ["4", "64", "5", "0.000000", "AICc"]);
    let few = curve(fit(&points[..3], None, 0.95), vec![128, 256]);
    insta::assert_snapshot!(few.sentence(), @"parallel (ideal): 3 different n are too few to name a law of growth; it takes 4 or more; left out, for not all Jobs ended: n = 128, 256");
    let mut json = Vec::new();
    write_json(&mut json, &[few]).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(
        (&json[0]["law"], &json[0]["b_s"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
}

fn span() -> impl Strategy<Value = Option<SimDuration>> {
    prop::option::of(any::<u64>().prop_map(SimDuration::from_nanos))
}

prop_compose! {
    fn any_row()(
        (n, replication, seed, attempts, failed_jobs, api_calls, events) in any::<(u64, u64, u64, u64, u64, u64, u64)>(),
        strategy in "[a-z,\"\n:é]{0,9}x",
        (makespan, lower_bound, upper_bound, theory) in (span(), span(), span(), span()),
        (mean_wait, p95_wait, mean_turnaround, p95_turnaround) in (span(), span(), span(), span()),
        millionths in prop::option::of(0u32..=1_000_000),
    ) -> CompareRow {
        CompareRow {
            n, strategy, control_plane: "ideal".to_owned(), replication, seed, makespan, lower_bound, upper_bound, theory,
            mean_wait, p95_wait, mean_turnaround, p95_turnaround, attempts, failed_jobs, api_calls, events,
            gpu_utilization: millionths.map(|m| f64::from(m) / 1e6),
            fingerprint: format!("{seed:016x}"), nodes: attempts, slots: makespan.map(SimDuration::as_nanos),
        }
    }
}

proptest! {
    /// Nothing is lost on the way to the file and back.
    #[test]
    fn rows_come_back_as_they_were(rows in prop::collection::vec(any_row(), 0..8)) {
        // Leading and trailing white space of a name is no part of it.
        let rows: Vec<CompareRow> =
            rows.into_iter().map(|row| CompareRow { strategy: row.strategy.trim().to_owned(), ..row }).collect();
        prop_assert_eq!(read_rows(csv_of(&rows).as_bytes()).unwrap(), rows);
    }
    #[test]
    fn reading_never_panics(text in "(n,strategy\n)?.{0,80}") {
        let _ = read_rows(text.as_bytes());
    }
}
