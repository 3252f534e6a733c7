//! `makespan validate` as scripts and people use it: formats, exit codes, what is told of folders that cannot be read.

use std::path::Path;

use serde_json::Value;

use crate::support::program::{Folder, text};

fn recording(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    folder.join(name).display().to_string()
}

/// A copy of a recording with a file changed.
fn changed(name: &str, file: &str, change: impl Fn(String) -> String) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    for entry in std::fs::read_dir(recording(name)).unwrap() {
        let path = entry.unwrap().path();
        let own = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        if own == file {
            folder.write(&format!("own/{own}"), change(String::from_utf8(bytes).unwrap()));
        } else {
            folder.write(&format!("own/{own}"), bytes);
        }
    }
    folder
}

#[test]
fn a_recording_that_agrees_ends_well() {
    let folder = Folder::new();
    let output = folder.run(&["validate", &recording("backoff-limit0"), "--quiet"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("1 of 1 recordings agree in everything."), "{shown}");
    assert!(folder.names().is_empty(), "nothing is written");
}

#[test]
fn machines_get_every_check() {
    let folder = Folder::new();
    let names = [recording("backoff-limit0"), recording("seq-10")];
    let output = folder.run(&["validate", &names[0], &names[1], "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = all.as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["backoff-limit0", "seq-10"]);
    for one in all {
        let keys: Vec<&str> = one.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["name", "ok", "makespan_s", "checks"]);
        assert_eq!(one["ok"], true);
        assert!(one["makespan_s"]["real"].is_f64() && one["makespan_s"]["simulated"].is_f64());
        for check in one["checks"].as_array().unwrap() {
            let keys: Vec<&str> = check.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, ["what", "real", "simulated", "tolerance", "ok"]);
        }
    }
    let csv = folder.run(&["validate", &recording("backoff-limit0"), "--format", "csv"]);
    assert!(text(&csv.stdout).starts_with("name,what,real,simulated,tolerance,ok\n"));
    let markdown = folder.run(&["validate", &recording("backoff-limit0"), "--markdown"]);
    assert!(text(&markdown.stdout).starts_with("| recording"));
}

/// The recorded Job took 65.9 s; told that each pod runs a second less, the replay is too early.
#[test]
fn a_difference_is_named_and_ends_with_1() {
    let folder = changed("seq-10", "manifests.yaml", |text| {
        text.replace("sim/duration: '5'", "sim/duration: '3'")
    });
    let output = folder.run(&["validate", "own"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(
        shown.contains("0 of 1 recordings agree in everything.") && shown.contains("makespan (s)"),
        "{shown}"
    );
}

#[test]
fn what_is_not_replayed_fails_by_name_and_the_rest_is_checked() {
    let folder = changed("backoff-limit0", "actions.yaml", |text| {
        text + "- {at_s: 1.0, do: dance, kind: Node, name: big-0}\n"
    });
    let output = folder.run(&["validate", "own", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = all[0]["checks"].as_array().unwrap();
    let failing: Vec<&Value> = checks.iter().filter(|check| check["ok"] == false).collect();
    assert_eq!(failing.len(), 1, "{failing:?}");
    assert!(failing[0]["real"].as_str().unwrap().contains("dance Node big-0"));
    assert!(checks.len() > 10);
}

#[test]
fn all_that_cannot_be_read_is_told() {
    let folder = changed("backoff-limit0", "events.csv", |text| {
        text.replace("0.000,Runner", "soon,Runner")
    });
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let output = folder.run(&["validate", "own", "absent", "empty", &recording("seq-10")]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
    insta::assert_snapshot!(text(&output.stderr), @r#"
    error: own: events.csv:2: column time_s: "soon" is no number of seconds
    error: absent: cannot be read: there is no such folder
    error: empty/manifests.yaml: cannot be read: there is no such file, nor one that ends in .gz
    error: empty/actions.yaml: cannot be read: there is no such file, nor one that ends in .gz
    error: empty: none of events.csv, pods.csv and jobs.csv is there, so nothing tells what happened
      hint: a recording is a folder with manifests.yaml, actions.yaml and events.csv, pods.csv or jobs.csv (docs/recording-format.md)
    "#);
}

#[test]
fn malformed_folders_never_end_in_a_bug() {
    let broken = [
        (
            "manifests.yaml",
            "kind: Job\nmetadata: {name: train}\nspec: {template: 3}\n",
        ),
        ("manifests.yaml", "]["),
        ("actions.yaml", ""),
        ("actions.yaml", "options: 3\nactions: {}\n"),
        (
            "actions.yaml",
            "actions: [{at_s: 0, do: submit, kind: Job, name: gone}]\n",
        ),
        (
            "actions.yaml",
            "actions: [{at_s: .nan, do: delete}, 7, {do: submit_parallel, objects: 3}]\n",
        ),
        ("events.csv", "time_s,kind\n1\n"),
        ("events.csv", ""),
        ("pods.csv", "pod,owner,index\na,b,minus one\n"),
    ];
    for (file, content) in broken {
        let folder = changed("backoff-limit0", file, |_| content.to_owned());
        let output = folder.run(&["validate", "own"]);
        let code = output.status.code();
        assert!(
            matches!(code, Some(1 | 2)),
            "{file} {content:?}: {code:?} {}",
            text(&output.stderr)
        );
    }
}
