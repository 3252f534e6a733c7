//! Nodes that fail, return and go, against recordings of a real control plane and against tables worked out by hand.

use std::sync::Arc;

use makespan::cluster::node::NodeReadiness;
use makespan::cluster::pod::{Disruption, PodPhase};
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::spec::{
    Allowance, DeploymentSpec, JobSpec, LabelSelector, NodeSpec, PodDisruptionBudget, PodTemplate, RestartPolicy,
    TaintEffect, Toleration,
};
use makespan::cluster::{Amounts, NodeId, PodId, ResourceId, ResourceTable, Store};
use makespan::control::event::{Event, EvictionEvent, NodeEvent};
use makespan::control::node_lifecycle::NodePhases;
use makespan::control::{ControlPlane, End, Input, Simulation};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::script::{Script, Step};
use makespan::workload::{Arrivals, Strategy};

use crate::support::{cluster, job};

pub fn seconds(s: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(s).expect("a time")
}

pub fn span(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s).expect("a span")
}

/// The settings of the recording cluster, with phases that a recording shows.
pub fn recorded(offset: f64, monitor: f64, gc: f64, lease: f64) -> ControlPlane {
    let mut plane = ControlPlane::kubernetes();
    plane.wall_clock_offset = span(offset);
    plane.kubelet.start_latency = SimDuration::from_millis(500);
    plane.kubelet.pleg_relist_period = SimDuration::ZERO;
    plane.kubelet.node_lease_jitter = 0.0;
    plane.node_lifecycle.phases = Some(NodePhases {
        monitor: span(monitor),
        gc: span(gc),
        lease: span(lease),
    });
    plane
}

/// What happened to nodes and pods, as lines of text.
#[derive(Default)]
pub struct Story(pub Vec<(SimTime, String)>);

impl Story {
    pub fn times(&self, what: &str) -> Vec<f64> {
        let of = self.0.iter().filter(|(_, line)| line == what);
        of.map(|(at, _)| at.as_secs_f64()).collect()
    }
    pub fn time(&self, what: &str) -> f64 {
        let times = self.times(what);
        assert_eq!(times.len(), 1, "{what}: {:#?}", self.0);
        times[0]
    }
    /// `what` happened once, within 0.3 s of `at`.
    pub fn expect(&self, at: f64, what: &str) {
        let time = self.time(what);
        assert!((time - at).abs() <= 0.3, "{what} at {time}, recorded at {at}");
    }
}

impl Observer for Story {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        let line = match record {
            Record::NodeChanged(node) => {
                let spec = &store.nodes[node.index()];
                let taints: Vec<String> = spec
                    .taints
                    .iter()
                    .map(|t| format!("{}:{:?}", t.key, t.effect))
                    .collect();
                let ready = store.node_states[node.index()].ready;
                format!("{} Ready={ready:?} [{}]", spec.name, taints.join(","))
            }
            Record::PodReadiness(pod, false) => format!("pod {} unready", pod.0),
            Record::PodDisrupted(pod) => {
                let why = store.pods[pod.index()].disruption;
                format!("pod {} {}: {}", pod.0, why.reason(), why.message())
            }
            Record::PodDeleting(pod) => format!("pod {} deleting", pod.0),
            Record::PodCreated(pod) => format!("pod {} created", pod.0),
            Record::PodFinished(pod) => format!("pod {} {}", pod.0, store.pods[pod.index()].phase.name()),
            Record::PodGone(pod) => format!("pod {} gone", pod.0),
            Record::PodRestarted(pod) => format!("pod {} restarted", pod.0),
            Record::NodeAdded(node) => format!("{} added", store.nodes[node.index()].name),
            Record::PodBound(pod, node) => format!("pod {} bound to {}", pod.0, store.nodes[node.index()].name),
            Record::NodeRemoved(node) => format!("{} removed", store.nodes[node.index()].name),
            _ => return,
        };
        self.0.push((now, line));
    }
}

/// Plays `store` with events from outside until `until`; the checker must find nothing.
fn play(store: Store, plane: ControlPlane, events: &[(f64, Event)], until: f64) -> (Store, Story, End) {
    play_script(store, plane, vec![], events, until)
}

