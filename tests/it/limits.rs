//! Which limit held a run up, and when: for each limit a run in which it binds, and the same run in which it does not.

use std::fmt::Write as _;
use std::sync::Arc;

use makespan::api::problem::{Problems, render};
use makespan::api::value::Source;
use makespan::control::limits::{Limit, LimitUse};
use makespan::control::rate_limit::RateLimit;
use makespan::control::{ControlPlane, Simulation};
use makespan::kernel::SimDuration;
use makespan::observe::Checker;
use makespan::scenario::load::{Flags, load};

/// Plays a Scenario of `changes` and `manifests` for ten minutes, under the settings that `change` makes of the defaults, with
/// clients that know no limit.
fn limits(changes: &str, manifests: &str, change: impl Fn(&mut ControlPlane)) -> Vec<LimitUse> {
    let text = format!(
        "apiVersion: makespan.dev/v1\nkind: Scenario\nmetadata: {{name: t}}\nspec:\n  until: 10m\n  nodePools: [{{name: node, \
         count: 8, allocatable: {{cpu: 64, memory: 256Gi, pods: 500}}}}]\n  {changes}\n{manifests}"
    );
    let name = "t.yaml".to_owned();
    let mut problems = Problems::new();
    let scenario = load(
        "t",
        &[Arc::new(Source { name, text })],
        &Flags::default(),
        &mut problems,
    );
    let mut input = scenario.unwrap_or_else(|| panic!("{}", render(&problems))).input(1);
    let plane = &mut input.control_plane;
    for client in [
        &mut plane.job.client,
        &mut plane.replica_set.client,
        &mut plane.stateful_set.client,
        &mut plane.daemon_set.client,
        &mut plane.cron_job.client,
        &mut plane.garbage_collector.client,
        &mut plane.ttl_after_finished.client,
        &mut plane.hpa_controller.client,
        &mut plane.scheduler.client,
    ] {
        *client = RateLimit::UNLIMITED;
    }
    plane.api_latency = SimDuration::from_millis(100);
    plane.api_read_latency = SimDuration::from_millis(100);
    change(plane);
    let mut checker = Checker::new(&input.store);
    let mut simulation = Simulation::new(input);
    let outcome = simulation.run(&mut checker);
    assert_eq!(checker.finish(outcome.ended_at, simulation.store()), []);
    simulation.limits()
}

/// The same object `count` times, numbered.
fn copies(count: u32, manifest: &str) -> String {
    let mut text = String::new();
    for i in 0..count {
        write!(text, "---\n{}\n", manifest.replace("NAME", &format!("o{i}"))).expect("a text takes everything");
    }
    text
}

/// How long somebody waited for workers of `who` (or for whatever is no rate of calls), and from when on.
fn waited(limits: &[LimitUse], who: &str) -> (f64, f64) {
    let is_it = |limit: &&LimitUse| limit.who == who && !matches!(limit.limit, Limit::ApiRate(_));
    let row = limits
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("{who}: {limits:#?}"));
    assert!(row.asked >= row.delayed && row.asked > 0, "{row:?}");
    let from = row.pressure.main().map_or(0.0, |stretch| stretch.from.as_secs_f64());
    (row.pressure.waited().as_secs_f64(), from)
}

fn workload(kind: &str, replicas: u32) -> String {
    let replicas = if kind == "DaemonSet" {
        String::new()
    } else {
        format!("replicas: {replicas}, ")
    };
    format!(
        "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: NAME}}, spec: {{{replicas}selector: {{matchLabels: {{app: \
         NAME}}}}, template: {{metadata: {{labels: {{app: NAME}}}}, spec: {{containers: [{{name: a, image: b, resources: \
         {{requests: {{cpu: 100m}}}}}}]}}}}}}}}"
    )
}

#[test]
fn workers_of_the_controllers_of_workloads() {
    let deployments = copies(40, &workload("Deployment", 1));
    let with = |syncs: u32| {
        limits("", &deployments, |plane| {
            plane.replica_set.concurrent_deployment_syncs = syncs;
            plane.replica_set.concurrent_replica_set_syncs = syncs;
        })
    };
    let (one, many) = (with(1), with(100));
    for who in ["Deployment controller", "ReplicaSet controller"] {
        // 40 keys of at least one call of 0.1 s each, one after another.
        assert!(waited(&one, who).0 >= 3.9, "{:?}", waited(&one, who));
        assert_eq!(waited(&many, who).0, 0.0);
    }
    let sets = format!(
        "{}{}",
        copies(20, &workload("StatefulSet", 2)),
        copies(20, &workload("DaemonSet", 1))
    );
    let with = |syncs: u32| {
        limits("", &sets, |plane| {
            plane.stateful_set.concurrent_syncs = syncs;
            plane.daemon_set.concurrent_syncs = syncs;
        })
    };
    let (one, many) = (with(1), with(100));
    for who in ["StatefulSet controller", "DaemonSet controller"] {
        assert!(waited(&one, who).0 >= 1.9, "{:?}", waited(&one, who));
        assert_eq!(waited(&many, who).0, 0.0);
    }
}

