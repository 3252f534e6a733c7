//! Autoscalers, CronJobs and what governs admission, as a script creates, changes and deletes them.

use std::sync::Arc;

use makespan::api::problem::{Problems, render};
use makespan::api::value::Source;
use makespan::cluster::hpa::{HpaEvent, MetricError};
use makespan::cluster::record::Record;
use makespan::cluster::{HpaId, Store};
use makespan::scenario::load::{Flags, load};

use super::{Played, play_input};

const NODES: &str = "nodePools: [{name: node, count: 4, allocatable: {cpu: 64, memory: 256Gi}}]";

/// Plays the Scenario whose `spec.changes` and manifests are given, on the settings of `plane`, until 30 minutes.
fn played(plane: &str, changes: &str, manifests: &str) -> Played {
    let text = format!(
        "apiVersion: makespan.dev/v1\nkind: Scenario\nmetadata: {{name: t}}\nspec:\n  until: 30m\n  {NODES}\n  \
         controlPlane: {{preset: {plane}}}\n  changes:\n{changes}\n---\n{manifests}"
    );
    let name = "t.yaml".to_owned();
    let source = Arc::new(Source { name, text });
    let mut problems = Problems::new();
    let scenario = load("t", &[source], &Flags::default(), &mut problems);
    let scenario = scenario.unwrap_or_else(|| panic!("{}", render(&problems)));
    play_input(scenario.input(1))
}

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: web, resources: {requests: {cpu: 1}}}]
";
/// An autoscaler of `web`, in one line.
const HPA: &str = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {scaleTargetRef: \
                   {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 10, metrics: [{type: \
                   Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}}";

/// When autoscaler `id` looked, in seconds.
fn looks(played: &Played, id: u32) -> Vec<f64> {
    let looks = played
        .notes
        .iter()
        .filter(|(_, r)| matches!(r, Record::HpaEvaluated(i, _) if *i == HpaId(id)));
    looks.map(|(at, _)| *at).collect()
}

/// The sizes that autoscalers gave, with the time.
fn sizes(played: &Played) -> Vec<(f64, u32)> {
    let sizes = played.notes.iter().filter_map(|(at, record)| match record {
        Record::Scaled(_, size) => Some((*at, *size)),
        _ => None,
    });
    sizes.collect()
}

#[test]
fn an_autoscaler_may_come_after_a_trigger() {
    let changes = format!(
        "  - {{at: 10s, set-load: deployment/web, cpu: 3}}\n  - {{at: 100s, scale: deployment/web, replicas: 4}}\n  \
         - {{after: {{rollout: deployment/web}}, wait: 20s, apply: {HPA}}}\n"
    );
    let played = played("ideal", &changes, WEB);
    assert_eq!(played.refused(), []);
    // The rollout takes the start of two pods; ideal kubelets take no time. 15 s later it looks for the first time.
    let looks = looks(&played, 0);
    let first = looks[0];
    assert!((134.9..=136.0).contains(&first), "{looks:?}");
    assert!(
        looks.windows(2).all(|pair| (pair[1] - pair[0] - 15.0).abs() < 1e-6),
        "{looks:?}"
    );
    // 3 cores of 4 requested: 75 %, so ceil(4 · 75 / 50) = 6.
    let told: Vec<u32> = sizes(&played).iter().map(|(_, size)| *size).collect();
    assert_eq!(told, [4, 6]);
    assert!((sizes(&played)[1].0 - first).abs() < 1e-6);
}

#[test]
fn an_autoscaler_of_a_later_workload_knows_its_load() {
    let web = WEB.replace('\n', "\n      ");
    let changes = format!(
        "  - at: 100s\n    apply:\n      {}\n  - {{at: 103s, set-load: deployment/web, cpu: 3}}\n  - {{at: 200s, apply: {HPA}}}\n",
        web.trim()
    );
    let played = played("kubernetes", &changes, &WEB.replace("name: web", "name: other"));
    assert_eq!(played.refused(), []);
    let (at, size) = sizes(&played)[0];
    // 3 cores wanted of 2 pods of one core each: 100 %.
    assert_eq!(size, 4);
    assert!((215.0..215.2).contains(&at), "{at}");
}

#[test]
fn an_autoscaler_is_changed_and_deleted() {
    let changes = "  - {at: 10s, set-load: deployment/web, cpu: 100m}
  - {at: 100s, patch: hpa/web, with: {spec: {minReplicas: 3}}}
  - {at: 200s, patch: hpa/web, with: {spec: {scaleTargetRef: {name: nobody}}}}
  - {at: 300s, patch: hpa/web, with: {spec: {scaleTargetRef: {name: web}, minReplicas: 5}}}
  - {at: 400s, delete: hpa/web}
  - {at: 500s, scale: deployment/web, replicas: 1}
";
    let played = played("ideal", changes, &format!("{WEB}---\n{HPA}\n"));
    assert_eq!(played.refused(), []);
    let times: Vec<(f64, u32)> = sizes(&played);
    // It looks every 15 s from the beginning on: at 105 s, at 315 s.
    assert_eq!(times, [(105.0, 3), (315.0, 5), (500.0, 1)]);
    let looks = looks(&played, 0);
    assert_eq!(
        looks.iter().filter(|at| **at > 200.0 && **at < 300.0).count(),
        0,
        "{looks:?}"
    );
    assert_eq!(looks.last(), Some(&390.0));
    assert_eq!(played.store.deployments[0].spec.replicas, 1);
}

#[test]
fn a_second_autoscaler_of_a_workload_stops_both_until_one_goes() {
    let second = HPA.replace("metadata: {name: web}", "metadata: {name: two}");
    let changes = format!(
        "  - {{at: 100s, apply: {second}}}\n  - {{at: 200s, delete: hpa/web}}\n  - {{at: 300s, apply: {second}}}\n"
    );
    let played = played("ideal", &changes, &format!("{WEB}---\n{HPA}\n"));
    let ambiguous = |id: u32| -> Vec<f64> {
        let told = |(at, record): &(f64, Record)| {
            matches!(record, Record::HpaEvent(hpa, HpaEvent::AmbiguousSelector) if hpa.0 == id).then_some(*at)
        };
        played.notes.iter().filter_map(told).collect()
    };
    // The second one's selector is known from its first look on, and the first one's no more when it is deleted.
    assert_eq!(ambiguous(0), [120.0, 135.0, 150.0, 165.0, 180.0, 195.0]);
    assert_eq!(ambiguous(1), [115.0, 130.0, 145.0, 160.0, 175.0, 190.0]);
    assert_eq!(looks(&played, 0).last(), Some(&195.0));
    assert_eq!(played.refused(), []);
}

#[test]
fn load_and_metrics_are_set() {
    let changes = "  - {at: 10s, set-load: deployment/web, cpu: 1}
  - {at: 100s, set-metrics: deployment/web, report: none}
  - {at: 200s, set-metrics: deployment/web, report: all}
  - {at: 200s, set-load: deployment/web, cpu: 3}
";
    let played = played("ideal", changes, &format!("{WEB}---\n{HPA}\n"));
    assert_eq!(played.refused(), []);
    let failed = |at: f64| {
        let told = |r: &Record| {
            matches!(
                r,
                Record::HpaEvent(_, HpaEvent::FailedGetMetric(0, MetricError::NoMetrics))
            )
        };
        played.notes.iter().any(|(time, r)| *time == at && told(r))
    };
    assert!(!failed(90.0) && failed(105.0) && failed(195.0) && !failed(210.0));
    // 1 core of 2 is 50 %; 3 cores of 2 pods are 100 %, then 75 % of 4.
    assert_eq!(sizes(&played), [(210.0, 4), (225.0, 6)]);
}

/// When Jobs were submitted, in seconds.
fn starts(store: &Store) -> Vec<f64> {
    store.jobs.iter().map(|job| job.submitted.as_secs_f64()).collect()
}

#[test]
fn a_cron_job_comes_changes_and_goes() {
    let changes = "  - at: 90s
    apply: {apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: '* * * * *', jobTemplate: {spec: \
         {template: {metadata: {annotations: {makespan.dev/runtime: 10m}}, spec: {restartPolicy: Never, containers: [{name: a, \
         image: b}]}}}}}}
  - {at: 200s, patch: cronjob/tick, with: {spec: {suspend: true}}}
  - {at: 330s, patch: cronjob/tick, with: {spec: {suspend: false, schedule: '*/10 * * * *'}}}
  - {at: 700s, delete: cj/tick}
";
    let played = played("ideal", changes, WEB);
    assert_eq!(played.refused(), []);
    assert_eq!(starts(&played.store), [120.0, 180.0, 600.0]);
    // The garbage collector deletes its Jobs, and their pods.
    assert!(played.store.jobs.iter().all(|job| job.gone));
    assert!(played.store.pods.iter().filter(|pod| pod.gone).count() == 3);
    let gone = |r: Record| matches!(r, Record::JobGone(_));
    assert_eq!(played.first(gone), 700.0);
}

#[test]
fn a_quota_is_raised_and_deleted() {
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few}\nspec: {hard: {pods: 1}}\n";
    let changes = "  - {at: 100s, patch: quota/few, with: {spec: {hard: {pods: 2}}}}
  - {at: 200s, scale: deployment/web, replicas: 4}
  - {at: 300s, delete: quota/few}
";
    let played = played("kubernetes", changes, &format!("{WEB}---\n{quota}"));
    assert_eq!(played.refused(), []);
    let running = |until: f64| {
        let created = played
            .notes
            .iter()
            .filter(|(at, r)| *at < until && matches!(r, Record::PodCreated(_)));
        created.count()
    };
    // The ReplicaSet controller tries again after ever longer back-offs.
    assert_eq!(
        (running(100.0), running(200.0), running(300.0), running(1800.0)),
        (1, 2, 2, 4)
    );
    let quota = &played.store.policies.quotas[0];
    assert_eq!((quota.gone, quota.spec.hard[0].hard), (true, 2));
}

