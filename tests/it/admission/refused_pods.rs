//! What becomes of those whose pods the API server refuses: bare Pods that are there from the beginning, and Jobs.

use makespan::cluster::job::{FailureReason, JobCondition};
use makespan::cluster::pod::Owner;
use makespan::cluster::record::Silent;
use makespan::control::End;

use super::*;
use crate::support::program::Folder;

/// The events FailedCreate of a run: when, and what they say.
#[derive(Default)]
struct FailedCreates(Vec<(f64, String)>);

impl Observer for FailedCreates {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        if let Record::PodRefused(owner) = record {
            assert!(matches!(owner, Owner::Job(_)));
            self.0.push((now.as_secs_f64(), store.refused_pods[&owner].event()));
        }
    }
}

/// A Job of pods of one container that run for `runtime`.
fn job(name: &str, spec: &str, runtime: &str, pod: &str) -> String {
    format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: {name}}}, spec: {{{spec} template: {{metadata: {{annotations: \
         {{makespan.dev/runtime: {runtime}}}}}, spec: {{restartPolicy: Never, {pod} containers: [{{name: main, image: a, \
         resources: {{requests: {{cpu: 1}}}}}}]}}}}}}}}\n---\n"
    )
}

fn quota(pods: u32) -> String {
    format!("{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{pods: {pods}}}}}}}\n---\n")
}

