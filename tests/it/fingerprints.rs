//! Runs whose every record is pinned by its hash: a change that is meant to leave results alone leaves this table alone.
//!
//! After a change that is meant to change results, write the table anew with
//! `UPDATE_FINGERPRINTS=1 cargo test --test it fingerprints`, and look at which rows moved: each names the mechanism it plays.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use makespan::cluster::spec::{
    Behaviour, CompletionMode, DeploymentSpec, JobSpec, PodSpec, PodTemplate, RestartPolicy,
};
use makespan::cluster::{ResourceId, Store};
use makespan::control::{ControlPlane, Input, Simulation};
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Fingerprint;
use makespan::workload::Script;
use makespan::workload::strategy::Strategy;

use crate::support::{cluster, job};

const HEADER: &str = "run,fingerprint,end,ended_at_s,pods,scheduling_attempts,job_controller_calls,scheduler_calls";

/// A cluster and what is done to it, written as a chain of settings.
struct Run {
    name: &'static str,
    nodes: (u32, i64),
    jobs: Vec<(u32, Change)>,
    runtime: &'static str,
    strategy: Strategy,
    plane: ControlPlane,
    seed: u64,
    until: Option<SimTime>,
    services: fn(&mut Store, &PodTemplate),
}

/// Makes a Job other than the plain one-GPU Job.
type Change = fn(&mut JobSpec, &mut PodTemplate, ResourceId);

fn plain(_: &mut JobSpec, _: &mut PodTemplate, _: ResourceId) {}

impl Run {
    fn new(name: &'static str, strategy: &str, plane: ControlPlane) -> Self {
        let arrivals = strategy.contains('(').then(|| strategy.parse().unwrap());
        let text = arrivals.is_none().then_some(strategy);
        Self {
            name,
            nodes: (4, 8),
            jobs: Vec::new(),
            runtime: "5m",
            strategy: Strategy::choose(text, arrivals).unwrap(),
            plane,
            seed: 1,
            until: None,
            services: |_, _| {},
        }
    }
    fn nodes(mut self, nodes: u32, gpus: i64) -> Self {
        self.nodes = (nodes, gpus);
        self
    }
    fn jobs(mut self, copies: u32, change: Change) -> Self {
        self.jobs.push((copies, change));
        self
    }
    fn runtime(mut self, runtime: &'static str) -> Self {
        self.runtime = runtime;
        self
    }
    fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    fn until(mut self, secs: u64) -> Self {
        self.until = Some(SimTime::ZERO + SimDuration::from_secs(secs));
        self
    }
    fn services(mut self, add: fn(&mut Store, &PodTemplate)) -> Self {
        self.services = add;
        self
    }

    /// Plays it; its row of the table.
    fn play(&self) -> String {
        let (mut store, gpu) = cluster(self.nodes.0, self.nodes.1);
        let template = job(gpu, self.runtime.parse().unwrap());
        let specs = self.jobs.iter().map(|(copies, change)| {
            let mut spec = template.clone();
            let mut pod = (*spec.template).clone();
            change(&mut spec, &mut pod, gpu);
            spec.template = Arc::new(pod);
            (*copies, store.add_job_spec(spec))
        });
        let specs: Vec<_> = specs.collect();
        // The kinds of Job take turns.
        for round in 0..specs.iter().map(|(copies, _)| *copies).max().unwrap_or(0) {
            for (_, spec) in specs.iter().filter(|(copies, _)| round < *copies) {
                store.add_job(*spec);
            }
        }
        (self.services)(&mut store, &template.template);
        let mut simulation = Simulation::new(Input {
            script: Script::default(),
            services: Vec::new(),
            store,
            strategy: self.strategy.clone(),
            control_plane: self.plane.clone(),
            seed: self.seed,
            until: self.until,
        });
        let mut fingerprint = Fingerprint::default();
        let outcome = simulation.run(&mut fingerprint);
        format!(
            "{},{fingerprint},{:?},{},{},{},{},{}",
            self.name,
            outcome.end,
            outcome.ended_at,
            simulation.store().pods.len(),
            outcome.scheduling_attempts,
            outcome.job_controller_calls.0,
            outcome.scheduler_calls.0,
        )
    }
}

