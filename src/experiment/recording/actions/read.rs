//! Reading of `actions.yaml`. All that is malformed is told.

use super::super::RecordingError;
use super::super::folder::Folder;
use super::super::rows::Rows;
use super::{Action, Actions, Metrics, ObjectRef, Options, Target, Trigger, Verb};
use crate::api::objects::Field;
use crate::api::problem::{Problems, render};
use crate::api::yaml;
use crate::kernel::SimDuration;
use crate::kernel::civil::Civil;

/// Most objects that one entry may stand for.
const MOST_COPIES: u32 = 1_000_000;

/// Options that are taken over, and those that only describe: how often and beside what a scenario was recorded.
const OPTIONS: [&str; 11] = [
    "namespace",
    "namespaces",
    "t0_utc",
    "until_s",
    "kube_controller_manager",
    "kube_scheduler",
    "metrics",
    "repeats",
    "variants",
    "concurrent_scenarios",
    "concurrent_what",
];

/// Reads the file in `folder`. Requests that were acknowledged, not sent, at the recorded times were sent `latency` before.
///
/// # Errors
/// It is not there, or malformed.
pub fn read(folder: &Folder, latency: SimDuration) -> Result<Actions, Vec<RecordingError>> {
    let source = folder.source("actions.yaml").map_err(|error| vec![error])?;
    let mut problems = Problems::new();
    let documents = yaml::load(source, &mut problems);
    if problems.has_errors() {
        return Err(vec![RecordingError::Manifests(render(&problems))]);
    }
    let mut reader = Reader {
        folder,
        latency: latency.as_secs_f64(),
        problems: Vec::new(),
    };
    let actions = match documents.first() {
        Some(document) => reader.actions(&Field::root(document)),
        None => {
            reader.wrong("it is empty");
            Actions::default()
        }
    };
    if reader.problems.is_empty() {
        Ok(actions)
    } else {
        Err(reader.problems)
    }
}

struct Reader<'a> {
    folder: &'a Folder,
    latency: f64,
    problems: Vec<RecordingError>,
}

