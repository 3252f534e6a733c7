//! Deployments, ReplicaSets and autoscalers in the engine, under both control planes.

use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::spec::RestartPolicy;
use makespan::cluster::{DeploymentId, HpaId, NodeId, ScaleTarget, Store};
use makespan::control::{ControlPlane, End, Outcome, Preset, Simulation};
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::checker::Checker;
use makespan::scenario::Scenario;
use makespan::scenario::load::{Flags, load};
use proptest::prelude::*;

/// The Deployment.
const WEB: ScaleTarget = ScaleTarget::Deployment(DeploymentId(0));

/// Two nodes, and a Deployment of pods of 1 cpu.
const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: web:1, resources: {requests: {cpu: '1'}}}]
";

const AUTOSCALER: &str = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 8
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
";

fn nodes(list: &str) -> String {
    format!("nodePools: [{list}]")
}

fn two_nodes() -> String {
    nodes("{name: a, allocatable: {cpu: '64', memory: 64Gi}}, {name: b, allocatable: {cpu: '64', memory: 64Gi}}")
}

fn try_load(manifests: &[&str], spec: &str) -> Result<Scenario, String> {
    let own = format!("apiVersion: makespan.dev/v1\nkind: Scenario\nspec: {{{spec}}}\n");
    let text = format!("{}\n---\n{own}", manifests.join("\n---\n"));
    let source = Arc::new(Source {
        name: "test.yaml".into(),
        text,
    });
    let mut problems = Problems::new();
    let told = |problems: &Problems| {
        let texts = problems.list().iter().map(|p| match &p.hint {
            Some(hint) => format!("{}; {hint}", p.message),
            None => p.message.clone(),
        });
        texts.collect::<Vec<_>>().join("\n")
    };
    load("test", &[source], &Flags::default(), &mut problems).ok_or_else(|| told(&problems))
}

fn scenario(manifests: &[&str], spec: &str) -> Scenario {
    try_load(manifests, spec).unwrap_or_else(|problems| panic!("{problems}"))
}

/// All records with their times, and the size and load of the first Deployment just after each.
#[derive(Default)]
struct Log(Vec<(SimTime, Record, Figures)>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Figures {
    replicas: u32,
    active: u32,
    ready: u32,
    demand: i64,
    served: i64,
}

impl Observer for Log {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        let now_served = store.demands.get(&WEB).copied().unwrap_or_default();
        let figures = Figures {
            replicas: store.desired_pods(WEB),
            active: store.active_pods(WEB),
            ready: store.ready_pods(WEB),
            demand: now_served.demand_milli,
            served: now_served.served_milli,
        };
        self.0.push((now, record, figures));
    }
}

impl Log {
    /// Times in seconds of the records that `wanted` picks.
    fn times(&self, wanted: impl Fn(&Record) -> bool) -> Vec<f64> {
        let found = self.0.iter().filter(|(_, record, _)| wanted(record));
        found.map(|(at, ..)| at.as_secs_f64()).collect()
    }
}

fn play(scenario: &Scenario, preset: Preset, seed: u64) -> (Log, Store, Outcome) {
    let mut input = scenario.input(seed);
    let images = std::mem::take(&mut input.control_plane.kubelet.images);
    input.control_plane = ControlPlane::new(preset);
    input.control_plane.kubelet.images = images;
    let mut observers = (Log::default(), Checker::new(&input.store));
    let mut simulation = Simulation::new(input);
    let outcome = simulation.run(&mut observers);
    let (log, mut checker) = observers;
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    (log, store, outcome)
}

#[test]
fn a_missing_image_is_asked_for_again_and_again_and_the_pod_stays_pending() {
    let spec = format!("until: 30m, images: {{missing: ['web:1']}}, {}", two_nodes());
    let scenario = scenario(&[DEPLOYMENT], &spec);
    let (log, store, outcome) = play(&scenario, Preset::Ideal, 1);
    let pulls = log.times(|r| matches!(r, Record::PodImagePullFailed(pod) if pod.0 == 0));
    assert_eq!(pulls, [0, 10, 30, 70, 150, 310, 610, 910, 1210, 1510].map(f64::from));
    assert_eq!(outcome.end, End::TimeLimit);
    assert_eq!((store.pending_pods, store.running_pods), (0, 0));
    let kubernetes = play(&scenario, Preset::Kubernetes, 1).0;
    let later = kubernetes.times(|r| matches!(r, Record::PodImagePullFailed(pod) if pod.0 == 0));
    assert_eq!(later.len(), pulls.len());
    assert!(later.iter().zip(&pulls).all(|(l, p)| l > p && l - p < 0.1), "{later:?}");
}

