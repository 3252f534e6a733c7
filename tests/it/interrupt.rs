//! Ctrl-C: what is finished is kept, and the program says so. The runs before it last for more than a second, so a progress
//! bar would show if standard error were a terminal.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cli::{JOB, RUNS};
use crate::support::program::{Folder, text};

/// Starts the program.
fn start(folder: &Folder, arguments: &[&str]) -> Child {
    let mut command = folder.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends what Ctrl-C sends.
fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

/// Ctrl-C keeps the rows of finished runs. The runs before it last for more than a second, so a progress bar would show if
/// standard error were a terminal.
#[test]
fn an_interrupt_keeps_finished_rows_and_says_so() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB);
    // What an earlier comparison left is not taken for the manifest of half a one.
    std::fs::create_dir(folder.path().join("out")).unwrap();
    folder.write("out/manifest.json", "{}");
    let child = start(
        &folder,
        &[
            "compare",
            "job.yaml",
            "--runtime",
            "5m",
            "--nodes",
            "4",
            "--n",
            "2,2000",
            "--strategies",
            "parallel",
            "--replications",
            "5000",
            "--threads",
            "2",
            "--output",
            "out",
        ],
    );
    std::thread::sleep(Duration::from_millis(1500));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(text(&output.stdout), "");
    let rows = text(&folder.read("out/runs.csv"));
    assert_eq!(rows.lines().next(), Some(RUNS));
    let finished = rows.lines().count() - 1;
    assert!(finished > 0);
    let told = format!("interrupted: {finished} of 20000 runs finished; their rows are in out/runs.csv\n");
    assert_eq!(text(&output.stderr), told);
    assert!(
        !folder.path().join("out/manifest.json").exists(),
        "only a whole result has one"
    );
}

/// Ctrl-C ends a single run soon; what happened until then is kept.
#[test]
fn an_interrupted_run_keeps_what_happened() {
    let folder = Folder::new();
    let forever = "
apiVersion: v1
kind: Pod
metadata:
  name: restarts
  annotations: {makespan.dev/runtime: 1s}
spec:
  containers: [{name: c, image: i}]
";
    folder.write("pod.yaml", forever);
    let child = start(
        &folder,
        &[
            "run", "pod.yaml", "--nodes", "1", "--until", "5000000h", "--output", "out",
        ],
    );
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(
        told.starts_with("interrupted at ") && told.ends_with("is in out/\n"),
        "{told}"
    );
    let names = folder.names();
    assert!(names.contains(&"out/timeline.csv".to_owned()), "{names:?}");
    assert!(!names.contains(&"out/manifest.json".to_owned()), "{names:?}");
}
