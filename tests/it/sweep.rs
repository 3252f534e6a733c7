//! `makespan sweep` and `makespan merge` through the program: results, crashes, shards, what is refused.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::program::{Folder, text};

/// Twelve Jobs of one GPU on nodes of one GPU, and no control plane to speak of.
pub fn scenario(runtime: &str) -> String {
    format!(
        "\
apiVersion: makespan.dev/v1
kind: Scenario
metadata: {{name: batch}}
spec:
  controlPlane: {{preset: ideal}}
  nodePools:
  - {{name: gpu, allocatable: {{cpu: 8, memory: 8Gi, nvidia.com/gpu: 1}}}}
  jobs: [{{name: train, copies: 12, runtime: {runtime}}}]
---
apiVersion: batch/v1
kind: Job
metadata: {{name: train}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: c, image: a:1, resources: {{limits: {{nvidia.com/gpu: 1}}}}}}]
"
    )
}

const CHANCE: &str = "exponential(mean=1m)";

/// The arguments of a sweep into the folder `out`.
fn arguments<'a>(out: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["sweep", "batch.yaml", "--output", out, "--no-charts"];
    all.extend(flags);
    all
}

/// Everything in the folder `name` of `folder`: names and bytes.
fn files(folder: &Folder, name: &str) -> Vec<(String, Vec<u8>)> {
    let prefix = format!("{name}/");
    let names = folder.names().into_iter();
    let names = names.filter_map(|file| Some(file.strip_prefix(&prefix)?.to_owned()));
    let files = names.filter(|file| folder.path().join(name).join(file).is_file());
    files
        .map(|file| (file.clone(), folder.read(&format!("{name}/{file}"))))
        .collect()
}

/// What the program says, and its exit code.
fn told(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.run(arguments);
    let all = text(&output.stdout) + &text(&output.stderr);
    format!("{} (exit {:?})", all.trim_end(), output.status.code().unwrap_or(-1))
}

