//! Evictions by a script: the Eviction API and its disruption budgets, asked once or by a drain.

use std::sync::Arc;

use makespan::cluster::pod::PodPhase;
use makespan::cluster::record::Record;
use makespan::cluster::spec::{
    Allowance, Behaviour, LabelSelector, Labels, ObjectSpec, PodDisruptionBudget, PodSpec, PodTemplate, ReplicaSetSpec,
    RestartPolicy,
};
use makespan::cluster::{NodeId, PodId, Store};
use makespan::control::ControlPlane;
use makespan::kernel::SimTime;
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::script::{Action, NodeRef, ObjectKind, Order, PodRef};

use super::{Played, at, object, play, secs, submit};
use crate::support::{cluster, job};

/// Three pods of a ReplicaSet on two nodes; `budgets` keep two of them.
fn three_replicas(budgets: u32) -> Store {
    let (mut store, gpu) = cluster(2, 4);
    let labels = Labels::from([("app".into(), "web".into())]);
    let selector = LabelSelector::of_labels(&labels);
    let template = PodTemplate {
        namespace: "default".into(),
        labels,
        restart_policy: RestartPolicy::Always,
        ..(*job(gpu, Distribution::Fixed(secs(1))).template).clone()
    };
    let template = Arc::new(PodTemplate {
        behaviour: Behaviour::default(),
        ..template
    });
    let set = ReplicaSetSpec {
        namespace: "default".into(),
        name: "web".into(),
        replicas: 3,
        template,
        ..ReplicaSetSpec::default()
    };
    store.add_replica_set(set, SimTime::ZERO);
    for i in 0..budgets {
        store.disruption_budgets.push(PodDisruptionBudget {
            namespace: "default".into(),
            name: format!("web-{i}"),
            selector: Some(selector.clone()),
            min_available: Some(Allowance::Pods(2)),
            ..PodDisruptionBudget::default()
        });
    }
    store
}

fn evict(ordinal: u32) -> Action {
    Action::Evict {
        pod: PodRef::Of {
            owner: object(ObjectKind::ReplicaSet, "web"),
            ordinal,
        },
    }
}

fn marked(played: &Played) -> Vec<f64> {
    let marks = played
        .notes
        .iter()
        .filter(|(_, r)| matches!(r, Record::PodDisrupted(_)));
    marks.map(|(at, _)| *at).collect()
}

#[test]
fn a_refused_eviction_is_told_and_not_repeated() {
    // The second comes while the replacement of the first is not Ready.
    let steps = vec![at(20, evict(0)), at(20, evict(1)), at(40, evict(2))];
    let played = play(three_replicas(1), steps, ControlPlane::kubernetes(), Some(60));
    let refused = "Cannot evict pod as it would violate the pod's disruption budget.";
    assert_eq!(played.refused(), [("evict pod 1 of ReplicaSet default/web", refused)]);
    assert_eq!(marked(&played).len(), 2);
    assert_eq!(played.store.pods.len(), 5);
    assert!(!played.store.pods[1].gone);
}

#[test]
fn two_budgets_on_a_pod_are_an_error() {
    let played = play(
        three_replicas(2),
        vec![at(20, evict(0))],
        ControlPlane::kubernetes(),
        Some(60),
    );
    let refused = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    assert_eq!(played.refused(), [("evict pod 0 of ReplicaSet default/web", refused)]);
    assert!(marked(&played).is_empty());
}

#[test]
fn a_drain_asks_again_every_five_seconds() {
    let mut store = three_replicas(1);
    // Nothing fits on the other node until it is uncordoned, so the replacement waits.
    store.nodes[1].unschedulable = true;
    let named = |name: &str| NodeRef::Named(name.into());
    let steps = vec![
        at(20, Action::Drain { node: named("node-0") }),
        at(
            33,
            Action::Cordon {
                node: named("node-1"),
                unschedulable: false,
            },
        ),
    ];
    let played = play(store, steps, ControlPlane::kubernetes(), Some(120));
    assert_eq!(played.refused(), []);
    let marked = marked(&played);
    assert_eq!(marked.len(), 3, "{marked:?}");
    assert!((marked[0] - 20.02).abs() < 0.01, "{marked:?}");
    // Asked at 20, 25, 30 and 35 s; the replacement is Ready some seconds after 33 s.
    for later in &marked[1..] {
        let asked = (later - 20.02) / 5.0;
        assert!(*later > 33.0 && (asked - asked.round()).abs() < 0.03, "{marked:?}");
    }
    let left = played.store.pods.iter().filter(|pod| !pod.gone);
    assert!(left.into_iter().all(|pod| pod.node == NodeId(1)));
}

#[test]
fn the_eviction_of_a_pod_that_has_ended_deletes_it() {
    let (store, gpu) = cluster(1, 4);
    let mut template = (*job(gpu, Distribution::Fixed(secs(5))).template).clone();
    template.namespace = "default".into();
    let pod = ObjectSpec::Pod(PodSpec {
        namespace: "default".into(),
        name: "once".into(),
        template: Arc::new(template),
    });
    let once = PodRef::Named {
        namespace: "default".into(),
        name: "once".into(),
    };
    let steps = vec![
        at(0, submit(vec![pod], Order::default())),
        at(20, Action::Evict { pod: once }),
    ];
    let played = play(store, steps, ControlPlane::kubernetes(), Some(60));
    let record = &played.store.pods[0];
    assert_eq!((record.phase, record.gone), (PodPhase::Succeeded, true));
    assert!(played.first(|r| r == Record::PodGone(PodId(0))) < 20.1);
    assert!(marked(&played).is_empty());
}
