//! The shipped scenarios about services give the answers that their opening comments promise.

use std::path::Path;
use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::cluster::job::JobCondition;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::{DeploymentId, Store, WorkloadId};
use makespan::control::{End, Outcome, Simulation};
use makespan::kernel::SimTime;
use makespan::scenario::load::{Flags, load};

fn play(file: &str, observer: &mut dyn Observer) -> (Store, Outcome) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(file);
    let source = Source {
        name: file.to_owned(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    let mut problems = Problems::new();
    let scenario = load(file, &[Arc::new(source)], &Flags::default(), &mut problems);
    assert!(problems.list().is_empty(), "{:?}", problems.list());
    let mut simulation = Simulation::new(scenario.unwrap().input(1));
    let outcome = simulation.run(observer);
    (simulation.into_store(), outcome)
}

/// Sizes with their hours, and demand and service of the only Deployment in core-hours.
#[derive(Default)]
struct Day {
    sizes: Vec<(f64, u32)>,
    last: Option<(f64, i64, i64)>,
    demand: f64,
    served: f64,
}

impl Observer for Day {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        let hour = now.as_secs_f64() / 3600.0;
        match record {
            Record::Scaled(_, size) => self.sizes.push((hour, size)),
            Record::ServiceSampled(target) => {
                let service = store.demands[&target];
                if let Some((since, demand, served)) = self.last {
                    self.demand += (hour - since) * demand as f64 / 1000.0;
                    self.served += (hour - since) * served as f64 / 1000.0;
                }
                self.last = Some((hour, service.demand_milli, service.served_milli));
            }
            _ => {}
        }
    }
}

#[test]
fn an_autoscaler_follows_a_day_of_load() {
    let mut day = Day::default();
    let (store, outcome) = play("hpa-serving.yaml", &mut day);
    assert_eq!(outcome.end, End::TimeLimit);
    let sizes = day.sizes.iter().map(|(_, size)| *size);
    assert_eq!((sizes.clone().max(), sizes.min()), (Some(21), Some(4)));
    // The peak is at 6 h, the trough at 18 h, and the size follows late: 5 minutes and more on the way down.
    let turn = |size| day.sizes.iter().find(|(_, s)| *s == size).unwrap().0;
    assert!((1.0..6.0).contains(&turn(21)) && (15.0..18.0).contains(&turn(4)));
    assert!(store.ready_pods(WorkloadId::Deployment(DeploymentId(0))) > 12);
    // 24 h of 8 cores; what is missing are the 8 cores of the first 62 to 64 s and no more.
    let missing = (day.demand - day.served) * 3600.0;
    assert!((day.demand - 8.0 * 24.0).abs() < 0.01, "{}", day.demand);
    assert!((8.0 * 62.0..8.0 * 64.0).contains(&missing), "{missing} core-seconds");
}

#[test]
fn slow_scaling_shows_as_latency_and_drops() {
    let mut day = Day::default();
    let (store, outcome) = play("hpa-overload.yaml", &mut day);
    assert_eq!(outcome.end, End::TimeLimit);
    let sizes: Vec<u32> = day.sizes.iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes, [9, 14, 21, 24, 6]);
    let steps: Vec<f64> = day.sizes.iter().map(|(hour, _)| hour * 60.0).collect();
    assert!(
        steps[..4].windows(2).all(|w| (2.4..2.6).contains(&(w[1] - w[0]))),
        "{steps:?}"
    );
    let requests = store.requests.values().next().unwrap();
    // 10 min of 40 a second, 20 of 160, 10 of 40; 40 a second are dropped for the first 2 min.
    assert!((requests.arrived - 240_000.0).abs() < 1.0, "{}", requests.arrived);
    let (since, longest) = requests.overload.longest;
    assert!((since.as_secs_f64() - 600.0).abs() < 1e-9 && (437.0..438.0).contains(&longest.as_secs_f64()));
    let of_the_crowd = (requests.dropped - 122.0 * 40.0) / (longest.as_secs_f64() * 160.0);
    assert!((0.38..0.40).contains(&of_the_crowd), "{of_the_crowd}");
    let latency = |p| requests.latencies.quantile(p).unwrap().as_secs_f64();
    assert!(
        latency(0.5) < 0.5 && latency(0.95) > 2.0 && latency(1.0) < 5.0 + 3.0,
        "{}",
        latency(1.0)
    );
}

#[test]
fn a_wrong_image_holds_what_it_asked_for() {
    let mut pulls = Pulls(Vec::new());
    let (store, outcome) = play("wrong-image.yaml", &mut pulls);
    assert_eq!(outcome.end, End::TimeLimit);
    let waits: Vec<u64> = pulls.0.iter().map(|at| at.as_nanos() / 1_000_000_000).collect();
    assert_eq!(waits, [0, 10, 30, 70, 150, 310, 610, 910, 1210, 1510]);
    // Four pods hold a GPU each, and the Job's waits.
    let gpu = store
        .resources
        .iter()
        .find(|(_, name)| *name == "nvidia.com/gpu")
        .unwrap()
        .0;
    assert_eq!(
        (store.used_total[gpu.index()], store.allocatable_total[gpu.index()]),
        (4, 16)
    );
    assert_eq!(
        (store.running_pods, store.pending_pods, store.pods.len()),
        (0, 1, 4 + 1)
    );
    assert_eq!(store.jobs[0].condition, JobCondition::Active);
}

/// Failed pulls of the first pod.
struct Pulls(Vec<SimTime>);

impl Observer for Pulls {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        if let Record::PodImagePullFailed(pod) = record
            && store.pods[pod.index()].ordinal == 0
        {
            self.0.push(now);
        }
    }
}