#[test]
fn all_combinations_are_played() {
    // ⌈12 / c⌉ batches.
    let folder = Folder::new();
    folder.write("batch.yaml", scenario("1m"));
    let flags = [
        "--vary",
        "nodes.gpu=2,4",
        "--vary",
        "jobs.train.runtime=1m,2m",
        "--replications",
        "2",
        "--metrics",
        "makespan,utilization",
    ];
    let shown = folder.good(
        &["sweep", "batch.yaml", "--output", "out"]
            .iter()
            .chain(&flags)
            .copied()
            .collect::<Vec<_>>(),
    );
    insta::assert_snapshot!(shown, @r"
    ┌───────────┬────────────────────┬──────────┬─────────────┬──────┐
    │ nodes.gpu │ jobs.train.runtime │ makespan │ utilization │ runs │
    ├───────────┼────────────────────┼──────────┼─────────────┼──────┤
    │         2 │                 1m │       6m │       100 % │    2 │
    │         2 │                 2m │      12m │       100 % │    2 │
    │         4 │                 1m │       3m │       100 % │    2 │
    │         4 │                 2m │       6m │       100 % │    2 │
    └───────────┴────────────────────┴──────────┴─────────────┴──────┘
    Means over runs, ± half the width of their intervals of 95 % confidence.

    • 4 combinations in 8 runs.
    • makespan: from 3m (nodes.gpu = 4, jobs.train.runtime = 1m) to 12m (nodes.gpu = 2, jobs.train.runtime = 2m).

    Written to out: sweep-runs.csv, sweep.csv, summary.json, charts/sweep-makespan.{svg,png}, manifest.json
    ");
    insta::assert_snapshot!(text(&folder.read("out/sweep.csv")), @r"
    nodes.gpu,jobs.train.runtime,metric,replications,mean,low,high,without,difference,difference_low,difference_high
    2,1m,makespan,2,360,360,360,0,,,
    2,1m,utilization,2,1,1,1,0,,,
    2,2m,makespan,2,720,720,720,0,360,360,360
    2,2m,utilization,2,1,1,1,0,0,0,0
    4,1m,makespan,2,180,180,180,0,-180,-180,-180
    4,1m,utilization,2,1,1,1,0,0,0,0
    4,2m,makespan,2,360,360,360,0,0,0,0
    4,2m,utilization,2,1,1,1,0,0,0,0
    ");
    insta::assert_snapshot!(text(&folder.read("out/sweep-runs.csv")), @r"
    nodes.gpu,jobs.train.runtime,replication,run_seed,makespan,utilization
    2,1m,0,1,360,1
    2,1m,1,9929117521324432113,360,1
    2,2m,0,1,720,1
    2,2m,1,9929117521324432113,720,1
    4,1m,0,1,180,1
    4,1m,1,9929117521324432113,180,1
    4,2m,0,1,360,1
    4,2m,1,9929117521324432113,360,1
    ");
    insta::assert_snapshot!(text(&folder.read("out/shards/1-of-1.csv")), @r"
    point,replication,makespan,utilization,0a3a8c87d0ab3dec
    0,0,360,1,af62c828651f3ad4
    0,1,360,1,92952d8866d8dfad
    1,0,720,1,5c0118b2f75b67ad
    1,1,720,1,5ac075a60348bf9d
    2,0,180,1,7debbdb6c67b9153
    2,1,180,1,c5d5f020fc1d00c8
    3,0,360,1,30ca73c7bb7893cf
    3,1,360,1,3701449845040392
    ");
    let summary: serde_json::Value = serde_json::from_slice(&folder.read("out/summary.json")).expect("JSON");
    assert_eq!(summary["points"][3]["metrics"][0]["mean"], 360.0);
    folder.good(&["rerun", "out/manifest.json", "--output", "again", "--quiet"]);
    assert_eq!(files(&folder, "out"), files(&folder, "again"));
}

#[test]
fn a_table_of_combinations_and_the_same_luck_for_all() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    folder.write("points.csv", "nodes.gpu,jobs.train.copies\n3,6\n1,12\n");
    let flags = [
        "--points",
        "points.csv",
        "--replications",
        "3",
        "--metrics",
        "makespan",
        "--format",
        "csv",
    ];
    let csv = folder.good(&arguments("out", &flags));
    insta::assert_snapshot!(csv, @r"
    nodes.gpu,jobs.train.copies,metric,replications,mean,low,high,without,difference,difference_low,difference_high
    3,6,makespan,3,243.118687,-40.1692244,526.406599,0,,,
    1,12,makespan,3,899.316332,344.544499,1454.08816,0,656.197644,129.861007,1182.53428
    ");
    // One node plays all Jobs one after the other, whatever else: the same luck gives the same sums of run times.
    let flags = ["--vary", "nodes.gpu=1", "--replications", "3", "--metrics", "makespan"];
    folder.good(&arguments("other", &flags));
    let makespans = |name: &str, nodes: &str| -> Vec<String> {
        let rows = text(&folder.read(&format!("{name}/sweep-runs.csv")));
        let rows = rows.lines().filter(|row| row.starts_with(nodes));
        rows.map(|row| row.rsplit_once(',').expect("a row").1.to_owned())
            .collect()
    };
    assert_eq!(makespans("out", "1,"), makespans("other", "1,"));
}

#[test]
fn runs_are_added_until_intervals_are_narrow() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    let flags = [
        "--vary",
        "nodes.gpu=1,6",
        "--replications",
        "5",
        "--metrics",
        "makespan",
        "--until-ci",
        "ci(mean(wait)) < 15%",
        "--format",
        "json",
    ];
    let summary: serde_json::Value = serde_json::from_str(&folder.good(&arguments("out", &flags))).expect("JSON");
    for point in summary["points"].as_array().expect("points") {
        let wait = &point["metrics"][1];
        assert_eq!(wait["metric"], "mean(wait)", "it is measured, too");
        let number = |value: &serde_json::Value| value.as_f64().expect("a number");
        let half = (number(&wait["interval"][1]) - number(&wait["interval"][0])) / 2.0;
        assert!(half <= 0.15 * number(&wait["mean"]), "{point}");
        let runs = point["replications"].as_u64().expect("a number");
        assert!(runs > 5 && (runs / 5).is_power_of_two(), "{point}");
    }
    assert_eq!(
        summary["sentences"].as_array().and_then(|all| all.last()),
        Some(&"All intervals are as narrow as was asked: mean(wait) < 15 %.".into())
    );
}

/// Kill -9 at random moments, over and over; what is left goes on, and ends as if nothing had happened.
#[test]
#[cfg(unix)]
#[allow(
    clippy::disallowed_methods,
    reason = "moments to kill at are parts of how long it takes"
)]
fn a_killed_sweep_ends_with_the_same_bytes() {
    let flags = [
        "--vary",
        "nodes.gpu=2..9",
        "--until-ci",
        "mean(wait) < 12%",
        "--replications",
        "12",
        "--max-replications",
        "96",
        "--threads",
        "2",
    ];
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    let started = Instant::now();
    folder.good(&arguments("undisturbed", &flags));
    let whole = started.elapsed();
    let undisturbed = files(&folder, "undisturbed");
    assert!(undisturbed.iter().any(|(name, _)| name == "shards/1-of-1.csv"));
    let (mut kills, mut luck) = (0_u32, 12_345_u32);
    for round in 0..4 {
        let out = format!("killed-{round}");
        for _ in 0..5 {
            luck = luck.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let wait = whole.mul_f64(f64::from(luck >> 16) / 65_536.0 / 2.5);
            let flags: Vec<&str> = flags.iter().copied().chain(["--resume"]).collect();
            let mut command = folder.command(&arguments(&out, &flags));
            let mut child = command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            std::thread::sleep(wait);
            kills += u32::from(child.try_wait().expect("it is ours").is_none());
            child.kill().expect("SIGKILL");
            child.wait().expect("it is over");
        }
        let flags: Vec<&str> = flags.iter().copied().chain(["--resume", "--quiet"]).collect();
        folder.good(&arguments(&out, &flags));
        let mut left = files(&folder, &out);
        // A file that was being written when the kill came is left beside its place.
        left.retain(|(name, _)| !name.ends_with(".unfinished"));
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&left), names(&undisturbed));
        assert!(left == undisturbed, "{out} has other bytes");
    }
    assert!(kills >= 10, "only {kills} kills came before the end");
}

