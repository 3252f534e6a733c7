//! Preemption and waking up as real kube-scheduler 1.36.2 did them: recordings preemption-* and wakeup-* of tests/recordings,
//! played from inputs made by hand. Times may differ by 0.3 s, all else is exact.

use std::sync::Arc;

use makespan::cluster::attempt::AttemptResult;
use makespan::cluster::pod::Disruption;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::spec::{
    Allowance, LabelSelector, NodeSpec, ObjectSpec, PodDisruptionBudget, PodSpec, PodTemplate, PreemptionPolicy,
    RestartPolicy, Taint, TaintEffect,
};
use makespan::cluster::{Amounts, PodId, ResourceId, ResourceTable, Store};
use makespan::control::{ControlPlane, Input, Simulation};
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::Strategy;
use makespan::workload::script::{Action, NodeRef, ObjectKind, ObjectRef, Order, PodRef, Script, Step};

const GPU: ResourceId = ResourceId(4);

/// What a bare pod asks for and when it comes; a template of its own for each, since that is how they were recorded.
#[derive(Clone)]
struct Wants {
    name: &'static str,
    at: f64,
    gpus: i64,
    priority: i32,
    policy: PreemptionPolicy,
    stop: f64,
    grace: u64,
    labels: Vec<(&'static str, &'static str)>,
    selector: Option<(&'static str, &'static str)>,
    gates: Vec<&'static str>,
}

fn pod(name: &'static str, at: f64, gpus: i64, priority: i32) -> Wants {
    Wants {
        name,
        at,
        gpus,
        priority,
        policy: PreemptionPolicy::PreemptLowerPriority,
        stop: 2.0,
        grace: 30,
        labels: Vec::new(),
        selector: None,
        gates: Vec::new(),
    }
}

fn secs(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds).unwrap()
}

fn template(wants: &Wants) -> PodTemplate {
    let mut requests = Amounts::new();
    requests.set(ResourceId::CPU, 100);
    requests.set(ResourceId::MEMORY, 64 << 20);
    requests.set(ResourceId::PODS, 1);
    requests.set(GPU, wants.gpus);
    let mut template = PodTemplate {
        namespace: "default".into(),
        labels: wants
            .labels
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        requests,
        nonzero_cpu: 100,
        nonzero_memory: 64 << 20,
        restart_policy: RestartPolicy::Never,
        priority: wants.priority,
        preemption_policy: wants.policy,
        termination_grace: SimDuration::from_secs(wants.grace),
        ..PodTemplate::default()
    };
    let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
    template.node_selector = wants.selector.into_iter().map(owned).collect();
    template.scheduling.gates = wants.gates.iter().map(|gate| (*gate).to_owned()).collect();
    template.behaviour.stop_latency = Some(secs(wants.stop));
    template
}

fn nodes(count: u32, gpus: i64) -> (ResourceTable, Vec<NodeSpec>) {
    let mut resources = ResourceTable::default();
    assert_eq!(resources.intern("nvidia.com/gpu"), GPU);
    let mut allocatable = Amounts::new();
    allocatable.set(ResourceId::CPU, 16_000);
    allocatable.set(ResourceId::MEMORY, 64 << 30);
    allocatable.set(ResourceId::PODS, 110);
    allocatable.set(GPU, gpus);
    let node = |i: u32| NodeSpec {
        name: format!("gpu-{i}"),
        allocatable: allocatable.clone(),
        capacity: allocatable.clone(),
        ..NodeSpec::default()
    };
    (resources, (0..count).map(node).collect())
}

/// The plane of the recordings: real flags, the fake kubelet's half second, and where in a wall-clock second t=0 was.
fn recorded_plane(fraction: f64) -> ControlPlane {
    let mut plane = ControlPlane::kubernetes();
    plane.kubelet.start_latency = SimDuration::from_millis(500);
    plane.kubelet.pleg_relist_period = SimDuration::ZERO;
    plane.wall_clock_offset = secs(fraction);
    plane
}

/// What happened, in the words of events.csv.
#[derive(Default)]
struct Log {
    names: Vec<&'static str>,
    rows: Vec<(f64, String)>,
    attempts: Vec<(f64, String)>,
}

