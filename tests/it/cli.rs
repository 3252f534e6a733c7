//! The program as scripts and people use it: files, formats, exit codes.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use crate::support::program::{Folder, scenarios, text};

pub(crate) const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: c
        image: i
        resources:
          limits: {nvidia.com/gpu: 1}
";

pub(crate) const RUNS: &str = "n,strategy,control_plane,replication,seed,makespan_s,lower_bound_s,upper_bound_s,theory_s,\
mean_wait_s,p95_wait_s,mean_turnaround_s,p95_turnaround_s,attempts,failed_jobs,gpu_utilization,api_calls,events,\
fingerprint,nodes,slots";

fn scenario(name: &str) -> String {
    scenarios().join(name).display().to_string()
}

fn shipped() -> Vec<String> {
    let entries = std::fs::read_dir(scenarios()).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn keys(value: &serde_json::Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_shipped_scenario_runs_and_opens_with_its_question() {
    assert!(shipped().len() >= 8, "{:?}", shipped());
    for name in shipped() {
        let path = scenario(&name);
        let text_of_file = std::fs::read_to_string(&path).unwrap();
        assert!(text_of_file.starts_with("# Question: "), "{name}");
        assert!(text_of_file.contains("\n# Expected"), "{name}");
        assert!(text_of_file.contains("\n# Numbers: "), "{name}");
        let folder = Folder::new();
        let output = folder.run(&["run", &path, "--quiet", "--no-charts", "--output", "out"]);
        let told = text(&output.stderr);
        if name == "real-nodes.yaml" {
            assert_eq!(output.status.code(), Some(4), "{told}");
            assert!(
                told.starts_with("skipped: ") && told.contains("MAKESPAN_TRACES"),
                "{told}"
            );
            assert!(folder.names().is_empty());
        } else {
            let expected = if name == "wrong-image.yaml" {
                // Its answer: a Job waits for GPUs that pods hold which never run.
                let told = "error: 1 of 1 Jobs did not finish: the time limit came first; --until sets another\n";
                (Some(1), told)
            } else {
                (Some(0), "")
            };
            assert_eq!((output.status.code(), told.as_str()), expected, "{name}");
            assert!(folder.path().join("out/manifest.json").exists(), "{name}");
        }
    }
}

#[test]
fn a_node_list_is_read_from_the_folder_that_the_environment_names() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("openb")).unwrap();
    folder.write(
        "openb/openb_node_list_gpu_node.csv",
        "sn,cpu_milli,memory_mib,gpu,model\na,64000,262144,2,P100\nb,96000,786432,8,G2\n",
    );
    let arguments = [
        "compare",
        &scenario("real-nodes.yaml"),
        "--n",
        "30",
        "--no-charts",
        "--format",
        "csv",
    ];
    let output = folder
        .command(&arguments)
        .env("MAKESPAN_TRACES", folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    let parallel = table
        .lines()
        .find(|line| line.starts_with("30,parallel,ideal,"))
        .unwrap();
    // 2 nodes, 10 slots: three rounds of 20 minutes.
    assert!(
        parallel.contains(",3600.000000000,") && parallel.ends_with(",2,10"),
        "{parallel}"
    );
}

#[test]
fn run_prints_one_json_object_with_the_names_of_the_contract() {
    let folder = Folder::new();
    let backoff = scenario("backoff-limit.yaml");
    let arguments = [
        "run",
        &backoff,
        "--format",
        "json",
        "--control-plane",
        "ideal",
        "--no-charts",
    ];
    let printed = folder.good(&[&arguments[..], &["--pods"]].concat());
    let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let named = ["makespan_s", "jobs", "pods", "nodes", "warnings", "seed", "fingerprint"];
    assert!(
        named.iter().all(|name| keys(&report).contains(name)),
        "{:?}",
        keys(&report)
    );
    let job = [
        "namespace",
        "name",
        "status",
        "reason",
        "attempts",
        "submitted_s",
        "started_s",
        "finished_s",
        "wait_s",
        "turnaround_s",
    ];
    assert_eq!(keys(&report["jobs"][0]), BTreeSet::from(job));
    let pod = [
        "name",
        "job",
        "node",
        "created_s",
        "scheduled_s",
        "started_s",
        "finished_s",
        "phase",
        "exit_code",
    ];
    assert!(pod.iter().all(|name| keys(&report["pods"][0]).contains(name)));
    assert!(
        printed.contains("\"makespan_s\": 665.000000000"),
        "times have nanoseconds"
    );
    // The answer that the scenario promises (backoff_utils.go: 10 s doubling; the 7th failure is one too many).
    let starts = |job: &str| -> Vec<f64> {
        let pods = report["pods"].as_array().unwrap().iter();
        pods.filter(|pod| pod["job"] == job)
            .map(|pod| pod["started_s"].as_f64().unwrap())
            .collect()
    };
    assert_eq!(starts("new-pod"), [0.0, 15.0, 40.0, 85.0, 170.0, 335.0, 660.0]);
    assert_eq!(starts("same-pod"), [0.0]);
    assert_eq!(report["jobs"][0]["reason"], "BackoffLimitExceeded");
    assert_eq!(report["jobs"][1]["finished_s"], 340.0);
    assert!(folder.path().join("results/backoff-limit/pods.csv").exists());

    let without: serde_json::Value = serde_json::from_str(&folder.good(&arguments)).unwrap();
    assert!(!keys(&without).contains("pods"));
    assert_eq!(without["fingerprint"], report["fingerprint"]);
}

#[test]
fn runs_csv_has_its_columns_and_does_not_depend_on_threads() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB);
    let compare = |threads: &str, output: &str| {
        folder.good(&[
            "compare",
            "job.yaml",
            "--runtime",
            "exponential(mean=5m)",
            "--nodes",
            "1,2",
            "--gpus-per-node",
            "4",
            "--n",
            "3,20",
            "--strategies",
            "sequential,parallel,batched:4,windowed:4",
            "--replications",
            "3",
            "--threads",
            threads,
            "--output",
            output,
            "--format",
            "csv",
        ])
    };
    let printed = compare("1", "one");
    assert_eq!(printed.as_bytes(), folder.read("one/runs.csv"));
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some(RUNS));
    assert_eq!(lines.count(), 2 * 2 * 4 * 2 * 3);
    assert_eq!(compare("4", "four"), printed);
    same_files(&folder, "one", "four");
    assert!(
        folder.names().contains(&"one/charts/makespan.svg".to_owned()),
        "{:?}",
        folder.names()
    );
}

