//! Jobs with policies, event by event against recordings of the real Job controller: which pods are made, ended, deleted and
//! released, which statuses and conditions are written, in which words, and when.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use makespan::cluster::index_set::IndexSet;
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::{JobId, PodId, Store};
use makespan::control::Simulation;
use makespan::experiment::recording::Recording;
use makespan::kernel::SimTime;

/// How far an event may lie from its recorded time, in seconds.
const TOLERANCE: f64 = 0.25;

/// One event: what, and when.
type Told = (String, f64);

/// Tells pods' lives and conditions, in order.
struct Teller {
    told: Vec<Told>,
    shift: f64,
    written: usize,
    seed: u64,
}

impl Teller {
    fn tell(&mut self, now: SimTime, what: String) {
        self.told.push((what, now.as_secs_f64() + self.shift));
    }
}

impl Observer for Teller {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        match record {
            Record::PodCreated(pod) => self.tell(now, format!("{} created", name(pod, store))),
            Record::PodDeleting(pod) => self.tell(now, format!("{} deleting", name(pod, store))),
            Record::PodFinished(pod) => {
                let record = &store.pods[pod.index()];
                let phase = record.phase.name().to_lowercase();
                self.tell(now, format!("{} {phase} {}", name(pod, store), record.exit_code));
            }
            Record::PodGone(pod) => self.tell(now, format!("{} gone", name(pod, store))),
            Record::JobConditionWritten(job) | Record::JobSuspension(job) => {
                let conditions = store.job_conditions(job, self.seed);
                // An interim condition may be written with the final one.
                for text in conditions.iter().skip(self.written) {
                    let status = if text.status { "True" } else { "False" };
                    let message = anonymous(&text.message, store, self.seed);
                    self.tell(now, format!("{}={status} reason={}: {message}", text.kind, text.reason));
                }
                self.written = conditions.len();
            }
            Record::JobGone(_) => self.tell(now, "job gone".to_owned()),
            _ => {}
        }
    }
}

/// `pod 3`, and its completion index.
fn name(pod: PodId, store: &Store) -> String {
    let record = &store.pods[pod.index()];
    match record.completion_index {
        u32::MAX => format!("pod {}", record.ordinal),
        index => format!("pod {} index {index}", record.ordinal),
    }
}

/// Puts `pod N` in place of generated names.
fn anonymous(message: &str, store: &Store, seed: u64) -> String {
    let pods = (0..store.pods.len() as u32).map(PodId);
    pods.fold(message.to_owned(), |text, pod| {
        text.replace(&store.pod_name(pod, seed), &name(pod, store))
    })
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recordings")
        .join(name)
}

/// The same of the recording: rows of pods and conditions.
fn recorded(folder: &Path) -> Vec<Told> {
    let text = fs::read_to_string(folder.join("events.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let mut pods: BTreeMap<String, String> = BTreeMap::new();
    let mut told = Vec::new();
    for row in rows.records() {
        let row = row.unwrap();
        let (at, kind, pod, event, detail) = (row[0].parse::<f64>().unwrap(), &row[1], &row[2], &row[3], &row[5]);
        let what = match (kind, event) {
            ("Pod", "created") => {
                let index = detail.split_once("index=").map(|(_, index)| format!(" index {index}"));
                let name = format!("pod {}{}", pods.len(), index.unwrap_or_default());
                pods.insert(pod.to_owned(), name.clone());
                format!("{name} created")
            }
            ("Pod", "deleting") => format!("{} deleting", pods[pod]),
            ("Pod", "succeeded" | "failed") => {
                format!("{} {event} {}", pods[pod], detail.trim_start_matches("exitCode="))
            }
            ("Pod", "deleted") => format!("{} gone", pods[pod]),
            ("Job", "condition") => {
                let text = detail.to_string();
                pods.iter().fold(text, |text, (pod, name)| text.replace(pod, name))
            }
            ("Job", "deleted") => "job gone".to_owned(),
            _ => continue,
        };
        told.push((what, at));
    }
    told
}

/// Replays a folder; both stories in order of their texts, as rows within milliseconds may come in either order.
fn replay(name: &str) -> (Vec<Told>, Vec<Told>, Store) {
    let folder = folder(name);
    let recording = Recording::read(&folder).unwrap();
    let scenario = &recording.plan.scenario;
    let mut teller = Teller {
        told: Vec::new(),
        shift: recording.plan.start + scenario.control_plane.watch_latency.as_secs_f64(),
        written: 0,
        seed: scenario.seed,
    };
    let mut simulation = Simulation::new(recording.plan.input());
    simulation.run(&mut teller);
    (recorded(&folder), teller.told, simulation.into_store())
}

fn assert_same(name: &str, tolerance: f64) -> Store {
    let (real, simulated, store) = replay(name);
    let story = simulated.clone();
    let sorted = |mut told: Vec<Told>| {
        told.sort_by(|a, b| a.0.cmp(&b.0));
        told
    };
    let texts = |told: &[Told]| told.iter().map(|(what, _)| what.clone()).collect::<Vec<_>>();
    let (by_text, simulated_by_text) = (sorted(real.clone()), sorted(simulated.clone()));
    assert_eq!(
        texts(&by_text),
        texts(&simulated_by_text),
        "{name}\n{real:#?}\n{simulated:#?}"
    );
    for ((what, real), (_, simulated)) in by_text.iter().zip(&simulated_by_text) {
        assert!(
            (real - simulated).abs() <= tolerance,
            "{name}: {what} at {simulated:.3} s, recorded at {real:.3} s\n{story:#?}"
        );
    }
    store
}

#[test]
fn a_matching_exit_code_fails_the_job_with_its_message() {
    let store = assert_same("podfailurepolicy-exit42", TOLERANCE);
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (2, 0));
}

#[test]
fn a_success_policy_ends_the_job_and_deletes_what_runs() {
    // In the recording a sync came 1 ms before the second success, so that took another second to be seen.
    let store = assert_same("successpolicy-count2", 1.0 + TOLERANCE);
    // The deleted pods do not count as failed.
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (0, 2));
    assert_eq!(store.job_indexes[&JobId(0)].completed().to_string(), "0,1");
}

#[test]
fn indexes_fail_one_by_one_and_retry_at_their_own_pace() {
    let store = assert_same("indexed-2-failed-indexes", TOLERANCE);
    let indexes = &store.job_indexes[&JobId(0)];
    let [completed, failed] = [indexes.completed(), indexes.failed()].map(IndexSet::to_string);
    assert_eq!((completed.as_str(), failed.as_str()), ("0,2,3,5", "1,4"));
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (5, 4));
    let store = assert_same("indexed-one-retry-ok", TOLERANCE);
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (1, 6));
    assert_eq!(store.job_indexes[&JobId(0)].completed().to_string(), "0-5");
}
