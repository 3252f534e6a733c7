//! How far does it scale? Whole runs of the sizes that were asked for, once each: a million Jobs, a hundred thousand nodes, a full
//! queue, ten million pods. Small ones by default; `-- --large` plays the large ones, too. See benches/README.md.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench reads the clock and reports to its terminal"
)]

use std::sync::Arc;
use std::time::Instant;

use makespan::cluster::outcome::attempt_runtime;
use makespan::cluster::record::Silent;
use makespan::cluster::spec::{Behaviour, JobSpec, NodeSpec, PodTemplate, RestartPolicy};
use makespan::cluster::{Amounts, ResourceId, ResourceTable, Store};
use makespan::control::rate_limit::RateLimit;
use makespan::control::{ControlPlane, End, Input, Simulation};
use makespan::kernel::SimTime;
use makespan::workload::Script;
use makespan::workload::strategy::Strategy;

/// One run: one-pod Jobs, in turn of 1, 2, 4 and 8 GPUs if they are `mixed`, on nodes of 8 GPUs.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    large: bool,
    nodes: u32,
    jobs: u32,
    /// Completions of each Job, a tenth of them at once.
    completions: u32,
    mixed: bool,
    runtime: &'static str,
    strategy: &'static str,
    plane: fn() -> ControlPlane,
}

/// `kubernetes` with all limits of clients a hundred times higher.
fn quick_clients() -> ControlPlane {
    let mut plane = ControlPlane::kubernetes();
    let times = |limit: &mut RateLimit| {
        *limit = RateLimit::new(limit.kube_api_qps * 100.0, limit.kube_api_burst * 100);
    };
    times(&mut plane.job.client);
    times(&mut plane.scheduler.client);
    times(&mut plane.kubelet.client);
    plane
}

/// `ideal`, with the best node of all and not of a sample.
fn best_of_all() -> ControlPlane {
    let mut plane = ControlPlane::ideal();
    plane.scheduler.percentage_of_nodes_to_score = 100;
    plane
}

const PLAIN: Case = Case {
    name: "kubernetes, 1e5 Jobs, 1e3 nodes",
    large: false,
    nodes: 1_000,
    jobs: 100_000,
    completions: 1,
    mixed: false,
    runtime: "300s",
    strategy: "parallel",
    plane: ControlPlane::kubernetes,
};

const M_G_C: Case = Case {
    name: "ideal, M/G/c, 1e5 Jobs, c = 1000",
    nodes: 125,
    runtime: "lognormal(median=600s,sigma=1.5)",
    strategy: "poisson(rate=0.487/s)",
    plane: ControlPlane::ideal,
    ..PLAIN
};

const CASES: [Case; 11] = [
    PLAIN,
    Case {
        name: "kubernetes, 1e5 Jobs, 1e5 nodes",
        nodes: 100_000,
        ..PLAIN
    },
    Case {
        name: "kubernetes, limits x100, 1e5 Jobs, 1e3 nodes",
        plane: quick_clients,
        ..PLAIN
    },
    Case {
        name: "kubernetes, one Indexed Job of 1e5",
        jobs: 1,
        completions: 100_000,
        nodes: 1_250,
        ..PLAIN
    },
    Case {
        name: "kubernetes, full queue, 2e4 Jobs, 1e3 GPUs",
        jobs: 20_000,
        nodes: 125,
        ..PLAIN
    },
    M_G_C,
    Case {
        name: "kubernetes, 1e6 Jobs, 1e3 nodes",
        large: true,
        jobs: 1_000_000,
        ..PLAIN
    },
    Case {
        name: "kubernetes, limits x100, 1e6 Jobs, 1e3 nodes",
        large: true,
        jobs: 1_000_000,
        plane: quick_clients,
        ..PLAIN
    },
    Case {
        name: "kubernetes, full queue, 1e5 Jobs, 1e3 GPUs",
        large: true,
        nodes: 125,
        ..PLAIN
    },
    Case {
        name: "ideal, M/G/c, 1e6 Jobs, c = 1000",
        large: true,
        jobs: 1_000_000,
        ..M_G_C
    },
    Case {
        name: "ideal, 1e7 Jobs of 1 to 8 GPUs, 1e5 nodes, best of all",
        large: true,
        nodes: 100_000,
        jobs: 10_000_000,
        mixed: true,
        runtime: "exponential(mean=600s)",
        strategy: "poisson(rate=300/s)",
        plane: best_of_all,
        ..PLAIN
    },
];

