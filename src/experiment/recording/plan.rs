//! From actions and manifests to what the simulator plays.

mod services;

mod steps;

use std::collections::BTreeMap;

use super::RecordingError;
use super::actions::{Actions, ObjectRef, Options};
use super::cluster::{measure_latencies, recording_cluster, set_controller_manager_flag, set_scheduler_option};
use super::manifests::Manifests;
use super::timeline::Timeline;
use crate::cluster::HpaId;
use crate::cluster::spec::{NodeSpec, ObjectSpec};
use crate::control::ControlPlane;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::workload::Script;
use crate::workload::script::{Action, Order, Step, When};
use crate::workload::strategy::Strategy;
use services::Services;

/// What the simulator plays for a recording.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The run.
    pub scenario: Scenario,
    /// The recording's time at the scenario's time zero, in seconds.
    pub start: f64,
    /// What could not be taken over, in words.
    pub not_replayed: Vec<String>,
    /// When requests were sent that were in flight with others, by step.
    sent: BTreeMap<usize, SimTime>,
    /// Objects (`Job/train`) that were sent at given times.
    timed: Vec<String>,
    /// When each autoscaler was submitted.
    hpa_submitted: Vec<SimTime>,
}

impl Plan {
    /// The plan with requests in flight together reaching the API server in the order and at the times at which they were sent.
    #[must_use]
    pub fn as_sent(&self) -> Self {
        let mut other = self.clone();
        for (step, at) in &self.sent {
            other.scenario.script.steps[*step].when = When::At(*at);
        }
        other
    }
    /// What one run of the plan is made from.
    #[must_use]
    pub fn input(&self) -> crate::control::Input {
        let mut input = self.scenario.input(self.scenario.seed);
        let submitted = self.hpa_submitted.iter().enumerate();
        input.store.hpa_submitted = submitted.map(|(id, at)| (HpaId(id as u32), *at)).collect();
        input
    }
    /// Objects (`Job/train`) that were sent at given times, whatever became of others.
    #[must_use]
    pub fn timed(&self) -> &[String] {
        &self.timed
    }
    /// The plan for these actions; patches are applied to the manifests.
    ///
    /// # Errors
    /// Names that manifests.yaml does not have, patches that make no valid object, and flags with bad values.
    pub fn new(
        name: &str,
        actions: &Actions,
        manifests: &mut Manifests,
        real: &Timeline,
    ) -> Result<Self, Vec<RecordingError>> {
        let earliest = actions.actions.iter().map(|action| action.at).fold(0.0, f64::min);
        let mut plane = recording_cluster(wall_clock_offset(actions.options.wall_clock_offset, earliest));
        if let Some(second) = actions.options.wall_clock_start {
            let whole = (actions.options.wall_clock_offset.as_secs_f64() + earliest).floor();
            plane.wall_clock_start = second.saturating_add(whole as i64);
        }
        measure_latencies(&mut plane, real);
        let mut planner = Planner {
            actions,
            manifests,
            real,
            start: earliest,
            plane,
            problems: Vec::new(),
            not_replayed: Vec::new(),
            steps: Vec::new(),
            sent: BTreeMap::new(),
            timed: Vec::new(),
            requests: 0,
            services: Services::new(actions),
        };
        planner.flags(&actions.options);
        let nodes = planner.initial();
        for action in &actions.actions {
            planner.action(action);
        }
        if !planner.problems.is_empty() {
            return Err(planner.problems);
        }
        Ok(planner.plan(name, nodes))
    }
}

/// How far into a whole wall-clock second the scenario begins, `start` seconds after the recording's time zero.
fn wall_clock_offset(at_zero: SimDuration, start: f64) -> SimDuration {
    let fraction = (at_zero.as_secs_f64() + start).rem_euclid(1.0);
    SimDuration::from_secs_f64(fraction).unwrap_or_default()
}

