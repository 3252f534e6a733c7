use super::*;

const MANIFESTS: &str = "
apiVersion: v1
kind: Node
metadata: {name: node-00, labels: {kubernetes.io/hostname: node-00}}
status: {allocatable: {cpu: '4', memory: 8Gi, pods: '110'}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job-000}
spec:
  template:
    metadata: {annotations: {sim/duration: '5'}}
    spec:
      restartPolicy: Never
      containers: [{name: main, image: i, resources: {requests: {cpu: 100m}}}]
";

fn script_of(actions: &str) -> Result<Script, RecordingError> {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path();
    std::fs::write(path.join("manifests.yaml"), MANIFESTS).unwrap();
    std::fs::write(path.join("jobs.csv"), "job,ack\na,0.0301\nb,0.002\nc,0.02\n").unwrap();
    let head = "options: {t0_utc: \"2026-11-23T18:21:15.644194Z\", until_s: 67.4";
    std::fs::write(path.join("actions.yaml"), format!("{head}{actions}")).unwrap();
    read(&Folder::new(path))
}

fn names_of(script: &Script) -> Vec<&str> {
    script.scenario.jobs.iter().map(|(job, _)| job.name.as_str()).collect()
}

#[test]
fn recorded_times_are_arrivals_in_the_order_of_sending() {
    let script = script_of(
        "}
initial: [{kind: Node, template: node-00, name: node-%02d, from: 3, count: 2}]
actions:
- {at_s: 0, do: submit_parallel, objects: [{kind: Job, template: job-000, name: job-%03d, from: 0, count: 3}],
   recorded_at_s: [0.5, 0.25, 0.5]}
- {at_s: 0.3, do: submit, kind: Job, name: job-000}
",
    )
    .unwrap();
    assert_eq!(names_of(&script), ["job-001", "job-000", "job-000", "job-002"]);
    let expected = "times(250ms,300ms,500ms,500ms)".parse().unwrap();
    assert_eq!(script.scenario.strategy, Strategy::Arrivals(expected));
    let nodes: Vec<(&str, &str)> = (script.scenario.nodes.iter())
        .map(|node| (node.name.as_str(), node.labels["kubernetes.io/hostname"].as_str()))
        .collect();
    assert_eq!(nodes, [("node-03", "node-03"), ("node-04", "node-04")]);
    assert_eq!(
        script.scenario.control_plane.wall_clock_offset,
        SimDuration::from_nanos(644_194_000)
    );
}

#[test]
fn a_request_was_sent_one_latency_before_its_acknowledgement() {
    let script = script_of(
        ", kube_controller_manager: {kube-api-qps: 200}, kube_scheduler: {v: 5}}
actions:
- {at_s: 0, do: submit_parallel, objects: [{kind: Job, template: job-000, name: job-%03d, from: 0, count: 3}],
   recorded_at_s: {file: jobs.csv, column: ack}}
",
    )
    .unwrap();
    assert_eq!(names_of(&script), ["job-001", "job-002", "job-000"]);
    let expected = "times(0s,15ms,25.1ms)".parse().unwrap();
    assert_eq!(script.scenario.strategy, Strategy::Arrivals(expected));
    assert_eq!(script.scenario.control_plane.job.client.kube_api_qps, 200.0);
}

#[test]
fn waiting_submissions_keep_their_strategy_and_shift_the_clock() {
    let script = script_of(
        "}
actions: [{at_s: 0.006, do: submit_windowed, k: 32, objects: [{kind: Job, name: job-000}]}]
",
    )
    .unwrap();
    assert_eq!(script.scenario.strategy, Strategy::Windowed(32));
    assert_eq!(script.start, SimDuration::from_millis(6));
    assert_eq!(
        script.scenario.control_plane.wall_clock_offset,
        SimDuration::from_nanos(650_194_000)
    );
}

#[test]
fn what_is_not_replayed_is_named() {
    let error = |actions: &str| script_of(actions).unwrap_err().to_string();
    insta::assert_snapshot!(error("}\nactions: [{at_s: 1, do: stop_kubelet, kind: Node, name: node-00}]\n"), @"not replayed yet: stop_kubelet");
    insta::assert_snapshot!(error("}\ninitial: [{kind: PriorityClass, name: high}]\n"), @"not replayed yet: an initial PriorityClass");
    insta::assert_snapshot!(error("}\nactions: [{at_s: 1, do: submit, kind: Deployment, name: web}]\n"), @"not replayed yet: submission of a Deployment");
    insta::assert_snapshot!(error(", kube_scheduler: {parallelism: 1}}\n"), @"not replayed yet: kube-scheduler's parallelism");
    let two = "}\nactions: [{at_s: 1, do: submit, kind: Job, name: job-000}, {at_s: 0, do: submit_sequential, objects: []}]\n";
    insta::assert_snapshot!(error(two), @"not replayed yet: a submission that waits for its Jobs beside others");
}

#[test]
fn what_is_malformed_is_told() {
    let error = |actions: &str| script_of(actions).unwrap_err().to_string();
    insta::assert_snapshot!(error("}\nactions: [{at_s: soon, do: submit, kind: Job, name: job-000}]\n"), @"actions.yaml: actions[0].at_s is no number of seconds from 0");
    insta::assert_snapshot!(error("}\nactions: [{at_s: 0, do: submit, kind: Job, name: job-1}]\n"), @r#"actions.yaml: manifests.yaml has no object "job-1" of that kind"#);
    insta::assert_snapshot!(error("}\nactions: [{at_s: 0, do: submit_batched, objects: []}]\n"), @"actions.yaml: k is no count of Jobs");
    insta::assert_snapshot!(error("}\nactions: [{at_s: 0, do: submit, kind: Job, template: job-000, name: job, from: 0, count: 1}]\n"), @r#"actions.yaml: the name "job" has no place for a number, such as %03d"#);
    insta::assert_snapshot!(error("}\nactions: [{at_s: 0, do: submit_parallel, objects: [{kind: Job, name: job-000}], recorded_at_s: [0, 1]}]\n"), @"actions.yaml: 1 objects have 2 times in recorded_at_s");
    assert!(fraction_of_second("2026-11-23T18:21:15Z").is_err());
}
