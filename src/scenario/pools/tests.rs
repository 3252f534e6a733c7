//! Pools and lists of nodes, and what is told of bad ones.

use std::sync::Arc;

use super::*;
use crate::api::problem::render;
use crate::api::value::Source;
use crate::scenario::document;

const LIST: &str = "
apiVersion: makespan.dev/v1
kind: Scenario
spec:
  nodePools:
  - name: \"{sn}\"
    file: ${TRACES}/nodes.csv
    labels: {gpu-model: \"{model}\"}
    allocatable: {cpu: \"{cpu_milli}m\", memory: \"{memory_mib}Mi\", nvidia.com/gpu: \"{gpu}\"}
";

/// Reads `scenario` beside a nodes.csv of this text; the nodes, and the problems in words without the folder.
fn read(scenario: &str, csv: &str) -> (Draft, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("nodes.csv"), csv).unwrap();
    let path = folder.path().display().to_string();
    let variables = Variables::from([("TRACES".to_owned(), path.clone())]);
    let source = Arc::new(Source {
        name: "s.yaml".into(),
        text: scenario.into(),
    });
    let mut problems = Problems::new();
    let documents = crate::api::yaml::load(source, &mut problems);
    let draft = document::read(&documents[0], &variables, &mut ResourceTable::default(), &mut problems);
    (draft, render(&problems).replace(&path, "FOLDER"))
}

#[test]
fn each_row_is_a_node_and_likes_share_a_pool() {
    let csv = "sn,cpu_milli,memory_mib,gpu,model\na, 64000 ,262144,2,P100\nb,96000,1024,8,G2\nc,64000,262144,2,P100\n";
    let (draft, problems) = read(LIST, csv);
    assert_eq!(problems, "");
    let told: Vec<_> = draft
        .nodes
        .iter()
        .map(|n| {
            let cpu = n.allocatable.get(crate::cluster::ResourceId::CPU);
            (n.name.as_str(), cpu, n.labels["gpu-model"].as_str(), n.pool)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a", 64_000, "P100", 0),
            ("b", 96_000, "G2", 1),
            ("c", 64_000, "P100", 0)
        ]
    );
    assert_eq!(draft.pools, ["of a", "of b"]);
    assert_eq!(draft.nodes[2].labels[HOSTNAME], "c");
}

#[test]
fn bad_rows_are_told_at_their_lines() {
    let csv = "sn,cpu_milli,memory_mib,gpu,model\na,64000,262144,2,P100\nB,many,1024,-1,G2\n";
    insta::assert_snapshot!(read(LIST, csv).1, @r#"
    error: FOLDER/nodes.csv:3:1: status.allocatable[cpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      3 | B,many,1024,-1,G2
        | ^
      hint: a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G
    error: FOLDER/nodes.csv:3:1: metadata.name: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
      3 | B,many,1024,-1,G2
        | ^
      hint: write `b`
    error: FOLDER/nodes.csv:3:1: status.allocatable.nvidia.com/gpu: Invalid value: "-1": must be greater than or equal to 0
      3 | B,many,1024,-1,G2
        | ^
    warning: FOLDER/nodes.csv:3:1: status.allocatable: the node has no cpu, so no pod that requests cpu fits on it
      3 | B,many,1024,-1,G2
        | ^
      hint: add `cpu` to status.allocatable
    "#);
    insta::assert_snapshot!(read(LIST, "name,cpu_mili,memory_mib,gpu,model\na,1,1,1,x\n").1, @r#"
    error: s.yaml:6:11: spec.nodePools[0]: FOLDER/nodes.csv has no column "sn"
      6 |   - name: "{sn}"
        |           ^
      hint: its columns are name, cpu_mili, memory_mib, gpu, model
    error: s.yaml:9:24: spec.nodePools[0]: FOLDER/nodes.csv has no column "cpu_milli"
      9 |     allocatable: {cpu: "{cpu_milli}m", memory: "{memory_mib}Mi", nvidia.com/gpu: "{gpu}"}
        |                        ^
      hint: did you mean {cpu_mili}?
    "#);
    insta::assert_snapshot!(read(LIST, "sn,cpu_milli,memory_mib,gpu,model\na,1\n").1, @"
    error: FOLDER/nodes.csv:2:1: the row has 2 values, but the first line names 5 columns
      2 | a,1
        | ^
      hint: a node list is comma-separated text in UTF-8; its first line names the columns
    ");
    insta::assert_snapshot!(read(LIST, "sn,cpu_milli,memory_mib,gpu,model\n").1, @"
    error: FOLDER/nodes.csv: has no rows below its header
      hint: a node list is comma-separated text in UTF-8; its first line names the columns
    ");
}

#[test]
fn a_file_that_is_not_here_is_absent_only_below_a_variable() {
    for (scenario, absent) in [
        (LIST.replace("nodes.csv", "other.csv"), true),
        (LIST.replace("${TRACES}", "${OTHER}"), true),
        (LIST.replace("${TRACES}/nodes.csv", "other.csv"), false),
        (LIST.replace("${TRACES}", "${TRACES"), false),
    ] {
        let (draft, problems) = read(&scenario, "");
        assert!(draft.nodes.is_empty());
        assert_eq!(problems.starts_with("skipped: s.yaml:7:11: "), absent, "{problems}");
        assert_eq!(problems.starts_with("error: s.yaml:7:11: "), !absent, "{problems}");
    }
}

#[test]
fn nodes_of_a_pool_have_their_own_host_names() {
    let pool = "
apiVersion: makespan.dev/v1
kind: Scenario
spec:
  nodePools: [{name: p, count: 2, allocatable: {cpu: 1, memory: 1Gi}}]
";
    let (draft, _) = read(pool, "");
    let hosts: Vec<&str> = draft.nodes.iter().map(|n| n.labels[HOSTNAME].as_str()).collect();
    assert_eq!(hosts, ["p-0", "p-1"]);
}