#[test]
fn without_a_time_limit_a_missing_image_is_a_stall_and_ready_pods_are_the_end() {
    let scenario_with = |images: &str| scenario(&[DEPLOYMENT], &format!("images: {{{images}}}, {}", two_nodes()));
    for preset in Preset::ALL {
        let (_, store, outcome) = play(&scenario_with("missing: ['web:1']"), preset, 1);
        assert_eq!((outcome.end, store.running_pods), (End::Stalled, 0));
        let (_, store, outcome) = play(&scenario_with(""), preset, 1);
        assert_eq!((outcome.end, store.ready_pods(WEB)), (End::Finished, 2));
    }
}

/// The API allows only `restartPolicy: Always` here, but pods of a ReplicaSet may end all the same (evicted, for one).
#[test]
fn ended_pods_are_replaced_at_once() {
    let mut scenario = scenario(&[DEPLOYMENT], &format!("until: 95s, {}", two_nodes()));
    let template = Arc::make_mut(&mut scenario.deployments[0].template);
    template.restart_policy = RestartPolicy::Never;
    template.behaviour.runtime = vec![SimDuration::from_secs(10).into()];
    let (log, ..) = play(&scenario, Preset::Ideal, 1);
    let created = log.times(|r| matches!(r, Record::PodCreated(_)));
    let expected: Vec<f64> = (0..10).flat_map(|k| [f64::from(k) * 10.0; 2]).collect();
    assert_eq!(created, expected);
    let (log, ..) = play(&scenario, Preset::Kubernetes, 1);
    let created = log.times(|r| matches!(r, Record::PodCreated(_)));
    let ended = log.times(|r| matches!(r, Record::PodFinished(_)));
    assert!(ended.len() >= 10);
    for (k, end) in ended.iter().enumerate() {
        // Seen, and posted: two latencies, and whatever call of the same ReplicaSet was under way.
        let wait = created[k + 2] - end;
        assert!((0.0..0.1).contains(&wait), "{wait}");
    }
}

/// An autoscaler whose maximum is below the size takes away what is too much at its first look.
fn shrink(pools: &str, from: u32, to: u32, preset: Preset) -> Store {
    let deployment = DEPLOYMENT.replace("replicas: 2", &format!("replicas: {from}"));
    let autoscaler = AUTOSCALER.replace("maxReplicas: 8", &format!("maxReplicas: {to}"));
    // Load that neither grows nor shrinks it further: half a cpu a pod.
    let load = format!("services: [{{deployment: web, load: '{}m'}}]", 500 * to);
    let spec = format!("until: 20s, {load}, {}", nodes(pools));
    play(&scenario(&[&deployment, &autoscaler], &spec), preset, 1).1
}

fn survivors(store: &Store) -> Vec<u32> {
    store.pods_of(WEB).map(|(pod, _)| pod.0).collect()
}

#[test]
fn shrinking_gives_up_pods_that_wait_first_and_then_those_on_crowded_nodes() {
    for preset in Preset::ALL {
        // Room for two of five: the three that wait go.
        let store = shrink("{name: a, allocatable: {cpu: '2', memory: 64Gi}}", 5, 2, preset);
        assert_eq!(survivors(&store), [0, 1], "{preset}");
        assert_eq!(store.ready_pods(WEB), 2);
        // Three on node a, one on node b: two of the three go.
        let store = shrink(
            "{name: a, allocatable: {cpu: '3', memory: 64Gi}}, {name: b, allocatable: {cpu: '1', memory: 64Gi}}",
            4,
            2,
            preset,
        );
        let mut nodes: Vec<NodeId> = survivors(&store).iter().map(|p| store.pods[*p as usize].node).collect();
        nodes.sort_unstable();
        assert_eq!(nodes, [NodeId(0), NodeId(1)], "{preset}");
    }
}

#[test]
fn an_autoscaler_looks_every_15_seconds() {
    let spec = format!(
        "until: 100s, services: [{{deployment: web, load: '1'}}], {}",
        two_nodes()
    );
    let scenario = scenario(&[DEPLOYMENT, AUTOSCALER], &spec);
    let looks = |preset| {
        play(&scenario, preset, 1)
            .0
            .times(|r| matches!(r, Record::HpaEvaluated(..)))
    };
    assert_eq!(looks(Preset::Ideal), [15.0, 30.0, 45.0, 60.0, 75.0, 90.0]);
    // Seen after 10 ms, two calls of 5 ms before each decision and one for a status that changed.
    let kubernetes = looks(Preset::Kubernetes);
    assert_eq!(kubernetes.len(), 6);
    assert!((kubernetes[0] - 15.020).abs() < 1e-9, "{kubernetes:?}");
    assert!(
        kubernetes
            .windows(2)
            .all(|w| (15.010 - 1e-9..15.0151).contains(&(w[1] - w[0]))),
        "{kubernetes:?}"
    );
}