/// The same with a script.
#[expect(clippy::needless_pass_by_value, reason = "a store is played once")]
pub fn play_script(
    store: Store,
    plane: ControlPlane,
    steps: Vec<Step>,
    events: &[(f64, Event)],
    until: f64,
) -> (Store, Story, End) {
    let jobs = store.jobs.len();
    let times = (0..jobs).map(|i| seconds(i as f64 * 0.03)).collect();
    let mut simulation = Simulation::new(Input {
        script: Script { steps },
        services: Vec::new(),
        strategy: Strategy::Arrivals(Arrivals::Times(times)),
        control_plane: plane,
        seed: 1,
        until: Some(seconds(until)),
        store: store.clone(),
    });
    for (at, event) in events {
        simulation.schedule(seconds(*at), *event);
    }
    let mut observers = (Checker::new(&store), Story::default());
    let outcome = simulation.run(&mut observers);
    let (mut checker, story) = observers;
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    (store, story, outcome.end)
}

fn tolerations(seconds: i64) -> Vec<Toleration> {
    let keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
    let toleration = |key: &str| Toleration {
        key: key.into(),
        exists: true,
        value: String::new(),
        effect: Some(TaintEffect::NoExecute),
        toleration_seconds: Some(seconds),
    };
    keys.map(toleration).to_vec()
}

/// The recordings' cluster: a Job of three GPU pods and a Deployment of three pods on three nodes of two GPUs.
pub fn three_nodes(toleration_seconds: i64) -> Store {
    let mut resources = ResourceTable::default();
    let gpu = resources.intern("nvidia.com/gpu");
    let mut allocatable = Amounts::new();
    for (id, amount) in [
        (ResourceId::CPU, 16_000),
        (ResourceId::MEMORY, 64 << 30),
        (ResourceId::PODS, 110),
        (gpu, 2),
    ] {
        allocatable.set(id, amount);
    }
    let node = |i: u32| NodeSpec {
        name: format!("node-{i}"),
        allocatable: allocatable.clone(),
        capacity: allocatable.clone(),
        ..NodeSpec::default()
    };
    let mut store = Store::new(resources, (0..3).map(node).collect());
    let mut train: JobSpec = job(gpu, Distribution::Fixed(SimDuration::from_secs(1000)));
    train.parallelism = 3;
    train.completions = Some(3);
    Arc::make_mut(&mut train.template).tolerations = tolerations(toleration_seconds);
    let train = store.add_job_spec(train);
    store.add_job(train);
    let mut requests = Amounts::new();
    requests.set(ResourceId::PODS, 1);
    requests.set(ResourceId::CPU, 100);
    let mut web = PodTemplate {
        requests,
        nonzero_cpu: 100,
        nonzero_memory: 64 << 20,
        restart_policy: RestartPolicy::Always,
        termination_grace: SimDuration::from_secs(30),
        tolerations: tolerations(toleration_seconds),
        ..PodTemplate::default()
    };
    web.behaviour.ready_delay = SimDuration::from_secs(2);
    store.add_deployment(
        DeploymentSpec {
            namespace: "default".into(),
            name: "web".into(),
            replicas: 3,
            min_ready: SimDuration::ZERO,
            template: Arc::new(web),
            ..DeploymentSpec::default()
        },
        SimTime::ZERO,
    );
    store
}

/// The first pod of the Job, and the node it is on: which one that is depends on ties.
fn first_of_job(store: &Store) -> (PodId, NodeId) {
    let first = store.jobs[0].pods.0;
    (first, store.pods[first.index()].node)
}

/// Where the first pod of the Job goes.
pub fn first_node(toleration_seconds: i64, plane: &ControlPlane) -> NodeId {
    let (store, ..) = play(three_nodes(toleration_seconds), plane.clone(), &[], 10.0);
    first_of_job(&store).1
}