#[test]
fn bare_pods_that_are_there_from_the_beginning_meet_admission_too() {
    let range = "{apiVersion: v1, kind: LimitRange, metadata: {name: sizes}, spec: {limits: [{type: Container, \
                 defaultRequest: {cpu: 250m}}]}}\n---\n";
    let present = quota(2)
        + range
        + &pod("a", "10s", "", "{}")
        + &pod("b", "10s", "", "{requests: {cpu: 1}}")
        + &pod("c", "10s", "", "{}");
    let later = pod("d", "10s", "", "{}");
    let (store, outcome) = play_from(&present, &[(20, &later)], ControlPlane::kubernetes(), None, &mut Silent);
    insta::assert_snapshot!(refused(&store).join("\n"), @r#"0.000000000 create Pod default/c: pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"#);
    let cpu: Vec<i64> = (0..store.pods.len() as u32)
        .map(|pod| {
            store
                .template(makespan::cluster::PodId(pod))
                .requests
                .get(ResourceId::CPU)
        })
        .collect();
    assert_eq!(cpu, [250, 1000, 250]);
    assert_eq!(outcome.end, End::Finished);
    assert!(
        store.refused_pods.is_empty(),
        "requests of people are no events of controllers"
    );
}

#[test]
fn a_job_over_its_quota_tries_again_after_1_2_4_to_60_seconds_and_runs_when_there_is_room() {
    let present = quota(1) + &pod("first", "200s", "", "{}");
    let train = job("train", "", "5s", "");
    let mut told = FailedCreates::default();
    let (store, outcome) = play_from(&present, &[(0, &train)], ControlPlane::kubernetes(), None, &mut told);
    // The second try is that of the batch period, which the status write of the first begins.
    let gaps: Vec<f64> = told.0.windows(2).map(|pair| (pair[1].0 - pair[0].0).round()).collect();
    assert_eq!(gaps, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
    insta::assert_snapshot!(told.0[0].1, @r#"Error creating: pods "train-wvcgg" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"#);
    // The pod ends at 202 s; the quota is free a moment later, which the Job sees with its next try.
    let job = &store.jobs[0];
    assert_eq!((job.condition, outcome.end), (JobCondition::Complete, End::Finished));
    let created = store.pods[1].created.as_secs_f64();
    assert!((created - told.0.last().unwrap().0 - 60.0).abs() < 0.1, "{created}");
    assert!(store.refused_pods.is_empty());
}

#[test]
fn a_batch_with_a_refused_pod_is_the_last_of_its_sync() {
    // Slow start: 1, 2, 4 pods. The second batch meets the quota of 2.
    let train = job("train", "parallelism: 8, completions: 8,", "10s", "");
    let mut told = FailedCreates::default();
    let (store, _) = play_from(&quota(2), &[(0, &train)], ControlPlane::kubernetes(), None, &mut told);
    assert_eq!(store.jobs[0].condition, JobCondition::Complete);
    assert_eq!((store.jobs[0].succeeded, store.pods.len()), (8, 8));
    let first = told.0[0].0;
    assert_eq!(told.0.iter().filter(|(at, _)| *at < first + 0.5).count(), 1);
    // No more than two ever run.
    let running = |at: f64| {
        let runs =
            |pod: &&makespan::cluster::pod::Pod| pod.created.as_secs_f64() <= at && at < pod.finished.as_secs_f64();
        store.pods.iter().filter(runs).count()
    };
    assert!((0..1_000).all(|tenth| running(f64::from(tenth) / 10.0) <= 2));
}

#[test]
fn an_indexed_job_gets_the_lowest_indexes_first_whatever_was_refused() {
    let train = job(
        "train",
        "parallelism: 3, completions: 5, completionMode: Indexed,",
        "10s",
        "",
    );
    let (store, _) = play_from(&quota(2), &[(0, &train)], ControlPlane::kubernetes(), None, &mut Silent);
    let indexes: Vec<u32> = store.pods.iter().map(|pod| pod.completion_index).collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4]);
    assert_eq!(store.jobs[0].condition, JobCondition::Complete);
}

#[test]
fn without_a_change_of_what_governs_admission_the_run_ends() {
    let present = quota(0);
    let train = job("train", "", "5s", "");
    let (store, outcome) = play_from(&present, &[(0, &train)], ControlPlane::kubernetes(), None, &mut Silent);
    assert_eq!((outcome.end, store.pods.len()), (End::Stalled, 0));
    assert_eq!(store.refused_pods[&Owner::Job(makespan::cluster::JobId(0))].count, 2);
    // A deadline is progress: the Job fails.
    let train = job("train", "activeDeadlineSeconds: 100,", "5s", "");
    let (store, outcome) = play_from(&present, &[(0, &train)], ControlPlane::ideal(), None, &mut Silent);
    let failed = JobCondition::Failed(FailureReason::DeadlineExceeded);
    assert_eq!((store.jobs[0].condition, outcome.end), (failed, End::Finished));
    assert_eq!(outcome.ended_at.as_secs_f64(), 100.0);
}

#[test]
fn a_priority_class_that_comes_later_lets_the_pods_in() {
    // As recorded of a real Job: `pods "prioj-" is forbidden`, tried again after 1, 2, 4, 8 s.
    let train = job("prioj", "", "5s", "priorityClassName: nope,");
    let class = "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: nope}, value: 7}";
    let mut told = FailedCreates::default();
    let script = [(0, train.as_str()), (20, class)];
    let (store, outcome) = play_from("", &script, ControlPlane::kubernetes(), None, &mut told);
    let times: Vec<String> = told.0.iter().map(|(at, _)| format!("{at:.1}")).collect();
    assert_eq!(times, ["0.0", "1.0", "3.0", "7.0", "15.0"]);
    assert_eq!(
        told.0[4].1,
        "Error creating: pods \"prioj-\" is forbidden: no PriorityClass with name nope was found"
    );
    assert_eq!(
        (store.jobs[0].condition, outcome.end),
        (JobCondition::Complete, End::Finished)
    );
    assert_eq!(format!("{:.1}", store.pods[0].created.as_secs_f64()), "31.0");
}

const SCENARIO: &str = "
apiVersion: makespan.dev/v1
kind: Scenario
metadata: {name: full}
spec:
  nodePools: [{name: cpu, count: 1, allocatable: {cpu: 16, memory: 64Gi, pods: 110}}]
---
";

#[test]
fn the_program_tells_what_was_refused() {
    let folder = Folder::new();
    let objects = quota(1) + &pod("a", "100s", "", "{}") + &pod("b", "10s", "", "{}") + &job("train", "", "5s", "");
    folder.write("full.yaml", SCENARIO.to_owned() + &objects);
    let shown = folder.run(&[
        "run",
        "full.yaml",
        "--quiet",
        "--until",
        "60s",
        "--output",
        "out",
        "--no-charts",
    ]);
    let text = String::from_utf8(shown.stdout).unwrap();
    let told = text.find("What the API server refused").expect(&text);
    let end = text.find("\nWritten to").expect(&text);
    insta::assert_snapshot!(&text[told..end], @r#"
    What the API server refused:
    • at 0s: create Pod default/b: pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1
    What stands in the way:
    • Job default/train: Error creating: pods "train-wvcgg" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1 (x6)
    "#);
    let summary: serde_json::Value = serde_json::from_slice(&folder.read("out/summary.json")).unwrap();
    assert_eq!(summary["refused"][0]["request"], "create Pod default/b");
    let shown = folder.run(&["explain", "job/train", "full.yaml", "--quiet", "--until", "60s"]);
    insta::assert_snapshot!(String::from_utf8(shown.stderr).unwrap(), @r#"error: POD: the run makes no pod job/train; Job default/train: Error creating: pods "train-wvcgg" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1 (x6)"#);
    let shown = folder.run(&["explain", "job/train", "full.yaml", "--quiet"]);
    insta::assert_snapshot!(String::from_utf8(shown.stdout).unwrap(), @r#"
    Pod default/train-wvcgg, of Job/train: Succeeded, on node cpu, at 2m 13s.
      At      Type     Reason        From               Message
      15ms    Warning  FailedCreate  job-controller     Error creating: pods "train-wvcgg" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1 (x7 until 1m 3s)
      2m 3s   Status   Pending       api server         The API server has the pod, made for Job/train
      2m 3s   Normal   Scheduled     default-scheduler  Successfully assigned default/train-wvcgg to cpu
      2m 3s   Normal   Pulled        kubelet            spec.containers{main}: Container image "a" already present on machine and can be accessed by the pod
      2m 5s   Normal   Created       kubelet            spec.containers{main}: Container created
      2m 5s   Normal   Started       kubelet            spec.containers{main}: Container started
      2m 5s   Status   Running       kubelet            Its containers run
      2m 5s   Status   Ready         kubelet            Ready=True
      2m 11s  Status   Succeeded     kubelet            Its containers ended with exit code 0
    "#);
}