fn gpus(n: i64) -> impl Fn(&mut PodTemplate, ResourceId) {
    move |pod, gpu| {
        pod.requests.set(gpu, n);
        pod.requests.set(ResourceId::CPU, 4000 * n);
        pod.nonzero_cpu = 4000 * n;
    }
}

fn behave(pod: &mut PodTemplate, outcome: &str) {
    pod.behaviour.outcome = outcome.parse().unwrap();
}

/// Plain Jobs in every way of submitting them, on both control planes.
fn strategies() -> Vec<Run> {
    let (kubernetes, ideal) = (ControlPlane::kubernetes, ControlPlane::ideal);
    vec![
        Run::new("sequential", "sequential", kubernetes()).jobs(10, plain),
        Run::new("batched", "batched:32", kubernetes())
            .jobs(100, plain)
            .runtime("uniform(min=1m,max=5m)"),
        Run::new("windowed", "windowed:32", kubernetes())
            .jobs(200, plain)
            .runtime("lognormal(median=2m,p95=10m)")
            .seed(2),
        Run::new("herd", "parallel", kubernetes()).jobs(400, plain),
        Run::new("herd-off-the-second", "parallel", off_the_second())
            .jobs(300, plain)
            .runtime("exponential(mean=1m)")
            .seed(7),
        Run::new("poisson", "poisson(rate=0.2/s)", kubernetes())
            .jobs(200, plain)
            .runtime("lognormal(median=2m,p95=10m)")
            .seed(3),
        Run::new("wide", "parallel", kubernetes())
            .nodes(300, 8)
            .jobs(600, plain),
        Run::new("ideal-batched", "batched:7", ideal())
            .jobs(100, plain)
            .runtime("uniform(min=1m,max=5m)"),
        Run::new("ideal-poisson", "poisson(rate=0.2/s)", ideal())
            .jobs(2000, plain)
            .runtime("exponential(mean=150s)")
            .seed(4),
    ]
}

/// Half a second into a wall-clock second, with a slow scheduler, so that moves fall into cycles and back-offs end elsewhere.
fn off_the_second() -> ControlPlane {
    let mut plane = ControlPlane::kubernetes();
    plane.wall_clock_offset = SimDuration::from_millis(500);
    plane.scheduler.cycle_time = SimDuration::from_millis(3);
    plane
}

/// Jobs of several shapes and priorities, and some that fit nowhere.
fn shapes(name: &'static str, plane: ControlPlane) -> Run {
    Run::new(name, "parallel", plane)
        .jobs(60, |_, pod, gpu| gpus(1)(pod, gpu))
        .jobs(30, |_, pod, gpu| gpus(2)(pod, gpu))
        .jobs(15, |_, pod, gpu| {
            gpus(8)(pod, gpu);
            pod.priority = 10;
        })
        .jobs(20, |_, pod, gpu| {
            gpus(4)(pod, gpu);
            pod.priority = -1;
        })
        .jobs(2, |_, pod, gpu| gpus(9)(pod, gpu))
        .runtime("lognormal(median=2m,p95=10m)")
        .seed(5)
        .until(8_000)
}

/// Jobs that fail, restart, have indexes, or are ended by their deadline.
fn failures(name: &'static str, plane: ControlPlane) -> Run {
    Run::new(name, "windowed:60", plane)
        .nodes(3, 8)
        .jobs(40, |_, pod, _| behave(pod, "fail(p=0.3,exit=3)"))
        .jobs(10, |_, pod, _| behave(pod, "fail,fail,ok"))
        .jobs(5, |job, pod, _| {
            behave(pod, "fail");
            job.backoff_limit = 6;
        })
        .jobs(10, |job, pod, _| {
            behave(pod, "fail(p=0.6)");
            job.backoff_limit = 4;
            pod.restart_policy = RestartPolicy::OnFailure;
        })
        .jobs(4, |job, pod, _| {
            job.completion_mode = CompletionMode::Indexed;
            (job.completions, job.parallelism) = (Some(12), 5);
            behave(pod, "fail(p=0.2)");
            pod.behaviour
                .index_outcome
                .insert(3, vec!["fail".parse().unwrap(), "ok".parse().unwrap()]);
        })
        .jobs(3, |job, pod, _| {
            (job.completions, job.parallelism) = (None, 4);
            pod.behaviour.ready_delay = SimDuration::from_secs(5);
        })
        .jobs(6, |job, pod, _| {
            job.active_deadline = Some(SimDuration::from_secs(200));
            pod.behaviour.stop_latency = Some(SimDuration::from_secs(40));
            pod.behaviour.runtime = vec!["10m".parse().unwrap()];
        })
        .runtime("uniform(min=20s,max=4m)")
        .seed(6)
}

