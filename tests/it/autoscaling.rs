//! Autoscalers on every kind of metric, played by the engine: where the numbers come from, what becomes of them, what is told
//! when they cannot be had; and services whose load is requests.

use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::cluster::hpa::HpaEvent;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::{DeploymentId, HpaId, ScaleTarget, Store};
use makespan::control::{ControlPlane, Preset, Simulation};
use makespan::kernel::SimTime;
use makespan::observe::checker::Checker;
use makespan::scenario::Scenario;
use makespan::scenario::load::{Flags, load};
use proptest::prelude::*;

const WEB: ScaleTarget = ScaleTarget::Deployment(DeploymentId(0));

fn deployment(replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: main, image: web:1, \
         resources: {{requests: {{cpu: '1', memory: 1Gi}}}}}}\n      - {{name: proxy, image: proxy:1, resources: {{requests: {{cpu: '1'}}}}}}\n"
    )
}

fn autoscaler(metrics: &str) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  minReplicas: 1\n  maxReplicas: 20\n  metrics: [{metrics}]\n"
    )
}

/// The scenario with one service, and the warnings about it.
fn scenario(replicas: u32, metrics: &str, service: &str, until: &str) -> (Scenario, Vec<String>) {
    let own = format!(
        "apiVersion: makespan.dev/v1\nkind: Scenario\nspec:\n  until: {until}\n  \
         nodePools: [{{name: a, count: 4, allocatable: {{cpu: '64', memory: 64Gi}}}}]\n  services: [{{deployment: web, {service}}}]\n"
    );
    let text = [deployment(replicas), autoscaler(metrics), own].join("---\n");
    let source = Source {
        name: "test.yaml".into(),
        text,
    };
    let mut problems = Problems::new();
    let loaded = load("test", &[Arc::new(source)], &Flags::default(), &mut problems);
    let told = |p: &makespan::api::problem::Problem| p.message.clone();
    let warnings = problems.list().iter().map(told).collect();
    (loaded.unwrap_or_else(|| panic!("{:?}", problems.list())), warnings)
}

/// Sizes with their times, and Events in words.
#[derive(Default)]
struct Log {
    sizes: Vec<(f64, u32)>,
    events: Vec<String>,
}

impl Observer for Log {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        match record {
            Record::Scaled(_, size) => self.sizes.push((now.as_secs_f64(), size)),
            Record::HpaEvent(id, event) => {
                let text = store.hpa_event_text(id, event, 1);
                self.events.push(format!("{} {}", text.reason, text.message));
                assert_eq!(text.warning, !matches!(event, HpaEvent::SuccessfulRescale(..)));
            }
            _ => {}
        }
    }
}

fn play(scenario: &Scenario, preset: Preset) -> (Log, Store) {
    let mut input = scenario.input(1);
    input.control_plane = ControlPlane::new(preset);
    let mut observers = (Log::default(), Checker::new(&input.store));
    let mut simulation = Simulation::new(input);
    let outcome = simulation.run(&mut observers);
    let (log, mut checker) = observers;
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    (log, store)
}

/// What an autoscaler with `metrics` makes of 4 pods at its first look.
fn first_look(metrics: &str, service: &str) -> (u32, Vec<String>) {
    let (scenario, _) = scenario(4, metrics, service, "16s");
    let (log, store) = play(&scenario, Preset::Ideal);
    (store.desired_pods(WEB), log.events)
}

/// A Resource, ContainerResource, Pods, Object or External metric with its target.
fn resource(name: &str, target: &str) -> String {
    format!("{{type: Resource, resource: {{name: {name}, target: {target}}}}}")
}
fn container(name: &str, percent: u32) -> String {
    let target = format!("{{type: Utilization, averageUtilization: {percent}}}");
    format!("{{type: ContainerResource, containerResource: {{name: cpu, container: {name}, target: {target}}}}}")
}
fn pods(name: &str, average: &str) -> String {
    let target = format!("{{type: AverageValue, averageValue: '{average}'}}");
    format!("{{type: Pods, pods: {{metric: {{name: {name}}}, target: {target}}}}}")
}
fn object(name: &str, target: &str) -> String {
    let described = "{apiVersion: networking.k8s.io/v1, kind: Ingress, name: main}";
    format!("{{type: Object, object: {{describedObject: {described}, metric: {{name: {name}}}, target: {target}}}}}")
}
fn external(metric: &str, target: &str) -> String {
    format!("{{type: External, external: {{metric: {metric}, target: {target}}}}}")
}

