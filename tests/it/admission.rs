//! What the API server fills in and refuses: limit ranges, priority classes, quotas, namespaces.

mod refused_pods;

use std::sync::Arc;

use makespan::api::objects::{ReadContext, read_documents};
use makespan::api::problem::{Problems, render};
use makespan::api::value::Source;
use makespan::api::yaml;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::spec::ObjectSpec;
use makespan::cluster::{Amounts, ResourceId, ResourceTable, Store};
use makespan::control::{ControlPlane, Input, Outcome, Simulation, admission};
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::script::{Action, Order, Script, Step};
use makespan::workload::strategy::Strategy;
use proptest::prelude::*;

/// The objects of `text`.
fn objects(text: &str, resources: &mut ResourceTable) -> Vec<ObjectSpec> {
    let source = Arc::new(Source {
        name: "test.yaml".into(),
        text: text.into(),
    });
    let mut problems = Problems::new();
    let documents = yaml::load(source, &mut problems);
    let mut context = ReadContext {
        resources,
        problems: &mut problems,
    };
    let objects = read_documents(&documents, &mut context);
    assert!(!problems.has_errors(), "{}", render(&problems));
    objects.into_iter().map(|object| object.spec).collect()
}

/// A cluster of four nodes under the policies of `policies`, and a script that creates each text at its second.
fn play(policies: &str, script: &[(u64, &str)], plane: ControlPlane, observer: &mut dyn Observer) -> Store {
    play_from(policies, script, plane, Some(10_000), observer).0
}

/// The same, with bare Pods beside the policies at the beginning, and until `until` seconds; how it ended too.
fn play_from(
    present: &str,
    script: &[(u64, &str)],
    plane: ControlPlane,
    until: Option<u64>,
    observer: &mut dyn Observer,
) -> (Store, Outcome) {
    let mut resources = ResourceTable::default();
    let gpu = resources.intern("nvidia.com/gpu");
    let present = objects(present, &mut resources);
    let steps: Vec<Step> = script
        .iter()
        .map(|(at, text)| {
            let objects = objects(text, &mut resources);
            let order = Order::Parallel { concurrency: Some(1) };
            Step::at(
                SimTime::ZERO + SimDuration::from_secs(*at),
                Action::Submit { objects, order },
            )
        })
        .collect();
    let mut allocatable = Amounts::new();
    allocatable.set(ResourceId::CPU, 64_000);
    allocatable.set(ResourceId::MEMORY, 256 << 30);
    allocatable.set(ResourceId::PODS, 110);
    allocatable.set(gpu, 8);
    let node = |i: u32| makespan::cluster::spec::NodeSpec {
        name: format!("node-{i}"),
        capacity: allocatable.clone(),
        allocatable: allocatable.clone(),
        ..Default::default()
    };
    let mut store = Store::new(resources, (0..4).map(node).collect());
    for object in present {
        match object {
            ObjectSpec::Pod(pod) => store.bare_pods.push(pod),
            policy => admission::create(&mut store, &policy)
                .expect("it is a policy")
                .expect("it is new"),
        }
    }
    let mut checker = Checker::new(&store);
    let mut simulation = Simulation::new(Input {
        store,
        strategy: Strategy::Parallel,
        script: Script { steps },
        control_plane: plane,
        services: Vec::new(),
        seed: 1,
        until: until.map(|until| SimTime::ZERO + SimDuration::from_secs(until)),
    });
    let outcome = simulation.run(&mut (&mut checker, observer));
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    (store, outcome)
}

fn refused(store: &Store) -> Vec<String> {
    let line = |r: &makespan::cluster::refusal::RefusedRequest| format!("{} {}: {}", r.at, r.request, r.message);
    store.refused.iter().map(line).collect()
}

/// A pod of one container `main` that runs for `runtime`.
fn pod(name: &str, runtime: &str, spec: &str, resources: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, annotations: {{makespan.dev/runtime: {runtime}}}}}, \
         spec: {{restartPolicy: Never, {spec} containers: [{{name: main, image: a, resources: {resources}}}]}}}}\n---\n"
    )
}

