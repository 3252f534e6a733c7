//! The garbage collector, against `pkg/controller/garbagecollector/garbagecollector.go: attemptToDeleteItem`: a GET and a DELETE for
//! each object without an owner, 40 calls a second (`cmd/kube-controller-manager/app/core.go: newGarbageCollectorController`
//! doubles the 20), 20 workers.

use std::sync::Arc;

use makespan::cluster::pod::Owner;
use makespan::cluster::spec::{
    DaemonSetSpec, DeploymentSpec, ObjectSpec, PodTemplate, ReplicaSetSpec, StatefulSetSpec,
};
use makespan::cluster::{Amounts, JobId, PodId, ResourceId, Store};
use makespan::control::ControlPlane;
use makespan::control::rate_limit::RateLimit;
use makespan::kernel::SimTime;
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Action, ObjectKind, ObjectRef, Order, Step};

use crate::node_failures::{Story, play_script, recorded, seconds, span};
use crate::support::{cluster, job};

fn delete(kind: ObjectKind, name: &str, at: f64) -> Step {
    let object = ObjectRef::new(kind, "default", name);
    Step::at(seconds(at), Action::Delete { object })
}

/// When pods were asked to go, in the order in which that came.
fn deletions(story: &Story) -> Vec<(f64, u32)> {
    let pods = story.0.iter().filter_map(|(at, line)| {
        let pod = line.strip_prefix("pod ")?.strip_suffix(" deleting")?;
        Some((at.as_secs_f64(), pod.parse().ok()?))
    });
    pods.collect()
}

fn service_template() -> Arc<PodTemplate> {
    let mut requests = Amounts::new();
    requests.set(ResourceId::PODS, 1);
    Arc::new(PodTemplate {
        requests,
        termination_grace: span(30.0),
        ..PodTemplate::default()
    })
}

fn deployment(store: &mut Store, replicas: u32) {
    let spec = DeploymentSpec {
        namespace: "default".into(),
        name: "web".into(),
        replicas,
        template: service_template(),
        ..DeploymentSpec::default()
    };
    store.add_deployment(spec, SimTime::ZERO);
}

/// A plane whose only limit is the collector's client.
fn only_the_collector(qps: f64, burst: u32, workers: u32) -> ControlPlane {
    let mut plane = ControlPlane::ideal();
    plane.api_latency = span(0.005);
    plane.api_read_latency = span(0.005);
    plane.garbage_collector.client = RateLimit::new(qps, burst);
    plane.garbage_collector.concurrent_gc_syncs = workers;
    plane
}

/// 2 calls a pod at 40 calls/s are 20 pods/s, after a burst of 30 calls. The ReplicaSet takes the first two.
#[test]
fn twenty_pods_go_in_a_second() {
    let (mut store, _) = cluster(10, 1);
    deployment(&mut store, 400);
    let plane = only_the_collector(40.0, 30, 20);
    let steps = vec![delete(ObjectKind::Deployment, "web", 50.0)];
    let (_, story, _) = play_script(store, plane, steps, &[], 100.0);
    let deletions = deletions(&story);
    assert_eq!(deletions.len(), 400);
    let last = deletions[399].0 - 50.0;
    // 2 + 800 calls, 30 of them at once.
    assert!((last - (802.0 - 30.0) / 40.0).abs() < 0.1, "{last}");
    let halfway = deletions[199].0 - 50.0;
    assert!((halfway - (402.0 - 30.0) / 40.0).abs() < 0.6, "{halfway}");
}

/// Without limits the workers' round trips bound it: each takes two calls of 5 ms for a pod.
#[test]
fn its_workers_bound_it_where_its_client_does_not() {
    let (mut store, _) = cluster(10, 1);
    deployment(&mut store, 200);
    let plane = only_the_collector(0.0, 1, 4);
    let steps = vec![delete(ObjectKind::Deployment, "web", 50.0)];
    let (_, story, _) = play_script(store, plane, steps, &[], 100.0);
    let deletions = deletions(&story);
    // 5 ms for the request, 10 ms for the ReplicaSet, then 50 rounds of four pods.
    let last = deletions[199].0 - 50.0;
    assert!((last - (0.005 + 0.01 + 50.0 * 0.01)).abs() < 1e-6, "{last}");
}

