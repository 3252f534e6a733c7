//! The pod garbage collector: pods that have ended, pods of nodes that are out of service or gone, pods that never had a node.

use makespan::cluster::job::JobCondition;
use makespan::cluster::pod::{Disruption, PodPhase};
use makespan::cluster::spec::{Taint, TaintEffect};
use makespan::cluster::{NodeId, PodId, Store};
use makespan::control::ControlPlane;
use makespan::control::event::{Event, EvictionEvent, NodeEvent};
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Action, NodeRef, Step};

use crate::node_failures::{Story, first_node, play_script, recorded, seconds, span, three_nodes};
use crate::support::{cluster, job};

/// Jobs of one pod each that run so long.
fn jobs(store: &mut Store, gpu: makespan::cluster::ResourceId, runtimes: &[f64]) {
    for runtime in runtimes {
        let spec = store.add_job_spec(job(gpu, Distribution::Fixed(span(*runtime))));
        store.add_job(spec);
    }
}

fn gone(story: &Story) -> Vec<(f64, u32)> {
    let pods = story.0.iter().filter_map(|(at, line)| {
        let pod = line.strip_prefix("pod ")?.strip_suffix(" gone")?;
        Some((at.as_secs_f64(), pod.parse().ok()?))
    });
    pods.collect()
}

/// Ten pods of 2 s and one long one, of which the threshold keeps three: at the first look, at 20 s, the seven oldest go.
#[test]
fn the_oldest_ended_pods_beyond_the_threshold_go() {
    let (mut store, gpu) = cluster(1, 12);
    jobs(
        &mut store,
        gpu,
        &[2.0, 30.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 60.0],
    );
    let mut plane = recorded(0.0, 0.0, 0.0, 0.0);
    plane.node_lifecycle.terminated_pod_gc_threshold = 3;
    let (store, story, _) = play_script(store, plane, vec![], &[], 100.0);
    let gone = gone(&story);
    let pods: Vec<u32> = gone.iter().map(|(_, pod)| *pod).collect();
    // The second look, at 40 s, finds one more: that of 30 s, which is the oldest now.
    assert_eq!(pods, [0, 2, 3, 4, 5, 6, 7, 1], "{gone:?}");
    assert!(gone[..7].iter().all(|(at, _)| (20.0..20.1).contains(at)), "{gone:?}");
    assert!((40.0..40.1).contains(&gone[7].0), "{gone:?}");
    assert_eq!(store.ended_pods, 4, "the last one ended with the run");
}

/// 200 pods beyond the threshold take 30 tokens at once and 20 a second.
#[test]
fn its_bucket_bounds_how_fast_ended_pods_go() {
    let (mut store, gpu) = cluster(20, 12);
    let spec = store.add_job_spec(job(gpu, Distribution::Fixed(span(1.0))));
    for _ in 0..201 {
        store.add_job(spec);
    }
    jobs(&mut store, gpu, &[100.0]);
    let mut plane = ControlPlane::kubernetes();
    plane.job = ControlPlane::ideal().job;
    plane.node_lifecycle.phases = Some(makespan::control::node_lifecycle::NodePhases::default());
    plane.node_lifecycle.terminated_pod_gc_threshold = 1;
    let (_, story, _) = play_script(store, plane, vec![], &[], 100.0);
    let gone = gone(&story);
    assert_eq!(gone.len(), 200);
    let at = |place: usize| gone[place].0 - 20.005;
    assert!(at(29).abs() < 1e-6 && (at(30) - 0.05).abs() < 1e-6, "{gone:?}");
    assert!((at(199) - 8.5).abs() < 1e-6, "{gone:?}");
}

fn out_of_service(node: NodeId, at: f64) -> Step {
    let taint = Taint {
        key: Taint::OUT_OF_SERVICE.into(),
        value: "nodeshutdown".into(),
        effect: TaintEffect::NoExecute,
    };
    let node = NodeRef::Named(format!("node-{}", node.0));
    Step::at(
        seconds(at),
        Action::Taint {
            node,
            add: vec![taint],
            remove: vec![],
        },
    )
}

