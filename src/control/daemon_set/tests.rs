use super::*;
use crate::cluster::spec::{IntOrPercent, Taint, Toleration};

const RUNS: Eligibility = Eligibility {
    should_run: true,
    may_stay: true,
};

fn pod(id: u32, updated: bool, ready: bool) -> PodView {
    PodView {
        pod: PodId(id),
        updated,
        ready,
        available: ready,
        terminating: false,
        failed: false,
        succeeded: false,
    }
}

fn node(id: u32, pods: &[PodView]) -> NodeView {
    NodeView {
        node: NodeId(id),
        eligibility: RUNS,
        pods: pods.to_vec(),
        backs_off: false,
    }
}

fn rolling(max_unavailable: IntOrPercent, max_surge: IntOrPercent) -> DaemonSetUpdate {
    DaemonSetUpdate::RollingUpdate {
        max_unavailable,
        max_surge,
    }
}

#[test]
fn nodes_are_chosen_by_labels_and_taints() {
    let taint = |effect| Taint {
        key: "only".into(),
        value: String::new(),
        effect,
    };
    let plain = NodeSpec::default();
    let tainted = |effect| NodeSpec {
        taints: vec![taint(effect)],
        ..NodeSpec::default()
    };
    let template = PodTemplate::default();
    let asks = |template: &PodTemplate, node: &NodeSpec| {
        let e = eligibility(template, node);
        (e.should_run, e.may_stay)
    };
    assert_eq!(asks(&template, &plain), (true, true));
    assert_eq!(asks(&template, &tainted(TaintEffect::NoSchedule)), (false, true));
    assert_eq!(asks(&template, &tainted(TaintEffect::NoExecute)), (false, false));
    assert_eq!(asks(&template, &tainted(TaintEffect::PreferNoSchedule)), (true, true));
    let tolerant = PodTemplate {
        tolerations: vec![Toleration {
            key: "only".into(),
            exists: true,
            value: String::new(),
            effect: None,
            toleration_seconds: None,
        }],
        ..PodTemplate::default()
    };
    assert_eq!(asks(&tolerant, &tainted(TaintEffect::NoExecute)), (true, true));
    let picky = PodTemplate {
        node_selector: [("ds".to_owned(), "yes".to_owned())].into(),
        ..PodTemplate::default()
    };
    assert_eq!(asks(&picky, &plain), (false, false));
}

#[test]
fn every_node_gets_one_pod_and_keeps_the_oldest() {
    let failed = PodView {
        failed: true,
        ..pod(5, true, false)
    };
    let away = NodeView {
        eligibility: Eligibility::default(),
        ..node(4, &[pod(4, true, true)])
    };
    let waiting = NodeView {
        backs_off: true,
        ..node(
            6,
            &[PodView {
                pod: PodId(6),
                ..failed
            }],
        )
    };
    let nodes = [
        node(1, &[]),
        node(2, &[pod(2, true, false)]),
        node(3, &[pod(3, true, true), pod(13, true, true)]),
        away,
        node(5, &[failed]),
        waiting,
    ];
    let changes = manage(&nodes, false);
    assert_eq!(changes.create, [NodeId(1)]);
    assert_eq!(changes.delete, [13, 4, 5].map(PodId));
    assert_eq!(changes.failed, [NodeId(5)]);
    let counted = status(&nodes, 7);
    assert_eq!(
        (counted.desired_number_scheduled, counted.current_number_scheduled),
        (5, 4)
    );
    assert_eq!((counted.number_ready, counted.number_unavailable), (1, 4));
    assert_eq!((counted.number_misscheduled, counted.observed_generation), (1, 7));
}

#[test]
fn updates_keep_within_max_unavailable() {
    let one = rolling(IntOrPercent::Int(1), IntOrPercent::Int(0));
    let old = [1, 2, 3].map(|i| node(i, &[pod(i, false, true)]));
    assert_eq!(roll(&old, one).delete, [PodId(1)]);
    let half = rolling(IntOrPercent::Percent(50), IntOrPercent::Int(0));
    assert_eq!(
        roll(&old, half).delete,
        [PodId(1), PodId(2)],
        "percentages are rounded up"
    );
    let terminating = PodView {
        terminating: true,
        ..pod(1, false, true)
    };
    let going = [node(1, &[terminating]), old[1].clone(), old[2].clone()];
    assert_eq!(roll(&going, one).delete, []);
    let starting = [node(1, &[pod(9, true, false)]), old[1].clone(), old[2].clone()];
    assert_eq!(roll(&starting, one).delete, []);
    // What does not work is replaced whatever is unavailable beside it.
    let broken = [starting[0].clone(), node(2, &[pod(2, false, false)]), old[2].clone()];
    assert_eq!(roll(&broken, one).delete, [PodId(2)]);
    assert_eq!(roll(&old, DaemonSetUpdate::OnDelete), Changes::default());
}

#[test]
fn surging_makes_the_new_pod_first() {
    let surge = rolling(IntOrPercent::Int(0), IntOrPercent::Int(1));
    let old = [1, 2].map(|i| node(i, &[pod(i, false, true)]));
    assert_eq!(roll(&old, surge).create, [NodeId(1)]);
    let both = |ready| [node(1, &[pod(1, false, true), pod(9, true, ready)]), old[1].clone()];
    assert_eq!(roll(&both(false), surge), Changes::default());
    let changes = roll(&both(true), surge);
    assert_eq!((changes.delete, changes.create), (vec![PodId(1)], vec![NodeId(2)]));
    assert_eq!(manage(&both(false), true), Changes::default());
    assert_eq!(manage(&both(true), true).delete, [PodId(1)]);
    assert_eq!(manage(&both(true), false).delete, [PodId(9)]);
}