/// Half a core, from t = 100 on 2 cores: the look at 105 s is at the mean of 90 s to 105 s, (10·0.5 + 5·2) / 15 = 1 core.
#[test]
fn the_autoscaler_sees_the_mean_of_the_last_window_and_not_the_present() {
    let one = DEPLOYMENT.replace("replicas: 2", "replicas: 1");
    let spec = format!(
        "until: 106s, services: [{{deployment: web, load: 'steps(0s=500m,100s=2)', capPerPod: '4'}}], {}",
        two_nodes()
    );
    let scenario = scenario(&[&one, AUTOSCALER], &spec);
    let seen = |preset| -> Vec<u32> {
        let log = play(&scenario, preset, 1).0;
        let seen = log.0.iter().filter_map(|(_, record, _)| match record {
            Record::HpaEvaluated(HpaId(0), seen) => *seen,
            _ => None,
        });
        seen.collect()
    };
    assert_eq!(seen(Preset::Ideal), [50, 50, 50, 50, 50, 50, 200]);
    assert_eq!(seen(Preset::Kubernetes), [50, 50, 50, 50, 50, 50, 100]);
}

#[test]
fn what_is_served_and_what_is_not_shows() {
    let spec = format!(
        "until: 60s, services: [{{deployment: web, load: 'steps(0s=3,30s=1500m)', capPerPod: '1'}}], {}",
        two_nodes()
    );
    let scenario = scenario(&[DEPLOYMENT], &spec);
    let (log, ..) = play(&scenario, Preset::Kubernetes, 1);
    let sampled = log
        .0
        .iter()
        .filter(|(_, record, _)| matches!(record, Record::ServiceSampled(_)));
    let sampled: Vec<(f64, u32, i64, i64)> = sampled
        .map(|(at, _, f)| (at.as_secs_f64(), f.ready, f.demand, f.served))
        .collect();
    let figures: Vec<_> = sampled
        .iter()
        .map(|(_, ready, demand, served)| (*ready, *demand, *served))
        .collect();
    // Both pods are Ready before the first of them is seen.
    assert_eq!(figures, [(0, 3000, 0), (2, 3000, 2000), (2, 1500, 1500)]);
    assert_eq!((sampled[0].0, sampled[2].0), (0.0, 30.0));
}

#[test]
fn pods_without_a_request_are_never_scaled() {
    let bare = DEPLOYMENT.replace(", resources: {requests: {cpu: '1'}}", "");
    let spec = format!(
        "until: 10m, services: [{{deployment: web, load: '9'}}], {}",
        two_nodes()
    );
    let (log, store, _) = play(&scenario(&[&bare, AUTOSCALER], &spec), Preset::Kubernetes, 1);
    assert_eq!(store.desired_pods(WEB), 2);
    assert!(log.0.iter().any(|(_, r, _)| *r == Record::HpaEvaluated(HpaId(0), None)));
    assert!(log.times(|r| matches!(r, Record::Scaled(..))).is_empty());
}

