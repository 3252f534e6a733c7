//! From actions and manifests to what the simulator plays.

use std::collections::BTreeMap;

use super::RecordingError;
use super::actions::{Actions, ObjectRef, Options, Verb};
use super::cluster::{recording_cluster, set_controller_manager_flag};
use super::manifests::Manifests;
use super::timeline::Timeline;
use crate::cluster::spec::JobSpec;
use crate::control::ControlPlane;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::workload::Arrivals;
use crate::workload::strategy::Strategy;

/// What the simulator plays for a recording.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The run.
    pub scenario: Scenario,
    /// The recording's time at the scenario's time zero.
    pub start: SimDuration,
    /// What could not be taken over, in words.
    pub not_replayed: Vec<String>,
    /// When Jobs were sent that were in flight with others, by name.
    sent: BTreeMap<String, SimTime>,
}

impl Plan {
    /// Whether all Jobs were sent at given times, and none waited for others.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        matches!(self.scenario.strategy, Strategy::Arrivals(_))
    }
    /// The plan with requests in flight together reaching the API server in the order and at the times at which they were sent.
    #[must_use]
    pub fn as_sent(&self) -> Self {
        let mut other = self.clone();
        if let Strategy::Arrivals(Arrivals::Times(times)) = &self.scenario.strategy {
            let jobs = std::mem::take(&mut other.scenario.jobs);
            let own = times.iter().copied().zip(jobs);
            let mut all: Vec<_> = own
                .map(|(at, job)| (*self.sent.get(&job.0.name).unwrap_or(&at), job))
                .collect();
            all.sort_by_key(|(at, _)| *at);
            let (times, jobs) = all.into_iter().unzip();
            other.scenario.strategy = Strategy::Arrivals(Arrivals::Times(times));
            other.scenario.jobs = jobs;
        }
        other
    }
    /// The plan for these actions.
    ///
    /// # Errors
    /// Names that manifests.yaml does not have, and flags with bad values.
    pub fn new(
        name: &str,
        actions: &Actions,
        manifests: &Manifests,
        real: &Timeline,
    ) -> Result<Self, Vec<RecordingError>> {
        let mut planner = Planner {
            manifests,
            real,
            plane: recording_cluster(actions.options.wall_clock_offset),
            problems: Vec::new(),
            not_replayed: manifests.not_simulated.clone(),
            timed: Vec::new(),
            waiting: None,
            sent: BTreeMap::new(),
        };
        planner.flags(&actions.options);
        let nodes = planner.initial(actions);
        for action in &actions.actions {
            planner.action(action.at, &action.verb, &action.text);
        }
        if !planner.problems.is_empty() {
            return Err(planner.problems);
        }
        Ok(planner.plan(name, actions, nodes))
    }
}

struct Planner<'a> {
    manifests: &'a Manifests,
    real: &'a Timeline,
    plane: ControlPlane,
    problems: Vec<RecordingError>,
    not_replayed: Vec<String>,
    /// Jobs with the time of each, where times are given.
    timed: Vec<(SimTime, JobSpec)>,
    /// Jobs of a strategy with its start, where the client waited for Jobs.
    waiting: Option<(Strategy, SimDuration, Vec<JobSpec>)>,
    sent: BTreeMap<String, SimTime>,
}