/// All files of two folders are the same, byte by byte.
fn same_files(folder: &Folder, one: &str, other: &str) {
    let names = |top: &str| -> Vec<String> {
        let below = format!("{top}/");
        let names = folder.names();
        names
            .iter()
            .filter_map(|name| name.strip_prefix(&below))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(names(one), names(other));
    for name in names(one).iter().filter(|name| name.contains('.')) {
        let read = |top: &str| folder.read(&format!("{top}/{name}"));
        assert!(read(one) == read(other), "{name} differs");
    }
}

#[test]
fn rerun_repeats_every_file() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB);
    folder.write("times.csv", "runtime_s\n100\n200\n");
    folder.good(&[
        "compare",
        "job.yaml",
        "--runtime",
        "lognormal(median=5m,p95=1h)",
        "--nodes",
        "1",
        "--n",
        "4,8,16",
        "--strategies",
        "sequential,parallel",
        "--seed",
        "7",
        "--output",
        "a",
        "--quiet",
    ]);
    folder.good(&["rerun", "a/manifest.json", "--output", "b"]);
    same_files(&folder, "a", "b");

    folder.good(&[
        "run",
        "job.yaml",
        "--runtime",
        "empirical(times.csv,column=runtime_s)",
        "--failure",
        "50%",
        "--nodes",
        "1",
        "--set",
        "apiLatency=20ms",
        "--pods",
        "--output",
        "c",
    ]);
    folder.good(&["rerun", "c/manifest.json", "--output", "d"]);
    same_files(&folder, "c", "d");
    assert!(
        folder
            .names()
            .iter()
            .any(|name| name.starts_with("d/charts/") && name.ends_with(".png"))
    );
    // The manifest names the file of run times but does not hold it: a change of it must not go unseen.
    folder.write("times.csv", "runtime_s\n100\n201\n");
    let changed = folder.run(&["rerun", "c/manifest.json", "--output", "e", "--quiet", "--no-charts"]);
    assert_eq!(changed.status.code(), Some(1));
    let told = text(&changed.stderr);
    assert!(
        told.contains("the results are not those of the manifest: jobs.csv"),
        "{told}"
    );
}