impl Reader<'_> {
    fn wrong(&mut self, reason: impl Into<String>) {
        self.problems.push(RecordingError::Malformed {
            file: "actions.yaml".to_owned(),
            reason: reason.into(),
        });
    }

    fn actions(&mut self, root: &Field<'_>) -> Actions {
        let initial = root.at("initial").items();
        let entries = root.at("actions").items();
        Actions {
            options: self.options(&root.at("options")),
            initial: initial.iter().flat_map(|entry| self.objects(entry)).collect(),
            actions: entries.iter().map(|entry| self.action(entry)).collect(),
        }
    }

    fn options(&mut self, options: &Field<'_>) -> Options {
        let texts = |field: Field<'_>| -> Vec<(String, String)> {
            let entries = field.entries().into_iter();
            let text = |value: &Field<'_>| match value.bool() {
                Some(flag) => flag.to_string(),
                None => value.scalar().unwrap_or_default().to_owned(),
            };
            entries.map(|(key, value)| (key.to_owned(), text(&value))).collect()
        };
        let until = options.at("until_s");
        let t0 = options.at("t0_utc");
        let metrics = options.at("metrics");
        let known = |name: &&str| !OPTIONS.contains(name);
        let names = options.entries();
        let unknown = names.iter().map(|(name, _)| *name).filter(known);
        Options {
            unknown: unknown.map(str::to_owned).collect(),
            wall_clock_offset: if t0.is_present() {
                self.fraction_of_second(&t0)
            } else {
                SimDuration::ZERO
            },
            wall_clock_start: Civil::parse_utc(t0.str_or_empty()).map(Civil::to_seconds),
            namespace: options.at("namespace").str().map(str::to_owned),
            until: if until.is_present() {
                Some(self.seconds(&until))
            } else {
                None
            },
            kube_controller_manager: texts(options.at("kube_controller_manager")),
            kube_scheduler: texts(options.at("kube_scheduler")),
            concurrent: options.at("concurrent_scenarios").is_present(),
            metrics: metrics.is_map().then(|| Metrics {
                target: metrics.at("target").str_or_empty().to_owned(),
                unready_running_pod_milli: metrics.at("unready_running_pod_m").int(),
                cap_per_pod_milli: metrics.at("cap_per_pod_m").int(),
                appear_after_running_s: self.seconds_or(&metrics.at("appear_after_running_s"), 0.0),
                window_s: self.seconds_or(&metrics.at("window_s"), 10.0),
            }),
        }
    }

    fn action(&mut self, entry: &Field<'_>) -> Action {
        let at = self.seconds(&entry.at("at_s"));
        let when = self.trigger(&entry.at("when"));
        let verb = self.verb(entry, at);
        let word = entry.at("do").str_or_empty();
        let (kind, name) = (entry.at("kind").str_or_empty(), entry.at("name").str_or_empty());
        Action {
            at,
            waited_for_unknown: entry.at("when").is_present() && when.is_none(),
            when,
            verb,
            namespace: entry.at("namespace").str().map(str::to_owned),
            text: format!("{} at {at} s: {word} {kind} {name}", entry.path())
                .trim_end()
                .to_owned(),
        }
    }

    fn trigger(&mut self, when: &Field<'_>) -> Option<(Trigger, f64)> {
        if !when.is_present() {
            return None;
        }
        let count = |field: Field<'_>| field.int().and_then(|n| u32::try_from(n).ok());
        let text = |field: Field<'_>| field.str().map(str::to_owned);
        let trigger = if let Some(pods) = count(when.at("pods_running")) {
            Trigger::PodsRunning(pods)
        } else if let Some(pods) = count(when.at("pods_ready")) {
            Trigger::PodsReady(pods)
        } else if let Some(pod) = text(when.at("pod_settled")) {
            Trigger::PodSettled(pod)
        } else if let Some(workload) = text(when.at("rollout_done")) {
            Trigger::RolloutDone(workload, count(when.at("replicas")).unwrap_or(0))
        } else if when.at("previous").bool() == Some(true) {
            Trigger::Previous
        } else {
            // An unknown trigger is no fault: the recorded time serves.
            return None;
        };
        Some((trigger, self.seconds_or(&when.at("plus_s"), 0.0)))
    }

    fn verb(&mut self, entry: &Field<'_>, at: f64) -> Verb {
        let name = || entry.at("name").str_or_empty().to_owned();
        let of_workload = || {
            format!(
                "{}/{}",
                entry.at("kind").str_or_empty(),
                entry.at("name").str_or_empty()
            )
        };
        match entry.at("do").str_or_empty() {
            "submit" => Verb::Submit(self.objects(entry).into_iter().map(|object| (at, object)).collect()),
            "submit_parallel" => self.submit_parallel(entry, at),
            "submit_sequential" => Verb::SubmitSequential(self.objects_of(entry)),
            "submit_batched" => Verb::SubmitBatched(self.held(entry), self.objects_of(entry)),
            "submit_windowed" => Verb::SubmitWindowed(self.held(entry), self.objects_of(entry)),
            "submit_when_settled" => Verb::SubmitWhenSettled {
                objects: self.objects_of(entry),
                gated_timeout_s: self.seconds_or(&entry.at("gated_timeout_s"), 1.5),
            },
            "patch" => Verb::Patch {
                target: self.target(entry),
                body: match entry.at("body").value() {
                    Some(body) => body.clone(),
                    None => {
                        self.wrong(format!("{}.body is missing", entry.path()));
                        crate::api::value::Value {
                            place: entry.place(),
                            kind: crate::api::value::ValueKind::Null,
                        }
                    }
                },
                subresource: entry.at("subresource").str().map(str::to_owned),
            },
            "delete" => Verb::Delete(self.target(entry)),
            "evict" => Verb::Evict(self.target(entry)),
            "create_node" => match self.objects(entry).pop() {
                Some(node) => Verb::CreateNode(node),
                None => Verb::Other("create_node".to_owned()),
            },
            "delete_node" => Verb::DeleteNode(name()),
            "stop_kubelet" => {
                let node_of = entry.at("node_of");
                let of = node_of.is_present().then(|| self.nth(&node_of));
                Verb::StopKubelet(name(), of)
            }
            "start_kubelet" => Verb::StartKubelet(name()),
            "set_load" => {
                let load = entry.at("total_cpu_m").int();
                if load.is_none() {
                    self.wrong(format!("{}.total_cpu_m is no number of milli-cores", entry.path()));
                }
                Verb::SetLoad(of_workload(), load.unwrap_or(0))
            }
            "set_metrics" => Verb::SetMetrics(of_workload(), entry.at("report").str_or_empty().to_owned()),
            other => Verb::Other(other.to_owned()),
        }
    }

    /// Requests in flight together: when each was sent, or acknowledged.
    fn submit_parallel(&mut self, entry: &Field<'_>, at: f64) -> Verb {
        let objects = self.objects_of(entry);
        let recorded = entry.at("recorded_at_s");
        let times = if recorded.is_map() {
            self.acknowledged(&recorded)
        } else if recorded.is_present() {
            recorded.items().iter().map(|time| self.seconds(time)).collect()
        } else {
            vec![at; objects.len()]
        };
        if times.len() != objects.len() && self.problems.is_empty() {
            let (objects, times) = (objects.len(), times.len());
            self.wrong(format!(
                "{}: {objects} objects have {times} times in recorded_at_s",
                entry.path()
            ));
        }
        Verb::Submit(times.into_iter().zip(objects).collect())
    }

    /// A column of a CSV file with the time at which each request was acknowledged.
    fn acknowledged(&mut self, recorded: &Field<'_>) -> Vec<f64> {
        let (file, column) = (recorded.at("file").str_or_empty(), recorded.at("column").str_or_empty());
        let rows = match Rows::read(self.folder, file) {
            Ok(Some(rows)) => rows,
            Ok(None) => {
                self.wrong(format!("recorded_at_s names {file:?}, which is not there"));
                return Vec::new();
            }
            Err(error) => {
                self.problems.push(error);
                return Vec::new();
            }
        };
        let times = rows.iter().map(|row| row.required_seconds(column));
        match times.collect::<Result<Vec<f64>, _>>() {
            Ok(times) => times.into_iter().map(|time| (time - self.latency).max(0.0)).collect(),
            Err(error) => {
                self.problems.push(error);
                Vec::new()
            }
        }
    }

    fn target(&mut self, entry: &Field<'_>) -> Target {
        let select = entry.at("select");
        if select.is_present() {
            return self.nth(&select);
        }
        Target::Named(
            entry.at("kind").str_or_empty().to_owned(),
            entry.at("name").str_or_empty().to_owned(),
        )
    }

    fn nth(&mut self, select: &Field<'_>) -> Target {
        let ordinal = select.at("ordinal").int().and_then(|n| u32::try_from(n).ok());
        if ordinal.is_none() {
            self.wrong(format!("{}.ordinal is no number from 0", select.path()));
        }
        Target::Nth {
            owner: select.at("owner").str_or_empty().to_owned(),
            ordinal: ordinal.unwrap_or(0),
        }
    }

    /// The objects of all entries of `objects`.
    fn objects_of(&mut self, entry: &Field<'_>) -> Vec<ObjectRef> {
        entry
            .at("objects")
            .items()
            .iter()
            .flat_map(|object| self.objects(object))
            .collect()
    }

    /// The objects that `{kind, name}`, or `{kind, template, name, from, count}`, means.
    fn objects(&mut self, entry: &Field<'_>) -> Vec<ObjectRef> {
        let kind = entry.at("kind").str_or_empty();
        let name = entry.at("name").str_or_empty();
        let object = |template: &str, name: String| ObjectRef {
            kind: kind.to_owned(),
            template: template.to_owned(),
            name,
        };
        let Some(template) = entry.at("template").str() else {
            return vec![object(name, name.to_owned())];
        };
        let number = |key: &str| entry.at(key).int().and_then(|number| u32::try_from(number).ok());
        let (Some(from), Some(count)) = (number("from"), number("count").filter(|count| *count <= MOST_COPIES)) else {
            self.wrong(format!(
                "{}: from and count of the copies of {template} are no counts",
                entry.path()
            ));
            return Vec::new();
        };
        let copies = (from..from.saturating_add(count)).map(|copy| Some(object(template, numbered(name, copy)?)));
        let Some(copies) = copies.collect() else {
            self.wrong(format!("the name {name:?} has no place for a number, such as %03d"));
            return Vec::new();
        };
        copies
    }

    /// How many Jobs a batch or window holds.
    fn held(&mut self, entry: &Field<'_>) -> u32 {
        let held = entry
            .at("k")
            .int()
            .and_then(|k| u32::try_from(k).ok())
            .filter(|k| *k > 0);
        if held.is_none() {
            self.wrong(format!("{}.k is no count of Jobs", entry.path()));
        }
        held.unwrap_or(1)
    }

    fn seconds(&mut self, field: &Field<'_>) -> f64 {
        let parsed = field.scalar().and_then(|text| text.parse().ok());
        let seconds = parsed.filter(|seconds: &f64| seconds.abs() < 1e9);
        if seconds.is_none() {
            self.wrong(format!("{} is no number of seconds", field.path()));
        }
        seconds.unwrap_or(0.0)
    }

    fn seconds_or(&mut self, field: &Field<'_>, default: f64) -> f64 {
        if field.is_present() {
            self.seconds(field)
        } else {
            default
        }
    }

    /// The fraction of a second in `2026-11-23T18:21:15.644194Z`.
    fn fraction_of_second(&mut self, field: &Field<'_>) -> SimDuration {
        let time = field.str_or_empty();
        let fraction = time.strip_suffix('Z').and_then(|time| time.split_once('.'));
        let parsed = fraction.and_then(|(_, digits)| format!("0.{digits}").parse().ok());
        match parsed.and_then(SimDuration::from_secs_f64) {
            Some(fraction) => fraction,
            None => {
                self.wrong(format!(
                    "options.t0_utc: {time:?} is no time with a fraction of a second"
                ));
                SimDuration::ZERO
            }
        }
    }
}

/// `pattern` with its `%d` or `%0Nd` replaced.
fn numbered(pattern: &str, number: u32) -> Option<String> {
    let (head, rest) = pattern.split_once('%')?;
    let (width, tail) = rest.split_once('d')?;
    let width: usize = if width.is_empty() { 0 } else { width.parse().ok()? };
    (width <= 20).then(|| format!("{head}{number:0width$}{tail}"))
}
