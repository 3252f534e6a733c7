//! The HPA against recordings of Kubernetes 1.36.2 (`tests/recordings/hpa-*`): at each recorded evaluation it gets the pods
//! and samples the real controller saw, and everything that became of it has to be the same: every rescale with its reason,
//! every change of the HPA's status (size, utilisation, conditions).

use std::collections::BTreeMap;
use std::path::PathBuf;

use makespan::cluster::hpa::{HpaEvent, HpaStatus};
use makespan::cluster::spec::{
    HpaBehavior, HpaSpec, MetricSpec, MissingRequest, ScaleTargetKind, ScalingPolicy, ScalingRules, SelectPolicy,
};
use makespan::cluster::{HpaId, PodId, Store};
use makespan::control::hpa::metrics::{ServiceModel, ServicePod};
use makespan::control::hpa::{
    HpaSettings, HpaState, MetricError, PodView, Reading, ReadyCondition, Sample, Seen, reconcile,
};
use makespan::kernel::{SimDuration, SimTime};

/// The requests of all recorded Deployments but hpa-no-request.
const REQUEST_MILLI: i64 = 100;
/// `window_s` of the recordings' metrics API.
const WINDOW: SimDuration = SimDuration::from_secs(10);

fn policy(percent: bool, value: u32, period: u64) -> ScalingPolicy {
    ScalingPolicy {
        percent,
        value,
        period: SimDuration::from_secs(period),
    }
}

fn rules(window: Option<u64>, policies: Vec<ScalingPolicy>) -> ScalingRules {
    let stabilization_window = window.map(SimDuration::from_secs);
    ScalingRules {
        stabilization_window,
        select_policy: SelectPolicy::Max,
        policies,
        tolerance: None,
    }
}

fn default_up() -> ScalingRules {
    rules(Some(0), vec![policy(false, 4, 15), policy(true, 100, 15)])
}

/// The default scale-down rules with this window.
fn default_down(window: Option<u64>) -> ScalingRules {
    rules(window, vec![policy(true, 100, 15)])
}

