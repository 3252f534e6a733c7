//! What was submitted and when: `manifests.yaml` and `actions.yaml` as a [`Scenario`].

use std::collections::BTreeMap;

use super::RecordingError;
use super::cluster::{recording_cluster, set_controller_manager_flag};
use super::folder::Folder;
use super::rows::Rows;
use crate::api::objects::{Field, ReadContext, read_documents};
use crate::api::problem::{Problems, render};
use crate::api::value::Document;
use crate::api::yaml;
use crate::cluster::ResourceTable;
use crate::cluster::spec::{JobSpec, NodeSpec, ObjectSpec};
use crate::control::ControlPlane;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::workload::Arrivals;
use crate::workload::strategy::Strategy;

/// A recording's script.
#[derive(Clone, Debug)]
pub struct Script {
    /// What to run.
    pub scenario: Scenario,
    /// The recording's time at the scenario's time zero.
    pub start: SimDuration,
}

/// Reads the script of the recording in `folder`.
///
/// # Errors
/// A file is malformed, or holds what is not replayed yet.
pub fn read(folder: &Folder) -> Result<Script, RecordingError> {
    let manifests = Manifests::read(folder)?;
    let mut problems = Problems::new();
    let documents = yaml::load(folder.source("actions.yaml")?, &mut problems);
    refuse_errors(&problems)?;
    let document = documents.first().ok_or_else(|| malformed("it is empty"))?;
    Reader { folder, manifests }.script(&Field::root(document))
}

/// The objects of `manifests.yaml` by name.
struct Manifests {
    resources: ResourceTable,
    nodes: BTreeMap<String, NodeSpec>,
    jobs: BTreeMap<String, JobSpec>,
}

impl Manifests {
    fn read(folder: &Folder) -> Result<Self, RecordingError> {
        let mut problems = Problems::new();
        let documents: Vec<Document> = yaml::load(folder.source("manifests.yaml")?, &mut problems);
        let mut manifests = Self {
            resources: ResourceTable::default(),
            nodes: BTreeMap::new(),
            jobs: BTreeMap::new(),
        };
        let objects = read_documents(
            &documents,
            &mut ReadContext {
                resources: &mut manifests.resources,
                problems: &mut problems,
            },
        );
        refuse_errors(&problems)?;
        // A warning says that something will be left out; a replay must not leave anything out.
        if let Some(problem) = problems.list().first() {
            return Err(RecordingError::NotReplayed(format!(
                "{}: {}",
                problem.path, problem.message
            )));
        }
        for object in objects {
            match object.spec {
                ObjectSpec::Node(node) => drop(manifests.nodes.insert(node.name.clone(), node)),
                ObjectSpec::Job(job) => drop(manifests.jobs.insert(job.name.clone(), job)),
                ObjectSpec::Deployment(_) => return Err(not_replayed("a Deployment or ReplicaSet")),
                ObjectSpec::Hpa(_) => return Err(not_replayed("a HorizontalPodAutoscaler")),
                ObjectSpec::Pod(_) => return Err(not_replayed("a bare Pod")),
                ObjectSpec::PriorityClass(_)
                | ObjectSpec::Namespace(_)
                | ObjectSpec::ResourceQuota(_)
                | ObjectSpec::LimitRange(_) => return Err(not_replayed("an object that governs admission")),
            }
        }
        Ok(manifests)
    }
}

/// How the client submitted, as far as it was read.
#[derive(Default)]
struct Submission {
    /// Jobs with the time of each, where times are given.
    timed: Vec<(SimTime, JobSpec)>,
    /// Jobs of a strategy with its start, where the client waited for Jobs.
    waiting: Option<(Strategy, SimDuration, Vec<JobSpec>)>,
}

struct Reader<'a> {
    folder: &'a Folder,
    manifests: Manifests,
}

