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
    insta::assert_snapshot!(String::from_utf8(shown.stdout).unwrap(), @r#"
    Pod default/train-1-n9kcr, of Job/train-1: Succeeded, on node gpu, at 46.7s.
      At      Type     Reason            From               Message
      15ms    Status   Pending           api server         The API server has the pod, made for Job/train-1
      20.2ms  Warning  FailedScheduling  default-scheduler  0/3 nodes are available: 3 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.
      22.7s   Normal   Scheduled         default-scheduler  Successfully assigned default/train-1-n9kcr to gpu
      22.7s   Normal   Pulled            kubelet            spec.containers{main}: Container image "ml-image:1" already present on machine and can be accessed by the pod
      24.7s   Normal   Created           kubelet            spec.containers{main}: Container created
      24.7s   Normal   Started           kubelet            spec.containers{main}: Container started
      24.7s   Status   Running           kubelet            Its containers run
      24.7s   Status   Ready             kubelet            Ready=True
      45.7s   Status   Succeeded         kubelet            Its containers ended with exit code 0

    What kept it from nodes
    ┌──────────────────┬────────────────┬────────┬───────┬──────────┐
    │ plugin           │ nodes rejected │   from │    to │ attempts │
    ├──────────────────┼────────────────┼────────┼───────┼──────────┤
    │ NodeResourcesFit │         3 of 3 │ 20.2ms │ 22.7s │        1 │
    └──────────────────┴────────────────┴────────┴───────┴──────────┘
    "#);
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
    for (subject, expected) in [("nope", "it makes train-0-"), ("node/x", "is no kind that is told of")] {
        let shown = folder.run(&["explain", subject, "ex.yaml", "--quiet"]);
        assert_eq!(shown.status.code(), Some(2), "{subject}");
        let error = String::from_utf8(shown.stderr).unwrap();
        assert!(error.contains(expected), "{error}");
    }
}

const SERVICE: &str = r#"
apiVersion: makespan.dev/v1
kind: Scenario
metadata: {name: ex}
spec:
  until: 100s
  nodePools: [{name: gpu, allocatable: {cpu: "16", memory: 64Gi, pods: "110"}}]
  services: [{deployment: web, load: "3"}]
  images: {pullTime: {"web:1": 12500ms}}
  changes: [{at: 80s, delete: {pod-of: deployment/web, ordinal: 0}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {makespan.dev/ready-delay: 15s}}
    spec:
      containers:
      - {name: main, image: "web:1", readinessProbe: {httpGet: {port: 80}, periodSeconds: 5, initialDelaySeconds: 3}, resources: {requests: {cpu: "1"}}}
      - {name: proxy, image: "proxy:1"}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: grow}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 500m}}}]
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: few}
spec: {hard: {pods: 2}}
"#;

/// What is told of `subject`.
fn told(subject: &str) -> String {
    let folder = Folder::new();
    folder.write("ex.yaml", SERVICE);
    let shown = folder.run(&["explain", subject, "ex.yaml", "--quiet"]);
    assert_eq!(
        shown.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&shown.stderr)
    );
    String::from_utf8(shown.stdout).unwrap()
}

#[test]
fn a_kubelet_tells_of_images_containers_and_probes() {
    let text = told("deployment/web");
    let first = text.split("\nPod ").nth(1).unwrap();
    let lines = |what: &str| first.lines().filter(|line| line.contains(what)).count();
    for (expected, times) in [
        ("spec.containers{main}: Pulling image \"web:1\"", 1),
        (
            "spec.containers{main}: Successfully pulled image \"web:1\" in 12.5s (12.5s including waiting)",
            1,
        ),
        (
            "spec.containers{proxy}: Container image \"proxy:1\" already present on machine and can be accessed by the pod",
            1,
        ),
        ("spec.containers{main}: Container created", 1),
        ("spec.containers{proxy}: Container started", 1),
        // Every 5 s from 5 s (the first turn after the initial delay) on, until 15 s.
        ("spec.containers{main}: Readiness probe failed (x2 until", 1),
        ("spec.containers{proxy}: Stopping container proxy", 1),
        ("Killing", 2),
    ] {
        assert_eq!(lines(expected), times, "{expected}\n{first}");
    }
    let at = |what: &str| first.find(what).unwrap_or_else(|| panic!("{what}\n{first}"));
    assert!(
        at("Scheduled") < at("Pulling ")
            && at("Pulling ") < at("Successfully pulled")
            && at("Successfully pulled") < at("Created")
    );
}