fn spec(min_replicas: u32, max_replicas: u32, behavior: Option<(ScalingRules, ScalingRules)>) -> HpaSpec {
    HpaSpec {
        namespace: "bench".into(),
        name: "web".into(),
        target_kind: ScaleTargetKind::Deployment,
        target: "web".into(),
        min_replicas,
        max_replicas,
        metrics: vec![MetricSpec::cpu_utilization(50)],
        behavior: behavior.map(|(scale_up, scale_down)| HpaBehavior { scale_up, scale_down }),
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Pod {
    running: f64,
    ready: f64,
    deleting: f64,
    finished: f64,
    created: f64,
    deleted: f64,
}

/// One status of the HPA as the recorder wrote it down.
#[derive(Debug, Clone, PartialEq, Default)]
struct Status {
    current: Option<u64>,
    desired: u64,
    cpu: Vec<Option<i64>>,
    conditions: BTreeMap<String, String>,
}

/// One answer of the metrics API: when, the scripted load, and the usage per pod reported.
struct Answer {
    at: f64,
    load: i64,
    usage: Vec<i64>,
}

struct Recording {
    name: &'static str,
    /// Wall-clock fraction of a second at t = 0, so that times can be truncated to whole seconds as the API does.
    fraction: f64,
    pods: Vec<Pod>,
    answers: Vec<Answer>,
    statuses: Vec<(f64, Status)>,
    /// Changes of the Deployment's `spec.replicas`.
    sizes: Vec<(f64, u64)>,
    /// SuccessfulRescale: time, text.
    rescales: Vec<(f64, String)>,
}

impl Recording {
    fn read(name: &'static str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/recordings")
            .join(name);
        let rows = |file: &str| -> Vec<BTreeMap<String, String>> {
            let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
            reader.deserialize().map(Result::unwrap).collect()
        };
        let actions = std::fs::read_to_string(folder.join("actions.yaml")).unwrap();
        let seconds = actions
            .split("t0_utc: \"")
            .nth(1)
            .unwrap()
            .split(['Z', ':'])
            .nth(2)
            .unwrap();
        let time = |row: &BTreeMap<String, String>, key: &str| row[key].parse().unwrap_or(f64::INFINITY);
        let pods = rows("pods.csv")
            .iter()
            .map(|row| Pod {
                running: time(row, "running"),
                ready: time(row, "ready"),
                deleting: time(row, "deleting"),
                finished: time(row, "finished"),
                created: time(row, "created"),
                deleted: time(row, "deleted"),
            })
            .collect();
        let answers = rows("metrics.csv")
            .iter()
            .map(|row| Answer {
                at: time(row, "time_s"),
                load: row["total_load_m"].parse().unwrap(),
                usage: row["usage_m_per_pod"]
                    .split_whitespace()
                    .map(|u| u.parse().unwrap())
                    .collect(),
            })
            .collect();
        let mut recording = Self {
            name,
            fraction: seconds.parse::<f64>().unwrap().fract(),
            pods,
            answers,
            statuses: Vec::new(),
            sizes: Vec::new(),
            rescales: Vec::new(),
        };
        for row in rows("events.csv") {
            recording.take_event(time(&row, "time_s"), &row);
        }
        recording
    }

    fn take_event(&mut self, at: f64, row: &BTreeMap<String, String>) {
        match (row["kind"].as_str(), row["event"].as_str()) {
            ("HorizontalPodAutoscaler", "changed") => self.statuses.push((at, status(&row["detail"]))),
            ("Deployment", "created" | "changed") => {
                let detail: serde_json::Value = serde_json::from_str(&row["detail"]).unwrap();
                let size = detail["spec"].as_u64().unwrap();
                if self.sizes.last().is_none_or(|(_, last)| *last != size) {
                    self.sizes.push((at, size));
                }
            }
            ("Event", "SuccessfulRescale") => {
                let text = row["detail"]
                    .split("] ")
                    .nth(1)
                    .unwrap()
                    .trim_start_matches("(combined from similar events): ");
                // A repeated event has a count at its end.
                let text = text.split(" (x").next().unwrap();
                self.rescales.push((at, text.to_owned()));
            }
            _ => {}
        }
    }

    /// When the controller evaluated: whenever it asked for metrics, and 0.1 s before it changed a status without asking.
    fn evaluations(&self) -> Vec<f64> {
        let mut times: Vec<f64> = self.answers.iter().map(|a| a.at).collect();
        for (at, _) in &self.statuses {
            if !times.iter().any(|t| (t - at).abs() < 1.0) {
                times.push(at - 0.1);
            }
        }
        times.sort_by(f64::total_cmp);
        times
    }

    /// As virtual time, which has no negative instants: t = 0 is 100 s and the fraction, so whole seconds are those of the
    /// wall clock.
    fn instant(&self, at: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(100.0 + self.fraction + at).unwrap()
    }

    /// The same in whole seconds, as the API keeps it.
    fn api_instant(&self, at: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64((100.0 + self.fraction + at).floor()).unwrap()
    }

    /// The Deployment's size when the controller evaluates at `now`.
    fn size_before(&self, now: f64) -> u32 {
        let (_, size) = self
            .sizes
            .iter()
            .rfind(|(at, _)| *at < now)
            .expect("the Deployment exists");
        u32::try_from(*size).unwrap()
    }

    /// What the HPA saw at `now`.
    fn pods_at(&self, now: f64, request_milli: Option<i64>) -> (Vec<PodView>, Reading) {
        let answer = self.answers.iter().find(|a| a.at == now);
        let mut usage = answer.map_or(&[][..], |a| &a.usage).iter();
        let (mut pods, mut samples) = (Vec::new(), Vec::new());
        for pod in self.pods.iter().filter(|pod| pod.created <= now && now < pod.deleted) {
            let running = pod.running <= now;
            let since = if pod.ready <= now { pod.ready } else { pod.running };
            let ready = ReadyCondition {
                status: pod.ready <= now,
                last_transition: self.api_instant(since.min(now)),
            };
            let reported = running && now < pod.finished;
            let sample = if reported { usage.next() } else { None };
            pods.push(PodView {
                count: 1,
                pending: !running,
                failed: pod.finished <= now,
                deleting: pod.deleting <= now,
                started: running.then(|| self.api_instant(pod.running)),
                ready: running.then_some(ready),
            });
            samples.push(sample.map(|&usage_milli| Sample {
                usage_milli,
                at: self.api_instant(now),
                window: WINDOW,
            }));
        }
        assert_eq!(
            usage.next(),
            None,
            "{} at {now}: more samples than running pods",
            self.name
        );
        let lacking = MetricError::MissingRequest(PodId(0), MissingRequest::OfContainer(0));
        let requests = vec![request_milli.ok_or(lacking); pods.len()];
        (pods, Reading::Pods { samples, requests })
    }

    /// The service model gives the usage the metrics API reported; `report: none` left out.
    fn check_service_model(&self) {
        let model = ServiceModel {
            cap_per_pod_milli: None,
            idle_milli: Some(1),
        };
        for answer in self.answers.iter().filter(|answer| !answer.usage.is_empty()) {
            let pods: Vec<ServicePod> = self
                .pods
                .iter()
                .filter(|pod| pod.running <= answer.at && answer.at < pod.finished)
                .map(|pod| ServicePod {
                    running: true,
                    ready: pod.ready <= answer.at,
                    deleting: pod.deleting <= answer.at,
                })
                .collect();
            let usage: Vec<i64> = model.usage(answer.load, &pods).map(Option::unwrap).collect();
            assert_eq!(usage, answer.usage, "{} at {}", self.name, answer.at);
        }
    }
}

fn status(detail: &str) -> Status {
    let detail: serde_json::Value = serde_json::from_str(detail).unwrap();
    Status {
        current: detail["current"].as_u64(),
        desired: detail["desired"].as_u64().unwrap(),
        cpu: detail["cpu"]
            .as_array()
            .unwrap()
            .iter()
            .map(serde_json::Value::as_i64)
            .collect(),
        conditions: detail["conds"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(kind, text)| (kind.clone(), text.as_str().unwrap().to_owned()))
            .collect(),
    }
}

/// The status as the recorder would have written it down.
fn written(store: &Store) -> Status {
    let status = &store.hpa_status[0];
    let condition = |status: bool, reason: &str| format!("{}/{reason}", if status { "True" } else { "False" });
    let conditions = store.hpa_conditions(HpaId(0), 1);
    Status {
        current: status.current_replicas.map(u64::from),
        desired: u64::from(status.desired_replicas),
        cpu: status
            .metrics
            .iter()
            .map(|metric| metric.and_then(|m| m.utilization))
            .collect(),
        conditions: conditions
            .iter()
            .map(|c| (c.kind.to_owned(), condition(c.status, c.reason)))
            .collect(),
    }
}

/// Replays one recording and returns the sizes the Deployment was given.
fn replay(name: &'static str, spec: &HpaSpec, request_milli: Option<i64>) -> Vec<u32> {
    let recording = Recording::read(name);
    recording.check_service_model();
    let (settings, mut state, mut shown) = (HpaSettings::default(), HpaState::default(), Status::default());
    let mut store = Store::default();
    store.hpas = vec![spec.clone()];
    store.hpa_status = vec![HpaStatus::default()];
    let mut statuses = recording.statuses.iter();
    let mut rescales = recording.rescales.iter();
    // The first size is the Deployment's own.
    let mut sizes = recording.sizes.iter().skip(1);
    let mut given = Vec::new();
    for now in recording.evaluations() {
        let current = recording.size_before(now);
        let (pods, reading) = recording.pods_at(now, request_milli);
        let seen = Seen {
            current,
            status_replicas: current,
            pods: &pods,
            readings: &[reading],
        };
        let decision = reconcile(spec, &mut state, &settings, recording.instant(now), &seen);
        let what = format!("{name} at {now}: {decision:?}");

        if decision.rescales() {
            given.push(decision.desired);
            let event = HpaEvent::SuccessfulRescale(decision.desired, decision.reason);
            let text = store.hpa_event_text(HpaId(0), event, 1).message;
            let (at, recorded) = rescales.next().unwrap_or_else(|| panic!("not recorded: {what}"));
            assert!(
                (now - 0.1..now + 0.5).contains(at),
                "recorded {recorded} at {at}; {what}"
            );
            assert_eq!(&text, recorded, "{what}");
            let (at, size) = sizes.next().unwrap_or_else(|| panic!("size not recorded: {what}"));
            assert!(
                (now - 0.1..now + 0.5).contains(at),
                "recorded size {size} at {at}; {what}"
            );
            assert_eq!(u64::from(decision.desired), *size, "{what}");
        }
        decision.apply(&mut store.hpa_status[0], recording.instant(now));
        let after = written(&store);
        if after != shown {
            let (at, recorded) = statuses.next().unwrap_or_else(|| panic!("status not recorded: {what}"));
            assert!(
                (now - 0.1..now + 0.5).contains(at),
                "recorded {recorded:?} at {at}; {what}"
            );
            assert_eq!(&after, recorded, "{what}");
            shown = after;
        }
    }
    assert_eq!(rescales.next(), None, "{name}: a recorded rescale did not happen");
    assert_eq!(sizes.next(), None, "{name}: a recorded size was not reached");
    assert_eq!(statuses.next(), None, "{name}: a recorded status did not appear");
    assert!(!recording.statuses.is_empty(), "{name}: nothing was compared");
    given
}

#[test]
fn without_behavior() {
    let replay = |name, max| replay(name, &spec(1, max, None), Some(REQUEST_MILLI));
    assert_eq!(replay("hpa-default-step", 10), [4, 8, 10, 3]);
    assert_eq!(replay("hpa-default-max40", 40), [4, 8, 16, 32, 40, 12]);
    assert_eq!(replay("hpa-restart-nobehavior-down", 20), [4, 8, 7, 1]);
    assert_eq!(replay("hpa-walk-default-seed1", 30), [4, 7, 10, 13, 16, 13]);
}

#[test]
fn with_stabilisation_windows() {
    let replay = |name, down| replay(name, &spec(1, 10, Some((default_up(), down))), Some(REQUEST_MILLI));
    assert_eq!(replay("hpa-stab30", default_down(Some(30))), [5, 8, 2, 6, 1]);
    assert_eq!(replay("hpa-tolerance", default_down(Some(0))), [5]);
}

#[test]
fn with_policies() {
    let replay = |name, spec| replay(name, &spec, Some(REQUEST_MILLI));
    let up = rules(Some(0), vec![policy(true, 50, 30), policy(false, 3, 30)]);
    let down = rules(Some(15), vec![policy(true, 50, 30)]);
    assert_eq!(
        replay("hpa-policies-max", spec(2, 20, Some((up, down)))),
        [5, 8, 12, 18, 9, 4, 2]
    );
    let up = rules(Some(0), vec![policy(false, 3, 30)]);
    let down = rules(Some(60), vec![policy(true, 50, 30)]);
    assert_eq!(
        replay("hpa-walk-stab60-seed3", spec(1, 30, Some((up, down)))),
        [4, 6, 9, 8, 11, 14, 17, 20, 16, 13, 12, 8, 11, 14, 17, 20]
    );
    let disabled = ScalingRules {
        select_policy: SelectPolicy::Disabled,
        ..default_down(None)
    };
    assert_eq!(
        replay("hpa-down-disabled", spec(1, 10, Some((default_up(), disabled)))),
        [5, 6]
    );
}

#[test]
fn with_unready_missing_and_surplus_pods() {
    let immediately = |min, max| spec(min, max, Some((default_up(), default_down(Some(0)))));
    let with = |name, spec| replay(name, &spec, Some(REQUEST_MILLI));
    assert_eq!(with("hpa-unready", immediately(1, 10)), [5, 6, 3, 2]);
    assert_eq!(with("hpa-missing-all", immediately(1, 10)), [4, 8, 10]);
    assert_eq!(with("hpa-outside-range", immediately(2, 6)), [6, 2]);
    assert_eq!(replay("hpa-no-request", &spec(1, 10, None), None), [0; 0]);
}
