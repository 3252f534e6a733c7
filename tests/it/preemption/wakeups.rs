//! What brings a refused pod back (recordings wakeup-*).

use super::*;

fn node_change(at: f64, change: impl FnOnce(&mut NodeSpec)) -> Step {
    let before = nodes(1, 4).1.remove(0);
    let mut after = before.clone();
    change(&mut after);
    Step::at(
        SimTime::ZERO + secs(at),
        Action::Update {
            object: ObjectRef::new(ObjectKind::Node, "", "gpu-0"),
            change: Box::new((ObjectSpec::Node(before), ObjectSpec::Node(after))),
        },
    )
}

/// wakeup-label-added, and what wakes nobody: another label, and a taint.
#[test]
fn a_label_wakes_the_pod_that_waits_for_it() {
    let mut want = pod("want", 0.0, 1, 0);
    want.selector = Some(("gpu", "a100"));
    let label = |at, key: &str, value: &str| {
        let (key, value) = (key.to_owned(), value.to_owned());
        node_change(at, |node| drop(node.labels.insert(key, value)))
    };
    let steps = vec![
        label(5.0, "other", "x"),
        label(6.0, "gpu", "h100"),
        label(15.052, "gpu", "a100"),
    ];
    let (log, _) = play(nodes(1, 4), &[want], steps, recorded_plane(0.546_342), 20.0);
    assert_near(&log, "want scheduled gpu-0", 15.069);
    let attempts = log.attempts.len();
    assert_eq!(attempts, 1, "{:?}", log.attempts);
    let text = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, \
                preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    assert_eq!(log.texts_of("want"), [text]);
}

/// wakeup-taint-removed.
#[test]
fn a_removed_taint_wakes_the_pod_that_does_not_tolerate_it() {
    let (resources, mut cluster) = nodes(1, 4);
    let taint = Taint {
        key: "a".into(),
        value: "b".into(),
        effect: TaintEffect::NoSchedule,
    };
    cluster[0].taints.push(taint.clone());
    let remove = Action::Taint {
        node: NodeRef::Named("gpu-0".into()),
        add: vec![],
        remove: vec![("a".into(), None)],
    };
    let steps = vec![Step::at(SimTime::ZERO + secs(15.102), remove)];
    let (log, _) = play(
        (resources, cluster),
        &[pod("want", 0.0, 1, 0)],
        steps,
        recorded_plane(0.465_267),
        20.0,
    );
    assert_near(&log, "want scheduled gpu-0", 15.117);
    assert_eq!(log.attempts.len(), 1);
}

/// wakeup-node-added: the new node wakes the pod that fits it, in vain while it has its taint.
#[test]
fn a_new_node_wakes_the_pod_that_fits_it() {
    let (resources, mut new) = nodes(1, 4);
    new[0].name = "gpu-new".into();
    new[0].taints.push(Taint {
        key: "node.kubernetes.io/not-ready".into(),
        value: String::new(),
        effect: TaintEffect::NoSchedule,
    });
    let (_, mut old) = nodes(1, 0);
    old[0].name = "n-0".into();
    let order = Order::default();
    let steps = vec![
        Step::at(
            SimTime::ZERO + secs(15.055),
            Action::Submit {
                objects: vec![ObjectSpec::Node(new.remove(0))],
                order,
            },
        ),
        Step::at(
            SimTime::ZERO + secs(15.30),
            Action::Taint {
                node: NodeRef::Named("gpu-new".into()),
                add: vec![],
                remove: vec![("node.kubernetes.io/not-ready".into(), None)],
            },
        ),
    ];
    let want = [pod("want", 0.0, 1, 0)];
    let (log, _) = play((resources, old), &want, steps, recorded_plane(0.450_016), 20.0);
    let tail = |n: u32| {
        format!(
            "no new claims to deallocate, preemption: 0/{n} nodes are available: {n} Preemption is not helpful for scheduling."
        )
    };
    assert_eq!(
        log.texts_of("want"),
        [
            format!("0/1 nodes are available: 1 {NO_GPU} {}", tail(1)),
            format!(
                "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint(s). {}",
                tail(2)
            ),
        ]
    );
    assert_near(&log, "want scheduled gpu-new", 15.334);
}