#[test]
fn what_never_ends_needs_an_end() {
    let refused = |manifests: &[&str], spec: &str| try_load(manifests, &format!("{spec}{}", two_nodes())).unwrap_err();
    let crashing = DEPLOYMENT.replace(
        "{labels: {app: web}}",
        "{labels: {app: web}, annotations: {makespan.dev/runtime: 2s}}",
    );
    insta::assert_snapshot!(refused(&[DEPLOYMENT, AUTOSCALER], "services: [{deployment: web, load: '1'}], "), @"HorizontalPodAutoscaler default/web goes on for ever, so the run needs an end; give --until 24h, or spec.until in the Scenario");
    insta::assert_snapshot!(refused(&[DEPLOYMENT], "services: [{deployment: web, load: 'steps(0s=1,1m=2)'}], "), @r#"the load on Deployment "web" varies for ever, so the run needs an end; give --until 24h, or spec.until in the Scenario"#);
    insta::assert_snapshot!(refused(&[&crashing], ""), @"Deployment default/web: its containers end and are restarted for ever, so the run needs an end; give --until 24h, or spec.until in the Scenario");
    assert!(
        try_load(
            &[DEPLOYMENT],
            &format!("services: [{{deployment: web, load: '1'}}], {}", two_nodes())
        )
        .is_ok()
    );
}

#[test]
fn autoscalers_and_loads_have_a_deployment_and_it_has_one_load() {
    let refused = |manifests: &[&str], spec: &str| {
        try_load(manifests, &format!("until: 1h, {spec}, {}", two_nodes())).unwrap_err()
    };
    let load = "services: [{deployment: web, load: '1'}]";
    let other = AUTOSCALER.replace("metadata: {name: web}", "metadata: {name: web, namespace: prod}");
    insta::assert_snapshot!(refused(&[DEPLOYMENT, &other], load), @r#"
    deployments.apps "web" not found in namespace prod; the Deployment of this name is in namespace default; an autoscaler and its target are in one namespace
    "#);
    let lost = AUTOSCALER.replace("kind: Deployment, name: web", "kind: Deployment, name: wbe");
    insta::assert_snapshot!(refused(&[DEPLOYMENT, &lost], load), @r#"
    deployments.apps "wbe" not found in namespace default; did you mean "web"?
    "#);
    let loads = "services: [{deployment: web, load: '1'}, {deployment: web, load: '2'}, {deployment: wep, load: '2'}]";
    insta::assert_snapshot!(refused(&[DEPLOYMENT], loads), @r#"
    spec.services: a second load on Deployment "web"; one is enough
    spec.services: no Deployment "wep" is among the manifests; did you mean "web"?
    "#);
}

#[test]
fn two_autoscalers_of_one_deployment_fail_once_both_are_known() {
    let rival = AUTOSCALER.replace("metadata: {name: web}", "metadata: {name: rival}");
    let spec = format!(
        "until: 10m, services: [{{deployment: web, load: '9'}}], {}",
        two_nodes()
    );
    let replicas = |manifests: &[&str]| {
        let (_, store, _) = play(&scenario(manifests, &spec), Preset::Kubernetes, 1);
        store.desired_pods(WEB)
    };
    assert_eq!(replicas(&[DEPLOYMENT, AUTOSCALER]), 8);
    // The first one looks before the second one's selector is known, and grows to twice the size (at least 4).
    assert_eq!(replicas(&[DEPLOYMENT, AUTOSCALER, &rival]), 4);
}

/// Utilisation in whole percent of 1 cpu when `demand` milli-cores are shared by `n` pods that take `cap` at most.
fn utilization(demand: i64, n: i64, cap: i64) -> i64 {
    let (quotient, rest) = (demand / n, demand % n);
    let share = quotient + i64::from(2 * rest > n || (2 * rest == n && quotient % 2 == 1));
    share.min(cap) * 100 / 1000
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The size stays within its bounds, there are never more pods than the greatest size asks for, and long after the last
    /// change of the load the pods are as many as wanted and the algorithm wants no other number.
    #[test]
    fn sizes_converge_within_their_bounds(
        loads in prop::collection::vec(0i64..12_000, 1..6), first in 1u32..12, min in 1u32..4, more in 0u32..12,
        target in 20u32..95, cap in 300i64..2000, kubernetes: bool, seed: u64,
    ) {
        let max = min + more;
        let steps: Vec<String> = loads.iter().enumerate().map(|(i, m)| format!("{}s={m}m", i * 100)).collect();
        let deployment = DEPLOYMENT.replace("replicas: 2", &format!("replicas: {first}"));
        let autoscaler = AUTOSCALER
            .replace("minReplicas: 1", &format!("minReplicas: {min}"))
            .replace("maxReplicas: 8", &format!("maxReplicas: {max}"))
            .replace("averageUtilization: 50", &format!("averageUtilization: {target}"));
        let spec = format!(
            "until: 1h, services: [{{deployment: web, load: 'steps({})', capPerPod: {cap}m}}], {}",
            steps.join(","), two_nodes()
        );
        let preset = if kubernetes { Preset::Kubernetes } else { Preset::Ideal };
        let (log, store, outcome) = play(&scenario(&[&deployment, &autoscaler], &spec), preset, seed);
        prop_assert_eq!(outcome.end, End::TimeLimit);
        for (at, record, figures) in &log.0 {
            if let Record::Scaled(_, size) = record {
                prop_assert!((min..=max).contains(size), "{size} at {at}");
            }
            prop_assert!(figures.active <= first.max(max), "{figures:?} at {at}");
            prop_assert!(figures.ready <= figures.active);
            prop_assert!(figures.served <= figures.demand && figures.served <= cap * i64::from(first.max(max)));
        }
        let (replicas, status) = (store.desired_pods(WEB), store.deployments[0].status);
        prop_assert_eq!((store.active_pods(WEB), store.ready_pods(WEB)), (replicas, replicas));
        prop_assert_eq!(store.pods_of(WEB).count() as u32, replicas);
        prop_assert_eq!(status.replicas, replicas);
        prop_assert_eq!(status.ready_replicas, replicas);
        let seen = utilization(*loads.last().unwrap(), i64::from(replicas), cap);
        let ratio = seen as f64 / f64::from(target);
        let wanted = if (0.9..=1.1).contains(&ratio) {
            replicas
        } else {
            ((ratio * f64::from(replicas)).ceil() as u32).clamp(min, max)
        };
        prop_assert_eq!(wanted, replicas, "utilisation {} of {}", seen, target);
    }
}