#[test]
fn limit_ranges_and_priority_classes_change_and_go() {
    let policies = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: big}\nspec: {limits: [{type: Container, max: {cpu: \
                    500m}}]}\n---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 10\n";
    let pod = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{priorityClassName: high, containers: [{{name: a, \
             image: b, resources: {{requests: {{cpu: 1}}, limits: {{cpu: 1}}}}}}]}}}}"
        )
    };
    let changes = format!(
        "  - {{at: 10s, apply: {}}}\n  - {{at: 20s, patch: limits/big, with: {{spec: {{limits: [{{type: Container, max: {{cpu: \
         2}}}}]}}}}}}\n  - {{at: 30s, apply: {}}}\n  - {{at: 40s, patch: pc/high, with: {{value: 20}}}}\n  - {{at: 50s, patch: \
         pc/high, with: {{globalDefault: true}}}}\n  - {{at: 60s, delete: pc/high}}\n  - {{at: 70s, delete: limits/big}}\n",
        pod("early"),
        pod("late")
    );
    let played = played("ideal", &changes, &format!("{policies}---\n{WEB}"));
    let refused = played.refused();
    insta::assert_snapshot!(
        refused.iter().map(|(request, message)| format!("{request}: {message}\n")).collect::<String>(),
        @r#"
    create Pod default/early: pods "early" is forbidden: maximum cpu usage per Container is 500m, but limit is 1
    patch PriorityClass high: PriorityClass.scheduling.k8s.io "high" is invalid: value: Forbidden: may not be changed in an update.
    "#
    );
    assert!(played.store.policies.classes.is_empty() && played.store.policies.limit_ranges.is_empty());
}