/// 40 requests a second, 100 ms each, on 4 pods of 2 at once: each serves 10 a second, is half busy, and uses 1 core.
const REQUESTS: &str = "requests: '40', serviceTime: 100ms, concurrency: 2, memoryPerPod: 600Mi, memoryPerRequest: 200Mi, metrics: [\
    {name: qps, figure: requestsPerSecond}, {name: busy, figure: utilization}, {name: running, figure: concurrency}, \
    {name: all, of: Ingress/main, figure: requestsPerSecond}, \
    {name: queue, of: external, labels: {queue: a}, value: '30'}, {name: queue, of: external, labels: {queue: b}, value: '70'}]";

/// (metric, size wanted of 4 pods, by hand).
#[test]
fn hand_worked_cases_of_every_metric() {
    let average = |value: &str| format!("{{type: AverageValue, averageValue: '{value}'}}");
    let value = |value: &str| format!("{{type: Value, value: '{value}'}}");
    let utilization = |percent: u32| format!("{{type: Utilization, averageUtilization: {percent}}}");
    let both = "{name: queue}";
    let a = "{name: queue, selector: {matchLabels: {queue: a}}}";
    let cases = [
        // 1 core of 2 requested is 50 %: 50/25 of 4; 50/46 = 1.087 is within 10 %; 50/100 of 4.
        (resource("cpu", &utilization(25)), 8),
        (resource("cpu", &utilization(46)), 4),
        // 50/40 = 1.25 of 4.
        (resource("cpu", &utilization(40)), 5),
        // 1000m of 800m: 1.25 of 4; memory: 600 + 200 · 1 = 800Mi of 500Mi: 1.6 of 4 = 6.4.
        (resource("cpu", &average("800m")), 5),
        (resource("memory", &average("500Mi")), 7),
        // The proxy has no memory request, so its share of it cannot be told: nothing happens.
        (resource("memory", &utilization(50)), 4),
        // All the cpu is the first container's: 100 % of its request; the proxy uses nothing, and 300 s must pass before less.
        (container("main", 80), 5),
        (container("proxy", 80), 4),
        // 10 a second each: 10/6 of 4 = 6.7; half busy: 50/40 of 4; one being served: 1/0.5 of 4.
        (pods("qps", "6"), 7),
        (pods("busy", "40"), 5),
        (pods("running", "500m"), 8),
        // 40 arrive: 40/25 = 1.6 of 4 Ready pods; 40 by 6 to each = 6.7; 40 by 9.5 = 4.2, within 10 % of 4.
        (object("all", &value("25")), 7),
        (object("all", &average("6")), 7),
        (object("all", &average("9500m")), 4),
        // Both series: 100/50 of 4, 100 by 15 to each; one of them: 30 by 6 to each.
        (external(both, &value("50")), 8),
        (external(both, &average("15")), 7),
        (external(a, &average("6")), 5),
    ];
    for (metric, wanted) in cases {
        let (size, events) = first_look(&metric, REQUESTS);
        assert_eq!(size, wanted, "{metric}: {events:?}");
    }
}