impl Case {
    fn input(&self) -> Input {
        let mut resources = ResourceTable::default();
        let gpu = resources.intern("nvidia.com/gpu");
        let mut allocatable = Amounts::new();
        allocatable.set(ResourceId::CPU, 64_000);
        allocatable.set(ResourceId::MEMORY, 512 << 30);
        allocatable.set(ResourceId::PODS, 110);
        allocatable.set(gpu, 8);
        let node = |i| NodeSpec {
            name: format!("node-{i}"),
            capacity: allocatable.clone(),
            allocatable: allocatable.clone(),
            ..NodeSpec::default()
        };
        let mut store = Store::new(resources, (0..self.nodes).map(node).collect());
        let widths: &[i64] = if self.mixed { &[1, 2, 4, 8] } else { &[1] };
        let specs: Vec<_> = widths
            .iter()
            .map(|width| store.add_job_spec(self.job(gpu, *width)))
            .collect();
        for i in 0..self.jobs as usize {
            store.add_job(specs[i % specs.len()]);
        }
        Input {
            store,
            strategy: self.strategy(),
            control_plane: (self.plane)(),
            script: Script::default(),
            services: Vec::new(),
            seed: 1,
            until: None,
        }
    }
    fn strategy(&self) -> Strategy {
        let arrivals = self.strategy.parse().ok();
        let strategy = arrivals.is_none().then_some(self.strategy);
        Strategy::choose(strategy, arrivals).expect("the strategy is written right")
    }
    fn behaviour(&self) -> Behaviour {
        Behaviour {
            runtime: vec![self.runtime.parse().expect("the runtime is written right")],
            ..Behaviour::default()
        }
    }
    fn job(&self, gpu: ResourceId, width: i64) -> JobSpec {
        let mut requests = Amounts::new();
        requests.set(ResourceId::PODS, 1);
        requests.set(gpu, width);
        let template = PodTemplate {
            requests,
            nonzero_cpu: 100,
            nonzero_memory: 200 << 20,
            restart_policy: RestartPolicy::Never,
            behaviour: self.behaviour(),
            ..PodTemplate::default()
        };
        let mut job = JobSpec {
            namespace: "default".into(),
            name: format!("train-{width}"),
            backoff_limit: 3,
            template: Arc::new(template),
            ..JobSpec::default()
        };
        if self.completions > 1 {
            job.completion_mode = makespan::cluster::spec::CompletionMode::Indexed;
            job.completions = Some(self.completions);
            job.parallelism = self.completions / 10;
        }
        job
    }
    /// Plays it; says what it cost.
    fn measure(&self) {
        let mut simulation = Simulation::new(self.input());
        let start = Instant::now();
        let before = cpu_seconds();
        let outcome = simulation.run(&mut Silent);
        let wall = start.elapsed().as_secs_f64();
        let seconds = before.zip(cpu_seconds()).map_or(wall, |(before, after)| after - before);
        assert_eq!(outcome.end, End::Finished, "{}", self.name);
        let pods = simulation.store().pods.len();
        println!(
            "{seconds:>8.3} s {:>9.0} pods/s {:>11} attempts {:>12} events {:>6} MiB  {}",
            pods as f64 / seconds,
            outcome.scheduling_attempts,
            outcome.events,
            peak_mib().map_or_else(|| "?".to_owned(), |mib| mib.to_string()),
            self.name
        );
        if self.strategy == M_G_C.strategy {
            self.compare_with_two_heaps(simulation.store());
        }
    }
    /// First come, first served on `c` slots by hand: the last end and the sum of the waits must be the same to the nanosecond.
    fn compare_with_two_heaps(&self, store: &Store) {
        let Strategy::Arrivals(arrivals) = self.strategy() else {
            return;
        };
        let behaviour = self.behaviour();
        let start = Instant::now();
        let mut free: std::collections::BinaryHeap<_> =
            (0..self.nodes * 8).map(|_| std::cmp::Reverse(SimTime::ZERO)).collect();
        let (mut waits, mut end) = (0_u128, SimTime::ZERO);
        for (job, arrival) in arrivals.times(self.jobs as usize, 1).into_iter().enumerate() {
            let std::cmp::Reverse(slot) = free.pop().expect("there are slots");
            let begin = arrival.max(slot);
            let runtime = attempt_runtime(&behaviour, 1, job as u64, 0, None).expect("it ends");
            waits += u128::from(begin.since(arrival).as_nanos());
            end = end.max(begin + runtime);
            free.push(std::cmp::Reverse(begin + runtime));
        }
        let seconds = start.elapsed().as_secs_f64();
        let played = store
            .jobs
            .iter()
            .map(|job| u128::from(job.wait().expect("it ran").as_nanos()));
        assert_eq!(played.sum::<u128>(), waits, "sum of waits");
        assert_eq!(store.jobs.iter().map(|job| job.finished).max(), Some(end), "makespan");
        println!("{seconds:>8.3} s by hand, with the same makespan and mean wait to the nanosecond");
    }
}

/// CPU time of this thread, where the system tells.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<u64>().ok()? as f64 / 1e9)
}

/// Peak memory of the process so far, where the system tells.
fn peak_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? / 1024)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let large = arguments.iter().any(|argument| argument == "--large");
    let wanted: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    for case in CASES {
        let named = wanted.iter().any(|part| case.name.contains(part.as_str()));
        if named || (wanted.is_empty() && (large || !case.large)) {
            case.measure();
        }
    }
}