/// A Deployment's ReplicaSets go first, then their pods; of the other workloads the pods.
#[test]
fn each_kind_of_owner_takes_its_pods_with_it() {
    for kind in [
        ObjectKind::Deployment,
        ObjectKind::ReplicaSet,
        ObjectKind::StatefulSet,
        ObjectKind::DaemonSet,
    ] {
        let (mut store, _) = cluster(3, 1);
        let (namespace, name) = ("default".to_owned(), "web".to_owned());
        let template = service_template();
        let object = match kind {
            ObjectKind::Deployment => ObjectSpec::Deployment(DeploymentSpec {
                namespace,
                name,
                template,
                replicas: 3,
                ..DeploymentSpec::default()
            }),
            ObjectKind::ReplicaSet => ObjectSpec::ReplicaSet(ReplicaSetSpec {
                namespace,
                name,
                template,
                replicas: 3,
                ..ReplicaSetSpec::default()
            }),
            ObjectKind::StatefulSet => ObjectSpec::StatefulSet(StatefulSetSpec {
                namespace,
                name,
                template,
                replicas: 3,
                ..StatefulSetSpec::default()
            }),
            _ => ObjectSpec::DaemonSet(DaemonSetSpec {
                namespace,
                name,
                template,
                ..DaemonSetSpec::default()
            }),
        };
        // Another owner's pods stay.
        let spec = store.add_job_spec(job(ResourceId::PODS, Distribution::Fixed(span(100.0))));
        store.add_job(spec);
        let order = Order::default();
        let objects = vec![object];
        let submit = Step::at(seconds(1.0), Action::Submit { objects, order });
        let steps = vec![submit, delete(kind, "web", 50.0)];
        let (store, story, _) = play_script(store, recorded(0.0, 0.0, 0.0, 0.0), steps, &[], 60.0);
        let deletions = deletions(&story);
        assert_eq!(deletions.len(), 3, "{kind:?}: {deletions:?}");
        assert!(
            deletions.iter().all(|(at, _)| (50.0..50.2).contains(at)),
            "{kind:?}: {deletions:?}"
        );
        for (id, pod) in store.pods.iter().enumerate() {
            assert_eq!(pod.gone, !matches!(pod.owner, Owner::Job(_)), "{kind:?}: pod {id}");
        }
        assert_eq!(store.pods.len(), 4, "nothing was made anew");
    }
}

/// In the background a Job is gone at once, and its pods, released by its controller, after it.
#[test]
fn a_deleted_job_takes_its_pods_with_it() {
    let (mut store, gpu) = cluster(2, 4);
    let mut spec = job(gpu, Distribution::Fixed(span(100.0)));
    spec.parallelism = 5;
    spec.completions = Some(5);
    let spec = store.add_job_spec(spec);
    store.add_job(spec);
    let mut other = job(gpu, Distribution::Fixed(span(100.0)));
    other.name = "other".into();
    let other = store.add_job_spec(other);
    store.add_job(other);
    let steps = vec![delete(ObjectKind::Job, "train", 20.0)];
    let (store, story, _) = play_script(store, recorded(0.0, 0.0, 0.0, 0.0), steps, &[], 60.0);
    assert!(store.jobs[0].gone);
    assert_eq!(deletions(&story).len(), 5);
    let (own, others): (Vec<_>, Vec<_>) = store.pods.iter().partition(|pod| pod.owner == Owner::Job(JobId(0)));
    assert!(own.iter().all(|pod| pod.gone && !pod.tracked));
    assert!(others.iter().all(|pod| !pod.deleting));
    assert!(story.time("pod 0 Failed") > 20.2, "its containers had time to stop");
}

/// In the foreground the object of a Job stays until its pods are gone: only its time to live asks for that here.
#[test]
fn a_job_that_waits_for_its_pods_goes_last() {
    let (mut store, gpu) = cluster(2, 4);
    let mut spec = job(gpu, Distribution::Fixed(span(5.0)));
    spec.ttl_after_finished = Some(span(10.0));
    let spec = store.add_job_spec(spec);
    store.add_job(spec);
    let other = store.add_job_spec(job(gpu, Distribution::Fixed(span(50.0))));
    store.add_job(other);
    let (store, story, _) = play_script(store, recorded(0.0, 0.0, 0.0, 0.0), vec![], &[], 40.0);
    let gone = story.time("pod 0 gone");
    assert!((gone - 16.5).abs() < 0.6, "{gone}");
    assert!(store.jobs[JobId(0).index()].gone && store.pods[PodId(0).index()].gone);
    assert!(!store.jobs[1].gone);
}