impl Reader<'_> {
    fn script(mut self, root: &Field<'_>) -> Result<Script, RecordingError> {
        let options = root.at("options");
        let mut plane = recording_cluster(fraction_of_second(options.at("t0_utc").str_or_empty())?);
        read_flags(&options, &mut plane)?;
        let nodes = self.initial_nodes(&root.at("initial"))?;
        let submission = self.submission(root, &plane)?;
        let (strategy, start, jobs) = submission.into_strategy()?;
        plane.wall_clock_offset += start;
        let until = seconds(&options.at("until_s"))?;
        let scenario = Scenario {
            name: self.folder.name(),
            resources: std::mem::take(&mut self.manifests.resources),
            nodes,
            pools: Vec::new(),
            jobs: jobs.into_iter().map(|job| (job, 1)).collect(),
            deployments: Vec::new(),
            loads: Vec::new(),
            hpas: Vec::new(),
            pods: Vec::new(),
            policies: Vec::new(),
            strategy,
            script: crate::workload::Script::default(),
            control_plane: plane,
            seed: 1,
            // A replay may be slower than the recording, but not without end.
            until: Some(SimTime::ZERO + until.saturating_mul(2)),
            compare: None,
        };
        Ok(Script { scenario, start })
    }

    fn initial_nodes(&self, initial: &Field<'_>) -> Result<Vec<NodeSpec>, RecordingError> {
        let mut nodes = Vec::new();
        for entry in initial.items() {
            let kind = entry.at("kind").str_or_empty();
            if kind != "Node" {
                return Err(not_replayed(&format!("an initial {kind}")));
            }
            for (template, name) in names(&entry)? {
                let mut node = find(&self.manifests.nodes, &template)?;
                if let Some(hostname) = node.labels.get_mut("kubernetes.io/hostname") {
                    hostname.clone_from(&name);
                }
                node.name = name;
                nodes.push(node);
            }
        }
        Ok(nodes)
    }

    fn submission(&self, root: &Field<'_>, plane: &ControlPlane) -> Result<Submission, RecordingError> {
        let mut submission = Submission::default();
        for action in root.at("actions").items() {
            let at = seconds(&action.at("at_s"))?;
            let verb = action.at("do").str_or_empty();
            match verb {
                "submit" => {
                    let job = self.jobs(&action)?;
                    submission
                        .timed
                        .extend(job.into_iter().map(|job| (SimTime::ZERO + at, job)));
                }
                "submit_parallel" => {
                    let jobs = self.jobs_of(&action)?;
                    let times = self.recorded_times(&action, plane)?;
                    if times.len() != jobs.len() {
                        let (jobs, times) = (jobs.len(), times.len());
                        return Err(malformed(&format!(
                            "{jobs} objects have {times} times in recorded_at_s"
                        )));
                    }
                    submission.timed.extend(times.into_iter().zip(jobs));
                }
                "submit_sequential" => submission.wait(Strategy::Sequential, at, self.jobs_of(&action)?)?,
                "submit_batched" => submission.wait(Strategy::Batched(held(&action)?), at, self.jobs_of(&action)?)?,
                "submit_windowed" => submission.wait(Strategy::Windowed(held(&action)?), at, self.jobs_of(&action)?)?,
                _ => return Err(not_replayed(verb)),
            }
        }
        Ok(submission)
    }

    /// The Jobs of all entries of `objects`.
    fn jobs_of(&self, action: &Field<'_>) -> Result<Vec<JobSpec>, RecordingError> {
        let mut jobs = Vec::new();
        for object in action.at("objects").items() {
            jobs.extend(self.jobs(&object)?);
        }
        Ok(jobs)
    }

    /// The Jobs that `{kind, name}`, or `{kind, template, name, from, count}`, means.
    fn jobs(&self, object: &Field<'_>) -> Result<Vec<JobSpec>, RecordingError> {
        let kind = object.at("kind").str_or_empty();
        if kind != "Job" {
            return Err(not_replayed(&format!("submission of a {kind}")));
        }
        let copy = |(template, name): (String, String)| {
            let mut job = find(&self.manifests.jobs, &template)?;
            job.name = name;
            Ok(job)
        };
        names(object)?.into_iter().map(copy).collect()
    }

    /// When each object was sent: a list, or a column of acknowledgements, each one API latency after its request.
    fn recorded_times(&self, action: &Field<'_>, plane: &ControlPlane) -> Result<Vec<SimTime>, RecordingError> {
        let recorded = action.at("recorded_at_s");
        if !recorded.is_map() {
            let times = recorded.items();
            return times.iter().map(|time| Ok(SimTime::ZERO + seconds(time)?)).collect();
        }
        let (file, column) = (recorded.at("file").str_or_empty(), recorded.at("column").str_or_empty());
        let rows = Rows::read(self.folder, file)?
            .ok_or_else(|| malformed(&format!("recorded_at_s names {file:?}, which is not there")))?;
        let mut times = Vec::new();
        for row in rows.iter() {
            let acknowledged = row.seconds(column)?.and_then(SimDuration::from_secs_f64);
            let acknowledged = acknowledged.ok_or_else(|| malformed(&format!("{file} has rows without {column}")))?;
            times.push(SimTime::ZERO + acknowledged.saturating_sub(plane.api_latency));
        }
        Ok(times)
    }
}

