use super::*;
use crate::experiment::recording::Recording;
use crate::experiment::recording::timeline::Row;
use crate::workload::script::{Action, Order, Trigger};

const MANIFESTS: &str = "
{apiVersion: v1, kind: Node, metadata: {name: node-00, labels: {kubernetes.io/hostname: node-00, ds: 'yes'}},
 status: {allocatable: {cpu: '4', memory: 8Gi, pods: '110'}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job-000}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: i}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: other}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: i}]}}}
";

fn recording(actions: &str) -> Result<Recording, String> {
    let temporary = tempfile::tempdir().unwrap();
    let path = &temporary.path().join("own");
    std::fs::create_dir(path).unwrap();
    std::fs::write(path.join("manifests.yaml"), MANIFESTS).unwrap();
    let jobs = "job,submit_acknowledged,job_seen\njob-000,0.3,0.4\njob-001,0.3,0.2\n";
    std::fs::write(path.join("jobs.csv"), jobs).unwrap();
    let head = "options: {namespace: bench, t0_utc: \"2026-11-23T18:21:15.25Z\", until_s: 60";
    std::fs::write(path.join("actions.yaml"), format!("{head}{actions}")).unwrap();
    let problems = |all: Vec<RecordingError>| {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        all.join("\n")
    };
    Recording::read(path).map_err(problems)
}

fn plan(actions: &str) -> Plan {
    recording(actions).unwrap().plan
}

fn at(step: &Step) -> Option<SimTime> {
    match step.when {
        When::At(at) => Some(at),
        When::After { .. } => None,
    }
}

fn millis(millis: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(millis)
}

#[test]
fn requests_in_flight_together_arrive_as_they_were_seen() {
    let plan = plan(
        ", kube_controller_manager: {kube-api-qps: 200}, kube_scheduler: {v: 5}}
actions:
- {at_s: 0, do: submit_parallel, objects: [{kind: Job, template: job-000, name: job-%03d, from: 0, count: 2}],
   recorded_at_s: [0.1, 0.15]}
- {at_s: 0.5, do: submit, kind: Job, name: other}
",
    );
    let steps = &plan.scenario.script.steps;
    // Seen one API and one watch latency after they were sent.
    assert_eq!(
        steps.iter().map(at).collect::<Vec<_>>(),
        [Some(millis(390)), Some(millis(190)), Some(millis(500))]
    );
    let sent = plan.as_sent();
    let sent: Vec<_> = sent.scenario.script.steps.iter().map(at).collect();
    assert_eq!(sent, [Some(millis(100)), Some(millis(150)), Some(millis(500))]);
    assert_eq!(plan.timed(), ["Job/job-000", "Job/job-001", "Job/other"]);
    assert_eq!(plan.scenario.control_plane.job.client.kube_api_qps, 200.0);
    assert!(plan.not_replayed.is_empty(), "{:?}", plan.not_replayed);
    let Action::Submit { objects, .. } = &steps[1].action else {
        panic!()
    };
    let crate::cluster::spec::ObjectSpec::Job(job) = &objects[0] else {
        panic!()
    };
    assert_eq!((job.name.as_str(), job.namespace.as_str()), ("job-001", "bench"));
}

#[test]
fn what_came_before_time_zero_moves_the_start() {
    let plan = plan(
        "}\nactions: [{at_s: -4.5, do: submit, kind: Job, name: other}, {at_s: 1, do: submit, kind: Job, name: job-000}]\n",
    );
    assert_eq!(plan.start, -4.5);
    let times: Vec<_> = plan.scenario.script.steps.iter().map(at).collect();
    assert_eq!(times, [Some(millis(0)), Some(millis(5500))]);
    // 15.25 s less 4.5 s is 10.75 s.
    assert_eq!(
        plan.scenario.control_plane.wall_clock_offset,
        SimDuration::from_millis(750)
    );
}

#[test]
fn actions_wait_for_what_the_client_waited_for() {
    let plan = plan(
        "}
initial: [{kind: Node, template: node-00, name: node-%02d, from: 0, count: 2}]
actions:
- {at_s: 0, do: submit_windowed, k: 3, objects: [{kind: Job, name: other}]}
- {at_s: 2, do: evict, kind: Pod, select: {owner: Job/other, ordinal: 1}, when: {pods_running: 2, plus_s: 1.5}}
- {at_s: 3, do: patch, kind: Node, name: node-01, body: {metadata: {labels: {ds: null}}}, when: {previous: true, plus_s: 5}}
- {at_s: 9, do: patch, kind: Job, name: other, body: {spec: {parallelism: 4}}, when: {rollout_done: Job/other, replicas: 4}}
",
    );
    let names: Vec<&str> = plan.scenario.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["node-00", "node-01"]);
    let steps = &plan.scenario.script.steps;
    assert!(matches!(
        &steps[0].action,
        Action::Submit {
            order: Order::Windowed(3),
            ..
        }
    ));
    let after = |step: &Step| match &step.when {
        When::After { trigger, delay } => Some((trigger.clone(), *delay)),
        When::At(_) => None,
    };
    let running = Trigger::PodsRunning {
        namespace: Some("bench".to_owned()),
        count: 2,
    };
    assert_eq!(after(&steps[1]), Some((running, SimDuration::from_millis(1500))));
    assert_eq!(after(&steps[2]), Some((Trigger::Previous, SimDuration::from_secs(5))));
    let Action::Update { change, .. } = &steps[2].action else {
        panic!()
    };
    let (crate::cluster::spec::ObjectSpec::Node(before), crate::cluster::spec::ObjectSpec::Node(after)) = &**change
    else {
        panic!()
    };
    assert!(before.labels.contains_key("ds") && !after.labels.contains_key("ds"));
    assert_eq!(after.name, "node-01");
}