/// Jobs beside a Deployment, a bare pod that never ends and images that must be pulled or are missing.
fn services() -> Run {
    let mut plane = ControlPlane::kubernetes();
    plane.kubelet.images.missing = vec!["nowhere".into()];
    plane.kubelet.images.pull_time = vec![("large".into(), SimDuration::from_secs(90))];
    Run::new("services-and-images", "parallel", plane)
        .jobs(20, |_, pod, _| pod.images = vec!["large".into()])
        .jobs(2, |_, pod, _| pod.images = vec!["nowhere".into()])
        .services(|store, template| {
            let template = Arc::new(PodTemplate {
                behaviour: Behaviour::default(),
                restart_policy: RestartPolicy::Always,
                ..template.clone()
            });
            store.bare_pods.push(PodSpec {
                namespace: "default".into(),
                name: "alone".into(),
                template: template.clone(),
            });
            let web = DeploymentSpec {
                namespace: "default".into(),
                name: "web".into(),
                replicas: 8,
                template,
                ..DeploymentSpec::default()
            };
            store.add_deployment(web, SimTime::ZERO);
        })
        .until(2_000)
}

fn literal(mut plane: ControlPlane) -> ControlPlane {
    plane.scheduler.literal_queue = true;
    plane
}

fn runs() -> Vec<Run> {
    let mut runs = strategies();
    for (plane, [shape, failure]) in [
        (ControlPlane::kubernetes(), ["shapes", "failures"]),
        (ControlPlane::ideal(), ["ideal-shapes", "ideal-failures"]),
        (literal(ControlPlane::ideal()), ["literal-shapes", "literal-failures"]),
    ] {
        runs.push(shapes(shape, plane.clone()));
        runs.push(failures(failure, plane));
    }
    runs.push(services());
    runs
}

fn by_name(table: &str) -> BTreeMap<&str, &str> {
    table.lines().skip(1).filter_map(|row| row.split_once(',')).collect()
}

#[test]
fn results_are_those_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fingerprints.csv");
    let mut table = format!("{HEADER}\n");
    for run in runs() {
        writeln!(table, "{}", run.play()).unwrap();
    }
    if std::env::var_os("UPDATE_FINGERPRINTS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap();
    let (known, played) = (by_name(&known), by_name(&table));
    let changed: Vec<_> = played
        .iter()
        .filter(|(name, row)| known.get(*name) != Some(row))
        .map(|(name, row)| format!("{name}\n  was {}\n  is  {row}", known.get(name).unwrap_or(&"not there")))
        .collect();
    assert!(
        changed.is_empty(),
        "results changed ({HEADER}):\n{}\nIf they were meant to, see the head of tests/it/fingerprints.rs.",
        changed.join("\n")
    );
    assert_eq!(known.len(), played.len(), "the table has rows of runs that are gone");
}

/// The quick queue of a control plane without back-off against kube-scheduler's own, and cycles that run ahead of the calendar
/// against cycles that are events: the same records at the same times.
#[test]
fn the_slow_scheduler_gives_the_same_records() {
    let herd = |name, plane| {
        Run::new(name, "parallel", plane)
            .jobs(150, plain)
            .runtime("exponential(mean=1m)")
    };
    for plane in [ControlPlane::ideal, ControlPlane::kubernetes, off_the_second] {
        for seed in 1..4 {
            for run in [shapes, failures, herd] {
                let play = |plane| run("", plane).seed(seed).play();
                let (quick, slow) = (play(plane()), play(literal(plane())));
                if plane().scheduler.cycle_time.is_zero() {
                    // Where attempts cost nothing, the quick queue saves most of those that fail.
                    let fingerprint = |row: &str| row.split(',').nth(1).unwrap().to_owned();
                    assert_eq!(fingerprint(&quick), fingerprint(&slow), "seed {seed}");
                } else {
                    assert_eq!(quick, slow, "seed {seed}");
                }
            }
        }
    }
}
