//! The shipped scenarios about Jobs give the answers that their opening comments promise.

use crate::support::program::{Folder, scenarios};

/// Plays a shipped scenario; the rows of the printed CSV, each with the value of a column by name.
fn rows(folder: &Folder, name: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
    let path = scenarios().join(name).display().to_string();
    let printed = folder
        .run(&["run", &path, "--format", "csv", "--no-charts", "--quiet"])
        .stdout;
    let mut reader = csv::Reader::from_reader(printed.as_slice());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = header.iter().zip(&record);
        cells.map(|(name, cell)| (name.to_owned(), cell.into())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Makespans in seconds of the rows with these values of `factor`, under one strategy and control plane.
fn makespans(folder: &Folder, file: &str, factor: &str, values: &[&str], curve: [&str; 2]) -> Vec<f64> {
    let rows = rows(folder, file);
    let find = |value: &&str| {
        let is = |row: &&serde_json::Map<_, _>| {
            row[factor] == *value && row["strategy"] == curve[0] && row["control_plane"] == curve[1]
        };
        rows.iter().find(is).unwrap()["makespan_s"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    values.iter().map(find).collect()
}

/// Each within one in a hundred of what the comment says.
fn near(found: &[f64], promised: &[f64]) {
    assert_eq!(found.len(), promised.len());
    for (found, promised) in found.iter().zip(promised) {
        assert!((found / promised - 1.0).abs() < 0.01, "{found} is not {promised}");
    }
}

#[test]
fn doubling_n_has_three_regimes() {
    let folder = Folder::new();
    let n = ["1", "16", "128", "1024"];
    let of = |curve| makespans(&folder, "doubling-n.yaml", "n", &n, curve);
    near(&of(["parallel", "kubernetes"]), &[33.7, 35.1, 55.2, 309.0]);
    near(&of(["parallel", "ideal"]), &[30.0, 30.0, 30.0, 240.0]);
    near(&of(["sequential", "kubernetes"])[3..], &[34_800.0]);
}

#[test]
fn twice_the_gpus_take_half_the_time() {
    let folder = Folder::new();
    let of = |curve| makespans(&folder, "gpu-slots.yaml", "nodes", &["1", "64"], curve);
    near(&of(["parallel", "kubernetes"]), &[21.55 * 3600.0, 1222.0]);
    near(&of(["parallel", "ideal"]), &[76_800.0, 1200.0]);
    near(&of(["sequential", "kubernetes"]), &[77_820.0, 77_820.0]);
}

#[test]
fn in_a_mixed_team_the_largest_jobs_wait() {
    let folder = Folder::new();
    let rows = rows(&folder, "mixed-team.yaml");
    let number = |cell: &serde_json::Value| -> f64 { cell.as_str().unwrap().parse().unwrap() };
    let mean_wait = |kind: &str| {
        let of_kind = rows
            .iter()
            .filter(|row| row["name"].as_str().unwrap().starts_with(kind));
        let waits: Vec<f64> = of_kind.map(|row| number(&row["wait_s"])).collect();
        waits.iter().sum::<f64>() / waits.len() as f64
    };
    assert!(mean_wait("train-1") < 5.0 && mean_wait("train-2") < 5.0);
    near(
        &[mean_wait("train-4") / 60.0, mean_wait("train-8") / 3600.0],
        &[2.5, 5.26],
    );
    assert_eq!(rows.iter().map(|row| number(&row["attempts"])).sum::<f64>(), 222.0);
    assert!(rows.iter().all(|row| row["status"] == "Complete"));
}

/// docs/lesson-at-once-is-linear.md has these figures.
#[test]
fn submitting_all_at_once_is_linear_in_the_control_plane() {
    let folder = Folder::new();
    let n = ["10", "100", "1000"];
    let of = |curve| makespans(&folder, "at-once-is-linear.yaml", "n", &n, curve);
    near(&of(["parallel", "ideal"]), &[2.0, 2.0, 2.0]);
    near(&of(["parallel", "kubernetes"]), &[3.70, 28.5, 298.5]);
    near(&of(["sequential", "kubernetes"]), &[35.6, 356.0, 3560.0]);
}

#[test]
fn one_indexed_job_is_three_times_cheaper() {
    let folder = Folder::new();
    let path = scenarios().join("one-indexed-job.yaml").display().to_string();
    let printed = folder.run(&["run", &path, "--no-charts", "--quiet"]).stdout;
    let printed = String::from_utf8(printed).unwrap();
    assert!(
        printed.contains("Makespan 1m 40s (1 Job, 1,000 attempts)."),
        "{printed}"
    );
    assert!(
        printed.contains("Bound by the Job controller's 20 API calls/s, burst 30"),
        "{printed}"
    );
}

#[test]
fn a_drained_node_costs_its_jobs_their_work_and_their_room() {
    let folder = Folder::new();
    let makespan = |arguments: &[&str]| {
        let path = scenarios().join("drain.yaml").display().to_string();
        let mut all = vec!["run", &path, "--format", "json", "--no-charts", "--quiet"];
        all.extend(arguments);
        let printed = folder.run(&all).stdout;
        let summary: serde_json::Value = serde_json::from_slice(&printed).unwrap();
        summary["makespan_s"].as_f64().expect("the run has a makespan")
    };
    near(
        &[makespan(&["--control-plane", "ideal"]), makespan(&[])],
        &[3600.0, 3604.0],
    );
}

/// At the failure rates of the training of Llama 3, a Job with the default backoffLimit does not live to its end.
#[test]
fn a_job_that_counts_its_dead_nodes_fails_and_one_that_does_not_ends() {
    let folder = Folder::new();
    let rows = rows(&folder, "node-failures.yaml");
    let days = |row: &serde_json::Map<String, serde_json::Value>| {
        row["turnaround_s"].as_str().unwrap().parse::<f64>().unwrap() / 86_400.0
    };
    let [counts, ignores] = rows.as_slice() else {
        panic!("two Jobs, not {}", rows.len())
    };
    assert_eq!(
        (&counts["status"], &counts["reason"]),
        (&"Failed".into(), &"BackoffLimitExceeded".into())
    );
    assert_eq!(ignores["status"], "Complete");
    near(&[days(counts), days(ignores)], &[4.07, 11.0]);
    // Each failure of a node cost an attempt: more than the limit of 6 in either pool.
    let attempts: usize = ignores["attempts"].as_str().unwrap().parse().unwrap();
    assert!((2560 + 7..2560 + 25).contains(&attempts), "{attempts}");
}