impl Submission {
    fn wait(&mut self, strategy: Strategy, at: SimDuration, jobs: Vec<JobSpec>) -> Result<(), RecordingError> {
        if self.waiting.is_some() {
            return Err(not_replayed("two submissions that wait for their Jobs"));
        }
        self.waiting = Some((strategy, at, jobs));
        Ok(())
    }

    /// The strategy, when it starts, and the Jobs in the order in which they are sent.
    fn into_strategy(mut self) -> Result<(Strategy, SimDuration, Vec<JobSpec>), RecordingError> {
        match self.waiting {
            Some(_) if !self.timed.is_empty() => {
                Err(not_replayed("a submission that waits for its Jobs beside others"))
            }
            Some(waiting) => Ok(waiting),
            None => {
                // Requests in flight together are written down in list order.
                self.timed.sort_by_key(|(at, _)| *at);
                let (times, jobs) = self.timed.into_iter().unzip();
                Ok((Strategy::Arrivals(Arrivals::Times(times)), SimDuration::ZERO, jobs))
            }
        }
    }
}

fn read_flags(options: &Field<'_>, plane: &mut ControlPlane) -> Result<(), RecordingError> {
    for (flag, value) in options.at("kube_controller_manager").entries() {
        let value = value
            .scalar()
            .ok_or_else(|| malformed(&format!("{flag} has no value")))?;
        set_controller_manager_flag(plane, flag, value)?;
    }
    for (flag, _) in options.at("kube_scheduler").entries() {
        // `v` is the level of the log.
        if flag != "v" {
            return Err(not_replayed(&format!("kube-scheduler's {flag}")));
        }
    }
    Ok(())
}

/// Template and name of each object that an entry means.
fn names(entry: &Field<'_>) -> Result<Vec<(String, String)>, RecordingError> {
    let name = entry.at("name").str_or_empty();
    let Some(template) = entry.at("template").str() else {
        return Ok(vec![(name.to_owned(), name.to_owned())]);
    };
    let number = |key: &str| {
        let number = entry.at(key).int().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| malformed(&format!("{key} of the copies of {template} is no count")))
    };
    let (from, count) = (number("from")?, number("count")?);
    (from..from.saturating_add(count))
        .map(|copy| Ok((template.to_owned(), numbered(name, copy)?)))
        .collect()
}

/// `pattern` with its `%d` or `%0Nd` replaced.
fn numbered(pattern: &str, number: u32) -> Result<String, RecordingError> {
    let parts = pattern.split_once('%').and_then(|(head, rest)| {
        let (width, tail) = rest.split_once('d')?;
        let width: usize = if width.is_empty() { 0 } else { width.parse().ok()? };
        (width <= 20).then(|| format!("{head}{number:0width$}{tail}"))
    });
    parts.ok_or_else(|| malformed(&format!("the name {pattern:?} has no place for a number, such as %03d")))
}

fn find<T: Clone>(known: &BTreeMap<String, T>, name: &str) -> Result<T, RecordingError> {
    let found = known.get(name).cloned();
    found.ok_or_else(|| malformed(&format!("manifests.yaml has no object {name:?} of that kind")))
}

/// How many Jobs a batch or window holds.
fn held(action: &Field<'_>) -> Result<u32, RecordingError> {
    let held = action
        .at("k")
        .int()
        .and_then(|k| u32::try_from(k).ok())
        .filter(|k| *k > 0);
    held.ok_or_else(|| malformed("k is no count of Jobs"))
}

fn seconds(field: &Field<'_>) -> Result<SimDuration, RecordingError> {
    let parsed = field.scalar().and_then(|text| text.parse().ok());
    parsed
        .and_then(SimDuration::from_secs_f64)
        .ok_or_else(|| malformed(&format!("{} is no number of seconds from 0", field.path())))
}

/// The fraction of a second in `2026-11-23T18:21:15.644194Z`.
fn fraction_of_second(time: &str) -> Result<SimDuration, RecordingError> {
    let fraction = time.strip_suffix('Z').and_then(|time| time.split_once('.'));
    let parsed = fraction.and_then(|(_, digits)| format!("0.{digits}").parse().ok());
    parsed.and_then(SimDuration::from_secs_f64).ok_or_else(|| {
        malformed(&format!(
            "options.t0_utc: {time:?} is no time with a fraction of a second"
        ))
    })
}

fn refuse_errors(problems: &Problems) -> Result<(), RecordingError> {
    if problems.has_errors() {
        return Err(RecordingError::Manifests(render(problems)));
    }
    Ok(())
}

fn not_replayed(what: &str) -> RecordingError {
    RecordingError::NotReplayed(what.to_owned())
}

fn malformed(reason: &str) -> RecordingError {
    RecordingError::Malformed {
        file: "actions.yaml".to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