const QUOTA: &str = "
apiVersion: v1
kind: ResourceQuota
metadata: {name: team}
spec:
  hard: {pods: 3, requests.cpu: \"4\", requests.nvidia.com/gpu: 8, limits.memory: 4Gi}
";

#[test]
fn a_quota_refuses_in_the_servers_words_and_gives_back_what_ended_pods_had() {
    let gpus = |name: &str, gpus: u32| {
        let resources = format!("{{requests: {{cpu: 500m}}, limits: {{memory: 1Gi, nvidia.com/gpu: {gpus}}}}}");
        pod(name, "10s", "", &resources)
    };
    let too_many = gpus("a", 4) + &gpus("b", 6) + &gpus("c", 4) + &gpus("d", 0) + &gpus("e", 0);
    let bare = pod("bare", "10s", "", "{}");
    let big = pod("big", "10s", "", "{limits: {cpu: \"5\", memory: 5Gi}}");
    let again = gpus("f", 8);
    let store = play(
        QUOTA,
        &[(0, &too_many), (1, &bare), (2, &big), (9, &again), (11, &again)],
        ControlPlane::ideal(),
        &mut makespan::cluster::record::Silent,
    );
    insta::assert_snapshot!(refused(&store).join("\n"), @r#"
    0.000000000 create Pod default/b: pods "b" is forbidden: exceeded quota: team, requested: requests.nvidia.com/gpu=6, used: requests.nvidia.com/gpu=4, limited: requests.nvidia.com/gpu=8
    0.000000000 create Pod default/e: pods "e" is forbidden: exceeded quota: team, requested: pods=1, used: pods=3, limited: pods=3
    1.000000000 create Pod default/bare: pods "bare" is forbidden: failed quota: team: must specify limits.memory for: main; requests.cpu for: main
    2.000000000 create Pod default/big: pods "big" is forbidden: exceeded quota: team, requested: limits.memory=5Gi,pods=1,requests.cpu=5, used: limits.memory=3Gi,pods=3,requests.cpu=1500m, limited: limits.memory=4Gi,pods=3,requests.cpu=4
    9.000000000 create Pod default/f: pods "f" is forbidden: exceeded quota: team, requested: pods=1,requests.nvidia.com/gpu=8, used: pods=3,requests.nvidia.com/gpu=8, limited: pods=3,requests.nvidia.com/gpu=8
    "#);
    let names: Vec<_> = (0..store.pods.len() as u32)
        .map(|pod| store.pod_name(makespan::cluster::PodId(pod), 1))
        .collect();
    assert_eq!(names, ["a", "c", "d", "f"]);
    let quota = &store.policies.quotas[0];
    assert_eq!(quota.live, [0, 0, 0, 0]);
    assert_eq!(quota.used, Some(vec![0, 0, 0, 0]));
}

#[test]
fn scopes_choose_the_pods_of_a_quota() {
    let quotas = "
apiVersion: v1
kind: ResourceQuota
metadata: {name: best-effort}
spec: {hard: {pods: 0}, scopes: [BestEffort]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: urgent}
spec:
  hard: {pods: 1}
  scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: deadline}
spec: {hard: {pods: 0}, scopes: [Terminating]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: elsewhere, namespace: other}
spec: {hard: {pods: 0}}
";
    let classes = "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}\n---\n";
    let cpu = "{requests: {cpu: 1}}";
    let pods = classes.to_owned()
        + &pod("a", "10s", "", cpu)
        + &pod("b", "10s", "", "{}")
        + &pod("c", "10s", "priorityClassName: high,", cpu)
        + &pod("d", "10s", "priorityClassName: high,", cpu)
        + &pod("e", "10s", "activeDeadlineSeconds: 60,", cpu);
    let store = play(
        quotas,
        &[(0, &pods)],
        ControlPlane::ideal(),
        &mut makespan::cluster::record::Silent,
    );
    insta::assert_snapshot!(refused(&store).join("\n"), @r#"
    0.000000000 create Pod default/b: pods "b" is forbidden: exceeded quota: best-effort, requested: pods=1, used: pods=0, limited: pods=0
    0.000000000 create Pod default/d: pods "d" is forbidden: exceeded quota: urgent, requested: pods=1, used: pods=1, limited: pods=1
    0.000000000 create Pod default/e: pods "e" is forbidden: exceeded quota: deadline, requested: pods=1, used: pods=0, limited: pods=0
    "#);
    assert_eq!(store.templates[store.pods[1].template.index()].priority, 1000);
}

#[test]
fn a_quota_made_while_the_cluster_runs_counts_what_is_there() {
    let one = |name: &str| {
        pod(
            name,
            "100s",
            "",
            "{requests: {cpu: 2, memory: 1Gi}, limits: {memory: 1Gi}}",
        )
    };
    let script = [
        (0, one("a")),
        (1, one("b")),
        (2, QUOTA.replace("cpu: \"4\"", "cpu: \"5\"")),
        (3, one("c")),
        (150, one("d")),
    ];
    let script: Vec<(u64, &str)> = script.iter().map(|(at, text)| (*at, text.as_str())).collect();
    let store = play(
        "",
        &script,
        ControlPlane::kubernetes(),
        &mut makespan::cluster::record::Silent,
    );
    insta::assert_snapshot!(refused(&store).join("\n"), @r#"3.005000000 create Pod default/c: pods "c" is forbidden: exceeded quota: team, requested: requests.cpu=2, used: requests.cpu=4, limited: requests.cpu=5"#);
}

#[test]
fn limit_ranges_lend_and_refuse() {
    let range = "
apiVersion: v1
kind: LimitRange
metadata: {name: sizes}
spec:
  limits:
  - type: Container
    max: {cpu: \"2\"}
    min: {memory: 64Mi}
    default: {memory: 512Mi}
    defaultRequest: {cpu: 250m}
    maxLimitRequestRatio: {cpu: \"8\"}
  - type: Pod
    max: {memory: 1Gi}
";
    let store = play(
        range,
        &[(
            0,
            &(pod("bare", "10s", "", "{}")
                + &pod("ratio", "10s", "", "{requests: {cpu: 100m}}")
                + &pod(
                    "large",
                    "10s",
                    "",
                    "{requests: {cpu: 1}, limits: {cpu: 3, memory: 2Gi}}",
                )
                + &pod("small", "10s", "", "{requests: {cpu: 1, memory: 1Mi}}")),
        )],
        ControlPlane::ideal(),
        &mut makespan::cluster::record::Silent,
    );
    insta::assert_snapshot!(refused(&store).join("\n"), @r#"
    0.000000000 create Pod default/ratio: pods "ratio" is forbidden: cpu max limit to request ratio per Container is 8, but provided ratio is 20.000000
    0.000000000 create Pod default/large: pods "large" is forbidden: [maximum cpu usage per Container is 2, but limit is 3, maximum memory usage per Pod is 1Gi, but limit is 2Gi]
    0.000000000 create Pod default/small: pods "small" is forbidden: minimum memory usage per Container is 64Mi, but request is 1Mi
    "#);
    let template = store.template(makespan::cluster::PodId(0));
    // cpu: 250m is requested, the limit is the maximum; memory: limit and request are the default.
    assert_eq!(store.pods.len(), 1);
    assert_eq!(template.requests.get(ResourceId::CPU), 250);
    assert_eq!(template.requests.get(ResourceId::MEMORY), 512 << 20);
    assert_eq!(template.requests.get(ResourceId::PODS), 1);
    assert_eq!(template.parts.limits()[&ResourceId::CPU], 2000);
    assert_eq!((template.nonzero_cpu, template.nonzero_memory), (250, 512 << 20));
}

#[test]
fn priorities_come_with_their_classes() {
    let named = |name: &str, class: &str| pod(name, "10s", &format!("priorityClassName: {class},"), "{}");
    let class = |name: &str, value: u32, default: bool| {
        format!(
            "{{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {{name: {name}}}, value: {value}, globalDefault: {default}}}"
        )
    };
    let script = [
        (0, pod("plain", "10s", "", "{}")),
        (1, class("normal", 10, true)),
        (2, pod("default", "10s", "", "{}")),
        (3, named("system", "system-node-critical")),
        (4, class("normal", 12, false)),
        (5, class("other", 12, true)),
    ];
    let script: Vec<(u64, &str)> = script.iter().map(|(at, text)| (*at, text.as_str())).collect();
    let store = play(
        "",
        &script,
        ControlPlane::ideal(),
        &mut makespan::cluster::record::Silent,
    );
    let priorities: Vec<i32> = (0..store.pods.len() as u32)
        .map(|pod| store.template(makespan::cluster::PodId(pod)).priority)
        .collect();
    assert_eq!(priorities, [0, 10, 2_000_001_000]);
    insta::assert_snapshot!(refused(&store).join("\n"), @r#"
    4.000000000 create PriorityClass normal: priorityclasses.scheduling.k8s.io "normal" already exists
    5.000000000 create PriorityClass other: priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass normal is already marked as default. Only one default can exist
    "#);
}

/// Counts with every record what quotas should have counted, pod by pod, and compares.
#[derive(Default)]
struct Auditor {
    looks: u32,
}

impl Observer for Auditor {
    fn record(&mut self, _: SimTime, record: Record, store: &Store) {
        // Quotas hear of an end just after the observers do.
        if !matches!(record, Record::PodCreated(_) | Record::PodBound(..)) {
            return;
        }
        self.looks += 1;
        for quota in &store.policies.quotas {
            let used = quota.used.as_ref().expect("it is there from the beginning");
            for (i, limit) in quota.spec.hard.iter().enumerate() {
                assert!(quota.live[i] <= used[i], "more is in use than counted");
                assert!(used[i] <= limit.hard, "{} is exceeded", limit.name);
            }
            let alive = store.pods.iter().filter(|pod| !pod.phase.is_terminal());
            let cpu: i64 = alive
                .clone()
                .map(|pod| store.templates[pod.template.index()].requests.get(ResourceId::CPU))
                .sum();
            let there = store.pods.iter().filter(|pod| !pod.gone).count() as i64;
            assert_eq!(quota.live, [there, cpu, alive.count() as i64]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However pods come, a quota is never exceeded, counts what is there, and is empty in the end.
    #[test]
    fn quotas_are_kept_and_given_back(
        pods in prop::collection::vec((0u64..40, 1u32..6, 1u32..20), 1..40),
        most in (1u32..8, 1u32..12),
        ideal in any::<bool>(),
    ) {
        let (count, cpu) = most;
        let quota = format!(
            "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{pods: {count}, cpu: {cpu}, count/pods: 30}}}}}}"
        );
        let script: Vec<(u64, String)> = pods
            .iter()
            .enumerate()
            .map(|(i, (at, cpu, runtime))| {
                let resources = format!("{{requests: {{cpu: {cpu}}}}}");
                (*at, pod(&format!("p{i}"), &format!("{runtime}s"), "", &resources))
            })
            .collect();
        let script: Vec<(u64, &str)> = script.iter().map(|(at, text)| (*at, text.as_str())).collect();
        let plane = if ideal { ControlPlane::ideal() } else { ControlPlane::kubernetes() };
        let mut auditor = Auditor::default();
        let store = play(&quota, &script, plane, &mut auditor);
        prop_assert_eq!(store.refused.len() + store.pods.len(), pods.len());
        let quota = &store.policies.quotas[0];
        let objects = store.pods.len() as i64;
        prop_assert_eq!(&quota.live, &[objects, 0, 0]);
        prop_assert_eq!(quota.used.as_ref(), Some(&quota.live));
        prop_assert!(auditor.looks > 0 || store.pods.is_empty());
    }
}
