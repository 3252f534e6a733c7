//! Which pods go, when, and what is said (recordings preemption-*).

use super::*;

/// preemption-choose-lowest: the node whose most important victim is least important.
#[test]
fn the_least_important_victim_is_chosen() {
    let pods = [
        pod("a1", 0.0, 1, 10),
        pod("a2", 1.22, 1, 20),
        pod("b1", 2.431, 1, 5),
        pod("b2", 3.637, 1, 10),
        pod("c1", 4.847, 2, 20),
        Wants {
            stop: 1.0,
            ..pod("urgent", 9.056, 1, 1000)
        },
    ]
    .map(|wants| Wants { stop: 1.0, ..wants });
    let log = replay(nodes(3, 2), &pods, 0.744_719, 13.7);
    let text = format!("0/3 nodes are available: 3 {NO_GPU}");
    assert_eq!(log.texts_of("urgent"), [text]);
    assert_eq!(log.pods_that(" preempted by urgent"), ["b1"]);
    for (row, recorded) in [
        ("urgent nominated gpu-1", 9.070),
        ("b1 deleting", 9.107),
        ("b1 failed", 10.118),
        ("urgent scheduled gpu-1", 10.144),
        ("urgent nomination-cleared", 10.144),
    ] {
        assert_near(&log, row, recorded);
    }
}

/// preemption-latest-start: of equal victims the one that started last.
#[test]
fn of_equal_victims_the_latest_goes() {
    let pods = [
        pod("a", 0.0, 1, 1),
        pod("b", 2.231, 1, 1),
        pod("c", 4.452, 1, 1),
        pod("urgent", 9.686, 1, 1000),
    ]
    .map(|wants| Wants { stop: 1.0, ..wants });
    let (log, store) = play(nodes(3, 1), &pods, vec![], recorded_plane(0.576_190), 14.4);
    assert_eq!(log.pods_that(" preempted by urgent"), ["c"]);
    assert_eq!(store.pods[2].disruption, Disruption::PreemptionByScheduler);
    assert_eq!(store.pods[3].node, store.pods[2].node);
    for (row, recorded) in [("c deleting", 9.763), ("c failed", 10.784)] {
        assert_near(&log, row, recorded);
    }
    assert!((store.pods[3].scheduled.as_secs_f64() - 10.827).abs() <= 0.3);
}

/// preemption-1of8: on either node the pod that started last would go; the later of the two goes.
#[test]
fn one_of_eight() {
    const NAMES: [&str; 8] = ["low-0", "low-1", "low-2", "low-3", "low-4", "low-5", "low-6", "low-7"];
    let at = [0.0, 1.111, 2.224, 3.343, 4.453, 5.563, 6.674, 7.783];
    let mut pods: Vec<Wants> = NAMES.iter().zip(at).map(|(name, at)| pod(name, at, 1, 1)).collect();
    pods.push(pod("urgent", 11.9, 1, 1000));
    let (log, store) = play(nodes(2, 4), &pods, vec![], recorded_plane(0.698_379), 21.7);
    assert_eq!(log.pods_that(" preempted by urgent"), ["low-7"]);
    assert_near(&log, "low-7 deleting", 12.018);
    assert_near(&log, "low-7 failed", 14.034);
    assert!((store.pods[8].scheduled.as_secs_f64() - 14.042).abs() <= 0.3);
}

