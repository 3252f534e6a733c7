//! Nodes that join a running cluster.

use makespan::cluster::node::NodeReadiness;
use makespan::cluster::pod::PodPhase;
use makespan::cluster::spec::{Breaks, FailureSource, NodeSpec, ObjectSpec};
use makespan::cluster::{Amounts, NodeId, ResourceId, Store};
use makespan::control::ControlPlane;
use makespan::control::event::{Event, NodeEvent};
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Action, Order, Step};

use crate::node_failures::{Story, play_script, recorded, seconds, span};
use crate::support::{cluster, job};

/// A node without GPUs, and a Job that wants one.
fn waiting() -> (Store, NodeSpec) {
    let (mut store, gpu) = cluster(1, 0);
    let spec = store.add_job_spec(job(gpu, Distribution::Fixed(span(10.0))));
    store.add_job(spec);
    let mut allocatable = Amounts::new();
    for (resource, amount) in [
        (ResourceId::CPU, 8000),
        (ResourceId::MEMORY, 1 << 34),
        (ResourceId::PODS, 110),
        (gpu, 1),
    ] {
        allocatable.set(resource, amount);
    }
    let new = NodeSpec {
        name: "new".into(),
        capacity: allocatable.clone(),
        allocatable,
        ..NodeSpec::default()
    };
    (store, new)
}

fn joins(node: NodeSpec, at: f64) -> Step {
    let objects = vec![ObjectSpec::Node(node)];
    let order = Order::default();
    Step::at(seconds(at), Action::Submit { objects, order })
}

fn of_node(story: &Story) -> Vec<(f64, &str)> {
    let lines = story.0.iter().filter(|(_, line)| line.starts_with("new "));
    lines.map(|(at, line)| (at.as_secs_f64(), line.as_str())).collect()
}

/// As in the recordings `daemonset` and `wakeup-node-added`: no condition Ready, the taint goes when the controller has seen the
/// node, whether the kubelet has written or not.
#[test]
fn a_new_node_has_a_taint_and_no_condition() {
    let (store, new) = waiting();
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let (store, story, _) = play_script(store, plane, vec![joins(new, 15.0)], &[], 60.0);
    assert_eq!(
        of_node(&story),
        [
            (15.005, "new added"),
            (15.02, "new Ready=Absent []"),
            (15.11, "new Ready=True []"),
        ]
    );
    // The controller's write is seen 5 ms later, a cycle and a call follow.
    story.expect(15.03, "pod 0 bound to new");
    assert_eq!(store.pods[0].phase, PodPhase::Succeeded);
}

#[test]
fn in_the_textbook_a_new_node_is_ready_at_once() {
    let (store, new) = waiting();
    let (_, story, _) = play_script(store, ControlPlane::ideal(), vec![joins(new, 15.0)], &[], 60.0);
    assert!(
        of_node(&story).iter().all(|(at, _)| (at - 15.0).abs() < 1e-6),
        "{:?}",
        of_node(&story)
    );
    assert!((story.time("pod 0 bound to new") - 15.0).abs() < 1e-6);
}

/// `NodeStatusNeverUpdated`: 60 s after its creation, at the next look (every 5 s), nobody having heard of its kubelet.
#[test]
fn a_new_node_that_nobody_hears_of_becomes_unknown() {
    let (store, new) = waiting();
    let plane = recorded(0.0, 2.0, 0.0, 0.0);
    let stops = [(15.05, Event::Node(NodeEvent::KubeletStops(NodeId(1))))];
    let (store, story, _) = play_script(store, plane, vec![joins(new, 15.0)], &stops, 200.0);
    assert_eq!(store.node_states[1].ready, NodeReadiness::Unknown);
    assert_eq!(store.pods[0].phase, PodPhase::Pending, "bound, and never started");
    assert_eq!(store.pods[0].node, NodeId(1));
    // Looked at for the first time at 17 s; 77 s is a whole grace period later.
    story.expect(77.0, "new Ready=Unknown []");
    story.expect(77.0, "new Ready=Unknown [node.kubernetes.io/unreachable:NoSchedule]");
    assert!(story.times("pod 0 unready").is_empty());
}

#[test]
fn a_node_that_is_deleted_before_its_first_status_stays_away() {
    let (store, new) = waiting();
    let deleted = [(15.05, Event::Node(NodeEvent::Deleted(NodeId(1))))];
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let (store, story, _) = play_script(store, plane, vec![joins(new, 15.0)], &deleted, 30.0);
    assert!(!store.node_states[1].exists);
    assert!(story.times("new Ready=True []").is_empty());
}

#[test]
fn a_node_that_joins_may_fail_by_chance_like_the_others() {
    let (mut store, new) = waiting();
    store.failure_sources.push(FailureSource {
        pool: None,
        breaks: Breaks::Kubelet,
        between: Distribution::Fixed(span(9.0)),
        repair: Distribution::Fixed(span(5.0)),
        from: span(0.0),
    });
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let (store, _, _) = play_script(store, plane, vec![joins(new, 15.0)], &[], 150.0);
    let failures: Vec<u32> = store.node_states.iter().map(|state| state.failures).collect();
    assert_eq!(failures, [2, 1], "at 9 and 23 s, and 9 s after it joined");
    assert!((store.node_states[1].down_time.as_secs_f64() - 5.0).abs() < 1e-9);
}