/// Ctrl-C keeps what is finished and says how to go on.
#[test]
#[cfg(unix)]
fn an_interrupted_sweep_goes_on() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    let flags = [
        "--vary",
        "nodes.gpu=1..40",
        "--replications",
        "200000",
        "--threads",
        "2",
    ];
    let child = folder
        .command(&arguments("out", &flags))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut tries = 0;
    let rows = || {
        let bytes = std::fs::read(folder.path().join("out/shards/1-of-1.csv")).unwrap_or_default();
        bytes.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1)
    };
    while rows() < 3 && tries < 3_000 {
        tries += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .expect("kill")
            .success()
    );
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let message = format!(
        "interrupted: {} of 8000000 runs finished; they are kept, and --resume goes on\n",
        rows()
    );
    assert_eq!(text(&output.stderr), message);
    assert!(!folder.path().join("out/manifest.json").exists());
}

/// The disk takes no more (here: the process may write no more): what is finished stays, and the sweep goes on later.
#[test]
#[cfg(unix)]
fn a_full_disk_loses_nothing() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    let flags = ["--vary", "nodes.gpu=1..20", "--replications", "10"];
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_makespan");
    command.args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh", program]);
    command
        .args(arguments("out", &flags))
        .current_dir(folder.path())
        .stdin(Stdio::null());
    let output = command.output().expect("there is a shell");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("out/shards/1-of-1.csv cannot be written") && said.contains("--resume goes on"),
        "{said}"
    );
    assert!(text(&folder.read("out/shards/1-of-1.csv")).lines().count() > 20);
    let resumed: Vec<&str> = flags.iter().copied().chain(["--resume", "--quiet"]).collect();
    folder.good(&arguments("out", &resumed));
    folder.good(&arguments("undisturbed", &flags));
    assert!(files(&folder, "out") == files(&folder, "undisturbed"));
}

