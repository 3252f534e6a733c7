//! Nodes that come, change and go by a script.

use makespan::cluster::record::Record;
use makespan::cluster::spec::{Labels, NodeSpec, ObjectSpec, Taint, TaintEffect};
use makespan::cluster::{NodeId, PodId};
use makespan::control::{ControlPlane, End};
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Action, NodeRef, ObjectKind, Order, PodRef};

use super::{at, object, play, secs, submit};
use crate::support::{cluster, job};

fn named(name: &str) -> NodeRef {
    NodeRef::Named(name.into())
}

#[test]
fn a_cordoned_node_takes_no_pods_until_it_is_uncordoned() {
    let (store, gpu) = cluster(1, 4);
    let job = ObjectSpec::Job(job(gpu, Distribution::Fixed(secs(10))));
    let cordon = |unschedulable| Action::Cordon {
        node: named("node-0"),
        unschedulable,
    };
    let steps = vec![
        at(0, cordon(true)),
        at(1, submit(vec![job], Order::default())),
        at(20, cordon(false)),
    ];
    let played = play(store, steps, ControlPlane::ideal(), None);
    assert_eq!(played.outcome.end, End::Finished);
    assert_eq!(played.first(|r| r == Record::PodBound(PodId(0), NodeId(0))), 20.0);
}

#[test]
fn taints_and_labels_change_one_by_one() {
    let (mut store, gpu) = cluster(2, 4);
    let taint = |key: &str, value: &str, effect| Taint {
        key: key.into(),
        value: value.into(),
        effect,
    };
    let (hard, soft) = (TaintEffect::NoSchedule, TaintEffect::PreferNoSchedule);
    store.nodes[0].taints = vec![taint("a", "1", hard), taint("a", "1", soft), taint("b", "", hard)];
    store.nodes[0].labels = Labels::from([("zone".into(), "x".into()), ("old".into(), "1".into())]);
    let steps = vec![
        at(
            1,
            Action::Taint {
                node: named("node-0"),
                add: vec![taint("a", "2", soft), taint("c", "", hard)],
                remove: vec![("a".into(), Some(hard)), ("b".into(), None)],
            },
        ),
        at(
            2,
            Action::Label {
                node: named("node-0"),
                set: Labels::from([("zone".into(), "y".into()), ("new".into(), String::new())]),
                remove: vec!["old".into(), "never".into()],
            },
        ),
    ];
    let _ = gpu;
    let played = play(store, steps, ControlPlane::ideal(), None);
    let node = &played.store.nodes[0];
    assert_eq!(node.taints, [taint("a", "2", soft), taint("c", "", hard)]);
    let labels = Labels::from([("zone".into(), "y".into()), ("new".into(), String::new())]);
    assert_eq!(node.labels, labels);
    assert_eq!(played.store.nodes[1].taints, []);
}

#[test]
fn a_patch_of_a_node_leaves_alone_what_it_does_not_name() {
    let (mut store, gpu) = cluster(1, 4);
    let taint = Taint {
        key: "node.kubernetes.io/not-ready".into(),
        value: String::new(),
        effect: TaintEffect::NoSchedule,
    };
    store.nodes[0].labels.insert("pool".into(), "one".into());
    let before = store.nodes[0].clone();
    let mut after = before.clone();
    after.labels.insert("gpu".into(), "a100".into());
    after.labels.remove("pool");
    after.allocatable.set(gpu, 2);
    // Meanwhile somebody taints the node.
    let steps = vec![
        at(
            1,
            Action::Taint {
                node: named("node-0"),
                add: vec![taint.clone()],
                remove: vec![],
            },
        ),
        at(
            2,
            Action::Update {
                object: object(ObjectKind::Node, "node-0"),
                change: Box::new((ObjectSpec::Node(before), ObjectSpec::Node(after.clone()))),
            },
        ),
    ];
    let played = play(store, steps, ControlPlane::ideal(), None);
    let expected = NodeSpec {
        taints: vec![taint],
        ..after
    };
    assert_eq!(played.store.nodes[0], expected);
    assert_eq!(played.store.allocatable_total[gpu.index()], 2);
}

#[test]
fn the_node_of_a_pod_can_be_named_by_the_pod() {
    let (store, gpu) = cluster(2, 4);
    let spec = job(gpu, Distribution::Fixed(secs(10)));
    let of_pod = NodeRef::Of(PodRef::Of {
        owner: object(ObjectKind::Job, "train"),
        ordinal: 0,
    });
    let steps = vec![
        at(0, submit(vec![ObjectSpec::Job(spec)], Order::default())),
        at(
            1,
            Action::Cordon {
                node: of_pod,
                unschedulable: true,
            },
        ),
        at(2, Action::DeleteNode { node: named("nowhere") }),
    ];
    let played = play(store, steps, ControlPlane::ideal(), None);
    let node = played.store.pods[0].node;
    assert!(played.store.nodes[node.index()].unschedulable);
    assert!(!played.store.nodes[1 - node.index()].unschedulable);
    assert_eq!(
        played.refused(),
        [("delete Node nowhere", "nodes \"nowhere\" not found")]
    );
}
