//! Services played by the engine against recordings of Kubernetes 1.36.2 (`tests/recordings/`): when an autoscaler changes
//! the size and to what, when a ReplicaSet creates its pods, when crashing containers are restarted. The kubelets, the metrics
//! API and the load are those of the recordings; everything else comes from the simulated control plane.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::cluster::Store;
use makespan::cluster::record::{Observer, Record};
use makespan::control::Simulation;
use makespan::kernel::SimTime;
use makespan::scenario::Scenario;
use makespan::scenario::load::{Flags, load};

/// Settings of the recordings' kubelet and metrics API (their `README.md` and `options`).
const CONTROL_PLANE: &str = "{kubelet: {startLatency: 500ms, plegRelistPeriod: 0s, stopLatency: 200ms, restartJitter: false}, \
    metricsServer: {resolution: 0s, instantWindow: 10s}}";

fn text(recording: &str, file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    fs::read_to_string(path.join(recording).join(file)).unwrap()
}

fn between<'a>(text: &'a str, start: &str, end: char) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split(end).next()
}

/// The scenario of a recording, with the load that its actions set.
fn scenario(recording: &str, edit: impl Fn(String) -> String) -> Scenario {
    let actions = text(recording, "actions.yaml");
    let until = between(&actions, "until_s: ", '\n').unwrap();
    let loads = actions.lines().filter_map(|line| {
        let total = between(line, "total_cpu_m: ", '}')?;
        let at: f64 = between(line, "at_s: ", ',')?.parse().unwrap();
        Some(format!("{}s={total}m", at.max(0.0)))
    });
    let loads: Vec<String> = loads.collect();
    let services = if loads.is_empty() {
        String::new()
    } else {
        format!(", services: [{{deployment: web, load: 'steps({})'}}]", loads.join(","))
    };
    let own = format!(
        "apiVersion: makespan.dev/v1\nkind: Scenario\nspec: {{until: {until}s, controlPlane: {CONTROL_PLANE}{services}}}\n"
    );
    let source = |name: &str, text: String| {
        Arc::new(Source {
            name: name.into(),
            text,
        })
    };
    let sources = [
        source("manifests.yaml", edit(text(recording, "manifests.yaml"))),
        source("scenario.yaml", own),
    ];
    let mut problems = Problems::new();
    let loaded = load(recording, &sources, &Flags::default(), &mut problems);
    let mut scenario = loaded.unwrap_or_else(|| panic!("{recording}: {:?}", problems.list()));
    for (_, service) in &mut scenario.loads {
        service.cap_per_pod = Some(i64::MAX);
        service.idle_per_pod = Some(1);
    }
    scenario
}

/// All records with their times.
#[derive(Default)]
struct Log(Vec<(f64, Record)>);

impl Observer for Log {
    fn record(&mut self, now: SimTime, record: Record, _: &Store) {
        self.0.push((now.as_secs_f64(), record));
    }
}

fn play(scenario: &Scenario) -> Log {
    let mut log = Log::default();
    Simulation::new(scenario.input(1)).run(&mut log);
    log
}

fn rows(recording: &str, file: &str) -> Vec<csv::StringRecord> {
    let text = text(recording, file);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(Result::unwrap).collect()
}

/// Sizes that the Deployment was given after its first, with their times.
fn recorded_sizes(recording: &str) -> Vec<(f64, u32)> {
    let mut sizes: Vec<(f64, u32)> = Vec::new();
    for row in rows(recording, "events.csv") {
        if &row[1] != "Deployment" {
            continue;
        }
        let detail: serde_json::Value = serde_json::from_str(&row[5]).unwrap();
        let size = detail["spec"].as_u64().unwrap() as u32;
        if sizes.last().is_none_or(|(_, last)| *last != size) {
            sizes.push((row[0].parse().unwrap(), size));
        }
    }
    sizes.split_off(1)
}

#[test]
fn autoscalers_rescale_when_and_as_recorded() {
    for recording in [
        "hpa-default-step",
        "hpa-default-max40",
        "hpa-stab30",
        "hpa-policies-max",
        "hpa-walk-default-seed1",
        "hpa-walk-stab60-seed3",
        "hpa-restart-nobehavior-down",
        "hpa-down-disabled",
        "hpa-outside-range",
        "hpa-unready",
        "hpa-tolerance",
    ] {
        let log = play(&scenario(recording, |text| text));
        let scaled = log.0.iter().filter_map(|(at, record)| match record {
            Record::Scaled(_, size) => Some((*at, *size)),
            _ => None,
        });
        let scaled: Vec<(f64, u32)> = scaled.collect();
        let recorded = recorded_sizes(recording);
        let sizes = |list: &[(f64, u32)]| list.iter().map(|(_, size)| *size).collect::<Vec<_>>();
        assert!(!recorded.is_empty(), "{recording}");
        assert_eq!(
            sizes(&scaled),
            sizes(&recorded),
            "{recording}: {scaled:?} for {recorded:?}"
        );
        for (played, real) in scaled.iter().zip(&recorded) {
            assert!((played.0 - real.0).abs() < 0.5, "{recording}: {played:?} for {real:?}");
        }
    }
}

/// 200 pods: a burst of 30 calls, then 20 a second, shared by creations, events and statuses.
#[test]
fn a_replica_set_creates_its_pods_as_fast_as_recorded() {
    let recording = "deploy-scale-200";
    let log = play(&scenario(recording, |text| {
        text.replace("replicas: 0", "replicas: 200")
    }));
    let played = log
        .0
        .iter()
        .filter(|(_, record)| matches!(record, Record::PodCreated(_)));
    let played: Vec<f64> = played.map(|(at, _)| *at).collect();
    // The recorded Deployment was given its size at 2.024 s.
    let mut real: Vec<f64> = rows(recording, "pods.csv")
        .iter()
        .map(|row| row[4].parse::<f64>().unwrap() - 2.024)
        .collect();
    real.sort_by(f64::total_cmp);
    assert_eq!(played.len(), 200);
    assert_eq!(real.len(), 200);
    for (k, (played, real)) in played.iter().zip(&real).enumerate() {
        assert!((played - real).abs() < 0.3, "pod {k}: {played} for {real}");
    }
}

/// Containers that end after 2 s: restarted at once, then after 10, 20, 40 s.
#[test]
fn crashing_containers_are_restarted_when_recorded() {
    let recording = "deployment-crash-r1";
    let log = play(&scenario(recording, |text| text));
    let played = |wanted: fn(&Record) -> bool| -> Vec<f64> {
        let found = log.0.iter().filter(|(_, record)| wanted(record));
        found.map(|(at, _)| *at).collect()
    };
    let recorded = rows(recording, "events.csv");
    let recorded = |event: &str| -> Vec<f64> {
        let found = recorded.iter().filter(|row| &row[1] == "Pod" && &row[3] == event);
        found.map(|row| row[0].parse().unwrap()).collect()
    };
    for (event, played) in [
        ("container-restarted", played(|r| matches!(r, Record::PodRestarted(_)))),
        ("container-waiting", played(|r| matches!(r, Record::PodBackingOff(_)))),
        ("ready", played(|r| matches!(r, Record::PodReadiness(_, true)))),
        ("unready", played(|r| matches!(r, Record::PodReadiness(_, false)))),
    ] {
        let real = recorded(event);
        assert_eq!(played.len(), real.len(), "{event}: {played:?} for {real:?}");
        assert!(played.len() >= 12, "{event}: three pods, four times");
        for (played, real) in played.iter().zip(&real) {
            assert!((played - real).abs() < 0.2, "{event}: {played} for {real}");
        }
    }
}
