//! The program, given bad input: it says what is wrong, ends with 2 and writes nothing.

use super::JOB;
use crate::support::program::{Folder, text};

/// Runs the program; it must refuse with 2 and leave no trace. Returns what it said.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let before = folder.names();
    let output = folder.run(arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    assert_eq!(folder.names(), before, "{arguments:?} left something");
    told
}

#[test]
fn the_program_refuses_and_writes_nothing() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB);
    folder.write("binary.yaml", b"\x89PNG\r\n\x1a\n\xff\x00");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder.write("afile", "");
    insta::assert_snapshot!(refused(&folder, &["run", "missing.yaml", "binary.yaml", "empty"]), @"
    error: missing.yaml: cannot be read: No such file or directory (os error 2)
      hint: check the path; - reads standard input
    error: binary.yaml: not UTF-8 text: bad byte at offset 0
      hint: manifests are text; is this the right file?
    error: empty: the folder holds no .yaml, .yml or .json file
      hint: name a folder that holds manifests, or the files themselves
    ");
    let job = |arguments: &[&str]| {
        refused(
            &folder,
            &[&["compare", "job.yaml", "--runtime", "5m"], arguments].concat(),
        )
    };
    insta::assert_snapshot!(job(&["--n", "0", "--replications", "0", "--nodes", "2,0"]), @"
    error: --n: 0 is out of range
      hint: give whole numbers from 1 to 20000000
    error: --nodes: 0 is out of range
      hint: give whole numbers from 1 to 1000000
    error: --replications: 0 is out of range
      hint: give whole numbers from 1 to 1000000
    ");
    insta::assert_snapshot!(job(&["--n", "1000000000000"]), @"
    error: --n: 1000000000000 is out of range
      hint: give whole numbers from 1 to 20000000
    warning: no nodes are given; 4 nodes of 64 cpu, 256Gi and 8 GPUs are taken
      hint: give Node manifests, nodePools in a Scenario, or --nodes and --gpus-per-node
    ");
    insta::assert_snapshot!(job(&["--n", "ten"]), @"
    error: invalid value 'ten' for '--n <LIST>': a whole number from 0 is needed

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(job(&["--n", "-3"]), @"
    error: invalid value '-3' for '--n <LIST>': a whole number from 0 is needed

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(job(&["--n", "20000000", "--replications", "1000000"]), @"
    error: the comparison would play 160000000000000 Jobs in 8000000 runs, more than 10000000000
      hint: ask for fewer or smaller n, or fewer replications
    warning: no nodes are given; 4 nodes of 64 cpu, 256Gi and 8 GPUs are taken
      hint: give Node manifests, nodePools in a Scenario, or --nodes and --gpus-per-node
    ");
    insta::assert_snapshot!(job(&["--strategies", "paralel,batched:0", "--control-planes", "ideel"]), @r#"
    error: --strategies: unknown strategy "paralel", did you mean "parallel"?; known are sequential, parallel, batched:K, windowed:K, arrivals
    error: --strategies: "0" is not how many Jobs batched can hold at once; write a whole number from 1 to 4294967295, as in batched:32
    error: --control-planes: "ideel" is no control plane; use ideal or kubernetes
    warning: no nodes are given; 4 nodes of 64 cpu, 256Gi and 8 GPUs are taken
      hint: give Node manifests, nodePools in a Scenario, or --nodes and --gpus-per-node
    "#);
    insta::assert_snapshot!(job(&["--output", "afile"]), @"
    warning: no nodes are given; 4 nodes of 64 cpu, 256Gi and 8 GPUs are taken
      hint: give Node manifests, nodePools in a Scenario, or --nodes and --gpus-per-node
    error: --output: afile is a file, not a folder; name another folder, or move the file away
    ");
    insta::assert_snapshot!(job(&["--output", "afile/x"]), @"
    warning: no nodes are given; 4 nodes of 64 cpu, 256Gi and 8 GPUs are taken
      hint: give Node manifests, nodePools in a Scenario, or --nodes and --gpus-per-node
    error: --output: the folder afile/x cannot be created: Not a directory (os error 20); name a folder below one that you may write to
    ");
    insta::assert_snapshot!(job(&["--threads", "0"]), @"
    error: invalid value '0' for '--threads <N>': give a number from 1 to 4096

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused(&folder, &["run"]), @"
    error: the following required arguments were not provided:
      <FILES>...

    Usage: makespan run <FILES>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused(&folder, &["run", "job.yaml", "--rutime", "5m"]), @"
    error: unexpected argument '--rutime' found

      tip: a similar argument exists: '--runtime'

    Usage: makespan run --runtime <TIME> <FILES>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused(&folder, &["rerun", "job.yaml"]), @"
    error: job.yaml: is no manifest of a run: expected value at line 1 column 1
      hint: give the manifest.json that a run wrote
    ");
    insta::assert_snapshot!(refused(&folder, &["rerun", "missing.json"]), @"
    error: missing.json: cannot be read: No such file or directory (os error 2)
      hint: give the manifest.json that a run wrote into its folder
    ");
}

/// The files are wrong and so are the flags: one run tells both.
#[test]
fn bad_files_and_bad_flags_are_told_together() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB.replace("Never", "Sometimes"));
    let told = refused(&folder, &["compare", "job.yaml", "--runtime", "x", "--n", "0"]);
    for part in ["restartPolicy", "--runtime", "--n: 0"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

/// `--strict`: what would be left out with a warning stops the run.
#[test]
fn strict_makes_errors_of_warnings() {
    let folder = Folder::new();
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      \
               runtimeClassName: gvisor\n      containers: [{name: c, image: \"i:1\"}]\n";
    folder.write("job.yaml", job);
    let arguments = ["run", "job.yaml", "--runtime", "5s", "--nodes", "1", "--no-charts"];
    let warned = folder.run(&arguments);
    assert_eq!(warned.status.code(), Some(0));
    assert!(
        text(&warned.stderr).contains("warning: job.yaml:8"),
        "{}",
        text(&warned.stderr)
    );
    let refused = folder.run(&[&arguments[..], &["--strict"]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("error: job.yaml:8"),
        "{}",
        text(&refused.stderr)
    );
}
