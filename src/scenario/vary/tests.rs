//! Paths that lead somewhere, and some that do not.

use std::sync::Arc;

use super::*;
use crate::api::problem::Problems;
use crate::api::value::Source;
use crate::api::yaml;

const TEXT: &str = "\
apiVersion: makespan.dev/v1
kind: Scenario
spec:
  nodePools:
  - {name: a100, count: 4, allocatable: {cpu: 64, nvidia.com/gpu: 8}}
  - {name: t4, allocatable: {cpu: 16}}
  submission: {arrivals: 'poisson(rate=4/h)'}
  jobs:
  - {name: train, copies: 10, runtime: 'lognormal(median=20m, p95=1h)'}
---
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec: {backoffLimit: 3, template: {spec: {containers: [{name: c}]}}}
";

fn documents() -> Vec<Document> {
    let source = Source {
        name: "test.yaml".to_owned(),
        text: TEXT.to_owned(),
    };
    yaml::load(Arc::new(source), &mut Problems::new())
}

/// What changed in the tree, as JSON paths and values, or why nothing did.
fn changed(path: &str, value: &str) -> String {
    let (before, mut after) = (documents(), documents());
    let mut flags = Flags::default();
    if let Err(error) = assign(&mut after, &mut flags, path, value) {
        return error.to_string();
    }
    if flags != Flags::default() {
        return format!("flags: {:?} {:?}", flags.nodes, flags.set);
    }
    let mut out = Vec::new();
    for (a, b) in before.iter().zip(&after) {
        differences(&a.root, &b.root, "", &mut out);
    }
    out.join("; ")
}

fn differences(a: &Value, b: &Value, path: &str, out: &mut Vec<String>) {
    for (key, value) in b.entries() {
        let path = format!("{path}.{}", key.name);
        match a.get(&key.name) {
            Some(other) => differences(other, value, &path, out),
            None => out.push(format!("{path} added: {:?}", value.kind)),
        }
    }
    for (i, (a, b)) in a.items().iter().zip(b.items()).enumerate() {
        differences(a, b, &format!("{path}[{i}]"), out);
    }
    if a.entries().is_empty() && a.items().is_empty() && a.kind != b.kind {
        out.push(format!("{path}: {:?}", b.kind));
    }
}

#[test]
fn paths_lead_to_values() {
    let cases = [
        ("nodes.a100", "12"),
        ("nodes.t4", "2"),
        ("nodes", "3"),
        ("nodePools[1].allocatable.cpu", "32"),
        ("nodePools.a100.allocatable.nvidia.com/gpu", "4"),
        ("spec.jobs.train.copies", "99"),
        ("jobs.train.runtime.p95", "2h"),
        ("submission.arrivals.rate", "8/h"),
        ("until", "3h"),
        ("Job/train.spec.backoffLimit", "0"),
        ("job/train.spec.suspend", "true"),
        ("controlPlane.jobController.kubeAPIQPS", "200"),
    ];
    let told: Vec<String> = cases.iter().map(|(path, value)| changed(path, value)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    .spec.nodePools[0].count: Number("12")
    .spec.nodePools[1].count added: Number("2")
    .spec.nodePools[0].count: Number("3")
    .spec.nodePools[1].allocatable.cpu: Number("32")
    .spec.nodePools[0].allocatable.nvidia.com/gpu: Number("4")
    .spec.jobs[0].copies: Number("99")
    .spec.jobs[0].runtime: String("lognormal(median=20m,p95=2h)")
    .spec.submission.arrivals: String("poisson(rate=8/h)")
    .spec.until added: String("3h")
    .spec.backoffLimit: Number("0")
    .spec.suspend added: Bool(true)
    flags: None ["jobController.kubeAPIQPS=200"]
    "#);
}

#[test]
fn a_wrong_path_names_near_ones() {
    let cases = [
        "nodes.a10",
        "jobs.trane.copies",
        "submission.arrival.rate",
        "job/other.spec.backoffLimit",
        "jobs.train.runtime.p99",
    ];
    let told: Vec<String> = cases.iter().map(|path| changed(path, "1")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "nodes.a10" is nothing in the scenario; there are nodes.a100, nodes.t4, job/train.spec.backoffLimit, job/train.spec.template.spec.containers.c.name, jobs.train.copies
    "jobs.trane.copies" is nothing in the scenario; there are jobs.train.copies, jobs.train.name, jobs.train.runtime, jobs.train.runtime.median, jobs.train.runtime.p95
    "submission.arrival.rate" is nothing in the scenario; there are submission.arrivals.rate, submission.arrivals, job/train.spec.backoffLimit, job/train.spec.template.spec.containers.c.name, jobs.train.copies
    "job/other.spec.backoffLimit" is nothing in the scenario; there are job/train.spec.backoffLimit, job/train.spec.template.spec.containers.c.name, jobs.train.copies, jobs.train.name, jobs.train.runtime
    "jobs.train.runtime.p99" is nothing in the scenario; there are jobs.train.runtime, jobs.train.copies, jobs.train.name, jobs.train.runtime.median, jobs.train.runtime.p95
    "#);
}

#[test]
fn without_pools_the_flag_counts() {
    let mut flags = Flags::default();
    let mut manifests = documents().split_off(1);
    assert_eq!(assign(&mut manifests, &mut flags, "nodes", "7"), Ok(()));
    assert_eq!(flags.nodes, Some(7));
    assert!(assign(&mut manifests, &mut flags, "nodes", "many").is_err());
}