#[test]
fn a_deployment_tells_of_sizes_conditions_and_refusals() {
    let text = told("deployment/web");
    for expected in [
        "Deployment default/web.",
        "ScalingReplicaSet  deployment-controller  Scaled up replica set web-",
        "Available=False reason=MinimumReplicasUnavailable: Deployment does not have minimum availability.",
        "Available=True reason=MinimumReplicasAvailable: Deployment has minimum availability.",
        "Progressing=True reason=NewReplicaSetAvailable",
        "ReplicaSet default/web-",
        "SuccessfulCreate  replicaset-controller",
        "is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2",
        "ReplicaFailure=True reason=FailedCreate: pods \"web-",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn an_autoscaler_tells_of_its_events_and_conditions() {
    let text = told("hpa/grow");
    let words = |line: &str| {
        let is_time = |word: &&str| word.ends_with('s') && word.starts_with(|c: char| c.is_ascii_digit());
        let is_minutes = |word: &&str| word.ends_with('m') && word.starts_with(|c: char| c.is_ascii_digit());
        let words = line
            .split_whitespace()
            .skip_while(|word| is_time(word) || is_minutes(word));
        words.collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<String> = text.lines().skip(2).map(words).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Status AbleToScale horizontal-pod-autoscaler AbleToScale=True reason=SucceededGetScale: the HPA controller was able to get the target's current scale
    Status ScalingActive horizontal-pod-autoscaler ScalingActive=False reason=FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu usage: unable to get metrics for resource cpu: no metrics returned from resource metrics API
    Warning FailedGetResourceMetric horizontal-pod-autoscaler failed to get cpu usage: unable to get metrics for resource cpu: no metrics returned from resource metrics API
    Warning FailedComputeMetricsReplicas horizontal-pod-autoscaler invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu usage: unable to get metrics for resource cpu: no metrics returned from resource metrics API
    Status ScalingActive horizontal-pod-autoscaler ScalingActive=False reason=FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu usage: did not receive metrics for targeted pods (pods might be unready)
    Warning FailedGetResourceMetric horizontal-pod-autoscaler failed to get cpu usage: did not receive metrics for targeted pods (pods might be unready)
    Warning FailedComputeMetricsReplicas horizontal-pod-autoscaler invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu usage: did not receive metrics for targeted pods (pods might be unready)
    Status AbleToScale horizontal-pod-autoscaler AbleToScale=True reason=SucceededRescale: the HPA controller was able to update the target scale to 3
    Status ScalingActive horizontal-pod-autoscaler ScalingActive=True reason=ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource
    Status ScalingLimited horizontal-pod-autoscaler ScalingLimited=True reason=TooManyReplicas: the desired replica count is more than the maximum replica count
    Normal SuccessfulRescale horizontal-pod-autoscaler New size: 3; reason: cpu resource above target
    Status AbleToScale horizontal-pod-autoscaler AbleToScale=True reason=ReadyForNewScale: recommended size matches current size
    Status AbleToScale horizontal-pod-autoscaler AbleToScale=True reason=ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation
    ");
    let folder = Folder::new();
    folder.write("ex.yaml", SERVICE);
    let json = folder
        .run(&["explain", "hpa/grow", "ex.yaml", "--quiet", "--format", "json"])
        .stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(
        (&json[0]["kind"], &json[0]["name"]),
        (&"HorizontalPodAutoscaler".into(), &"grow".into())
    );
    assert!(json[0]["entries"][0]["time_s"].as_f64().unwrap() > 15.0);
    let csv = folder
        .run(&["explain", "grow", "ex.yaml", "--quiet", "--format", "csv"])
        .stdout;
    assert!(
        String::from_utf8(csv)
            .unwrap()
            .contains("\nHorizontalPodAutoscaler/grow,")
    );
}