#[test]
fn what_is_not_replayed_is_named() {
    let plan = plan(
        ", kube_scheduler: {feature-gates: x}, kube_controller_manager: {controllers: x}}
actions:
- {at_s: 1, do: dance, kind: Node, name: node-00}
- {at_s: 2, do: request}
- {at_s: 2, do: request}
- {at_s: 3, do: set_metrics, kind: Deployment, name: web, report: some}
",
    );
    insta::assert_snapshot!(plan.not_replayed.join("\n"), @r#"
    kube-controller-manager --controllers=x
    kube-scheduler feature-gates: x
    actions[0] at 1 s: dance Node node-00
    actions[3] at 3 s: set_metrics Deployment web
    2 HTTP requests, whose answers are not compared here
    "#);
}

#[test]
fn names_and_patches_must_make_sense() {
    let error = recording(
        ", kube_controller_manager: {kube-api-qps: fast}}
initial: [{kind: Node, name: gone}]
actions:
- {at_s: 1, do: submit, kind: Job, name: gone}
- {at_s: 2, do: patch, kind: Job, name: nowhere, body: {spec: {parallelism: 1}}}
- {at_s: 3, do: patch, kind: Job, name: other, body: {spec: {parallelism: -1}}}
",
    );
    insta::assert_snapshot!(error.unwrap_err(), @r#"
    actions.yaml: jobController.kubeAPIQPS: "fast" is no rate; give calls per second, 0 for no limit
    actions.yaml: manifests.yaml has no Node "gone"
    actions.yaml: manifests.yaml has no Job "gone"
    actions.yaml: manifests.yaml has no Job "nowhere"
    actions.yaml: the patch of Job other makes no valid object:
    error: own/manifests.yaml: spec.parallelism: Invalid value: -1: must be greater than or equal to 0
    "#);
}

#[test]
fn an_object_that_was_never_seen_arrives_as_it_was_sent() {
    let mut recording = recording("}\nactions: []\n").unwrap();
    recording.real.rows.push(Row::new(1.0, "Pod", "x", "created"));
    assert!(recording.plan.scenario.script.steps.is_empty());
    assert_eq!(recording.plan.scenario.until, Some(millis(120_000)));
}

#[test]
fn what_is_not_known_is_named() {
    let plan = plan(
        ", kube_controller_manager: {min-resync-period: 1h, concurrent-gc-syncs: 3}, kube_scheduler: {parallelism: 64}, repeats: 2, \
         moon: full}
initial: [{kind: Node, name: node-00}]
actions:
- {at_s: 0, do: submit, kind: Job, name: other}
- {at_s: 1, do: dance, kind: Job, name: other}
- {at_s: 2, do: delete, kind: Job, name: other, when: {jobs_idle: 3}}
- {at_s: 3, do: patch, kind: Job, name: other, subresource: status, body: {status: {active: 3}}}
- {at_s: 4, do: patch, kind: Node, name: node-00, subresource: status, body: {status: {allocatable: {cpu: '2'}}}}
- {at_s: 5, do: set_metrics, kind: Deployment, name: web, report: some}
",
    );
    insta::assert_snapshot!(plan.not_replayed.join("\n"), @"
    kube-controller-manager --min-resync-period=1h
    option moon
    kube-scheduler parallelism: 64
    actions[1] at 1 s: dance Job other
    what it waited for (actions[2] at 2 s: delete Job other)
    actions[3] at 3 s: patch Job other
    actions[5] at 5 s: set_metrics Deployment web
    ");
    assert_eq!(plan.scenario.script.steps.len(), 3);
    assert_eq!(plan.scenario.control_plane.garbage_collector.concurrent_gc_syncs, 3);
}

#[test]
fn objects_of_all_kinds_are_deleted_and_evicted() {
    let plan = plan(
        "}
actions:
- {at_s: 0, do: submit, kind: Job, name: other}
- {at_s: 1, do: delete, kind: HorizontalPodAutoscaler, name: web}
- {at_s: 2, do: delete, kind: PodDisruptionBudget, name: web}
- {at_s: 3, do: delete, kind: CronJob, name: web}
- {at_s: 4, do: evict, kind: Pod, name: web-0}
- {at_s: 5, do: evict, kind: Pod, select: {owner: Job/other, ordinal: 0}}
- {at_s: 6, do: delete_node, name: node-00, node_of: {owner: Job/other, ordinal: 0}}
- {at_s: 7, do: start_kubelet, kind: Node, name: node-00}
",
    );
    assert!(plan.not_replayed.is_empty(), "{:?}", plan.not_replayed);
    let deleted = |step: &Step| match &step.action {
        Action::Delete { object } => object.to_string(),
        Action::Evict { pod } => format!("evict {pod:?}")
            .split(' ')
            .take(2)
            .collect::<Vec<_>>()
            .join(" "),
        other => format!("{other:?}").split([' ', '{']).next().unwrap().to_owned(),
    };
    let told: Vec<String> = plan.scenario.script.steps.iter().map(deleted).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    Submit
    HorizontalPodAutoscaler bench/web
    PodDisruptionBudget bench/web
    CronJob bench/web
    evict Named
    evict Of
    DeleteNode
    StartKubelet
    ");
}