/// wakeup-pod-deleted.
#[test]
fn a_deleted_pod_wakes_the_one_that_waits_for_its_room() {
    let pods = [
        Wants {
            stop: 0.2,
            ..pod("hold", 0.0, 4, 0)
        },
        pod("want", 0.059, 4, 0),
    ];
    let delete = Action::DeletePod {
        pod: PodRef::Named {
            namespace: "default".into(),
            name: "hold".into(),
        },
        grace: None,
    };
    let steps = vec![Step::at(SimTime::ZERO + secs(15.124), delete)];
    let (log, _) = play(nodes(1, 4), &pods, steps, recorded_plane(0.700_203), 20.0);
    assert_near(&log, "hold failed", 15.339);
    assert_near(&log, "want scheduled gpu-0", 15.347);
}

/// wakeup-gate-removed: until then the pod is not even tried.
#[test]
fn a_gated_pod_is_tried_when_its_last_gate_is_gone() {
    let mut want = pod("want", 0.0, 1, 0);
    want.gates = vec!["example.com/wait", "example.com/quota"];
    let patch = |at: f64, from: &[&'static str], to: &[&'static str]| {
        let object = |gates: &[&'static str]| {
            let gated = Wants {
                gates: gates.to_vec(),
                ..want.clone()
            };
            ObjectSpec::Pod(PodSpec {
                namespace: "default".into(),
                name: "want".into(),
                template: Arc::new(template(&gated)),
            })
        };
        Step::at(
            SimTime::ZERO + secs(at),
            Action::Update {
                object: ObjectRef::new(ObjectKind::Pod, "default", "want"),
                change: Box::new((object(from), object(to))),
            },
        )
    };
    let [wait, quota] = ["example.com/wait", "example.com/quota"];
    let steps = vec![patch(2.0, &[wait, quota], &[wait]), patch(5.036, &[wait], &[])];
    let (log, _) = play(nodes(1, 1), &[want.clone()], steps, recorded_plane(0.551_888), 10.0);
    assert_near(&log, "want gated", 0.033);
    assert_near(&log, "want scheduled gpu-0", 5.055);
    assert_eq!(log.attempts, []);
}

/// Without any node an attempt ends in an error: it backs off for 1, 2, 4 … s and is not tried early.
#[test]
fn no_nodes_is_an_error_that_backs_off() {
    let (resources, mut new) = nodes(1, 4);
    let order = Order::default();
    let step = Step::at(
        SimTime::ZERO + secs(8.5),
        Action::Submit {
            objects: vec![ObjectSpec::Node(new.remove(0))],
            order,
        },
    );
    let want = [pod("want", 0.1, 1, 0)];
    let (log, _) = play((resources, vec![]), &want, vec![step], recorded_plane(0.0), 30.0);
    let at: Vec<f64> = log.attempts.iter().map(|(at, _)| at.floor()).collect();
    // 0.1 + 1 s ends in second 1, so at 2.0; 2 + 2 s ends in second 4, so at 5.0; 5 + 4 s ends in second 9, so at 10.0.
    assert_eq!(at, [0.0, 2.0, 5.0]);
    assert_eq!(log.texts_of("want"), ["no nodes available to schedule pods"]);
    assert_near(&log, "want scheduled gpu-0", 10.0);
}

/// A pod that must run beside another waits until that is bound; other pods do not wake it.
#[test]
fn a_bound_pod_wakes_those_that_want_to_be_near() {
    let mut follower = pod("follower", 0.0, 1, 0);
    follower.near = Some(("app", "leader"));
    let pods = [
        follower,
        pod("other", 3.0, 1, 0),
        Wants {
            labels: vec![("app", "leader")],
            ..pod("leader", 5.0, 1, 0)
        },
    ];
    let (resources, mut cluster) = nodes(2, 4);
    for node in &mut cluster {
        node.labels.insert("kubernetes.io/hostname".into(), node.name.clone());
    }
    let (log, store) = play((resources, cluster), &pods, vec![], recorded_plane(0.0), 20.0);
    assert_eq!(log.attempts.len(), 1, "{:?}", log.attempts);
    assert_eq!(store.pods[0].node, store.pods[2].node);
    let waited = store.pods[0].scheduled.as_secs_f64() - store.pods[2].scheduled.as_secs_f64();
    assert!((0.0..0.05).contains(&waited), "{waited}");
}

/// A pod of another scheduler is nobody's; it has no attempt, and no event says why.
#[test]
fn pods_of_unknown_schedulers_wait_for_ever() {
    let mut other = pod("other", 0.0, 1, 0);
    other.scheduler = "volcano";
    let (log, store) = play(nodes(1, 4), &[other], vec![], recorded_plane(0.0), 20.0);
    assert_eq!(log.attempts, []);
    assert_eq!(store.pods[0].scheduled, SimTime::MAX);
}