#[test]
fn workers_of_the_autoscaler() {
    let hpa = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: NAME}, spec: {scaleTargetRef: \
               {apiVersion: apps/v1, kind: Deployment, name: NAME}, maxReplicas: 4}}";
    let manifests = format!("{}{}", copies(60, &workload("Deployment", 1)), copies(60, hpa));
    let with = |syncs: u32| limits("", &manifests, |plane| plane.hpa_controller.concurrent_syncs = syncs);
    let who = "HorizontalPodAutoscaler controller";
    let (waited_for, from) = waited(&with(1), who);
    // 60 looks of one call of 0.1 s at least: 6 of every 15 s, from the first look on.
    assert!(
        waited_for > 200.0 && (15.0..16.0).contains(&from),
        "{waited_for} {from}"
    );
    assert_eq!(waited(&with(100), who).0, 0.0);
}

#[test]
fn workers_of_the_cron_job_controller() {
    let cron_job = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: NAME}, spec: {schedule: '*/5 * * * *', jobTemplate: \
                    {spec: {template: {metadata: {annotations: {makespan.dev/runtime: 1s}}, spec: {restartPolicy: Never, \
                    containers: [{name: a, image: b}]}}}}}}";
    let with = |syncs: u32| {
        limits("", &copies(30, cron_job), |plane| {
            plane.cron_job.concurrent_syncs = syncs;
        })
    };
    let (waited_for, from) = waited(&with(1), "CronJob controller");
    assert!(
        waited_for >= 5.8 && (300.0..301.0).contains(&from),
        "{waited_for} {from}"
    );
    assert_eq!(waited(&with(100), "CronJob controller").0, 0.0);
}

#[test]
fn workers_that_delete() {
    let job = "{apiVersion: batch/v1, kind: Job, metadata: {name: NAME}, spec: {ttlSecondsAfterFinished: 10, template: {metadata: \
               {annotations: {makespan.dev/runtime: 30s}}, spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}";
    let manifests = format!(
        "{}{}",
        copies(30, job),
        copies(1, &workload("Deployment", 40).replace("NAME", "web"))
    );
    let with = |syncs: u32| {
        limits("changes: [{at: 120s, delete: deployment/web}]", &manifests, |plane| {
            plane.ttl_after_finished.concurrent_syncs = syncs;
            plane.garbage_collector.concurrent_gc_syncs = syncs;
            plane.job.concurrent_job_syncs = syncs;
        })
    };
    let (one, many) = (with(1), with(100));
    let (collector, ttl) = (waited(&one, "garbage collector"), waited(&one, "TTL controller"));
    // Forty pods of two calls of 0.1 s.
    assert!(collector.0 > 7.5, "{collector:?}");
    assert!(ttl.0 > 3.0 && (40.0..60.0).contains(&ttl.1), "{ttl:?}");
    assert!(waited(&one, "Job controller").0 > 3.0);
    for who in ["garbage collector", "TTL controller", "Job controller"] {
        assert_eq!(waited(&many, who).0, 0.0, "{who}");
    }
}

#[test]
fn the_scheduling_loop() {
    let pods = copies(1, &workload("Deployment", 100));
    let with = |millis| {
        limits("", &pods, |plane| {
            plane.scheduler.cycle_time = SimDuration::from_millis(millis);
        })
    };
    // The ReplicaSet controller sends all pods within a second.
    let (waited_for, _) = waited(&with(200), "kube-scheduler");
    assert!((18.0..20.5).contains(&waited_for), "{waited_for}");
    assert!(waited(&with(1), "kube-scheduler").0 < 0.2);
}

#[test]
fn image_pulls() {
    let mut manifests = String::new();
    for image in ["a", "b", "c"] {
        let set = workload("DaemonSet", 1)
            .replace("NAME", image)
            .replace("image: b", &format!("image: {image}"));
        manifests += &format!("---\n{set}\n");
    }
    let with = |parallel| {
        limits("", &manifests, |plane| {
            plane.kubelet.max_parallel_image_pulls = parallel;
            let pull = |image: &str| (image.to_owned(), SimDuration::from_secs(60));
            plane.kubelet.images.pull_time = ["a", "b", "c"].map(pull).to_vec();
        })
    };
    // The second waits 60 s for the first, the third 120 s: at the same time, on each node.
    let (waited_for, from) = waited(&with(1), "kubelets");
    assert!(
        (119.0..121.5).contains(&waited_for) && from < 2.0,
        "{waited_for} {from}"
    );
    assert_eq!(waited(&with(3), "kubelets").0, 0.0);
}

#[test]
fn a_limit_that_nobody_asks_for_is_left_out() {
    let told = limits("", &copies(1, &workload("StatefulSet", 1)), |_| {});
    let who: Vec<&str> = told.iter().map(|limit| limit.who).collect();
    assert_eq!(who, ["kube-scheduler", "StatefulSet controller"]);
}