/// Somebody says that the node will not come back: its pods, which tolerate unreachable nodes for 300 s but not that, are deleted,
/// and the collector takes them away at its next look, as nobody else can.
#[test]
fn pods_of_a_node_out_of_service_go_at_once() {
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let node = first_node(300, &plane);
    let stops = [(20.0, Event::Node(NodeEvent::KubeletStops(node)))];
    let (store, story, _) = play_script(
        three_nodes(300),
        plane,
        vec![out_of_service(node, 105.0)],
        &stops,
        150.0,
    );
    let lost: Vec<usize> = (0..store.pods.len())
        .filter(|id| store.pods[*id].node == node && store.pods[*id].created < seconds(20.0))
        .collect();
    assert!(!lost.is_empty());
    for id in lost {
        story.expect(105.0, &format!("pod {id} deleting"));
        story.expect(120.0, &format!("pod {id} Failed"));
        assert_eq!(store.pods[id].disruption, Disruption::DeletionByTaintManager);
        assert!(
            store.failures.contains_key(&PodId(id as u32)),
            "nobody saw its containers end"
        );
        assert!(store.pods[id].gone || store.pods[id].removal_waits);
    }
}

/// Of a node that is ready the kubelet ends the pods itself, and the collector leaves them alone.
#[test]
fn a_ready_node_out_of_service_ends_its_pods_itself() {
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let node = first_node(300, &plane);
    let (store, story, _) = play_script(three_nodes(300), plane, vec![out_of_service(node, 105.0)], &[], 150.0);
    let lost = (0..store.pods.len()).filter(|id| store.pods[*id].node == node);
    for id in lost.filter(|id| store.pods[*id].created < seconds(20.0)) {
        story.expect(105.2, &format!("pod {id} Failed"));
        assert!(!store.failures.contains_key(&PodId(id as u32)));
    }
}

/// Pods that have ended go with their node, too, after the quarantine: seen at 20 s, 40 s later it is a moment too early.
#[test]
fn ended_pods_of_a_node_that_is_gone_are_collected() {
    let (mut store, gpu) = cluster(2, 1);
    jobs(&mut store, gpu, &[2.0, 200.0]);
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let deleted = [(15.0, Event::Node(NodeEvent::Deleted(NodeId(0))))];
    let (store, story, _) = play_script(store, plane, vec![], &deleted, 100.0);
    assert_eq!(store.pods[0].node, NodeId(0));
    assert_eq!(
        (store.pods[0].phase, store.pods[0].disruption),
        (PodPhase::Succeeded, Disruption::None)
    );
    story.expect(80.0, "pod 0 gone");
}

/// A Job whose pod, which found no node, is deleted at 5.3 s; then room comes. When it was counted, and when its next pod came.
fn deleted_while_it_waits(only_when_ended: bool) -> (Store, Story) {
    let (mut store, gpu) = cluster(1, 0);
    let mut spec = job(gpu, Distribution::Fixed(span(1.0)));
    spec.backoff_limit = 1;
    if only_when_ended {
        spec.pod_failure_policy = Some(vec![]);
    }
    let spec = store.add_job_spec(spec);
    store.add_job(spec);
    let deleted = [(5.3, Event::Eviction(EvictionEvent::Deleted(PodId(0))))];
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let (store, story, _) = play_script(store, plane, vec![], &deleted, 60.0);
    (store, story)
}

#[test]
fn a_job_takes_its_finalizer_off_a_pod_that_never_had_a_node() {
    let (store, story) = deleted_while_it_waits(false);
    story.expect(5.3, "pod 0 deleting");
    // One batch period, and two calls.
    story.expect(6.33, "pod 0 gone");
    story.expect(15.0, "pod 1 created");
    assert_eq!(
        (store.jobs[0].condition, store.jobs[0].failed),
        (JobCondition::Active, 1)
    );
}

/// Nobody but the collector can end a pod that no kubelet knows.
#[test]
fn a_job_that_waits_for_the_end_of_such_a_pod_waits_for_the_collector() {
    let (store, story) = deleted_while_it_waits(true);
    story.expect(5.3, "pod 0 deleting");
    story.expect(20.0, "pod 0 Failed");
    story.expect(21.0, "pod 0 gone");
    assert_eq!(store.jobs[0].failed, 1);
    assert_eq!(store.pods[0].phase, PodPhase::Failed);
    // The back-off counts from the deletion request.
    story.expect(21.0, "pod 1 created");
}

/// Where nothing has a latency, such a pod is gone at once either way.
#[test]
fn in_the_textbook_such_a_pod_is_gone_at_once() {
    for policy in [None, Some(vec![])] {
        let (mut store, gpu) = cluster(1, 0);
        let mut spec = job(gpu, Distribution::Fixed(span(1.0)));
        spec.pod_failure_policy = policy;
        let spec = store.add_job_spec(spec);
        store.add_job(spec);
        let deleted = [(5.0, Event::Eviction(EvictionEvent::Deleted(PodId(0))))];
        let (_, story, _) = play_script(store, ControlPlane::ideal(), vec![], &deleted, 60.0);
        assert!((story.time("pod 0 gone") - 5.0).abs() < 1e-6);
    }
}
