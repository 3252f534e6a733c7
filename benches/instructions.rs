//! Did a small run become more expensive? Instructions of whole processes, counted by valgrind, beside those kept in
//! `benches/instructions.csv`: more than a twentieth more is a failure on any machine, however noisy.
//! See benches/README.md.

#![allow(clippy::print_stdout, reason = "a bench reports to its terminal")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The counts that are kept.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.csv");
/// Set to write them anew.
const UPDATE: &str = "UPDATE_INSTRUCTIONS";
/// A count may grow by this part of itself.
const SLACK: f64 = 0.05;

/// A run: its name and arguments. `POD_FILE` stands for a manifest of 500 Pods.
const RUNS: [(&str, &str); 4] = [
    (
        "kubernetes, 2000 Jobs on 100 nodes",
        "compare --n 2000 --nodes 100 --gpus-per-node 8 --strategies parallel --control-planes kubernetes",
    ),
    (
        "ideal, 3000 Jobs on 100 nodes",
        "compare --n 3000 --nodes 100 --gpus-per-node 8 --strategies parallel --control-planes ideal",
    ),
    (
        "kubernetes, 1000 Jobs wait for 16 GPUs",
        "compare --n 1000 --nodes 2 --gpus-per-node 8 --strategies parallel --control-planes kubernetes",
    ),
    (
        "500 Pods from YAML on 50 nodes",
        "run POD_FILE --nodes 50 --gpus-per-node 8 --runtime 5m",
    ),
];

fn main() -> ExitCode {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|arg| arg == "--test") {
        return ExitCode::SUCCESS;
    }
    let valgrind = Command::new("valgrind").arg("--version").output();
    if !valgrind.is_ok_and(|output| output.status.success()) {
        println!("skipped: valgrind is not installed, so no instructions are counted");
        return ExitCode::SUCCESS;
    }
    match check() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("no count: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts all runs and compares; says whether none became more expensive.
fn check() -> Result<bool, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let pods = folder.path().join("pods.yaml");
    std::fs::write(&pods, pod_manifests(500))?;
    let update = std::env::var_os(UPDATE).is_some();
    let kept = if update { Vec::new() } else { read_kept()? };
    let mut written = String::from("run,instructions\n");
    let mut good = true;
    for (name, arguments) in RUNS {
        let count = count(arguments, &pods, folder.path())?;
        writeln!(written, "\"{name}\",{count}")?;
        let Some((_, before)) = kept.iter().find(|(known, _)| known == name) else {
            println!("{count:>13}         {name}");
            continue;
        };
        let growth = count as f64 / *before as f64 - 1.0;
        let verdict = if growth > SLACK {
            good = false;
            "  MORE THAN IS ALLOWED"
        } else if growth < -SLACK {
            "  (less: keep it with UPDATE_INSTRUCTIONS=1)"
        } else {
            ""
        };
        println!("{count:>13} {:>+6.1} % {name}{verdict}", growth * 100.0);
    }
    if update {
        std::fs::write(KEPT, written)?;
    }
    Ok(good)
}

/// Instructions of one run, without charts and on one thread.
fn count(arguments: &str, pods: &Path, folder: &Path) -> Result<u64, Box<dyn std::error::Error>> {
    let file = |argument: &str| match argument {
        "POD_FILE" => pods.to_path_buf(),
        other => PathBuf::from(other),
    };
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env!("CARGO_BIN_EXE_makespan"))
        .args(arguments.split(' ').map(file))
        .args(["--no-charts", "--quiet", "--threads", "1", "--output"])
        .arg(folder.join("results"))
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let line = told.lines().find_map(|line| line.split_once("Collected : "));
    let Some((_, number)) = line.filter(|_| output.status.success()) else {
        return Err(format!("{arguments}: {told}").into());
    };
    Ok(number.trim().parse()?)
}

fn read_kept() -> Result<Vec<(String, u64)>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(KEPT).map_err(|error| format!("{KEPT}: {error}"))?;
    let rows = text.lines().skip(1).filter_map(|line| line.rsplit_once(','));
    rows.map(|(name, count)| Ok((name.trim_matches('"').to_owned(), count.parse()?)))
        .collect()
}

/// Pods as a person or a trace would write them.
fn pod_manifests(count: u32) -> String {
    let pod = |i: u32| {
        let (cpu, memory) = (1 + i % 7, 2 + i % 11);
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-{i}\n  labels:\n    app: \"train-{}\"\nspec:\n  \
             restartPolicy: Never\n  containers:\n  - name: main\n    image: train:1\n    resources:\n      \
             requests:\n        cpu: {cpu}000m\n        memory: {memory}Gi\n      limits:\n        \
             nvidia.com/gpu: '1'\n---\n",
            i % 5
        )
    };
    (0..count).map(pod).collect()
}