#[test]
fn a_disruption_budget_is_changed_and_deleted() {
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: all}\nspec: {minAvailable: 2, selector: \
                  {matchLabels: {app: web}}}\n";
    let evict = "evict: {pod-of: deployment/web, ordinal: ";
    let changes = format!(
        "  - {{at: 10s, {evict}0}}}}\n  - {{at: 20s, patch: pdb/all, with: {{spec: {{minAvailable: 1}}}}}}\n  - {{at: 30s, \
         {evict}0}}}}\n  - {{at: 60s, patch: pdb/all, with: {{spec: {{minAvailable: 2}}}}}}\n  - {{at: 70s, {evict}1}}}}\n  \
         - {{at: 80s, delete: pdb/all}}\n  - {{at: 90s, {evict}1}}}}\n"
    );
    let played = played("kubernetes", &changes, &format!("{WEB}---\n{budget}"));
    let refused: Vec<&str> = played.refused().iter().map(|(request, _)| *request).collect();
    assert_eq!(
        refused,
        [
            "evict pod 0 of Deployment default/web",
            "evict pod 1 of Deployment default/web"
        ]
    );
    let evicted: Vec<f64> = played
        .notes
        .iter()
        .filter_map(|(at, r)| matches!(r, Record::PodDisrupted(_)).then_some(at.floor()))
        .collect();
    assert_eq!(evicted, [30.0, 90.0]);
}

#[test]
fn the_parallelism_of_a_job_is_scaled() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: train}\nspec:\n  parallelism: 1\n  completions: 6\n  template:\n    \
               metadata: {annotations: {makespan.dev/runtime: 60s}}\n    spec: {restartPolicy: Never, containers: [{name: a, \
               image: b}]}\n";
    let played = played("ideal", "  - {at: 90s, scale: job/train, replicas: 3}\n", job);
    assert_eq!(played.refused(), []);
    let created: Vec<f64> = played.store.pods.iter().map(|pod| pod.created.as_secs_f64()).collect();
    assert_eq!(created, [0.0, 60.0, 90.0, 90.0, 120.0, 150.0]);
    assert_eq!(played.store.jobs[0].finished.as_secs_f64(), 210.0);
}
