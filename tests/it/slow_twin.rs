//! `--slow-twin` plays the scheduler without short cuts: every file of results is the same.

use std::path::Path;
use std::process::Command;

/// Jobs of one and two GPUs that wait for room.
const JOBS: &str = "\
apiVersion: makespan.dev/v1
kind: Scenario
metadata: {name: twins}
spec:
  nodePools:
    - {name: a, count: 3, allocatable: {cpu: '16', memory: 64Gi, nvidia.com/gpu: 4}}
    - {name: b, count: 70, allocatable: {cpu: '2', memory: 4Gi}}
  until: 3h
---
apiVersion: batch/v1
kind: Job
metadata: {name: narrow}
spec:
  completionMode: Indexed
  completions: 60
  parallelism: 60
  template:
    metadata: {annotations: {makespan.dev/runtime: exponential(mean=4m)}}
    spec:
      restartPolicy: Never
      containers: [{name: main, image: train, resources: {limits: {nvidia.com/gpu: 1}}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: wide}
spec:
  completions: 20
  parallelism: 20
  template:
    metadata: {annotations: {makespan.dev/runtime: 90s}}
    spec:
      restartPolicy: Never
      containers: [{name: main, image: train, resources: {limits: {nvidia.com/gpu: 2}}}]
";

fn play(input: &Path, folder: &Path, plane: &str, more: &[&str]) -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_makespan"))
        .args([
            "run",
            "--pods",
            "--no-charts",
            "--quiet",
            "--runtime",
            "2m",
            "--control-plane",
            plane,
        ])
        .args(more)
        .arg("--output")
        .arg(folder)
        .arg(input)
        .output()
        .expect("the program starts");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let files = ["jobs.csv", "pods.csv", "nodes.csv", "timeline.csv", "summary.json"];
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it was written");
    files.iter().map(|name| ((*name).to_owned(), read(name))).collect()
}

#[test]
fn the_slow_twin_gives_the_same_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("jobs.yaml");
    std::fs::write(&input, JOBS).expect("written");
    for plane in ["ideal", "kubernetes"] {
        let quick = play(&input, &folder.path().join("quick"), plane, &[]);
        let slow = play(&input, &folder.path().join("slow"), plane, &["--slow-twin"]);
        assert_eq!(quick, slow, "{plane}");
    }
}