#[test]
fn shards_give_the_same_bytes_as_one_sweep() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    for (name, more) in [
        ("plain", ["--replications", "5"]),
        ("until", ["--until-ci", "makespan < 20%"]),
    ] {
        let flags = ["--vary", "nodes.gpu=1..5", more[0], more[1]];
        let whole = format!("{name}-whole");
        folder.good(&arguments(&whole, &flags));
        let parts = [1, 2, 3].map(|i| (format!("{name}-{}", i % 2), format!("{i}/3")));
        for (out, shard) in &parts {
            let flags: Vec<&str> = flags.iter().copied().chain(["--shard", shard]).collect();
            folder.good(&arguments(out, &flags));
        }
        let merged = format!("{name}-merged");
        let merge = ["merge", &parts[0].0, &parts[1].0, "--output", &merged, "--no-charts"];
        folder.good(&merge);
        for file in ["sweep.csv", "sweep-runs.csv", "summary.json", "manifest.json"] {
            let of = |folder_name: &str| folder.read(&format!("{folder_name}/{file}"));
            assert!(of(&whole) == of(&merged), "{name}: {file}");
        }
    }
}

#[test]
fn what_does_not_belong_together_is_not_merged() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    let sweep = |out: &str, values: &str, shard: &str| {
        let flags = ["--vary", values, "--replications", "2", "--shard", shard];
        folder.good(&arguments(out, &flags));
    };
    sweep("a", "nodes.gpu=1..3", "1/3");
    sweep("b", "nodes.gpu=1..3", "2/3");
    sweep("c", "nodes.gpu=1..3", "1/3");
    sweep("d", "nodes.gpu=1..4", "3/3");
    sweep("e", "nodes.gpu=1..3", "1/2");
    sweep("f", "nodes.gpu=1..3", "3/3");
    let merge = |folders: &[&str]| {
        let arguments: Vec<&str> = ["merge", "--output", "m"].iter().chain(folders).copied().collect();
        told(&folder, &arguments)
    };
    let mut all = vec![
        merge(&["a", "b"]),
        merge(&["a", "b", "c", "f"]),
        merge(&["a", "b", "d"]),
        merge(&["a", "e"]),
        merge(&["nowhere"]),
    ];
    let place = "f/shards/3-of-3.csv";
    let good = text(&folder.read(place));
    folder.write(place, &good[..good.len() - 5]);
    all.push(merge(&["a", "b", "f"]));
    folder.write(place, good.replacen("\n1,0,", "\n1,1,", 1));
    all.push(merge(&["a", "b", "f"]));
    let question = text(&folder.read("f/sweep.json"));
    folder.write(
        "f/sweep.json",
        question.replace("\"replications\": 2", "\"replications\": 3"),
    );
    all.push(merge(&["a", "b", "f"]));
    insta::assert_snapshot!(all.join("\n\n"), @r"
    error: shards are missing: 3/3 (exit 2)

    error: shard 1/3 is there twice: a/shards/1-of-3.csv and c/shards/1-of-3.csv (exit 2)

    error: a and d have different sweeps (exit 2)

    error: there are shards of 2 and of 3; merge those of one division only (exit 2)

    error: nowhere has no sweep.json: it is not the folder of a sweep (exit 2)

    error: f/shards/3-of-3.csv: shard 3/3 is not done: 1 of 2 runs; go on with it by --resume (exit 2)

    error: f/shards/3-of-3.csv: line 2 was changed after it was written; do the shard again with --resume (exit 2)

    error: f/sweep.json: was changed after it was written; name another folder (exit 2)
    ");
    assert!(!folder.path().join("m").exists(), "nothing was written");
}

