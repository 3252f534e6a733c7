//! Bad input, as a stranger would give it: what is said, all at once. `program`: that nothing is written.

mod program;

use std::sync::Arc;

use makespan::api::problem::{Problems, render};
use makespan::api::value::Source;
use makespan::scenario::load::{Flags, load};

const JOB: &str = "\
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

/// A Scenario document with this `spec`.
fn scenario(spec: &str) -> String {
    format!("apiVersion: makespan.dev/v1\nkind: Scenario\nspec:\n{spec}")
}

fn runtime() -> Flags {
    Flags {
        runtime: Some("5m".to_owned()),
        ..Flags::default()
    }
}

/// What is told of these files, by name and text. They must be refused.
fn told(files: &[(&str, &str)], flags: &Flags) -> String {
    let sources: Vec<Arc<Source>> = files
        .iter()
        .map(|(name, text)| {
            Arc::new(Source {
                name: (*name).to_owned(),
                text: (*text).to_owned(),
            })
        })
        .collect();
    let mut problems = Problems::new();
    let scenario = load("test", &sources, flags, &mut problems);
    assert!(scenario.is_none() && problems.has_errors(), "accepted: {files:?}");
    render(&problems)
}

#[test]
fn files_that_are_no_manifests() {
    insta::assert_snapshot!(told(&[("empty.yaml", "")], &runtime()), @"
    error: nothing to run: no Job, CronJob, Deployment, ReplicaSet or Pod was given
      hint: name files that hold at least one; makespan run --help shows examples
    warning: empty.yaml: no object is in it
      hint: is it the right file?
    ");
    insta::assert_snapshot!(told(&[("list.yaml", "- a\n- b\n")], &runtime()), @"
    error: list.yaml:1:1: couldn't get version/kind; found array instead of an object
      1 | - a
        | ^
      hint: separate objects by lines of ---, or put them under `items` of a `kind: List`
    ");
    insta::assert_snapshot!(told(&[("broken.yaml", "kind: Job\n  metadata: {name\n")], &runtime()), @r#"
    error: broken.yaml:2:11: error converting YAML to JSON: yaml: mapping values are not allowed in this context
      2 |   metadata: {name
        |           ^
      hint: a text that contains ": " must be in quotes; else check that the line is indented like its neighbours
    "#);
    insta::assert_snapshot!(told(&[("scalar.yaml", "hello\n")], &runtime()), @"
    error: scalar.yaml:1:1: couldn't get version/kind; found string instead of an object
      1 | hello
        | ^
      hint: an object begins with `apiVersion:` and `kind:`
    ");
    insta::assert_snapshot!(told(&[("cut.json", "{\"kind\": \"Job\",")], &runtime()), @r#"
    error: cut.json:1:16: unexpected end of JSON input
      1 | {"kind": "Job",
        |                ^
    "#);
}

#[test]
fn fields_that_kubernetes_would_refuse() {
    let unknown = JOB.replace("restartPolicy", "restartPolcy");
    insta::assert_snapshot!(told(&[("job.yaml", &unknown)], &runtime()), @r#"
    error: job.yaml:8:7: spec.template.spec.restartPolcy: strict decoding error: unknown field "spec.template.spec.restartPolcy"
      8 |       restartPolcy: Never
        |       ^
      hint: did you mean "restartPolicy"?
    error: job.yaml:8:7: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
      8 |       restartPolcy: Never
        |       ^
      hint: add `restartPolicy: Never` (a new pod per attempt) or `restartPolicy: OnFailure` (restart in the same pod)
    "#);
    let wrong_type = JOB.replace("  template:", "  parallelism: four\n  template:");
    insta::assert_snapshot!(told(&[("job.yaml", &wrong_type)], &runtime()), @"
    error: job.yaml:6:16: spec.parallelism: json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism of type int32
      6 |   parallelism: four
        |                ^
      hint: write a whole number
    ");
    let version = JOB.replace("batch/v1", "batch/v2");
    insta::assert_snapshot!(told(&[("job.yaml", &version)], &runtime()), @r#"
    error: job.yaml:2:7: kind: no matches for kind "Job" in version "batch/v2"
      2 | kind: Job
        |       ^
      hint: use `apiVersion: batch/v1`
    "#);
    let negative = JOB.replace("  template:", "  backoffLimit: -1\n  template:");
    insta::assert_snapshot!(told(&[("job.yaml", &negative)], &runtime()), @"
    error: job.yaml:6:17: spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0
      6 |   backoffLimit: -1
        |                 ^
    ");
}

#[test]
fn mistakes_in_several_files_are_told_at_once() {
    let unknown = JOB.replace("restartPolicy", "restartPolcy");
    let gpu = JOB.replace("name: train", "name: other").replace("gpu: 1", "gpu: one");
    let files = [
        ("a.yaml", unknown.as_str()),
        ("b.yaml", gpu.as_str()),
        ("c.yaml", "kind: Job\n  metadata: {name\n"),
    ];
    insta::assert_snapshot!(told(&files, &runtime()), @r#"
    error: c.yaml:2:11: error converting YAML to JSON: yaml: mapping values are not allowed in this context
      2 |   metadata: {name
        |           ^
      hint: a text that contains ": " must be in quotes; else check that the line is indented like its neighbours
    error: a.yaml:8:7: spec.template.spec.restartPolcy: strict decoding error: unknown field "spec.template.spec.restartPolcy"
      8 |       restartPolcy: Never
        |       ^
      hint: did you mean "restartPolicy"?
    error: a.yaml:8:7: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
      8 |       restartPolcy: Never
        |       ^
      hint: add `restartPolicy: Never` (a new pod per attempt) or `restartPolicy: OnFailure` (restart in the same pod)
    error: b.yaml:13:36: spec.template.spec.containers[0].resources.limits[nvidia.com/gpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      13 |           limits: {nvidia.com/gpu: one}
         |                                    ^
      hint: a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G
    "#);
}

#[test]
fn what_only_the_whole_shows() {
    insta::assert_snapshot!(told(&[("job.yaml", JOB)], &Flags::default()), @"
    error: job.yaml:1:1: spec.template: Job default/train: how long its pods run is not given
      1 | apiVersion: batch/v1
        | ^
      hint: give --runtime 5m, the annotation makespan.dev/runtime on the pod template, or spec.jobs in a Scenario
    ");
    let large = JOB.replace("gpu: 1", "gpu: 9");
    let pools = scenario(
        "  nodePools:
  - {name: a100, count: 4, allocatable: {cpu: 64, memory: 256Gi, nvidia.com/gpu: 8}}
  - {name: cpu, count: 2, allocatable: {cpu: 64, memory: 256Gi}}
",
    );
    insta::assert_snapshot!(told(&[("job.yaml", &large), ("pools.yaml", &pools)], &runtime()), @"
    error: job.yaml:1:1: spec.template.spec: Job default/train: its pods fit no node, even an empty one (pool a100: 4 Insufficient nvidia.com/gpu; pool cpu: 2 Insufficient nvidia.com/gpu)
      1 | apiVersion: batch/v1
        | ^
      hint: a pod asks for 9 nvidia.com/gpu, but the largest node has 8 nvidia.com/gpu; ask for less, or add larger nodes
    ");
    insta::assert_snapshot!(told(&[("job.yaml", &large)], &runtime()), @"
    warning: no nodes are given; 4 nodes of 64 cpu, 256Gi and 8 GPUs are taken
      hint: give Node manifests, nodePools in a Scenario, or --nodes and --gpus-per-node
    error: job.yaml:1:1: spec.template.spec: Job default/train: its pods fit no node, even an empty one (pool node: 4 Insufficient nvidia.com/gpu)
      1 | apiVersion: batch/v1
        | ^
      hint: a pod asks for 9 nvidia.com/gpu, but the largest node has 8 nvidia.com/gpu; ask for less, or add larger nodes
    ");
    let none = Flags {
        gpus_per_node: Some(0),
        ..runtime()
    };
    insta::assert_snapshot!(told(&[("job.yaml", JOB)], &none), @"
    error: job.yaml:1:1: spec.template.spec: Job default/train: its pods fit no node, even an empty one (pool node: 4 Insufficient nvidia.com/gpu)
      1 | apiVersion: batch/v1
        | ^
      hint: a pod asks for 1 nvidia.com/gpu, which no node has; ask for less, or add larger nodes
    ");
    let scaler = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
";
    let until = Flags {
        until: Some("1h".to_owned()),
        ..runtime()
    };
    insta::assert_snapshot!(told(&[("job.yaml", JOB), ("hpa.yaml", scaler)], &until), @r#"
    error: hpa.yaml:2:1: spec.scaleTargetRef.name: deployments.apps "web" not found in namespace default
      2 | apiVersion: autoscaling/v2
        | ^
      hint: add the Deployment to the input, or leave the autoscaler out
    "#);
}

#[test]
fn flags_with_impossible_values() {
    let flag = |set: fn(&mut Flags)| {
        let mut flags = runtime();
        set(&mut flags);
        told(&[("job.yaml", JOB)], &flags)
    };
    insta::assert_snapshot!(flag(|f| f.runtime = Some("lognormal(median=20m,p95=5m)".into())), @"error: --runtime: p95 of lognormal is 5m, but median is 20m; p95 must be above median");
    insta::assert_snapshot!(flag(|f| f.runtime = Some("gaussian(5m)".into())), @r#"error: --runtime: unknown distribution "gaussian"; known are fixed, uniform, exponential, normal, lognormal, gamma, weibull, pareto, empirical"#);
    insta::assert_snapshot!(flag(|f| f.runtime = Some("empirical(none.csv,column=a_s)".into())), @"error: --runtime: none.csv: cannot be read: No such file or directory (os error 2); check the path, relative ones start at the current folder");
    insta::assert_snapshot!(flag(|f| f.failure = Some("150%".into())), @r#"error: --failure: "150%" is not a probability; write a number from 0 to 1 or a percentage up to 100%, or exit:N for an exit code"#);
    insta::assert_snapshot!(flag(|f| f.until = Some("x".into())), @r#"error: --until: "x" is not a duration; write it as 90s, 5m, 1h30m, 250ms or a number of seconds"#);
    insta::assert_snapshot!(flag(|f| f.nodes = Some(0)), @"
    error: --nodes: 0 is out of range
      hint: give a whole number from 1 to 1000000
    ");
    insta::assert_snapshot!(flag(|f| f.nodes = Some(4_000_000_000)), @"
    error: --nodes: 4000000000 is out of range
      hint: give a whole number from 1 to 1000000
    ");
    insta::assert_snapshot!(flag(|f| f.strategy = Some("batched".into())), @"error: --strategy: batched needs how many Jobs it holds at once; write batched:32");
    insta::assert_snapshot!(flag(|f| f.arrivals = Some("poisson(rate=x)".into())), @r#"error: --arrivals: rate of poisson: "x" is not a rate above zero; write it as 2/s, 30/m or 500/h"#);
    insta::assert_snapshot!(flag(|f| f.control_plane = Some("idael".into())), @r#"error: --control-plane: "idael" is no control plane; use ideal or kubernetes"#);
    insta::assert_snapshot!(flag(|f| f.set = vec!["jobController.kubeApiQps=3".into(), "apiLatency".into(), "foo=1".into()]), @r#"
    error: --set: unknown setting "jobController.kubeApiQps"; did you mean "jobController.kubeAPIQPS"?
    error: --set: "apiLatency": write it as name=value
    error: --set: unknown setting "foo"; makespan settings lists them
    "#);
}

#[test]
fn scenarios_with_mistakes() {
    let spec = "  sed: 1
  until: x
  nodePools: [{name: p, count: 0, allocatable: {cpu: many}}, {name: q}]
  jobs: [{name: trian, runtime: 5x, copies: -1}]
  submission: {strategy: paralel}
  controlPlane: {preset: kubernets, jobController: {kubeApiQps: 3}}
";
    insta::assert_snapshot!(told(&[("s.yaml", &scenario(spec)), ("job.yaml", JOB)], &runtime()), @r#"
    error: s.yaml:4:8: spec.sed: unknown field "sed"
      4 |   sed: 1
        |        ^
      hint: did you mean "seed"?
    error: s.yaml:5:10: spec.until: "x" is not a duration; write it as 90s, 5m, 1h30m, 250ms or a number of seconds
      5 |   until: x
        |          ^
    error: s.yaml:6:32: spec.nodePools[0].count: a whole number from 1 to 1000000 is needed here
      6 |   nodePools: [{name: p, count: 0, allocatable: {cpu: many}}, {name: q}]
        |                                ^
    warning: s.yaml:6:48: status.allocatable: the node has no cpu, so no pod that requests cpu fits on it
      6 |   nodePools: [{name: p, count: 0, allocatable: {cpu: many}}, {name: q}]
        |                                                ^
      hint: add `cpu` to status.allocatable
    warning: s.yaml:6:48: status.allocatable: the node has no memory, so no pod that requests memory fits on it
      6 |   nodePools: [{name: p, count: 0, allocatable: {cpu: many}}, {name: q}]
        |                                                ^
      hint: add `memory` to status.allocatable
    error: s.yaml:6:54: status.allocatable[cpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      6 |   nodePools: [{name: p, count: 0, allocatable: {cpu: many}}, {name: q}]
        |                                                      ^
      hint: a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G
    error: s.yaml:6:62: spec.nodePools[1]: allocatable is missing
      6 |   nodePools: [{name: p, count: 0, allocatable: {cpu: many}}, {name: q}]
        |                                                              ^
      hint: say what each node has, such as {cpu: "64", memory: 256Gi, nvidia.com/gpu: 8}
    error: s.yaml:7:10: spec.jobs: no Job "trian" is among the manifests
      7 |   jobs: [{name: trian, runtime: 5x, copies: -1}]
        |          ^
      hint: did you mean "train"?
    error: s.yaml:7:33: spec.jobs[0].runtime: "5x" is not a duration; write it as 90s, 5m, 1h30m, 250ms or a number of seconds, or a distribution such as lognormal(median=20m,p95=1h)
      7 |   jobs: [{name: trian, runtime: 5x, copies: -1}]
        |                                 ^
    error: s.yaml:7:45: spec.jobs[0].copies: a whole number from 1 to 20000000 is needed here
      7 |   jobs: [{name: trian, runtime: 5x, copies: -1}]
        |                                             ^
    error: s.yaml:8:26: spec.submission.strategy: unknown strategy "paralel", did you mean "parallel"?; known are sequential, parallel, batched:K, windowed:K, arrivals
      8 |   submission: {strategy: paralel}
        |                          ^
    error: s.yaml:9:26: spec.controlPlane.preset: "kubernets" is no control plane; use ideal or kubernetes
      9 |   controlPlane: {preset: kubernets, jobController: {kubeApiQps: 3}}
        |                          ^
    error: s.yaml:9:65: spec.controlPlane[jobController][kubeApiQps]: unknown setting "jobController.kubeApiQps"; did you mean "jobController.kubeAPIQPS"?
      9 |   controlPlane: {preset: kubernets, jobController: {kubeApiQps: 3}}
        |                                                                 ^
    error: job.yaml:1:1: spec.template.spec: Job default/train: its pods fit no node, even an empty one (pool p: 1 Insufficient nvidia.com/gpu)
      1 | apiVersion: batch/v1
        | ^
      hint: a pod asks for 1 nvidia.com/gpu, which no node has; ask for less, or add larger nodes
    "#);
    let shapes = "  nodePools: {name: p}
  jobs: train
  compare: {jobs: [0, ten], strategies: parallel, controlPlanes: [], replications: 0}
  services: [x, {load: 1}]
  images: {missing: i}
";
    insta::assert_snapshot!(told(&[("s.yaml", &scenario(shapes)), ("job.yaml", JOB)], &runtime()), @"
    error: s.yaml:4:14: spec.nodePools: a list is needed here
      4 |   nodePools: {name: p}
        |              ^
      hint: write [a, b], or one item per line after a dash
    error: s.yaml:5:9: spec.jobs: a list is needed here
      5 |   jobs: train
        |         ^
      hint: write [a, b], or one item per line after a dash
    error: s.yaml:6:20: spec.compare.jobs[0]: a whole number from 1 to 20000000 is needed here
      6 |   compare: {jobs: [0, ten], strategies: parallel, controlPlanes: [], replications: 0}
        |                    ^
    error: s.yaml:6:23: spec.compare.jobs[1]: a whole number from 1 to 20000000 is needed here
      6 |   compare: {jobs: [0, ten], strategies: parallel, controlPlanes: [], replications: 0}
        |                       ^
    error: s.yaml:6:41: spec.compare.strategies: a list is needed here
      6 |   compare: {jobs: [0, ten], strategies: parallel, controlPlanes: [], replications: 0}
        |                                         ^
      hint: write [a, b], or one item per line after a dash
    error: s.yaml:6:66: spec.compare.controlPlanes: the list is empty
      6 |   compare: {jobs: [0, ten], strategies: parallel, controlPlanes: [], replications: 0}
        |                                                                  ^
      hint: give at least one value, or leave the line out
    error: s.yaml:6:84: spec.compare.replications: a whole number from 1 to 1000000 is needed here
      6 |   compare: {jobs: [0, ten], strategies: parallel, controlPlanes: [], replications: 0}
        |                                                                                    ^
    error: s.yaml:7:14: spec.services[0]: a map is needed here, with deployment, load, requests, serviceTime, concurrency, queue, timeout, cpuPerRequest, capPerPod, idlePerPod, memoryPerPod, memoryPerRequest, container, metrics
      7 |   services: [x, {load: 1}]
        |              ^
    error: s.yaml:7:17: spec.services[1]: deployment is missing
      7 |   services: [x, {load: 1}]
        |                 ^
      hint: name the Deployment that has this load
    error: s.yaml:8:21: spec.images.missing: a list is needed here
      8 |   images: {missing: i}
        |                     ^
      hint: write [a, b], or one item per line after a dash
    ");
    let one = scenario("  seed: 1\n");
    insta::assert_snapshot!(told(&[("a.yaml", &one), ("b.yaml", &one), ("job.yaml", JOB)], &runtime()), @"
    error: b.yaml:1:1: kind: a second Scenario; one is enough
      1 | apiVersion: makespan.dev/v1
        | ^
      hint: the first is in a.yaml line 1; leave one out
    ");
    let name = one.replace("spec:", "metadata: {name: ../x}\nspec:");
    insta::assert_snapshot!(told(&[("s.yaml", &name), ("job.yaml", JOB)], &runtime()), @r#"
    error: s.yaml:3:18: metadata.name: "../x" is no name for a scenario
      3 | metadata: {name: ../x}
        |                  ^
      hint: use letters, digits, - and _: results are written to a folder of this name
    "#);
}