impl Planner<'_> {
    fn flags(&mut self, options: &Options) {
        for (flag, value) in &options.kube_controller_manager {
            match set_controller_manager_flag(&mut self.plane, flag, value) {
                Ok(true) => {}
                Ok(false) => self
                    .not_replayed
                    .push(format!("kube-controller-manager --{flag}={value}")),
                Err(problem) => self.problems.push(problem),
            }
        }
        for (flag, value) in &options.kube_scheduler {
            // `v` is the level of the log.
            if flag != "v" {
                self.not_replayed.push(format!("kube-scheduler {flag}: {value}"));
            }
        }
    }

    fn initial(&mut self, actions: &Actions) -> Vec<crate::cluster::spec::NodeSpec> {
        let mut nodes = Vec::new();
        for object in &actions.initial {
            match object.kind.as_str() {
                "Node" => match self.manifests.node(object) {
                    Some(node) => nodes.push(node),
                    None => self.unknown(object),
                },
                // It gave pods their priority when they were read.
                "PriorityClass" if self.manifests.has(object) => {}
                _ if !self.manifests.has(object) => self.unknown(object),
                kind => self.not_replayed.push(format!("initial {kind} {}", object.name)),
            }
        }
        nodes
    }

    fn unknown(&mut self, object: &ObjectRef) {
        self.problems.push(RecordingError::Malformed {
            file: "actions.yaml".to_owned(),
            reason: format!("manifests.yaml has no {} {:?}", object.kind, object.template),
        });
    }

    fn action(&mut self, at: f64, verb: &Verb, text: &str) {
        let seconds = |at: f64| SimDuration::from_secs_f64(at.max(0.0)).unwrap_or_default();
        match verb {
            Verb::Submit(sent) => {
                let together = sent.len() > 1;
                for (at, object) in sent {
                    if let Some(job) = self.job(object, text) {
                        if together {
                            self.sent.insert(job.name.clone(), SimTime::ZERO + seconds(*at));
                        }
                        let at = if together { self.as_seen(&job.name, *at) } else { *at };
                        self.timed.push((SimTime::ZERO + seconds(at), job));
                    }
                }
            }
            Verb::SubmitSequential(objects) => self.wait(Strategy::Sequential, seconds(at), objects, text),
            Verb::SubmitBatched(k, objects) => self.wait(Strategy::Batched(*k), seconds(at), objects, text),
            Verb::SubmitWindowed(k, objects) => self.wait(Strategy::Windowed(*k), seconds(at), objects, text),
            Verb::SubmitWhenSettled { .. }
            | Verb::Patch { .. }
            | Verb::Delete(_)
            | Verb::Evict(_)
            | Verb::CreateNode(_)
            | Verb::DeleteNode(_)
            | Verb::StopKubelet(..)
            | Verb::StartKubelet(_)
            | Verb::SetLoad(..)
            | Verb::SetMetrics(..)
            | Verb::Other(_) => self.not_replayed.push(text.to_owned()),
        }
    }

    fn job(&mut self, object: &ObjectRef, text: &str) -> Option<JobSpec> {
        if !self.manifests.has(object) {
            self.unknown(object);
            return None;
        }
        let job = (object.kind == "Job").then(|| self.manifests.job(object)).flatten();
        if job.is_none() && self.not_replayed.last().is_none_or(|last| last != text) {
            self.not_replayed.push(text.to_owned());
        }
        job
    }

    /// When the request for a Job must have left to be seen when it was. Requests in flight together reach the API server in an
    /// order of their own, and each waits for the others; the recording tells what came of it.
    fn as_seen(&self, job: &str, sent: f64) -> f64 {
        let plane = &self.plane;
        let before = plane.client.apply_cost + plane.api_latency + plane.watch_latency;
        let seen = self
            .real
            .of_kind("Job")
            .find(|row| row.event == "created" && row.name == job);
        seen.map_or(sent, |row| (row.at - before.as_secs_f64()).max(0.0))
    }

    fn wait(&mut self, strategy: Strategy, at: SimDuration, objects: &[ObjectRef], text: &str) {
        let jobs: Vec<JobSpec> = objects.iter().filter_map(|object| self.job(object, text)).collect();
        if self.waiting.is_some() {
            self.not_replayed
                .push(format!("{text}: a second submission that waits for its Jobs"));
        } else {
            self.waiting = Some((strategy, at, jobs));
        }
    }

    fn plan(mut self, name: &str, actions: &Actions, nodes: Vec<crate::cluster::spec::NodeSpec>) -> Plan {
        let (strategy, start, jobs) = match self.waiting.take() {
            Some(waiting) => {
                for (_, job) in &self.timed {
                    self.not_replayed
                        .push(format!("submission of {} beside one that waits for its Jobs", job.name));
                }
                waiting
            }
            None => {
                self.timed.sort_by_key(|(at, _)| *at);
                let (times, jobs) = std::mem::take(&mut self.timed).into_iter().unzip();
                (Strategy::Arrivals(Arrivals::Times(times)), SimDuration::ZERO, jobs)
            }
        };
        self.plane.wall_clock_offset += start;
        // A replay may be slower than the recording, but not without end.
        let until = actions
            .options
            .until
            .and_then(|until| SimDuration::from_secs_f64(until * 2.0));
        Plan {
            scenario: Scenario {
                name: name.to_owned(),
                resources: self.manifests.resources.clone(),
                nodes,
                pools: Vec::new(),
                jobs: jobs.into_iter().map(|job| (job, 1)).collect(),
                deployments: Vec::new(),
                loads: Vec::new(),
                hpas: Vec::new(),
                pods: Vec::new(),
                strategy,
                script: crate::workload::Script::default(),
                control_plane: self.plane,
                seed: 1,
                until: until.map(|until| SimTime::ZERO + until),
                compare: None,
            },
            start,
            not_replayed: self.not_replayed,
            sent: self.sent,
        }
    }
}
