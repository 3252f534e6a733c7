//! Images that kubelets pulled, and what the scheduler makes of them.

use std::sync::Arc;

use makespan::cluster::NodeId;
use makespan::cluster::spec::ObjectSpec;
use makespan::control::ControlPlane;
use makespan::control::event::{Event, NodeEvent};
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Action, NodeRef, Order, Step};

use crate::node_failures::{play_script, recorded, seconds, span};
use crate::support::{cluster, job};

/// The first pod must go to node-2 and pulls an image there in 10 s; when the second comes, at `second`, all nodes are free again.
/// Where it goes, and what the Node shows.
fn second_goes_to(mut plane: ControlPlane, sized: bool, second: f64, events: &[(f64, Event)]) -> (NodeId, usize) {
    let (mut store, gpu) = cluster(3, 4);
    store.nodes[0].unschedulable = true;
    store.nodes[1].unschedulable = true;
    let submit = |at: f64, name: &str| {
        let mut spec = job(gpu, Distribution::Fixed(span(5.0)));
        spec.name = name.into();
        Arc::make_mut(&mut spec.template).images = vec!["registry.example/big".into()];
        let objects = vec![ObjectSpec::Job(spec)];
        let order = Order::default();
        Step::at(seconds(at), Action::Submit { objects, order })
    };
    let uncordon = |node: &str| {
        let node = NodeRef::Named(node.into());
        let action = Action::Cordon {
            node,
            unschedulable: false,
        };
        Step::at(seconds(2.0), action)
    };
    let images = &mut plane.kubelet.images;
    images.pull_time = vec![("registry.example/big".into(), span(10.0))];
    if sized {
        images.size = vec![("registry.example/big".into(), 3 << 30)];
    }
    let steps = vec![
        submit(1.0, "first"),
        uncordon("node-0"),
        uncordon("node-1"),
        submit(second, "second"),
    ];
    let (store, _, _) = play_script(store, plane, steps, events, second + 60.0);
    assert_eq!(store.pods[0].node, NodeId(2));
    (store.pods[1].node, store.nodes[2].images.len())
}

#[test]
fn the_scheduler_prefers_a_node_whose_kubelet_shows_that_it_has_the_image() {
    let plane = || recorded(0.0, 0.0, 0.0, 0.0);
    // Pulled at 11 s; shown 40 s later at the latest.
    assert_eq!(second_goes_to(plane(), true, 55.0, &[]), (NodeId(2), 1));
    // Shown too late, or of no known size.
    let (node, _) = second_goes_to(plane(), true, 11.2, &[]);
    assert_eq!(node, NodeId(0));
    assert_eq!(second_goes_to(plane(), false, 55.0, &[]), (NodeId(0), 0));
}

#[test]
fn in_the_textbook_an_image_is_shown_when_it_is_there() {
    assert_eq!(second_goes_to(ControlPlane::ideal(), true, 11.1, &[]), (NodeId(2), 1));
    // While it is being pulled it is not.
    assert_eq!(second_goes_to(ControlPlane::ideal(), true, 10.9, &[]).0, NodeId(0));
}

#[test]
fn a_kubelet_that_was_away_shows_its_images_when_it_is_back() {
    let plane = || recorded(0.0, 0.0, 0.0, 0.0);
    let away = [
        (11.5, Event::Node(NodeEvent::KubeletStops(NodeId(2)))),
        (53.0, Event::Node(NodeEvent::KubeletStarts(NodeId(2)))),
    ];
    assert_eq!(second_goes_to(plane(), true, 52.0, &away).0, NodeId(0));
    assert_eq!(second_goes_to(plane(), true, 95.0, &away), (NodeId(2), 1));
}