/// `nodefail-tol0`: the kubelet stops at 53.816 s; the look that notices is at 102.45 s, and the lease was renewed within the
/// 5 s before 52.45 s.
#[test]
fn pods_that_tolerate_nothing_leave_when_the_node_is_unreachable() {
    let plane = recorded(0.199, 2.45, 0.0, 0.45);
    let node = first_node(0, &plane);
    let stop = Event::Node(NodeEvent::KubeletStops(node));
    let (store, story, _) = play(three_nodes(0), plane, &[(53.816, stop)], 130.0);
    let name = &store.nodes[node.index()].name;
    story.expect(102.450, &format!("{name} Ready=Unknown []"));
    story.expect(
        102.469,
        &format!("{name} Ready=Unknown [node.kubernetes.io/unreachable:NoSchedule]"),
    );
    story.expect(
        102.503,
        &format!(
            "{name} Ready=Unknown [node.kubernetes.io/unreachable:NoSchedule,node.kubernetes.io/unreachable:NoExecute]"
        ),
    );
    let there: Vec<PodId> = (0..6)
        .map(PodId)
        .filter(|pod| store.pods[pod.index()].node == node)
        .collect();
    for pod in &there {
        let pod = pod.0;
        story.expect(102.49, &format!("pod {pod} unready"));
        let why = "DeletionByTaintManager: Taint manager: deleting due to NoExecute taint";
        story.expect(102.56, &format!("pod {pod} {why}"));
        story.expect(102.58, &format!("pod {pod} deleting"));
        assert!(story.times(&format!("pod {pod} Failed")).is_empty(), "nobody ends it");
        let (unready, disrupted) = (
            story.time(&format!("pod {pod} unready")),
            story.time(&format!("pod {pod} {why}")),
        );
        assert!(unready < disrupted && disrupted < story.time(&format!("pod {pod} deleting")));
    }
    // The Deployment's pod is replaced at once, the Job's ten seconds after the whole second of its Ready=False.
    let created = |job: bool| {
        let new = (6..store.pods.len()).map(|i| PodId(i as u32));
        let mut of =
            new.filter(|pod| matches!(store.pods[pod.index()].owner, makespan::cluster::pod::Owner::Job(_)) == job);
        of.next().map(|pod| story.time(&format!("pod {} created", pod.0)))
    };
    assert!(created(false).is_none_or(|at| (at - 102.609).abs() < 0.3));
    let at = created(true).expect("the Job's pod is replaced");
    assert!((at - 111.813).abs() < 0.3, "{at}");
    assert_eq!(store.jobs[0].failed, 1);
}

/// `nodefail-tol10-short`: 25 s of silence are not noticed, whatever the phases.
#[test]
fn a_short_silence_is_not_noticed() {
    for phase in [0.0, 1.7, 4.9] {
        let plane = recorded(0.164, phase, 0.0, 2.0 * phase);
        let node = first_node(10, &plane);
        let stop = Event::Node(NodeEvent::KubeletStops(node));
        let start = Event::Node(NodeEvent::KubeletStarts(node));
        let (store, story, _) = play(three_nodes(10), plane, &[(38.8, stop), (63.811, start)], 120.0);
        assert!(
            story
                .0
                .iter()
                .all(|(_, line)| line.contains("created") || line.contains("bound")),
            "{:#?}",
            story.0
        );
        let state = store.node_states[node.index()];
        assert_eq!(state.down_time, span(63.811 - 38.8));
        assert_eq!((state.failures, state.ready), (1, NodeReadiness::True));
    }
}

/// `nodefail-deleted`: kubelet and Node go at 69.009 s; the garbage collector looks at 76.05 s and every 20 s.
#[test]
fn pods_of_a_node_that_is_gone_are_collected() {
    let plane = recorded(0.483, 2.45, 16.05, 0.45);
    let node = first_node(300, &plane);
    let events = [
        (69.009, Event::Node(NodeEvent::KubeletStops(node))),
        (69.009, Event::Node(NodeEvent::Deleted(node))),
    ];
    let (store, story, _) = play(three_nodes(300), plane, &events, 160.0);
    let there: Vec<PodId> = (0..6)
        .map(PodId)
        .filter(|pod| store.pods[pod.index()].node == node)
        .collect();
    assert!(!there.is_empty());
    for pod in &there {
        let pod = pod.0;
        story.expect(136.06, &format!("pod {pod} Failed"));
        story.expect(
            136.06,
            &format!("pod {pod} DeletionByPodGC: PodGC: node no longer exists"),
        );
        story.expect(136.07, &format!("pod {pod} deleting"));
    }
    let (first, _) = first_of_job(&store);
    assert!(there.contains(&first));
    assert_eq!(store.pods[first.index()].disruption, Disruption::DeletionByPodGc);
    let new = (6..store.pods.len())
        .map(|i| i as u32)
        .filter(|i| matches!(store.pods[*i as usize].owner, makespan::cluster::pod::Owner::Job(_)));
    let times: Vec<f64> = new.map(|i| story.time(&format!("pod {i} created"))).collect();
    assert!(times.iter().all(|at| (at - 145.528).abs() < 0.3), "{times:?}");
}

