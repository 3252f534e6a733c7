//! Preemption and waking up as real kube-scheduler 1.36.2 did them: recordings preemption-* and wakeup-* of tests/recordings,
//! played from inputs made by hand. Times may differ by 0.3 s, all else is exact.

mod victims;
mod wakeups;

use std::sync::Arc;

use makespan::cluster::attempt::AttemptResult;
use makespan::cluster::pod::Disruption;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::spec::{
    Allowance, LabelSelector, NodeSpec, ObjectSpec, PodAffinityTerm, PodDisruptionBudget, PodSpec, PodTemplate,
    PreemptionPolicy, RestartPolicy, Taint, TaintEffect,
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
    near: Option<(&'static str, &'static str)>,
    scheduler: &'static str,
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
        near: None,
        scheduler: "",
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
    template.scheduling.scheduler_name = wants.scheduler.to_owned();
    let near = wants.near.map(|label| PodAffinityTerm {
        selector: Some(LabelSelector::of_labels(&[owned(label)].into())),
        topology_key: "kubernetes.io/hostname".into(),
        ..PodAffinityTerm::default()
    });
    template.scheduling.pod_affinity.required = near.into_iter().collect();
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