/// preemption-jobs-4of8: four victims, the last of them only after the others; while they stop one by one, the preemptor is tried
/// again in vain.
#[test]
fn four_of_eight() {
    const NAMES: [&str; 8] = ["low-0", "low-1", "low-2", "low-3", "low-4", "low-5", "low-6", "low-7"];
    let at = [0.0, 0.009, 0.018, 0.084, 0.119, 0.138, 0.147, 0.212];
    let mut pods: Vec<Wants> = NAMES.iter().zip(at).map(|(name, at)| pod(name, at, 1, 1)).collect();
    pods.push(pod("urgent", 3.854, 4, 1000));
    let (log, store) = play(nodes(2, 4), &pods, vec![], recorded_plane(0.342_154), 8.0);
    let victims = log.pods_that(" preempted by urgent");
    assert_eq!(victims.len(), 4);
    let node = store.pods[8].node;
    let on_node: Vec<&str> = (0..8)
        .filter(|i| store.pods[*i].node == node)
        .map(|i| NAMES[i])
        .collect();
    assert_eq!(
        victims, on_node,
        "all of one node; equal in importance, they go in the node's order"
    );
    let deleting: Vec<f64> = on_node.iter().map(|name| log.at(&format!("{name} deleting"))).collect();
    assert!(deleting[..3].iter().all(|at| *at < deleting[3]), "{deleting:?}");
    let none = format!("0/2 nodes are available: 2 {NO_GPU}");
    assert_eq!(log.texts_of("urgent"), [none.clone(), format!("{none} {TERMINATING}")]);
    assert_near(&log, &format!("{} deleting", on_node[0]), 3.990);
    assert_near(&log, &format!("{} failed", on_node[3]), 6.062);
    assert!((store.pods[8].scheduled.as_secs_f64() - 6.071).abs() <= 0.3);
}

/// preemption-slow-termination: victims that do not stop are killed at the end of their own grace period.
#[test]
fn victims_have_their_own_grace() {
    let slow = |name, at| Wants {
        stop: 600.0,
        grace: 8,
        ..pod(name, at, 2, 1)
    };
    let pods = [slow("low-0", 0.0), slow("low-1", 0.013), pod("urgent", 3.644, 4, 1000)];
    let log = replay(nodes(1, 4), &pods, 0.836_226, 13.0);
    assert_eq!(log.pods_that(" preempted by urgent"), ["low-0", "low-1"]);
    let none = format!("0/1 nodes are available: 1 {NO_GPU}");
    assert_eq!(log.texts_of("urgent"), [none.clone(), format!("{none} {TERMINATING}")]);
    for (row, recorded) in [
        ("urgent nominated gpu-0", 3.676),
        ("low-0 deleting", 3.683),
        ("low-1 deleting", 3.701),
        ("low-0 failed", 11.717),
        ("low-1 failed", 11.792),
        ("urgent scheduled gpu-0", 11.866),
    ] {
        assert_near(&log, row, recorded);
    }
}