#[test]
fn the_largest_wish_counts_and_a_failing_metric_only_stops_shrinking() {
    let many = |metrics: &[String]| first_look(&metrics.join(", "), REQUESTS);
    let (up, more, down) = (pods("qps", "6"), pods("qps", "5"), pods("qps", "30"));
    let lost = external("{name: lost}", "{type: Value, value: '1'}");
    assert_eq!(many(&[up.clone(), more.clone()]).0, 8);
    let (size, events) = many(&[lost.clone(), up]);
    assert_eq!(size, 7);
    insta::assert_snapshot!(events.join("\n"), @r"
    FailedGetExternalMetric failed to get external metric lost: unable to get external metric default/lost/nil: no metrics returned from external metrics API
    SuccessfulRescale New size: 7; reason: pods metric qps above target
    ");
    let (size, events) = many(&[down, lost]);
    assert_eq!(size, 4);
    insta::assert_snapshot!(events.join("\n"), @r"
    FailedGetExternalMetric failed to get external metric lost: unable to get external metric default/lost/nil: no metrics returned from external metrics API
    FailedComputeMetricsReplicas invalid metrics (1 invalid out of 2), first error is: failed to get lost external metric value: failed to get external metric lost: unable to get external metric default/lost/nil: no metrics returned from external metrics API
    ");
}

#[test]
fn metrics_from_nowhere_are_warned_about_and_fail_as_without_an_adapter() {
    let metrics = [
        pods("qps", "5"),
        object("all", "{type: Value, value: '5'}"),
        external("{name: queue}", "{type: Value, value: '5'}"),
    ];
    let (scenario, warnings) = scenario(4, &metrics.join(", "), "load: '1'", "16s");
    insta::assert_snapshot!(warnings.join("\n"), @r#"
    HorizontalPodAutoscaler default/web: nothing gives its Pods metric "qps", so it always fails
    HorizontalPodAutoscaler default/web: nothing gives its Object metric "all", so it always fails
    HorizontalPodAutoscaler default/web: nothing gives its External metric "queue", so it always fails
    "#);
    let (log, store) = play(&scenario, Preset::Kubernetes);
    insta::assert_snapshot!(log.events.join("\n"), @r"
    FailedGetPodsMetric unable to get metric qps: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    FailedGetObjectMetric unable to get metric all: Ingress on default main/unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    FailedGetExternalMetric failed to get external metric queue: unable to get external metric default/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)
    FailedComputeMetricsReplicas invalid metrics (3 invalid out of 3), first error is: failed to get pods metric value: unable to get metric qps: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    ");
    let conditions = store.hpa_conditions(HpaId(0), 1);
    let conditions = conditions
        .iter()
        .map(|c| format!("{} {} {}: {}", c.kind, c.status, c.reason, c.message));
    insta::assert_snapshot!(conditions.collect::<Vec<_>>().join("\n"), @r"
    AbleToScale true SucceededGetScale: the HPA controller was able to get the target's current scale
    ScalingActive false FailedGetPodsMetric: the HPA was unable to compute the replica count: unable to get metric qps: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    ");
}

#[test]
fn entries_of_services_with_mistakes_are_told() {
    let errors = |service: &str| {
        let own = format!(
            "apiVersion: makespan.dev/v1\nkind: Scenario\nspec:\n  until: 1m\n  services: [{{deployment: web, {service}}}]\n"
        );
        let source = Source {
            name: "test.yaml".into(),
            text: [deployment(1), own].join("---\n"),
        };
        let mut problems = Problems::new();
        let loaded = load("test", &[Arc::new(source)], &Flags::default(), &mut problems);
        assert!(loaded.is_none(), "{service}");
        let errors = problems
            .list()
            .iter()
            .filter(|p| p.severity == makespan::api::problem::Severity::Error);
        let lines = errors.map(|p| format!("{}: {}; {}", p.path, p.message, p.hint.as_deref().unwrap_or_default()));
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(errors("capPerPod: 1"), @"spec.services[0]: load is missing; give a load such as constant(2) or steps(0s=1,10m=8), or requests per second");
    insta::assert_snapshot!(errors("load: '1', requests: '3', serviceTime: 0s"), @r"
    spec.services[0].serviceTime: the mean service time is zero or without bound; give a time above zero, such as 100ms
    spec.services[0].load: load and requests both are given; give the load in cpu (load) or in requests per second (requests)
    ");
    insta::assert_snapshot!(errors("requests: many, queue: {perPod: 3, total: 4}"), @r#"
    spec.services[0].requests: unknown load "many"; known are constant, steps, sine, csv; 
    spec.services[0]: serviceTime is missing; say how long one request takes to serve, such as serviceTime: 100ms
    spec.services[0].queue: perPod and total both are given; requests wait beside each pod (perPod) or before the service (total)
    "#);
    insta::assert_snapshot!(errors("load: '1', timeout: 3s, concurrency: 0"), @r"
    spec.services[0].concurrency: a whole number from 1 to 1000000 is needed here; 
    spec.services[0].concurrency: concurrency says something about requests, but there are none; give requests, such as steps(0s=20,10m=200)
    spec.services[0].timeout: timeout says something about requests, but there are none; give requests, such as steps(0s=20,10m=200)
    ");
    insta::assert_snapshot!(errors("load: '1', metrics: [{name: a, figure: queueLenght}, {of: Ingres, value: '1'}, {name: b, of: pods}, {name: c, figure: latency}]"), @r#"
    spec.services[0].metrics[0].figure: unknown figure "queueLenght"; did you mean "queueLength"?
    spec.services[0].metrics[1]: name is missing; name the metric as the autoscaler does
    spec.services[0].metrics[1].of: "Ingres" is nothing that has metrics; write pods, external, or an object such as Ingress/main
    spec.services[0].metrics[2]: one of figure and value is needed; give figure: requestsPerSecond, or value: steps(0s=0,10m=50)
    spec.services[0].metrics[3].figure: latency is a figure of requests, but there are none; give requests to the service, or the metric a value of its own
    "#);
}

/// 4 pods serve 80 a second at most; 120 come for a minute from 60 s on. Nothing scales here.
#[test]
fn an_overload_is_latency_and_drops() {
    let still = resource("cpu", "{type: Utilization, averageUtilization: 100}").replace("100", "100000");
    let requests =
        |more: &str| format!("requests: 'steps(0s=40,60s=120,120s=40)', serviceTime: 100ms, concurrency: 2{more}");
    let figures = |more: &str| {
        let (scenario, _) = scenario(4, &still, &requests(more), "290s");
        let (log, store) = play(&scenario, Preset::Ideal);
        // Far below its target the autoscaler wants one pod; its first 300 s hold it back.
        assert!(log.sizes.is_empty(), "{:?}", log.sizes);
        store.requests[&WEB].clone()
    };
    let patient = figures("");
    // 40 a second too many for 60 s: 2400 wait, and are served at 80 a second while 40 come: 60 s more.
    assert!(
        (patient.arrived - (40.0 * 230.0 + 120.0 * 60.0)).abs() < 1e-3,
        "{patient:?}"
    );
    assert!(patient.dropped < 1e-6 && (patient.arrived - patient.served).abs() < 1.0);
    let longest = patient.latencies.quantile(1.0).unwrap().as_secs_f64();
    assert!((29.5..30.5).contains(&longest), "{longest}");
    assert_eq!(patient.overload.total.as_secs_f64(), 60.0);
    let impatient = figures(", timeout: 5s");
    // The first in line is 5 s old after 15 s; from then on 40 a second are dropped, until who came at 120 s is served at 125 s.
    assert!((impatient.dropped - 2000.0).abs() < 1e-3, "{}", impatient.dropped);
    let longest = impatient.latencies.quantile(1.0).unwrap().as_secs_f64();
    assert!(longest < 5.25, "{longest}");
    let full = figures(", queue: {perPod: 10}");
    // 40 wait, then 40 a second find no room (a few more, as pods idle between).
    assert!((2360.0..2500.0).contains(&full.dropped), "{}", full.dropped);
}

/// Ready pods that were taken together and are taken apart again are seen as if each had been looked at.
#[test]
fn many_pods_are_looked_at_together_with_the_same_result() {
    let metrics = resource("cpu", "{type: Utilization, averageUtilization: 50}");
    let service = "load: 'steps(0s=4,10m=12,20m=3,30m=16,31m=2)', capPerPod: '2'";
    let (scenario, _) = scenario(4, &metrics, service, "1h");
    for preset in Preset::ALL {
        let (log, _) = play(&scenario, preset);
        let sizes: Vec<u32> = log.sizes.iter().map(|(_, size)| *size).collect();
        // 100 % of 2 cores requested at 4 a pod: 4/4 cores is 50 %; 12 cores of 2 · n at 50 %: 12 pods; and so on.
        assert_eq!(sizes.first(), Some(&8), "{preset}: {sizes:?}");
        assert!(sizes.contains(&12) && sizes.contains(&3), "{preset}: {sizes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The size stays within its bounds, and more load never ends in fewer pods.
    #[test]
    fn sizes_stay_within_bounds_and_grow_with_the_load(rate in 1u32..300, more in 0u32..200, target in 1u32..30, kind in 0usize..3) {
        let size = |rate: u32| {
            let metric = match kind {
                0 => pods("qps", &target.to_string()),
                1 => object("all", &format!("{{type: AverageValue, averageValue: '{target}'}}")),
                _ => resource("cpu", &format!("{{type: AverageValue, averageValue: '{}m'}}", target * 50)),
            };
            let service = REQUESTS.replace("requests: '40'", &format!("requests: '{rate}'"));
            let (scenario, _) = scenario(4, &metric, &service, "12m");
            let (log, store) = play(&scenario, Preset::Kubernetes);
            for (at, size) in &log.sizes {
                prop_assert!((1..=20).contains(size), "{size} at {at}");
            }
            Ok(store.desired_pods(WEB))
        };
        let (less, greater) = (size(rate)?, size(rate + more)?);
        // Within the tolerance either of two sizes may have been kept.
        prop_assert!(f64::from(less) <= (f64::from(greater) * 1.25).ceil(), "{less} {greater}");
    }
}
