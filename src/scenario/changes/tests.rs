//! Steps as people write them, and what they are told when they write them wrong.

use std::sync::Arc;

use crate::api::problem::{Problems, render};
use crate::api::value::Source;
use crate::cluster::spec::ObjectSpec;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::scenario::load::{Flags, load};
use crate::workload::script::{Action, NodeRef, ObjectKind, Order, PodRef, Trigger, When};

const MANIFESTS: &str = "
---
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  completions: 8
  parallelism: 2
  template:
    metadata: {annotations: {makespan.dev/runtime: 10s}}
    spec: {restartPolicy: Never, containers: [{name: main, image: trainer:1}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: 'web:1', resources: {requests: {cpu: 1}}}
      - {name: proxy, image: 'proxy:1'}
";

fn read(changes: &str) -> (Option<Scenario>, Problems) {
    let text = format!(
        "apiVersion: makespan.dev/v1\nkind: Scenario\nmetadata: {{name: t}}\nspec:\n  until: 1h\n  nodePools: [{{name: gpu, count: 2, \
         allocatable: {{cpu: 8, memory: 8Gi}}}}]\n  changes:\n{changes}{MANIFESTS}"
    );
    let source = Arc::new(Source {
        name: "t.yaml".into(),
        text,
    });
    let mut problems = Problems::new();
    let scenario = load("t", &[source], &Flags::default(), &mut problems);
    (scenario, problems)
}

/// The actions of good steps.
fn actions(changes: &str) -> Vec<Action> {
    let (scenario, problems) = read(changes);
    let scenario = scenario.unwrap_or_else(|| panic!("{}", render(&problems)));
    scenario.script.steps.into_iter().map(|step| step.action).collect()
}

/// What is said about bad ones, without their places.
fn complaints(changes: &str) -> String {
    let (_, problems) = read(changes);
    let line =
        |p: &crate::api::problem::Problem| format!("{}: {} [{}]", p.path, p.message, p.hint.as_deref().unwrap_or(""));
    problems.list().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_verb_is_read() {
    let actions = actions(
        "  - {at: 1s, scale: job/train, replicas: 4}
  - {at: 2s, namespace: shop, scale: deploy/web, replicas: 0}
  - {at: 3s, delete: {pod-of: job/train, ordinal: 1}, grace: 0s}
  - {at: 4s, evict: {pod-of: jobs/train}}
  - {at: 5s, cordon: gpu-0}
  - {at: 6s, uncordon: node/gpu-0}
  - {at: 7s, drain: {node-of: job/train, ordinal: 2}}
  - {at: 8s, taint: gpu-1, taints: ['gpu=broken:NoExecute', 'old-', 'a:NoSchedule-']}
  - {at: 9s, label: gpu-1, labels: {zone: b, old: null}}
  - {at: 10s, stop-kubelet: gpu-1}
  - {at: 11s, start-kubelet: gpu-1}
  - {at: 12s, reboot: gpu-0, for: 2m}
  - {at: 13s, namespace: shop, set-load: deployment/web, cpu: 1500m}
  - {at: 14s, namespace: shop, set-metrics: deployment/web, report: first-half}
  - {at: 15s, add-nodes: {name: late, count: 2, allocatable: {cpu: 4, memory: 4Gi}}}
  - {at: 16s, delete: node/late-1}
  - {at: 17s, delete: job/train}
",
    );
    let short: Vec<String> = actions
        .iter()
        .map(|action| format!("{action:?}").chars().take(150).collect())
        .collect();
    insta::assert_debug_snapshot!(short, @r#"
    [
        "Scale { object: ObjectRef { kind: Job, namespace: \"default\", name: \"train\" }, replicas: 4 }",
        "Scale { object: ObjectRef { kind: Deployment, namespace: \"shop\", name: \"web\" }, replicas: 0 }",
        "DeletePod { pod: Of { owner: ObjectRef { kind: Job, namespace: \"default\", name: \"train\" }, ordinal: 1 }, grace: Some(SimDuration(0)) }",
        "Evict { pod: Of { owner: ObjectRef { kind: Job, namespace: \"default\", name: \"train\" }, ordinal: 0 } }",
        "Cordon { node: Named(\"gpu-0\"), unschedulable: true }",
        "Cordon { node: Named(\"gpu-0\"), unschedulable: false }",
        "Drain { node: Of(Of { owner: ObjectRef { kind: Job, namespace: \"default\", name: \"train\" }, ordinal: 2 }) }",
        "Taint { node: Named(\"gpu-1\"), add: [Taint { key: \"gpu\", value: \"broken\", effect: NoExecute }], remove: [(\"old\", None), (\"a\", Some(NoSchedule))] }",
        "Label { node: Named(\"gpu-1\"), set: {\"zone\": \"b\"}, remove: [\"old\"] }",
        "StopKubelet { node: Named(\"gpu-1\") }",
        "StartKubelet { node: Named(\"gpu-1\") }",
        "Reboot { node: Named(\"gpu-0\"), away: SimDuration(120000000000) }",
        "SetLoad { object: ObjectRef { kind: Deployment, namespace: \"shop\", name: \"web\" }, total_cpu_milli: 1500 }",
        "SetMetrics { object: ObjectRef { kind: Deployment, namespace: \"shop\", name: \"web\" }, report: FirstHalf }",
        "Submit { objects: [Node(NodeSpec { name: \"late-0\", labels: {\"kubernetes.io/hostname\": \"late-0\"}, taints: [], unschedulable: false, allocatable: Amount",
        "DeleteNode { node: Named(\"late-1\") }",
        "Delete { object: ObjectRef { kind: Job, namespace: \"default\", name: \"train\" } }",
    ]
    "#);
}

#[test]
fn patches_follow_one_another() {
    let actions = actions(
        "  - {at: 1s, patch: job/train, with: {spec: {parallelism: 6}}}
  - {at: 2s, scale: job/train, replicas: 5}
  - {at: 3s, patch: job/train, with: {spec: {suspend: true}}}
  - {at: 4s, namespace: shop, set-image: deployment/web, container: proxy, image: 'proxy:2'}
",
    );
    let jobs = |action: &Action| match action {
        Action::Update { change, .. } => match &**change {
            (ObjectSpec::Job(before), ObjectSpec::Job(after)) => {
                ((before.parallelism, before.suspend), (after.parallelism, after.suspend))
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(jobs(&actions[0]), ((2, false), (6, false)));
    assert_eq!(jobs(&actions[2]), ((5, false), (5, true)));
    let Action::Update { object, change } = &actions[3] else {
        panic!("{:?}", actions[3])
    };
    assert_eq!(
        (object.kind, object.namespace.as_str()),
        (ObjectKind::Deployment, "shop")
    );
    let (ObjectSpec::Deployment(before), ObjectSpec::Deployment(after)) = &**change else {
        panic!("{change:?}")
    };
    assert_eq!(before.template.images, ["web:1", "proxy:1"]);
    assert_eq!(after.template.images, ["web:1", "proxy:2"]);
    assert_eq!(before.template.requests, after.template.requests);
}

#[test]
fn what_is_applied_is_created_or_changed() {
    let actions = actions(
        "  - at: 1s
    order: windowed:3
    apply:
    - apiVersion: batch/v1
      kind: Job
      metadata: {name: more}
      spec:
        template:
          metadata: {annotations: {makespan.dev/runtime: 5s}}
          spec: {restartPolicy: Never, priorityClassName: high, containers: [{name: main, image: a}]}
    - {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000, preemptionPolicy: Never}
    - {apiVersion: batch/v1, kind: Job, metadata: {name: train}, spec: {parallelism: 8}}
  - {after: {job: job/more}, wait: 2s, delete: job/more}
",
    );
    let Action::Submit { objects, order } = &actions[0] else {
        panic!("{:?}", actions[0])
    };
    assert_eq!(*order, Order::Windowed(3));
    let [ObjectSpec::Job(more), ObjectSpec::PriorityClass(class)] = &objects[..] else {
        panic!("{objects:?}")
    };
    assert_eq!((more.template.priority, class.value), (1000, 1000));
    assert!(matches!(&actions[1], Action::Update { object, .. } if object.name == "train"));
    assert!(matches!(&actions[2], Action::Delete { object } if object.name == "more"));
}

#[test]
fn triggers_are_read() {
    let (scenario, problems) = read(
        "  - {at: 1m, cordon: gpu-0}
  - {after: previous, wait: 5s, uncordon: gpu-0}
  - {after: {pods-running: 3, namespace: shop}, drain: gpu-0}
  - {after: {pods-ready: 4}, wait: 1s, uncordon: gpu-0}
  - {after: {pod-settled: {pod-of: job/train, ordinal: 7}}, cordon: gpu-1}
  - {after: {rollout: deployment/web, replicas: 2}, namespace: shop, uncordon: gpu-1}
",
    );
    let scenario = scenario.unwrap_or_else(|| panic!("{}", render(&problems)));
    let whens: Vec<When> = scenario.script.steps.into_iter().map(|step| step.when).collect();
    assert_eq!(whens[0], When::At(SimTime::ZERO + SimDuration::from_secs(60)));
    let delays: Vec<u64> = whens[1..]
        .iter()
        .map(|when| match when {
            When::After { delay, .. } => delay.as_nanos() / 1_000_000_000,
            When::At(_) => panic!("{when:?}"),
        })
        .collect();
    assert_eq!(delays, [5, 0, 1, 0, 0]);
    let trigger = |i: usize| match &whens[i] {
        When::After { trigger, .. } => trigger.clone(),
        When::At(_) => unreachable!(),
    };
    assert_eq!(trigger(1), Trigger::Previous);
    let namespace = Some("shop".to_owned());
    assert_eq!(trigger(2), Trigger::PodsRunning { namespace, count: 3 });
    assert_eq!(
        trigger(3),
        Trigger::PodsReady {
            namespace: None,
            count: 4
        }
    );
    assert!(matches!(trigger(4), Trigger::PodSettled(PodRef::Of { ordinal: 7, .. })));
    assert!(matches!(trigger(5), Trigger::RolloutDone { replicas: Some(2), .. }));
    let _ = NodeRef::Named(String::new());
}

#[test]
fn mistakes_are_told_with_a_hint() {
    let told = complaints(
        "  - {at: 1s, scal: deployment/web, replicas: 3}
  - {at: 1s, cordon: gpu-0, drain: gpu-0}
  - {cordon: gpu-0}
  - {at: 1s, after: previous, cordon: gpu-0}
  - {at: soon, cordon: gpu-0}
  - {at: 1s, wait: 1s, cordon: gpu-0}
  - {at: 1s, cordon: gpu0}
  - {at: 1s, scale: deployment/web, replicas: 3}
  - {at: 1s, scale: deployment/wep, replicas: 3}
  - {at: 1s, scale: daemonset/web, replicas: 3}
  - {at: 1s, scale: jib/train, replicas: 3}
  - {at: 1s, scale: job/train}
  - {at: 1s, scale: job/train, replicas: -1}
  - {at: 1s, delete: pod/train-abcde}
  - {at: 1s, delete: job/train, grace: 3s}
  - {at: 1s, taint: gpu-0, taints: ['a=b']}
  - {at: 1s, label: gpu-0}
  - {at: 1s, namespace: shop, set-image: deployment/web, container: man, image: x}
  - {at: 1s, patch: job/nope, with: {spec: {}}}
  - {at: 1s, apply: nowhere.yaml}
  - {at: 1s, apply: {apiVersion: batch/v1, kind: Job, metadata: {name: b}, spec: {template: {spec: {containers: [{name: a, image: b}]}}}}}
  - {after: {pods-runing: 3}, cordon: gpu-0}
  - {at: 1s, set-load: deployment/web, namespace: shop}
",
    );
    insta::assert_snapshot!(told, @r#"
    spec.changes[0]: the step does nothing [did you mean "scale"?]
    spec.changes[1]: a step does one thing, here both cordon and drain [write two steps]
    spec.changes[2]: when the step begins is missing [add `at: 5m`, or `after: previous`]
    spec.changes[3]: a step has `at` or `after`, not both [keep `at` for a time of its own, or `after` to wait for something]
    spec.changes[4].at: "soon" is not a duration; write it as 90s, 5m, 1h30m, 250ms or a number of seconds []
    spec.changes[5].wait: wait goes with after [add it to `at`, or say what to wait for with `after`]
    spec.changes[6].cordon: nodes "gpu0" not found [did you mean "gpu-0"?]
    spec.changes[7].scale: deployments.apps "web" not found [it is in namespace shop; add `namespace: shop`]
    spec.changes[8].scale: deployments.apps "wep" not found [did you mean "web"?]
    spec.changes[9].scale: a DaemonSet does not go with this verb [here may stand deployment, replicaset, statefulset, job]
    spec.changes[10].scale: unknown kind "jib" [did you mean "job"?]
    spec.changes[11].replicas: replicas is missing [say how many, such as `replicas: 3`]
    spec.changes[12].replicas: a whole number from 0 is needed here []
    spec.changes[13].delete: pods "train-abcde" not found [pods of controllers get their names during the run: write {pod-of: job/train, ordinal: 0}]
    spec.changes[14].grace: only pods have a grace period [leave it out]
    spec.changes[15].taints[0]: this is no taint [write key=value:NoSchedule, PreferNoSchedule or NoExecute, with a dash at the end to remove it]
    spec.changes[16].labels: labels are missing [write a map such as {gpu: a100}; null removes a label]
    spec.changes[17].container: error: unable to find container named "man" []
    spec.changes[18].patch: jobs.batch "nope" not found [name an object of the manifests, or of an earlier step]
    spec.changes[19].apply: nowhere.yaml cannot be read: No such file or directory (os error 2) [paths start at the folder of the Scenario]
    spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never" [add `restartPolicy: Never` (a new pod per attempt) or `restartPolicy: OnFailure` (restart in the same pod)]
    spec.changes[21].after.pods-runing: unknown field "pods-runing" [did you mean "pods-running"?]
    spec.changes[21].after: what the step waits for is not clear [write `previous`, or a map with one of pods-running, pods-ready, pod-settled, rollout, job]
    spec.changes[22]: cpu is missing [say how many cores all its pods together are asked for, such as `cpu: 5`]
    spec.changes: Job default/b: how long its pods run is not given [give --runtime 5m, or the annotation makespan.dev/runtime on its pod template]
    "#);
}