/// preemption-never and preemption-impossible: nobody goes, and the text says why.
#[test]
fn nobody_goes_in_vain() {
    let low = ["l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7"].map(|name| pod(name, 0.0, 1, 1));
    let with = |urgent: Wants| {
        let mut pods = low.to_vec();
        pods.push(urgent);
        let log = replay(nodes(2, 4), &pods, 0.0, 20.0);
        assert_eq!(log.pods_that(" deleting"), [""; 0]);
        log.texts_of("urgent")
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let never = Wants {
        policy: PreemptionPolicy::Never,
        ..pod("urgent", 3.0, 4, 1000)
    };
    let none = format!("0/2 nodes are available: 2 {NO_GPU} no new claims to deallocate, preemption:");
    assert_eq!(
        with(never),
        [format!("{none} not eligible due to preemptionPolicy=Never.")]
    );
    assert_eq!(
        with(pod("urgent", 3.0, 8, 1000)),
        [format!(
            "{none} 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
        )]
    );
    assert_eq!(
        with(pod("urgent", 3.0, 4, 1)),
        [format!(
            "{none} 0/2 nodes are available: 2 No preemption victims found for incoming pod."
        )]
    );
}

/// A node whose pods of lower priority are not enough says what is still missing.
#[test]
fn what_is_missing_even_then_is_told() {
    let pods = [
        pod("high", 0.0, 3, 1000),
        pod("low", 0.1, 1, 1),
        pod("urgent", 3.0, 2, 500),
    ];
    let log = replay(nodes(1, 4), &pods, 0.0, 10.0);
    let text = format!(
        "0/1 nodes are available: 1 {NO_GPU} no new claims to deallocate, preemption: 0/1 nodes are available: 1 {NO_GPU}"
    );
    assert_eq!(log.texts_of("urgent"), [text]);
}

fn budget(min_available: u32) -> Step {
    let selector = LabelSelector::of_labels(&[("app".to_owned(), "web".to_owned())].into());
    let budget = ObjectSpec::DisruptionBudget(PodDisruptionBudget {
        namespace: "default".into(),
        name: "web".into(),
        selector: Some(selector),
        min_available: Some(Allowance::Pods(min_available)),
        ..PodDisruptionBudget::default()
    });
    let order = Order::default();
    Step::at(
        SimTime::ZERO,
        Action::Submit {
            objects: vec![budget],
            order,
        },
    )
}

/// A budget turns preemption to the other node, though its victim is more important; where there is no other, it does not hold.
#[test]
fn budgets_are_heeded_where_that_is_possible() {
    let web = Wants {
        labels: vec![("app", "web")],
        ..pod("web", 0.0, 4, 1)
    };
    let pods = [web.clone(), pod("other", 1.0, 4, 2), pod("urgent", 5.0, 4, 1000)];
    let victims = |nodes_count, pods: &[Wants], steps| {
        let (log, _) = play(nodes(nodes_count, 4), pods, steps, recorded_plane(0.0), 15.0);
        log.pods_that(" preempted by urgent").join(",")
    };
    assert_eq!(victims(2, &pods, vec![]), "web");
    assert_eq!(victims(2, &pods, vec![budget(1)]), "other");
    assert_eq!(victims(2, &pods, vec![budget(0)]), "web", "one may go");
    let alone = [web, pod("urgent", 5.0, 4, 1000)];
    assert_eq!(victims(1, &alone, vec![budget(1)]), "web");
}

/// A pod of higher priority takes over the node that another is nominated for; the other loses its nomination and finds another.
#[test]
fn a_nomination_yields_to_higher_priority() {
    let slow = |name, at, priority| Wants {
        stop: 20.0,
        ..pod(name, at, 4, priority)
    };
    let pods = [slow("low", 0.0, 1), pod("mid", 3.0, 4, 500), pod("high", 5.0, 4, 1000)];
    let log = replay(nodes(1, 4), &pods, 0.0, 40.0);
    assert_eq!(log.pods_that(" nominated gpu-0"), ["mid", "high"]);
    assert_near(&log, "low failed", 23.0);
    assert_near(&log, "high scheduled gpu-0", 23.0);
    assert!(log.rows.iter().all(|(_, row)| row != "mid scheduled gpu-0"));
}

/// Room that is made for one pod is not taken by others of lower priority, but by those of higher priority.
#[test]
fn made_room_is_kept() {
    let pods = [
        Wants {
            stop: 10.0,
            ..pod("low", 0.0, 4, 1)
        },
        pod("urgent", 3.0, 4, 500),
        pod("sneak", 5.0, 1, 100),
    ];
    let log = replay(nodes(1, 4), &pods, 0.0, 30.0);
    assert_near(&log, "urgent scheduled gpu-0", 13.0);
    assert!(log.rows.iter().all(|(_, row)| row != "sneak scheduled gpu-0"));
}

/// Preemption takes no time where nothing does, and attempts that somebody watches are the same attempts.
#[test]
fn the_ideal_plane_preempts_at_once() {
    let pods = [
        Wants {
            stop: 0.0,
            ..pod("low", 0.0, 4, 1)
        },
        Wants {
            stop: 0.0,
            ..pod("second", 1.0, 4, 2)
        },
        pod("urgent", 3.0, 4, 1000),
    ];
    let (log, store) = play(nodes(1, 4), &pods, vec![], ControlPlane::ideal(), 20.0);
    assert_eq!(log.pods_that(" preempted by second"), ["low"]);
    assert_eq!(log.pods_that(" preempted by urgent"), ["second"]);
    assert_eq!([1, 2].map(|pod| store.pods[pod].scheduled.as_secs_f64()), [1.0, 3.0]);
}
