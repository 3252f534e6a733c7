use super::*;
use crate::experiment::recording::timeline::{PodFacts, Row, Timeline};
use crate::experiment::recording::view::{Declared, Grouping};

fn timeline(rows: Vec<Row>, pods: &[(&str, &str)]) -> Timeline {
    let mut timeline = Timeline {
        rows,
        ..Timeline::default()
    };
    for kind in ["Pod", "Job", "Deployment", "HorizontalPodAutoscaler", "Node", "Event"] {
        timeline.told.insert(kind.to_owned(), None);
    }
    for (pod, owner) in pods {
        let facts = PodFacts {
            owner: (*owner).to_owned(),
            ..PodFacts::default()
        };
        timeline.pods.insert((*pod).to_owned(), facts);
    }
    timeline.sort();
    timeline
}

/// All aspects, one a line: what, value, tolerance.
fn lines(timeline: &Timeline, declared: &[Declared]) -> String {
    let grouping = Grouping::new(declared, timeline, timeline);
    let view = View::new(timeline, &grouping);
    let line = |aspect: Aspect| format!("{}: {} ({})", aspect.what, aspect.value.text(), aspect.nearness.text());
    Aspects::of(&view).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn pod(at: f64, name: &str, event: &str) -> Row {
    Row::new(at, "Pod", name, event)
}

#[test]
fn a_job_with_a_failed_pod() {
    let rows = vec![
        pod(0.1, "train-x", "created"),
        pod(0.2, "train-x", "scheduled").on("n"),
        pod(0.7, "train-x", "ready"),
        pod(0.7, "train-x", "running"),
        pod(1.7, "train-x", "failed").saying("exitCode=42"),
        pod(0.15, "train-x", "unschedulable").saying("Unschedulable: no"),
        Row::new(0.0, "Job", "train", "created"),
        Row::new(2.7, "Job", "train", "condition").saying("Failed=True reason=PodFailurePolicy: pod ns/train-x failed"),
        Row::new(2.7, "Job", "train", "status").saying("{\"failed\": 1, \"ready\": 0, \"startTime\": \"x\"}"),
        Row::new(2.8, "Event", "Pod/train-x", "Killed").saying("[kubelet] Killed train-x (x2)"),
    ];
    insta::assert_snapshot!(lines(&timeline(rows, &[("train-x", "train")]), &[]), @r#"
    makespan (s): 2.7 (3 % or 0.3 s)
    Job/train: conditions: Failed=True reason=PodFailurePolicy: pod ns/<pod of train> failed (exact)
    Job/train: Failed (s): 2.7 (2 % or 0.3 s)
    Job/train: created (s): 0 (2 % or 0.3 s)
    Job/train: final status: failed=1 (exact)
    Job/train: pods created: 1 (exact)
    Job/train: pods failed: 1 (exact)
    Job/train: exit codes: exitCode=42 (exact)
    Job/train: what happened to its pods: created unschedulable scheduled running ready failed (exact)
    Job/train: created, no. 1 (s): 0.1 (2 % or 0.3 s)
    Job/train: scheduled, no. 1 (s): 0.2 (2 % or 0.3 s)
    Job/train: running, no. 1 (s): 0.7 (2 % or 0.3 s)
    Job/train: ready, no. 1 (s): 0.7 (2 % or 0.3 s)
    Job/train: failed, no. 1 (s): 1.7 (2 % or 0.3 s)
    Job/train: why pods were unschedulable: Unschedulable: no (exact)
    pods of Job/train: Event Killed: Killed <pod of train> (exact)
    "#);
}

#[test]
fn workloads_autoscalers_and_nodes() {
    let size = |at: f64, size: u32| {
        Row::new(at, "Deployment", "web", "changed").saying(format!("{{\"spec\": {size}, \"readyReplicas\": {size}}}"))
    };
    let rows = vec![
        size(-4.0, 1),
        size(15.0, 4),
        size(16.0, 4),
        Row::new(15.1, "Deployment", "web", "condition").saying("Available=True reason=MinimumReplicasAvailable: ok"),
        Row::new(15.0, "HorizontalPodAutoscaler", "web", "changed").saying("{\"current\": 1}"),
        Row::new(53.0, "Node", "n", "changed").saying("Ready=Unknown taints=[]"),
    ];
    insta::assert_snapshot!(lines(&timeline(rows, &[]), &[]), @r#"
    Deployment/web: sizes: 1 4 (exact)
    Deployment/web: size 1, 1 (s): -4 (2 % or 0.3 s)
    Deployment/web: size 2, 4 (s): 15 (2 % or 0.3 s)
    Deployment/web: conditions: Available=True reason=MinimumReplicasAvailable: ok (exact)
    Deployment/web: condition 1, Available=True (s): 15.1 (2 % or 0.3 s)
    Deployment/web: final status: readyReplicas=4 spec=4 (exact)
    HorizontalPodAutoscaler/web: change 1: {"current":1} (exact)
    HorizontalPodAutoscaler/web: change 1 (s): 15 (2 % or 0.3 s)
    HorizontalPodAutoscaler/web: changes: 1 (exact)
    Node/n: change 1: Ready=Unknown taints=[] (exact)
    Node/n: change 1 (s): 53 (2 % or 0.3 s)
    Node/n: changes: 1 (exact)
    "#);
}

#[test]
fn many_jobs_are_told_by_quantiles_and_shares() {
    let (mut rows, mut pods) = (Vec::new(), Vec::new());
    let names: Vec<(String, String)> = (0..100).map(|i| (format!("job-{i}"), format!("job-{i}-x"))).collect();
    for (i, (job, pod_name)) in names.iter().enumerate() {
        let at = i as f64;
        rows.push(Row::new(at, "Job", job, "created"));
        rows.push(pod(at, pod_name, "created"));
        if i >= 10 {
            rows.push(pod(at + 0.5, pod_name, "unschedulable").saying("Unschedulable: full"));
        }
        rows.push(pod(at + 1.0, pod_name, "running"));
        rows.push(Row::new(at + 5.0, "Job", job, "condition").saying("Complete=True reason=CompletionsReached: done"));
        pods.push((pod_name.as_str(), job.as_str()));
    }
    let declared: Vec<Declared> = (names.iter())
        .map(|(job, _)| Declared {
            kind: "Job".to_owned(),
            name: job.clone(),
            shape: "one".to_owned(),
        })
        .collect();
    let mut timeline = timeline(rows, &pods);
    timeline.submitted = names
        .iter()
        .enumerate()
        .map(|(i, (job, _))| (format!("Job/{job}"), i as f64))
        .collect();
    insta::assert_snapshot!(lines(&timeline, &declared), @r#"
    makespan (s): 104 (3 % or 0.3 s)
    wait from submission to Running, p50 (s): 1 (5 % or 0.3 s)
    wait from submission to Running, p90 (s): 1 (5 % or 0.3 s)
    pods created (1/s): 1 (5 % or 0.05 1/s)
    Jobs ended (1/s): 1 (5 % or 0.05 1/s)
    100 Jobs: created: 100 (exact)
    100 Jobs: conditions: 100× Complete=True reason=CompletionsReached: done (exact)
    100 Jobs: ended, p50 (s): 54.5 (2 % or 0.3 s)
    100 Jobs: ended, p90 (s): 94.1 (2 % or 0.3 s)
    100 Jobs: ended, last (s): 104 (2 % or 0.3 s)
    100 Jobs: which failed:  (exact)
    100 Jobs: final statuses:  (exact)
    100 Jobs: pods created: 100 (exact)
    100 Jobs: which had several pods:  (exact)
    100 Jobs: created running (% of pods): 10 (5 points)
    100 Jobs: created unschedulable running (% of pods): 90 (5 points)
    100 Jobs: created, p50 (s): 49.5 (2 % or 0.3 s)
    100 Jobs: created, p90 (s): 89.1 (2 % or 0.3 s)
    100 Jobs: created, last (s): 99 (2 % or 0.3 s)
    100 Jobs: running, p50 (s): 50.5 (2 % or 0.3 s)
    100 Jobs: running, p90 (s): 90.1 (2 % or 0.3 s)
    100 Jobs: running, last (s): 100 (2 % or 0.3 s)
    100 Jobs: why pods were unschedulable, most: Unschedulable: full (exact)
    "#);
}

#[test]
fn what_came_at_once_is_put_in_the_usual_order() {
    let story = |rows: Vec<Row>| {
        let all = lines(&timeline(rows, &[("p", "")]), &[]);
        all.lines()
            .find(|line| line.contains("what happened"))
            .map(str::to_owned)
    };
    let at_once = story(vec![
        pod(1.0, "p", "created"),
        pod(5.01, "p", "deleting"),
        pod(5.0, "p", "DisruptionTarget"),
    ]);
    let swapped = story(vec![
        pod(1.0, "p", "created"),
        pod(5.0, "p", "deleting"),
        pod(5.01, "p", "DisruptionTarget"),
    ]);
    assert_eq!(at_once, swapped);
    let apart = story(vec![
        pod(1.0, "p", "created"),
        pod(5.0, "p", "deleting"),
        pod(5.5, "p", "DisruptionTarget"),
    ]);
    assert_ne!(at_once, apart);
}