struct Planner<'a> {
    actions: &'a Actions,
    manifests: &'a mut Manifests,
    real: &'a Timeline,
    start: f64,
    plane: ControlPlane,
    problems: Vec<RecordingError>,
    not_replayed: Vec<String>,
    steps: Vec<Step>,
    sent: BTreeMap<usize, SimTime>,
    timed: Vec<String>,
    /// Bare HTTP requests, whose answers are not compared here.
    requests: usize,
    services: Services,
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
        for option in &options.unknown {
            self.not_replayed.push(format!("option {option}"));
        }
        for (flag, value) in &options.kube_scheduler {
            match set_scheduler_option(&mut self.plane, flag, value) {
                Ok(true) => {}
                Ok(false) => self.not_replayed.push(format!("kube-scheduler {flag}: {value}")),
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    /// The nodes that there are. Other objects are submitted at the very beginning.
    fn initial(&mut self) -> Vec<NodeSpec> {
        let mut nodes = Vec::new();
        for object in &self.actions.initial {
            if !self.manifests.has(object) {
                self.unknown(object);
            } else if let Some(node) = self.manifests.node(object) {
                nodes.push(node);
            } else if object.kind != "PriorityClass" {
                // Priority classes are there from the beginning.
                self.submit_initial(object);
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

    /// A time of the recording as one of the scenario.
    fn time(&self, at: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64((at - self.start).max(0.0)).unwrap_or_default()
    }

    fn plan(mut self, name: &str, nodes: Vec<NodeSpec>) -> Plan {
        self.set_metrics_api();
        let services = std::mem::take(&mut self.services);
        // A replay may be slower than the recording, but not without end.
        let until = self.actions.options.until.unwrap_or(3600.0);
        let until = if self.steps.iter().any(goes_on) {
            until
        } else {
            until * 2.0
        };
        let until = self.time(until.max(1.0));
        if self.steps.iter().any(deletes_itself) {
            // What happens after the last Job has ended belongs to the recording, too.
            let end = self.time(self.actions.options.until.unwrap_or(0.0));
            let nothing = Action::Submit {
                objects: Vec::new(),
                order: Order::Parallel { concurrency: None },
            };
            self.steps.push(Step::at(end, nothing));
        }
        let mut not_replayed: Vec<String> = self.manifests.not_simulated.iter().cloned().collect();
        not_replayed.extend(self.not_replayed);
        if self.requests > 0 {
            let requests = self.requests;
            not_replayed.push(format!("{requests} HTTP requests, whose answers are not compared here"));
        }
        Plan {
            scenario: Scenario {
                name: name.to_owned(),
                resources: self.manifests.resources.clone(),
                nodes,
                pools: Vec::new(),
                jobs: Vec::new(),
                cron_jobs: Vec::new(),
                deployments: services.deployments,
                replica_sets: Vec::new(),
                stateful_sets: Vec::new(),
                daemon_sets: Vec::new(),
                failures: Vec::new(),
                disruption_budgets: Vec::new(),
                policies: self.manifests.priority_classes(),
                loads: services.loads.into_iter().collect(),
                hpas: services.hpas,
                pods: Vec::new(),
                strategy: Strategy::Parallel,
                script: Script { steps: self.steps },
                control_plane: self.plane,
                seed: 1,
                until: Some(until),
                compare: None,
            },
            start: self.start,
            not_replayed,
            sent: self.sent,
            timed: self.timed,
            hpa_submitted: services.hpa_submitted,
        }
    }
}

#[cfg(test)]
mod tests;

/// Whether a step submits what makes Jobs for ever.
fn goes_on(step: &Step) -> bool {
    let Action::Submit { objects, .. } = &step.action else {
        return false;
    };
    objects.iter().any(|spec| matches!(spec, ObjectSpec::CronJob(_)))
}

/// Whether a step submits Jobs that go some time after their end.
fn deletes_itself(step: &Step) -> bool {
    let Action::Submit { objects, .. } = &step.action else {
        return false;
    };
    let goes = |spec: &ObjectSpec| matches!(spec, ObjectSpec::Job(job) if job.ttl_after_finished.is_some());
    objects.iter().any(goes)
}