impl Log {
    fn name(&self, pod: PodId) -> &'static str {
        self.names[pod.index()]
    }
    /// The time of the first row that reads so.
    fn at(&self, row: &str) -> f64 {
        let found = self.rows.iter().find(|(_, text)| text == row);
        found.map_or_else(|| panic!("no row {row:?} in {:#?}", self.rows), |(at, _)| *at)
    }
    fn pods_that(&self, did: &str) -> Vec<&str> {
        self.rows
            .iter()
            .filter_map(|(_, text)| text.strip_suffix(did))
            .collect()
    }
    fn texts_of(&self, pod: &str) -> Vec<&str> {
        let prefix = format!("{pod}: ");
        let mut texts: Vec<&str> = (self.attempts.iter())
            .filter_map(|(_, text)| text.strip_prefix(&prefix))
            .collect();
        texts.dedup();
        texts
    }
}

struct Recorder<'a> {
    log: Log,
    checker: &'a mut Checker,
}

impl Observer for Recorder<'_> {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        self.checker.record(now, record, store);
        let name = |pod: PodId| self.log.name(pod);
        let node = |pod: PodId| store.nodes[store.pods[pod.index()].node.index()].name.clone();
        let row = match record {
            Record::PodBound(pod, _) => format!("{} scheduled {}", name(pod), node(pod)),
            Record::PodNominated(pod, to) => match to.some() {
                Some(to) => format!("{} nominated {}", name(pod), store.nodes[to.index()].name),
                None => format!("{} nomination-cleared", name(pod)),
            },
            Record::PodDeleting(pod) => format!("{} deleting", name(pod)),
            Record::PodFinished(pod) => {
                format!("{} {}", name(pod), store.pods[pod.index()].phase.name().to_lowercase())
            }
            Record::PodPreempted(victim, by) => format!("{} preempted by {}", name(victim), name(by)),
            Record::PodGated(pod) => format!("{} gated", name(pod)),
            Record::PodAttempted(_) => {
                let attempt = store.attempt.as_ref().unwrap();
                if !matches!(attempt.result, AttemptResult::Assumed(_)) {
                    let text = format!("{}: {}", name(attempt.pod), attempt.message);
                    self.log.attempts.push((now.as_secs_f64(), text));
                }
                return;
            }
            _ => return,
        };
        self.log.rows.push((now.as_secs_f64(), row));
    }
    fn wants_attempts(&self) -> bool {
        true
    }
}

/// Plays bare pods, each submitted at its time, and what else happens.
fn play(
    (resources, nodes): (ResourceTable, Vec<NodeSpec>),
    pods: &[Wants],
    more: Vec<Step>,
    plane: ControlPlane,
    until: f64,
) -> (Log, Store) {
    let submission = |wants: &Wants| {
        let pod = ObjectSpec::Pod(PodSpec {
            namespace: "default".into(),
            name: wants.name.into(),
            template: Arc::new(template(wants)),
        });
        let order = Order::default();
        Step::at(
            SimTime::ZERO + secs(wants.at),
            Action::Submit {
                objects: vec![pod],
                order,
            },
        )
    };
    let store = Store::new(resources, nodes);
    let mut checker = Checker::new(&store);
    let mut simulation = Simulation::new(Input {
        store,
        strategy: Strategy::Parallel,
        script: Script {
            steps: pods.iter().map(submission).chain(more).collect(),
        },
        control_plane: plane,
        services: vec![],
        seed: 1,
        until: Some(SimTime::ZERO + secs(until)),
    });
    let log = Log {
        names: pods.iter().map(|wants| wants.name).collect(),
        ..Log::default()
    };
    let mut recorder = Recorder {
        log,
        checker: &mut checker,
    };
    let outcome = simulation.run(&mut recorder);
    let log = recorder.log;
    assert_eq!(checker.finish(outcome.ended_at, simulation.store()), []);
    (log, simulation.into_store())
}

/// The same on the plane of the recordings, with nothing else.
fn replay(cluster: (ResourceTable, Vec<NodeSpec>), pods: &[Wants], fraction: f64, until: f64) -> Log {
    play(cluster, pods, vec![], recorded_plane(fraction), until).0
}

fn assert_near(log: &Log, row: &str, recorded: f64) {
    let at = log.at(row);
    assert!((at - recorded).abs() <= 0.3, "{row}: {at} s, but recorded {recorded} s");
}

const NO_GPU: &str = "Insufficient nvidia.com/gpu.";
const TERMINATING: &str =
    "no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.";

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