#[test]
fn other_questions_do_not_mix() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario(CHANCE));
    let sweep = |values: &str, more: &[&str]| {
        let flags: Vec<&str> = [
            "--vary",
            values,
            "--replications",
            "2",
            "--quiet",
            "--metrics",
            "makespan",
        ]
        .iter()
        .chain(more)
        .copied()
        .collect();
        let arguments = arguments("out", &flags);
        told(&folder, &arguments).lines().last().unwrap_or_default().to_owned()
    };
    let shard = ["--shard", "1/2"];
    let all = [
        sweep("nodes.gpu=1..3", &shard),
        sweep("nodes.gpu=1..3", &shard),
        sweep("nodes.gpu=1..3", &["--shard", "1/2", "--resume"]),
        sweep("nodes.gpu=1..4", &shard),
        sweep("nodes.gpu=1..3", &["--seed", "4", "--resume"]),
        sweep("nodes.gpu=1..3", &[]),
        // A finished sweep makes room for another one.
        sweep("nodes.gpu=1..4", &[]),
    ];
    insta::assert_snapshot!(all.join("\n"), @r"
    Shard 1/2 of the sweep is done: 3 runs, in out/shards/1-of-2.csv. makespan merge brings all shards together. (exit 0)
      hint: --resume goes on with them; or name another folder with --output (exit 2)
    Shard 1/2 of the sweep is done: 3 runs, in out/shards/1-of-2.csv. makespan merge brings all shards together. (exit 0)
      hint: name another folder with --output (exit 2)
      hint: name another folder with --output (exit 2)
    Written to out: sweep-runs.csv, sweep.csv, summary.json, manifest.json (exit 0)
    Written to out: sweep-runs.csv, sweep.csv, summary.json, manifest.json (exit 0)
    ");
    let names: Vec<String> = files(&folder, "out").into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"shards/1-of-1.csv".to_owned()) && !names.contains(&"shards/1-of-2.csv".to_owned()));
}

#[test]
fn everything_that_is_wrong_is_told_before_anything_runs() {
    let folder = Folder::new();
    folder.write("batch.yaml", scenario("1m"));
    folder.write("points.csv", "nodes.gpu\n\n");
    let questions: [&[&str]; 7] = [
        &[
            "--vary",
            "nodes.gpu",
            "--metrics",
            "p95(wiat)",
            "--until-ci",
            "makespan > 5%",
        ],
        &["--vary", "nodes.cpu=1..3"],
        &["--vary", "nodes.gpu=1..3", "--vary", "jobs.train.runtime=1m,soon"],
        &["--vary", "nodes.gpu=1..3", "--replications", "0"],
        &[
            "--vary",
            "nodes.gpu=1..3",
            "--replications",
            "1",
            "--until-ci",
            "makespan < 5%",
        ],
        &["--points", "points.csv"],
        &[],
    ];
    let all = questions.map(|flags| told(&folder, &arguments("out", flags)));
    insta::assert_snapshot!(all.join("\n\n"), @r#"
    error: --vary: "nodes.gpu": write PATH=VALUES, such as nodes.a100=1..64
    error: --metrics: there is no metric "wiat"; did you mean "wait"?
    error: --until-ci: "makespan > 5%" is no precision: write METRIC < WIDTH, such as p95(wait) < 5% or makespan < 30s (exit 2)

    error: --vary: "nodes.cpu" is nothing in the scenario; there are nodes.gpu, nodePools.gpu.allocatable.cpu, controlPlane.preset, job/train.spec.template.spec.containers.c.image, job/train.spec.template.spec.containers.c.name (exit 2)

    error: batch.yaml:8:45: spec.jobs[0].runtime: unknown distribution "soon"; known are fixed, uniform, exponential, normal, lognormal, gamma, weibull, pareto, empirical
      8 |   jobs: [{name: train, copies: 12, runtime: 1m}]
        |                                             ^ (exit 2)

    error: --replications: give a number from 1 to 100000000 (exit 2)

    error: --until-ci: begin with --replications from 2 to 1000 (--max-replications) (exit 2)

    error: --vary, --points: there is no row below the first line, which names what is varied (exit 2)

    error: --vary, --points: nothing is varied: give --vary PATH=VALUES, or --points FILE (exit 2)
    "#);
    assert!(!folder.path().join("out").exists(), "nothing was written");
}