#[test]
fn quiet_keeps_warnings_and_notes_back() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB);
    let run = ["run", "job.yaml", "--runtime", "5m", "--no-charts"];
    let loud = folder.run(&run);
    assert!(
        text(&loud.stderr).starts_with("warning: no nodes are given"),
        "{}",
        text(&loud.stderr)
    );
    let quiet = folder.run(&[&run[..], &["--quiet"]].concat());
    assert_eq!(text(&quiet.stderr), "");
    assert_eq!(loud.stdout, quiet.stdout);
    assert!(!quiet.stdout.is_empty());
}

#[test]
fn exit_codes_tell_what_came_of_it() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB);
    let code = |arguments: &[&str]| {
        folder
            .run(&[arguments, &["--no-charts", "--quiet"]].concat())
            .status
            .code()
    };
    let run = ["run", "job.yaml", "--nodes", "1"];
    assert_eq!(code(&[&run[..], &["--runtime", "5m"]].concat()), Some(0));
    // The Job is not done when time is up.
    assert_eq!(
        code(&[&run[..], &["--runtime", "5m", "--until", "1m"]].concat()),
        Some(1)
    );
    assert_eq!(
        code(&["compare", "job.yaml", "--runtime", "5m", "--until", "1m", "--n", "1"]),
        Some(1)
    );
    // A Job that fails as Kubernetes says has an answer; it is no failed check.
    assert_eq!(
        code(&[&run[..], &["--runtime", "5m", "--failure", "fail"]].concat()),
        Some(0)
    );
    assert_eq!(code(&[&run[..], &["--runtime", "soon"]].concat()), Some(2));
    assert_eq!(code(&["--help"]), Some(0));
    assert_eq!(code(&["--version"]), Some(0));
}

#[test]
fn help_and_completions() {
    let folder = Folder::new();
    for command in ["compare", "run", "rerun", "completions"] {
        let help = folder.good(&[command, "--help"]);
        assert!(help.contains("Example"), "{help}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.good(&["completions", shell]);
        assert!(
            script.contains("replications") && script.contains("makespan"),
            "{shell}"
        );
    }
    assert!(folder.good(&["settings"]).contains("jobController.kubeAPIQPS"));
}

#[test]
fn manifests_come_from_standard_input_and_from_kubectl_get() {
    let folder = Folder::new();
    let mut child = folder
        .command(&[
            "run",
            "-",
            "--runtime",
            "5m",
            "--nodes",
            "1",
            "--format",
            "json",
            "--no-charts",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(JOB.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["jobs"][0]["name"], "train");
    assert!(
        folder.names().contains(&"results/run/jobs.csv".to_owned()),
        "{:?}",
        folder.names()
    );

    // The node's taint keeps the Job away, which is told; without it the list runs as it is.
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/manifests/kubectl-get.json");
    let run = |file: &str| {
        let output = folder.run(&[
            "run",
            file,
            "--runtime",
            "5m",
            "--format",
            "json",
            "--no-charts",
            "--quiet",
        ]);
        (output.status.code(), text(&output.stderr), text(&output.stdout))
    };
    let (code, told, _) = run(list);
    assert!(
        code == Some(2) && told.contains("pool gpu-0: 1 node(s) had untolerated taint(s)"),
        "{told}"
    );
    let untainted = std::fs::read_to_string(list)
        .unwrap()
        .replace("NoSchedule", "PreferNoSchedule");
    folder.write("list.json", untainted);
    let (code, told, printed) = run("list.json");
    assert_eq!((code, told.as_str()), (Some(0), ""));
    let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report["nodes"][0]["name"], "gpu-0");
    assert_eq!(report["jobs"][0]["status"], "Complete");
}