/// With the default tolerations of 300 s: noticed after 50 to 55 s from the last renewal, deleted 300 s later.
#[test]
fn default_tolerations_keep_pods_for_five_minutes() {
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let node = first_node(300, &plane);
    let stop = Event::Node(NodeEvent::KubeletStops(node));
    let (store, story, _) = play(three_nodes(300), plane, &[(103.0, stop)], 500.0);
    let (first, _) = first_of_job(&store);
    // Renewed at 100 s, seen at 105 s, over at 155 s.
    story.expect(155.0, &format!("pod {} unready", first.0));
    story.expect(455.1, &format!("pod {} deleting", first.0));
}

/// A node that returns before the time is over keeps its pods, and they are Ready again.
#[test]
fn a_node_that_returns_in_time_keeps_its_pods() {
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let node = first_node(300, &plane);
    let events = [
        (103.0, Event::Node(NodeEvent::KubeletStops(node))),
        (251.0, Event::Node(NodeEvent::KubeletStarts(node))),
    ];
    let (store, story, _) = play(three_nodes(300), plane, &events, 900.0);
    assert!(
        story
            .times(&format!("pod {} deleting", first_of_job(&store).0.0))
            .is_empty()
    );
    assert_eq!(store.pods.len(), 6);
    assert!(store.pods.iter().all(|pod| pod.ready && pod.phase == PodPhase::Running));
    assert!(store.lost.is_empty() && store.odd_nodes == 0);
    assert!(store.nodes[node.index()].taints.is_empty());
    let name = &store.nodes[node.index()].name;
    // The condition at once; NoSchedule when that is seen; NoExecute at the next look.
    let both = "node.kubernetes.io/unreachable:NoSchedule,node.kubernetes.io/unreachable:NoExecute";
    story.expect(251.0, &format!("{name} Ready=True [{both}]"));
    story.expect(
        251.0,
        &format!("{name} Ready=True [node.kubernetes.io/unreachable:NoExecute]"),
    );
    story.expect(255.0, &format!("{name} Ready=True []"));
}

/// The k-th of nodes that fail together gets its NoExecute taint 10 · (k − 1) s after the first.
#[test]
fn nodes_of_a_zone_are_drained_one_in_ten_seconds() {
    let (mut store, gpu) = cluster(20, 1);
    let mut spec = job(gpu, Distribution::Fixed(SimDuration::from_secs(10_000)));
    spec.parallelism = 20;
    spec.completions = Some(20);
    spec.backoff_limit = 100;
    let spec = store.add_job_spec(spec);
    store.add_job(spec);
    let events: Vec<(f64, Event)> = (0..5)
        .map(|i| (103.0, Event::Node(NodeEvent::KubeletStops(NodeId(i)))))
        .collect();
    let (store, story, _) = play(store, recorded(0.0, 0.0, 0.0, 0.0), &events, 300.0);
    let mut times: Vec<f64> = story
        .0
        .iter()
        .filter(|(_, line)| line.contains("NoExecute]"))
        .map(|(at, _)| at.as_secs_f64())
        .collect();
    times.dedup();
    assert_eq!(times.len(), 5, "{times:?}");
    for (k, at) in times.iter().enumerate() {
        assert!((at - 155.1 - 10.0 * k as f64).abs() < 0.2, "{times:?}");
    }
    let evicted = |pod: &&makespan::cluster::pod::Pod| pod.disruption == Disruption::DeletionByTaintManager;
    assert_eq!(store.pods.iter().filter(evicted).count(), 5);
}

/// More than half of a small zone: no evictions. All of it, the only one: none either.
#[test]
fn a_zone_with_many_failures_is_left_alone() {
    for failed in [6, 10] {
        let (mut store, gpu) = cluster(10, 1);
        let mut spec = job(gpu, Distribution::Fixed(SimDuration::from_secs(10_000)));
        spec.parallelism = 10;
        spec.completions = Some(10);
        let spec = store.add_job_spec(spec);
        store.add_job(spec);
        let events: Vec<(f64, Event)> = (0..failed)
            .map(|i| (103.0, Event::Node(NodeEvent::KubeletStops(NodeId(i)))))
            .collect();
        let (store, ..) = play(store, recorded(0.0, 0.0, 0.0, 0.0), &events, 1000.0);
        let left = store.pods.iter().filter(|pod| pod.deleting).count();
        // The queue is looked at every 100 ms, also while the look at the nodes goes on: one may slip through.
        assert!(left <= 1, "{failed} failed: {left} pods were deleted");
        assert!(
            store.node_states[..failed as usize]
                .iter()
                .all(|s| s.ready == NodeReadiness::Unknown)
        );
    }
}

