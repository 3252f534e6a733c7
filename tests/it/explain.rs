//! `makespan explain`: the story of a pod as a person reads it.

use crate::support::program::Folder;

const SCENARIO: &str = r#"
apiVersion: makespan.dev/v1
kind: Scenario
metadata: {name: ex}
spec:
  nodePools:
  - name: gpu
    count: 1
    allocatable: {cpu: "16", memory: 64Gi, pods: "110", nvidia.com/gpu: "1"}
  - name: cpu
    count: 2
    allocatable: {cpu: "16", memory: 64Gi, pods: "110"}
  jobs: [{name: train, runtime: 20s, copies: 2}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "ml-image:1", resources: {limits: {nvidia.com/gpu: 1}}}]
"#;

#[test]
fn a_pod_that_waited_says_why_and_until_when() {
    let folder = Folder::new();
    folder.write("ex.yaml", SCENARIO);
    let shown = folder.run(&["explain", "job/train-1", "ex.yaml", "--quiet"]);
    assert_eq!(shown.status.code(), Some(0));
    insta::assert_snapshot!(String::from_utf8(shown.stdout).unwrap(), @r"
    Pod default/train-1-n9kcr, of Job/train-1: Succeeded, on node gpu, at 46.7s.
      At      Type     Reason            From               Message
      15ms    Status   Pending           api server         The API server has the pod, made for Job/train-1
      20.2ms  Warning  FailedScheduling  default-scheduler  0/3 nodes are available: 3 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.
      22.7s   Normal   Scheduled         default-scheduler  Successfully assigned default/train-1-n9kcr to gpu
      24.7s   Status   Running           kubelet            Its containers run
      24.7s   Status   Ready             kubelet            Ready=True
      45.7s   Status   Succeeded         kubelet            Its containers ended with exit code 0

    What kept it from nodes
    ┌──────────────────┬────────────────┬────────┬───────┬──────────┐
    │ plugin           │ nodes rejected │   from │    to │ attempts │
    ├──────────────────┼────────────────┼────────┼───────┼──────────┤
    │ NodeResourcesFit │         3 of 3 │ 20.2ms │ 22.7s │        1 │
    └──────────────────┴────────────────┴────────┴───────┴──────────┘
    ");
}

#[test]
fn the_same_in_json_and_csv() {
    let folder = Folder::new();
    folder.write("ex.yaml", SCENARIO);
    let json = folder
        .run(&["explain", "train-1", "ex.yaml", "--quiet", "--format", "json"])
        .stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json[0]["phase"], "Succeeded");
    assert_eq!(json[0]["owner"], "Job/train-1");
    assert_eq!(json[0]["rejections"][0]["plugin"], "NodeResourcesFit");
    assert_eq!(json[0]["rejections"][0]["nodes"], 3);
    let csv = folder
        .run(&["explain", "train-1", "ex.yaml", "--quiet", "--format", "csv"])
        .stdout;
    let csv = String::from_utf8(csv).unwrap();
    assert!(
        csv.starts_with("pod,time_s,last_time_s,count,type,from,reason,message\n"),
        "{csv}"
    );
    assert_eq!(csv.matches(",FailedScheduling,").count(), 1, "{csv}");
}

#[test]
fn a_pod_that_is_not_there_gets_names_that_are() {
    let folder = Folder::new();
    folder.write("ex.yaml", SCENARIO);
    for (subject, expected) in [("nope", "it makes train-0-"), ("node/x", "is no kind with pods")] {
        let shown = folder.run(&["explain", subject, "ex.yaml", "--quiet"]);
        assert_eq!(shown.status.code(), Some(2), "{subject}");
        let error = String::from_utf8(shown.stderr).unwrap();
        assert!(error.contains(expected), "{error}");
    }
}
