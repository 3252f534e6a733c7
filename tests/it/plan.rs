//! `makespan plan` through the program: the answer, its files, what is wrong with a question.

use crate::support::program::{Folder, text};

const JOB: &str = "\
apiVersion: makespan.dev/v1
kind: Scenario
metadata: {name: batch}
spec:
  controlPlane: {preset: ideal}
  nodePools:
  - {name: gpu, allocatable: {cpu: 8, memory: 8Gi, nvidia.com/gpu: 1}}
  jobs: [{name: train, copies: 12, runtime: 1m}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: a:1, resources: {limits: {nvidia.com/gpu: 1}}}]
";

const ARGS: [&str; 4] = ["plan", "batch.yaml", "--output", "out"];

/// What `makespan plan` with these flags says, and its exit code.
fn plan(folder: &Folder, flags: &[&str]) -> (String, Option<i32>) {
    folder.write("batch.yaml", JOB);
    let arguments: Vec<&str> = ARGS.iter().chain(flags).copied().collect();
    let output = folder.run(&arguments);
    (text(&output.stdout) + &text(&output.stderr), output.status.code())
}

#[test]
fn the_smallest_number_of_nodes_is_found() {
    // ⌈12 / c⌉ minutes: four nodes need three of them.
    let folder = Folder::new();
    let (told, code) = plan(&folder, &["--vary", "nodes.gpu=1..16", "--goal", "makespan <= 3m"]);
    insta::assert_snapshot!(told, @r"
    ┌───────────┬──────────┬──────┬────────┐
    │ nodes.gpu │ makespan │ runs │ goal   │
    ├───────────┼──────────┼──────┼────────┤
    │         2 │       6m │   16 │ missed │
    │         3 │       4m │   16 │ missed │
    │         4 │       3m │   16 │ met    │
    │         5 │       3m │   16 │ met    │
    │         8 │       2m │   16 │ met    │
    │        16 │       1m │   16 │ met    │
    └───────────┴──────────┴──────┴────────┘
    Goal: makespan <= 3m. Means over runs, with intervals of 95 % confidence.
    
    • nodes.gpu = 4 is the smallest value that meets makespan <= 3m, with 95 % confidence (6 values tried in 96 runs): makespan 3m.
    • With nodes.gpu = 3: makespan 4m.
    • With nodes.gpu = 3: Bound by room on the nodes, from 0s to 3:00 (75 % of the run).
    • With nodes.gpu = 5: makespan 3m.
    
    Written to out: plan.csv, summary.json, charts/plan.{svg,png}, manifest.json
    ");
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(text(&folder.read("out/plan.csv")), @r"
    value,metric,goal,verdict,replications,mean,low,high
    2,makespan,makespan <= 3m,missed,16,360,360,360
    3,makespan,makespan <= 3m,missed,16,240,240,240
    4,makespan,makespan <= 3m,met,16,180,180,180
    5,makespan,makespan <= 3m,met,16,180,180,180
    8,makespan,makespan <= 3m,met,16,120,120,120
    16,makespan,makespan <= 3m,met,16,60,60,60
    ");
    assert!(folder.path().join("out/charts/plan.svg").exists());
    let again = folder.good(&["rerun", "out/manifest.json", "--output", "again", "--quiet"]);
    assert!(again.contains("nodes.gpu = 4 is the smallest"), "{again}");
    for file in ["plan.csv", "summary.json", "charts/plan.png"] {
        assert_eq!(
            folder.read(&format!("out/{file}")),
            folder.read(&format!("again/{file}")),
            "{file}"
        );
    }
}

#[test]
fn without_an_answer_the_program_says_what_is_short() {
    let flags = [
        "--vary",
        "nodes=1..2",
        "--goal",
        "makespan <= 30s",
        "--format",
        "json",
        "--no-charts",
    ];
    let (told, code) = plan(&Folder::new(), &flags);
    let summary: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((code, &summary["answer"]), (Some(1), &serde_json::Value::Null));
    let sentences = summary["sentences"].as_array().expect("sentences");
    assert!(
        sentences
            .iter()
            .any(|s| s.as_str().is_some_and(|s| s.contains("room on the nodes"))),
        "{sentences:?}"
    );
}

#[test]
fn everything_that_is_wrong_with_a_question_is_told_at_once() {
    let folder = Folder::new();
    let questions: [&[&str]; 4] = [
        &["--vary", "nodes.gpu", "--goal", "p95(wiat) <= 15m and makespan <= fast"],
        &["--vary", "nodes.cpu=1..3", "--goal", "makespan <= 1h"],
        &["--vary", "jobs.train.runtime=1m,soon", "--goal", "makespan <= 1h"],
        &[
            "--vary",
            "nodes.gpu=1..3",
            "--goal",
            "makespan <= 1h",
            "--confidence",
            "20",
        ],
    ];
    let told = questions.map(|flags| {
        let (told, code) = plan(&folder, flags);
        format!("{} (exit {code:?})", told.trim_end())
    });
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    error: --goal: there is no metric "wiat"; did you mean "wait"?; "makespan <= fast": "fast" is no time, such as 15m or 1h30m
    error: --vary: "nodes.gpu": write PATH=VALUES, such as nodes.a100=1..64 (exit Some(2))
    
    error: --vary: "nodes.cpu" is nothing in the scenario; there are nodes.gpu, nodePools.gpu.allocatable.cpu, controlPlane.preset, job/train.spec.template.spec.containers.c.image, job/train.spec.template.spec.containers.c.name (exit Some(2))
    
    error: batch.yaml:8:45: spec.jobs[0].runtime: unknown distribution "soon"; known are fixed, uniform, exponential, normal, lognormal, gamma, weibull, pareto, empirical
      8 |   jobs: [{name: train, copies: 12, runtime: 1m}]
        |                                             ^ (exit Some(2))
    
    error: invalid value '20' for '--confidence <PERCENT>': give per cents between 50 and 100
    
    For more information, try '--help'. (exit Some(2))
    "#);
    assert!(!folder.path().join("out").exists(), "nothing was written");
}