/// After a reboot: GPU pods are refused, pods of restartPolicy Always start again, others fail.
#[test]
fn a_reboot_ends_what_cannot_start_again() {
    let plane = recorded(0.0, 0.0, 0.0, 0.0);
    let node = first_node(300, &plane);
    let events = [
        (20.0, Event::Node(NodeEvent::Crashes(node))),
        (50.0, Event::Node(NodeEvent::KubeletStarts(node))),
    ];
    let (store, story, _) = play(three_nodes(300), plane, &events, 80.0);
    let (first, _) = first_of_job(&store);
    story.expect(50.0, &format!("pod {} Failed", first.0));
    let failure = store.failures[&first];
    assert_eq!(failure.reason(&store.resources), "UnexpectedAdmissionError");
    insta::assert_snapshot!(failure.message(&store.resources), @"Pod was rejected: Allocate failed due to cannot allocate unregistered device nvidia.com/gpu, which is unexpected");
    for (id, pod) in store.pods.iter().enumerate().filter(|(_, pod)| pod.node == node) {
        if matches!(pod.owner, makespan::cluster::pod::Owner::ReplicaSet(_)) {
            story.expect(50.5, &format!("pod {id} restarted"));
            assert_eq!((pod.restarts, pod.phase), (1, PodPhase::Running));
        }
    }
}

/// `evict-no-policy` and `pod-deleted-by-user`: marked, deleted, ended by SIGTERM after 0.2 s, counted as failed, replaced ten
/// seconds after the whole second of its end.
#[test]
fn evicted_and_deleted_pods_are_replaced_after_the_back_off() {
    let request = EvictionEvent::Requested(PodId(0));
    for (event, offset, at, ended, replaced) in [
        (request, 0.306, 2.755, 3.008, 12.712),
        (EvictionEvent::Deleted(PodId(0)), 0.483, 2.604, 2.909, 12.527),
    ] {
        let (mut store, gpu) = cluster(4, 8);
        let spec = store.add_job_spec(job(gpu, Distribution::Fixed(SimDuration::from_secs(6))));
        store.add_job(spec);
        let (store, story, end) = play(
            store,
            recorded(offset, 0.0, 0.0, 0.0),
            &[(at, Event::Eviction(event))],
            60.0,
        );
        assert_eq!(end, End::Finished);
        story.expect(at + 0.02, "pod 0 deleting");
        story.expect(ended, "pod 0 Failed");
        story.expect(replaced, "pod 1 created");
        let evicted = matches!(event, EvictionEvent::Requested(_));
        let marked = story.times("pod 0 EvictionByEvictionAPI: Eviction API: evicting");
        assert_eq!(marked.len(), usize::from(evicted));
        assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (1, 1));
    }
}

/// One of six pods may be unavailable: the others are asked for again every 5 s, until the replacement of the first is Ready.
#[test]
fn a_drain_waits_for_the_disruption_budget() {
    let mut store = three_nodes(300);
    for node in &mut store.nodes[1..] {
        node.unschedulable = true;
    }
    store.disruption_budgets.push(PodDisruptionBudget {
        namespace: String::new(),
        name: "web".into(),
        selector: Some(LabelSelector::default()),
        min_available: Some(Allowance::Pods(5)),
        ..PodDisruptionBudget::default()
    });
    let events = [
        (20.0, Event::Eviction(EvictionEvent::Cordoned(NodeId(1), false))),
        (20.0, Event::Eviction(EvictionEvent::Cordoned(NodeId(2), false))),
        (21.0, Event::Eviction(EvictionEvent::Cordoned(NodeId(0), true))),
        (21.0, Event::Eviction(EvictionEvent::Listed(NodeId(0)))),
    ];
    let (store, story, _) = play(store, recorded(0.0, 0.0, 0.0, 0.0), &events, 60.0);
    let mut marked: Vec<f64> = story
        .0
        .iter()
        .filter(|(_, line)| line.contains("EvictionByEvictionAPI"))
        .map(|(at, _)| at.as_secs_f64())
        .collect();
    marked.sort_by(f64::total_cmp);
    // Six pods were there (three of the Deployment, three of the Job), five must stay: one goes at a time.
    assert!(marked.len() >= 2, "{marked:?}");
    assert!((marked[0] - 21.0).abs() < 0.3, "{marked:?}");
    assert!(marked.windows(2).all(|pair| pair[1] - pair[0] > 4.5), "{marked:?}");
    assert!(store.nodes[0].unschedulable);
}
